//! `search()`, `search_body()`.

use super::{FOUND, ON_THE_WAY, WITH_TEXT};
use crate::yes;
use catalogue::{Arg, Example};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub(super) const SEARCH: Function = Function {
    name: "search",
    about: "Whether the message, first line, headers and body, matches an expression; folded lines are not joined.",
    args: &[Arg::line_regex("re", "The expression.")],
    routes: ON_THE_WAY,
    returns: FOUND,
    examples: &[
        Example { script: "search(\"^Subject: GOOD\")", message: WITH_TEXT, returns: 1 },
        Example { script: "search(\"^INVITE sip:\")", message: "", returns: 1 },
        Example { script: "search(\"^Subject: bad\")", message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(search),
    ..FUNCTION
};

pub(super) const SEARCH_BODY: Function = Function {
    name: "search_body",
    about: "Whether the body matches an expression.",
    args: &[Arg::line_regex("re", "The expression.")],
    routes: ON_THE_WAY,
    returns: FOUND,
    examples: &[
        Example { script: "search_body(\"^openser was\")", message: WITH_TEXT, returns: 1 },
        Example { script: "search_body(\"Subject\")", message: WITH_TEXT, returns: -1 },
        Example { script: "search_body(\".\")", message: "", returns: -1 },
    ],
    run: Run::Now(search_body),
    ..FUNCTION
};

fn search(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    yes(args.regex(0)?.is_match(call.msg.message.bytes()))
}

fn search_body(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let message = &call.msg.message;
    let body: &[u8] = call.msg.edits.body().map_or(message.body(), |body| body);
    yes(!body.is_empty() && args.regex(0)?.is_match(body))
}
