//! From, To and the other headers with an address: their URI and its parts, display name, tag, parameters.

use super::place::{message, shared};
use super::uris::quoted_display;
use catalogue::{Alias, Value};
use module_api::{Call, VARIABLE, Variable, VariableName, VariableRun};
use sip::{HeaderName, NameAddr};

pub(super) const ALL: &[Variable] = &[
    FU,
    Variable { name: "from", ..FU },
    FROM_USER,
    Variable { name: "from.user", ..FROM_USER },
    FROM_HOST,
    Variable { name: "from.domain", ..FROM_HOST },
    Variable {
        name: "fn",
        about: "The display name of From, with its quotes.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::From, quoted_display)),
        ..VARIABLE
    },
    Variable {
        name: "ft",
        about: "The tag of From.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::From, tag)),
        ..VARIABLE
    },
    TU,
    Variable { name: "to", ..TU },
    TO_USER,
    Variable { name: "to.user", ..TO_USER },
    TO_HOST,
    Variable { name: "to.domain", ..TO_HOST },
    Variable {
        name: "tn",
        about: "The display name of To, with its quotes.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::To, quoted_display)),
        ..VARIABLE
    },
    Variable {
        name: "tt",
        about: "The tag of To.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::To, tag)),
        ..VARIABLE
    },
    Variable {
        name: "ai",
        about: "The URI of the first P-Asserted-Identity (RFC 3325).",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::PAssertedIdentity, uri)),
        ..VARIABLE
    },
    Variable {
        name: "pu",
        about: "The URI of the first P-Preferred-Identity (RFC 3325).",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::PPreferredIdentity, uri)),
        ..VARIABLE
    },
    Variable {
        name: "pU",
        about: "The user of the first P-Preferred-Identity.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::PPreferredIdentity, user)),
        ..VARIABLE
    },
    Variable {
        name: "pd",
        about: "The host of the first P-Preferred-Identity.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::PPreferredIdentity, host)),
        ..VARIABLE
    },
    Variable {
        name: "pn",
        about: "The display name of the first P-Preferred-Identity, with its quotes.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::PPreferredIdentity, quoted_display)),
        ..VARIABLE
    },
    Variable {
        name: "re",
        about: "The URI of Remote-Party-ID.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::RemotePartyId, uri)),
        ..VARIABLE
    },
    Variable {
        name: "rt",
        aliases: &[Alias::old("rT", "3.2")],
        about: "The URI of Refer-To.",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::ReferTo, uri)),
        ..VARIABLE
    },
    Variable {
        name: "di",
        about: "The URI of the first Diversion (RFC 5806).",
        run: VariableRun::read(|call, name| read(call, name, HeaderName::Diversion, uri)),
        ..VARIABLE
    },
    Variable {
        name: "dir",
        about: "The reason of the first Diversion.",
        run: VariableRun::read(|call, name| {
            read(call, name, HeaderName::Diversion, |address| param(address, b"reason"))
        }),
        ..VARIABLE
    },
    Variable {
        name: "dip",
        about: "The privacy of the first Diversion.",
        run: VariableRun::read(|call, name| {
            read(call, name, HeaderName::Diversion, |address| param(address, b"privacy"))
        }),
        ..VARIABLE
    },
];

const FU: Variable = Variable {
    name: "fu",
    about: "The URI of From.",
    run: VariableRun::read(|call, name| read(call, name, HeaderName::From, uri)),
    ..VARIABLE
};

const FROM_USER: Variable = Variable {
    name: "fU",
    about: "The user of the URI of From.",
    run: VariableRun::read(|call, name| read(call, name, HeaderName::From, user)),
    ..VARIABLE
};

const FROM_HOST: Variable = Variable {
    name: "fd",
    about: "The host of the URI of From.",
    run: VariableRun::read(|call, name| read(call, name, HeaderName::From, host)),
    ..VARIABLE
};

const TU: Variable = Variable {
    name: "tu",
    about: "The URI of To.",
    run: VariableRun::read(|call, name| read(call, name, HeaderName::To, uri)),
    ..VARIABLE
};

const TO_USER: Variable = Variable {
    name: "tU",
    about: "The user of the URI of To.",
    run: VariableRun::read(|call, name| read(call, name, HeaderName::To, user)),
    ..VARIABLE
};

const TO_HOST: Variable = Variable {
    name: "td",
    about: "The host of the URI of To.",
    run: VariableRun::read(|call, name| read(call, name, HeaderName::To, host)),
    ..VARIABLE
};

/// A part of the first address of a header.
fn read(
    call: &mut Call<'_>,
    name: VariableName<'_>,
    header: HeaderName,
    part: for<'a> fn(&NameAddr<'a>) -> Option<&'a [u8]>,
) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let address = match header {
        HeaderName::From => message.from().ok(),
        HeaderName::To => message.to().ok(),
        _ => message.name_addrs(header).next().and_then(Result::ok).map(|item| item.address),
    };
    shared(message, address.as_ref().and_then(part))
}

fn uri<'a>(address: &NameAddr<'a>) -> Option<&'a [u8]> {
    Some(address.uri)
}

fn user<'a>(address: &NameAddr<'a>) -> Option<&'a [u8]> {
    address.parsed_uri().ok()?.user
}

fn host<'a>(address: &NameAddr<'a>) -> Option<&'a [u8]> {
    address.parsed_uri().ok().map(|uri| uri.host).filter(|host| !host.is_empty())
}

fn tag<'a>(address: &NameAddr<'a>) -> Option<&'a [u8]> {
    address.tag()
}

fn param<'a>(address: &NameAddr<'a>, name: &[u8]) -> Option<&'a [u8]> {
    let value = address.params.value(name)?;
    Some(match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    })
}
