//! `enum_query`, `i_enum_query`, `isn_query` and `is_from_user_enum`: a name is asked about, and its URIs are used.

use super::Enum;
use super::branch::Place;
use super::choice::{Found, Service, uris};
use super::number::{DomainNumber, Number};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Today, Verdict};
use module_api::{
    ArgValue, Args, Branch, Call, FUNCTION, Fault, Flow, Function, RecordKind, RecordsQuestion, Request, Run,
};
use sip::Uri;
use std::sync::Arc;

pub const ENUM_QUERY: Function = Function {
    name: "enum_query",
    about: "Puts the URIs of a telephone number in place of the Request-URI, the others as branches.",
    args: &[
        SUFFIX,
        SERVICE,
        Arg::str("number", "The number, if not the user of the Request-URI: + and 2 to 15 digits.")
            .judged(judge_number)
            .optional(),
    ],
    routes: Routes::REQUEST,
    returns: FOUND,
    examples: &[Example {
        script: "enum_query(\"e164.arpa.\", \"voice\")",
        message: "OPTIONS sip:bob@example.com SIP/2.0",
        returns: -1,
    }],
    run: Run::Wait(|call, args| enum_query(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const ENUM_PV_QUERY: Function = Function {
    name: "enum_pv_query",
    about: "enum_query() with the number first, as releases before 3.0 had it.",
    args: &[Arg::str("number", "The number: + and 2 to 15 digits.").judged(judge_number), SUFFIX, SERVICE],
    routes: Routes::REQUEST,
    returns: FOUND,
    today: Some(|args| {
        let written = |index: usize| args.get(index).copied().unwrap_or_default();
        Today::Line(format!("enum_query({}, {}, {})", written(1), written(2), written(0)))
    }),
    examples: &[Example {
        script: "enum_pv_query(\"bob\")",
        message: "OPTIONS sip:bob@example.com SIP/2.0",
        returns: -1,
    }],
    run: Run::Wait(|call, args| {
        let ordered = [1, 2, 0].map(|index| args.get(index).cloned().unwrap_or(ArgValue::Absent));
        enum_query(call, Args(&ordered)).unwrap_or_else(|fault| Flow::Done(Err(fault)))
    }),
    ..FUNCTION
};

pub const I_ENUM_QUERY: Function = Function {
    name: "i_enum_query",
    about: "The same with the tree that carriers keep for each other (infrastructure ENUM).",
    args: &[SUFFIX, SERVICE],
    routes: Routes::REQUEST,
    returns: FOUND,
    examples: &[Example { script: "i_enum_query()", message: "OPTIONS sip:030123@example.com SIP/2.0", returns: -1 }],
    run: Run::Wait(|call, args| infrastructure(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const ISN_QUERY: Function = Function {
    name: "isn_query",
    about: "The same for a number in a domain that has a number, too (ISN): 12*256.",
    args: &[SUFFIX, SERVICE],
    routes: Routes::REQUEST,
    returns: FOUND,
    examples: &[Example {
        script: "isn_query(\"freenum.org.\")",
        message: "OPTIONS sip:+4930123@example.com SIP/2.0",
        returns: -1,
    }],
    run: Run::Wait(|call, args| isn_query(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const IS_FROM_USER_ENUM: Function = Function {
    name: "is_from_user_enum",
    about: "Whether the user of From is a telephone number that has URIs.",
    args: &[SUFFIX, SERVICE],
    routes: Routes::REQUEST,
    returns: &[(1, "it is"), (-1, "it is not, or an error, which is logged")],
    examples: &[Example { script: "is_from_user_enum()", message: "From: <sip:alice@example.com>;tag=a", returns: -1 }],
    run: Run::Wait(|call, args| from_user(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

const SUFFIX: Arg = Arg::str("suffix", "The zone, if not the one of the parameter.").optional();
const SERVICE: Arg = Arg::str(
    "service",
    "A type of SIP (voice), or several services with a plus before each (+sip+voice:sip); SIP as such if left out.",
)
.optional();
const FOUND: &[(i32, &str)] = &[
    (1, "the Request-URI is the most preferred one now"),
    (-1, "there is none, it is no such number, or an error, which is logged"),
];

/// A number, or nothing.
fn judge_number(text: &str) -> Verdict {
    let is_number = text.is_empty() || Number::parse(text.as_bytes()).is_some();
    Verdict::must(is_number, text, "number to look for", "+ and 2 to 15 digits, like +4930123456")
}

/// What is asked about a number, and what is to become of the answer.
struct Lookup {
    module: Arc<Enum>,
    service: Service,
    /// What the expressions of records are applied to.
    subject: Bytes,
    then: fn(&mut Call<'_>, Vec<Found>) -> i32,
}

impl Lookup {
    fn new(
        call: &Call<'_>,
        args: Args<'_>,
        subject: Bytes,
        then: fn(&mut Call<'_>, Vec<Found>) -> i32,
    ) -> Result<Lookup, Fault> {
        let service = Service::of(args.opt_str(1).map_or(&[], |service| service));
        Ok(Lookup { module: call.shared_state()?, service, subject, then })
    }

    /// Asks for the records of a name.
    fn ask(self, name: String) -> Flow {
        let question = RecordsQuestion { name, kind: RecordKind::Naptr };
        Flow::wait(Request::Records(question), move |call, answer| match answer.records() {
            Ok(records) => {
                let params = &self.module.uri_params;
                let found = uris(records, &self.service, &self.subject, params, call.env.log());
                Flow::done((self.then)(call, found))
            }
            Err(fault) => Flow::Done(Err(fault)),
        })
    }
}

fn enum_query(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let user = request_user(call)?;
    let given = args.opt_str(2).filter(|number| !number.is_empty());
    let Some(number) = given.or(user.as_ref()) else { return Ok(Flow::done(-1)) };
    let Some(parsed) = Number::parse(number) else { return Ok(Flow::done(-1)) };
    // Expressions see the user of the Request-URI even where another number is asked about, as upstream has it.
    let subject = user.as_ref().unwrap_or(number).clone();
    let lookup = Lookup::new(call, args, subject, replace)?;
    let name = parsed.name(&zone(args, &lookup.module.domain_suffix));
    Ok(lookup.ask(name))
}

fn isn_query(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let Some(user) = request_user(call)? else { return Ok(Flow::done(-1)) };
    let Some(number) = DomainNumber::parse(&user) else { return Ok(Flow::done(-1)) };
    let lookup = Lookup::new(call, args, user, replace)?;
    let name = number.name(&zone(args, &lookup.module.isn_suffix));
    Ok(lookup.ask(name))
}

fn from_user(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let Some(user) = user_of(call.msg.message.from()?.uri)? else { return Ok(Flow::done(-1)) };
    let Some(number) = Number::parse(&user) else { return Ok(Flow::done(-1)) };
    let lookup = Lookup::new(call, args, user, |_, found| if found.is_empty() { -1 } else { 1 })?;
    let name = number.name(&zone(args, &lookup.module.domain_suffix));
    Ok(lookup.ask(name))
}

fn infrastructure(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let Some(user) = request_user(call)? else { return Ok(Flow::done(-1)) };
    let Some(number) = Number::parse(&user) else { return Ok(Flow::done(-1)) };
    let lookup = Lookup::new(call, args, user, replace)?;
    let zone = zone(args, &lookup.module.infrastructure_suffix);
    let place = Place::of_country(&number, &lookup.module.branch_label, &zone);
    let Some(kind) = lookup.module.algorithm.kind() else { return Ok(lookup.ask(place.name(&number))) };
    let name = number.head_name(place.position, &place.label, &place.zone);
    Ok(Flow::wait(Request::Records(RecordsQuestion { name, kind }), move |_, answer| {
        match answer.records().and_then(|records| place.told_by(&records)) {
            Ok(place) => lookup.ask(place.name(&number)),
            Err(fault) => Flow::Done(Err(fault)),
        }
    }))
}

/// The URIs found in place of the Request-URI; past the greatest number of branches the others have no place.
fn replace(call: &mut Call<'_>, found: Vec<Found>) -> i32 {
    let mut found = found.into_iter();
    let Some(best) = found.next() else { return -1 };
    let first = call.msg.branches.first_mut();
    first.uri = best.uri;
    first.q = Some(best.q);
    let flags = first.flags;
    for Found { uri, q } in found {
        call.msg.branches.push(Branch { uri, q: Some(q), flags, ..Branch::default() });
    }
    1
}

fn request_user(call: &Call<'_>) -> Result<Option<Bytes>, Fault> {
    user_of(call.msg.request_uri())
}

fn user_of(uri: &[u8]) -> Result<Option<Bytes>, Fault> {
    let user = Uri::parse(uri)?.user.filter(|user| !user.is_empty());
    Ok(user.map(Bytes::copy_from_slice))
}

/// The zone of a call, or the parameter's.
fn zone(args: Args<'_>, parameter: &str) -> String {
    let given = args.opt_str(0).filter(|suffix| !suffix.is_empty());
    given.map_or_else(|| parameter.to_owned(), |suffix| String::from_utf8_lossy(suffix).into_owned())
}
