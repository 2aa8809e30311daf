//! The destination URI, `$du`: where the request is sent, if not to the Request-URI.

use super::flags::truth;
use crate::core::uri_parts::check_text;
use catalogue::{Alias, Arg, Example};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run, judge};
use sip::Uri;

pub(super) const ALL: &[Function] = &[SETDSTURI, RESETDSTURI, ISDSTURISET];

const SETDSTURI: Function = Function {
    name: "setdsturi",
    aliases: &[Alias::old("setduri", "3.0")],
    about: "Sets the URI that the request is sent to.",
    args: &[Arg::str("uri", "A SIP URI.").judged(judge::uri)],
    examples: &[
        Example { script: "setdsturi(\"sip:192.0.2.7:5090\"); isdsturiset()", message: "", returns: 1 },
        Example { script: "setdsturi(\"192.0.2.7\")", message: "", returns: -1 },
    ],
    run: Run::Now(set),
    ..FUNCTION
};

const RESETDSTURI: Function = Function {
    name: "resetdsturi",
    aliases: &[Alias::old("resetduri", "3.0")],
    about: "Clears the destination URI: the Request-URI decides again.",
    returns: &[(1, "cleared")],
    examples: &[Example {
        script: "setdsturi(\"sip:192.0.2.7\"); resetdsturi(); isdsturiset()",
        message: "",
        returns: -1,
    }],
    run: Run::Now(|call, _| {
        call.msg.branches.first_mut().destination = None;
        Ok(1)
    }),
    ..FUNCTION
};

const ISDSTURISET: Function = Function {
    name: "isdsturiset",
    aliases: &[Alias::old("isduriset", "3.0")],
    about: "Whether there is a destination URI.",
    returns: &[(1, "there is"), (-1, "there is none")],
    examples: &[Example { script: "isdsturiset()", message: "", returns: -1 }],
    run: Run::Now(|call, _| Ok(truth(call.msg.branches.first().destination.is_some()))),
    ..FUNCTION
};

fn set(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let uri = args.str(0)?;
    check_text(uri)?;
    Uri::parse(uri)?;
    call.msg.branches.first_mut().destination = Some(uri.clone());
    Ok(1)
}
