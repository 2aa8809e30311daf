//! Questions that most scripts ask first: `is_method()`, `has_totag()`, `is_privacy()`.

use super::{ON_THE_WAY, textops, yes};
use catalogue::{Alias, Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run, judge};
use sip::{
    HeaderName,
    text::{is_token, trim},
};

pub(super) const IS_METHOD: Function = Function {
    name: "is_method",
    aliases: &[textops("is_method")],
    about: "Whether the method, of a reply that of its CSeq, is this one or one of several.",
    args: &[Arg::str("name", "Methods separated by `|`.").judged(judge::methods)],
    routes: ON_THE_WAY,
    returns: YES_OR_NO,
    examples: &[
        Example { script: "is_method(\"INVITE\")", message: "", returns: 1 },
        Example { script: "is_method(\"ACK|BYE|invite\")", message: "", returns: 1 },
        Example { script: "is_method(\"REGISTER|MESSAGE\")", message: "", returns: -1 },
        Example { script: "is_method(\"BYE\")", message: "SIP/2.0 200 OK\nCSeq: 2 BYE", returns: 1 },
    ],
    run: Run::Now(is_method),
    ..FUNCTION
};

pub(super) const HAS_TOTAG: Function = Function {
    name: "has_totag",
    aliases: &[Alias::of_module("uri", "has_totag", "3.0")],
    about: "Whether To has a tag: whether the request belongs to a dialog.",
    routes: ON_THE_WAY,
    returns: YES_OR_NO,
    examples: &[
        Example { script: "has_totag()", message: "", returns: -1 },
        Example { script: "has_totag()", message: "To: <sip:bob@example.com>;tag=1", returns: 1 },
        Example { script: "has_totag()", message: "To: <sip:bob@example.com;tag=1>", returns: -1 },
    ],
    run: Run::Now(has_totag),
    ..FUNCTION
};

pub(super) const IS_PRIVACY: Function = Function {
    name: "is_privacy",
    aliases: &[textops("is_privacy")],
    about: "Whether the Privacy header asks for this kind of privacy.",
    args: &[Arg::str("privacy_type", "`id`, `header`, `session`, `user`, `history`, `critical`, `none` …")
        .judged(|text| Verdict::must(is_token(text.as_bytes()), text, "kind of privacy", "a word, like id or header"))],
    routes: ON_THE_WAY,
    returns: YES_OR_NO,
    examples: &[
        Example { script: "is_privacy(\"id\")", message: "Privacy: header;id", returns: 1 },
        Example { script: "is_privacy(\"id\")", message: "Privacy: none", returns: -1 },
        Example { script: "is_privacy(\"id\")", message: "", returns: -1 },
    ],
    run: Run::Now(is_privacy),
    ..FUNCTION
};

const YES_OR_NO: &[(i32, &str)] = &[(1, "yes"), (-1, "no")];

fn is_method(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let method = call.msg.message.method_text();
    let wanted = args.str(0)?;
    // As scripts write it, several times for each request.
    if wanted == method {
        return yes(true);
    }
    let mut names = wanted.split(|byte| *byte == b'|');
    yes(names.any(|name| trim(name).eq_ignore_ascii_case(method)))
}

fn has_totag(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    yes(call.msg.message.to_tag().is_some_and(|tag| !tag.is_empty()))
}

/// RFC 3323 section 4.2 separates the values by semicolons; some phones write commas.
fn is_privacy(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let wanted = args.str(0)?;
    let headers = call.msg.message.headers_named(HeaderName::Privacy);
    let mut values = headers.flat_map(|header| header.value.split(|byte| matches!(byte, b';' | b',')));
    yes(values.any(|value| trim(value).eq_ignore_ascii_case(wanted)))
}
