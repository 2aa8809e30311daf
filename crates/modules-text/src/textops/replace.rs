//! `replace()`, `search_append()` and their kin.

use super::parts::{Matches, Part, change};
use super::{FOUND, ON_THE_WAY, WITH_TEXT};
use crate::yes;
use bytes::Bytes;
use catalogue::{Arg, Example};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub(super) const SEARCH_APPEND: Function = Function {
    name: "search_append",
    about: "Puts text behind the first match in headers and body.",
    examples: &[
        Example { script: "search_append(\"Openser\", \" SIP proxy\")", message: WITH_TEXT, returns: 1 },
        Example { script: "search_append(\"Kamailio\", \" SIP proxy\")", message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(|call, args| append(call, args, Part::Message)),
    ..APPENDING
};

pub(super) const SEARCH_APPEND_BODY: Function = Function {
    name: "search_append_body",
    about: "Puts text behind the first match in the body.",
    examples: &[
        Example { script: "search_append_body(\"openser\", \" SIP proxy\")", message: WITH_TEXT, returns: 1 },
        Example { script: "search_append_body(\"Subject\", \"s\")", message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(|call, args| append(call, args, Part::Body)),
    ..APPENDING
};

pub(super) const REPLACE: Function = Function {
    name: "replace",
    about: "Replaces the first match in headers and body.",
    examples: &[
        Example { script: "replace(\"Openser 1.0\", \"Strowger\")", message: WITH_TEXT, returns: 1 },
        Example { script: "replace(\"INVITE sip\", \"x\")", message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(|call, args| replace(call, args, Part::Message, Matches::First)),
    ..REPLACING
};

pub(super) const REPLACE_BODY: Function = Function {
    name: "replace_body",
    about: "Replaces the first match in the body.",
    examples: &[Example { script: "replace_body(\"old\", \"new\")", message: WITH_TEXT, returns: 1 }],
    run: Run::Now(|call, args| replace(call, args, Part::Body, Matches::First)),
    ..REPLACING
};

pub(super) const REPLACE_ALL: Function = Function {
    name: "replace_all",
    about: "Replaces all matches in headers and body.",
    examples: &[Example { script: "replace_all(\"openser\", \"Strowger\")", message: WITH_TEXT, returns: 1 }],
    run: Run::Now(|call, args| replace(call, args, Part::Message, Matches::All)),
    ..REPLACING
};

pub(super) const REPLACE_BODY_ALL: Function = Function {
    name: "replace_body_all",
    about: "Replaces all matches in the body, line by line: `^` and `$` hold at each of its lines.",
    examples: &[
        Example { script: "replace_body_all(\"^openser\", \"Strowger\")", message: WITH_TEXT, returns: 1 },
        Example { script: "replace_body_all(\"^is\", \"was\")", message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(|call, args| replace(call, args, Part::Body, Matches::All)),
    ..REPLACING
};

pub(super) const REPLACE_BODY_ATONCE: Function = Function {
    name: "replace_body_atonce",
    about: "Replaces all matches in the body taken as one text: `^` and `$` are its ends.",
    args: &[Arg::regex("re", "The expression."), Arg::str("txt", "What it is replaced by.")],
    examples: &[
        Example { script: "replace_body_atonce(\"^.+$\", \"\")", message: WITH_TEXT, returns: 1 },
        Example { script: "replace_body_atonce(\"^openser was\", \"\")", message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(|call, args| replace(call, args, Part::Body, Matches::All)),
    ..REPLACING
};

const RE: Arg = Arg::line_regex("re", "The expression.");

const REPLACING: Function = Function {
    args: &[RE, Arg::str("txt", "What it is replaced by.")],
    routes: ON_THE_WAY,
    returns: FOUND,
    ..FUNCTION
};

const APPENDING: Function = Function { args: &[RE, Arg::str("txt", "The text.")], ..REPLACING };

/// What goes in. An argument that is an empty string may come as one that has no value.
fn text(args: Args<'_>) -> Bytes {
    args.opt_str(1).cloned().unwrap_or_default()
}

fn replace(call: &mut Call<'_>, args: Args<'_>, part: Part, matches: Matches) -> Outcome {
    let with = text(args);
    yes(change(call, part, args.regex(0)?, matches, |_| with.to_vec()))
}

fn append(call: &mut Call<'_>, args: Args<'_>, part: Part) -> Outcome {
    let text = text(args);
    yes(change(call, part, args.regex(0)?, Matches::First, |found| {
        [found.get(0).map_or(&b""[..], |all| all.as_bytes()), &text].concat()
    }))
}
