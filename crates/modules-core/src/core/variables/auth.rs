//! Credentials of requests and challenges of replies.

use super::place::{message, shared};
use catalogue::Value;
use module_api::{Call, Routing, VARIABLE, Variable, VariableName, VariableRun};
use sip::auth::{Challenge, Credentials};
use sip::{HeaderName, Message};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "au",
        about: "The user part of the user name in the credentials.",
        run: VariableRun::read(|call, name| username(call, name, |user| Some(split(user).0))),
        ..VARIABLE
    },
    Variable {
        name: "ad",
        about: "The domain part of the user name in the credentials.",
        run: VariableRun::read(|call, name| username(call, name, |user| split(user).1)),
        ..VARIABLE
    },
    Variable {
        name: "aU",
        about: "The whole user name in the credentials.",
        run: VariableRun::read(|call, name| username(call, name, |user| Some(user))),
        ..VARIABLE
    },
    Variable {
        name: "Au",
        about: "The user for accounting: $au, else the user of From.",
        run: VariableRun::read(read_account),
        ..VARIABLE
    },
    Variable {
        name: "ar",
        about: "The realm of the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| Some(shown.realm))),
        ..VARIABLE
    },
    Variable {
        name: "adu",
        about: "The URI in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| Some(shown.uri))),
        ..VARIABLE
    },
    NONCE,
    Variable { name: "auth.nonce", ..NONCE },
    Variable {
        name: "auth.resp",
        about: "The response in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| Some(shown.response))),
        ..VARIABLE
    },
    Variable {
        name: "auth.cnonce",
        about: "The client's nonce in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| shown.cnonce)),
        ..VARIABLE
    },
    Variable {
        name: "auth.opaque",
        about: "The opaque value in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| shown.opaque)),
        ..VARIABLE
    },
    Variable {
        name: "auth.alg",
        about: "The algorithm named in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| shown.algorithm)),
        ..VARIABLE
    },
    Variable {
        name: "auth.qop",
        about: "The quality of protection in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| shown.qop)),
        ..VARIABLE
    },
    Variable {
        name: "auth.nc",
        about: "The nonce count in the credentials.",
        run: VariableRun::read(|call, name| credential(call, name, |shown| shown.nc)),
        ..VARIABLE
    },
    Variable {
        name: "challenge.algorithm",
        about: "The algorithm of the challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| asked.algorithm)),
        ..VARIABLE
    },
    Variable {
        name: "challenge.realm",
        about: "The realm of the challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| Some(asked.realm))),
        ..VARIABLE
    },
    Variable {
        name: "challenge.nonce",
        about: "The nonce of the challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| Some(asked.nonce))),
        ..VARIABLE
    },
    Variable {
        name: "challenge.opaque",
        about: "The opaque value of the challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| asked.opaque)),
        ..VARIABLE
    },
    Variable {
        name: "challenge.qop",
        about: "The qualities of protection of the challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| asked.qop)),
        ..VARIABLE
    },
    Variable {
        name: "challenge.ik",
        about: "The integrity key of an AKA challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| asked.params.value(b"ik"))),
        ..VARIABLE
    },
    Variable {
        name: "challenge.ck",
        about: "The cipher key of an AKA challenge.",
        run: VariableRun::read(|call, name| challenge(call, name, |asked| asked.params.value(b"ck"))),
        ..VARIABLE
    },
];

const NONCE: Variable = Variable {
    name: "an",
    about: "The nonce in the credentials.",
    run: VariableRun::read(|call, name| credential(call, name, |shown| Some(shown.nonce))),
    ..VARIABLE
};

/// A part of the credentials; NULL where they lack it.
fn credential(
    call: &mut Call<'_>,
    name: VariableName<'_>,
    part: for<'a> fn(&Credentials<'a>) -> Option<&'a [u8]>,
) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let shown = verified(call.msg, message).or_else(|| first(message));
    shared(message, shown.as_ref().and_then(part).filter(|part| !part.is_empty()))
}

/// A part of the user name in the credentials: those that were verified, else those for a proxy, else for a registrar.
fn username(call: &mut Call<'_>, name: VariableName<'_>, part: for<'a> fn(&'a [u8]) -> Option<&'a [u8]>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let verified = call.msg.credentials.filter(|_| std::ptr::eq(message, &*call.msg.message));
    let header = verified
        .and_then(|header| message.header_at(header))
        .or_else(|| message.header(HeaderName::ProxyAuthorization))
        .or_else(|| message.header(HeaderName::Authorization));
    let user = header.and_then(|header| Credentials::username_in(header.value));
    shared(message, user.and_then(part).filter(|part| !part.is_empty()))
}

/// The credentials that were verified.
fn verified<'a>(routing: &Routing, message: &'a Message) -> Option<Credentials<'a>> {
    let header = routing.credentials.filter(|_| std::ptr::eq(message, &*routing.message))?;
    Credentials::parse(message.header_at(header)?.value).ok()
}

/// The first ones: those for a proxy before those for a registrar.
fn first(message: &Message) -> Option<Credentials<'_>> {
    let of = |name| message.credentials(name).map(|(_, credentials)| credentials).next();
    of(HeaderName::ProxyAuthorization).or_else(|| of(HeaderName::Authorization))
}

fn read_account(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let shown = username(call, name, |user| Some(split(user).0));
    if !shown.is_null() {
        return shown;
    }
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let uri = message.from().ok().and_then(|from| from.parsed_uri().ok());
    shared(message, uri.and_then(|uri| uri.user))
}

/// A part of the challenge of a reply.
fn challenge(
    call: &mut Call<'_>,
    name: VariableName<'_>,
    part: for<'a> fn(&Challenge<'a>) -> Option<&'a [u8]>,
) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let of = |name| message.headers_named(name).find_map(|header| Challenge::parse(header.value).ok());
    let asked = of(HeaderName::WwwAuthenticate).or_else(|| of(HeaderName::ProxyAuthenticate));
    shared(message, asked.as_ref().and_then(part))
}

/// `user@domain`
fn split(username: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'@', username) {
        Some(at) => (username.get(..at).unwrap_or(username), username.get(at + 1..)),
        None => (username, None),
    }
}
