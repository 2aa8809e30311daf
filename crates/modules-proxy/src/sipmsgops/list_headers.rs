//! Headers that are lists of words: `list_hdr_has_option()`, `list_hdr_add_option()`, `list_hdr_remove_option()`. Each
//! sees what the ones before it changed.

use super::{ON_THE_WAY, yes};
use bytes::Bytes;
use catalogue::{Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run, judge};
use sip::{Header, Lists};
use std::sync::Arc;

pub(super) const LIST_HDR_HAS_OPTION: Function = Function {
    name: "list_hdr_has_option",
    about: "Whether a header that is a list has this word.",
    args: ARGS,
    routes: ON_THE_WAY,
    returns: &[(1, "it has"), (-1, "it has not, or there is none")],
    examples: &[
        Example { script: "list_hdr_has_option(\"Supported\", \"100rel\")", message: "k: timer, 100rel", returns: 1 },
        Example { script: "list_hdr_has_option(\"Supported\", \"path\")", message: "k: timer, 100rel", returns: -1 },
    ],
    run: Run::Now(list_hdr_has_option),
    ..FUNCTION
};

pub(super) const LIST_HDR_ADD_OPTION: Function = Function {
    name: "list_hdr_add_option",
    about: "Adds a word to the first header of this name.",
    args: ARGS,
    routes: ON_THE_WAY,
    returns: &[(1, "it was added"), (-1, "there is no such header")],
    examples: &[Example { script: "list_hdr_add_option(\"Supported\", \"path\")", message: "", returns: -1 }],
    run: Run::Now(list_hdr_add_option),
    ..FUNCTION
};

pub(super) const LIST_HDR_REMOVE_OPTION: Function = Function {
    name: "list_hdr_remove_option",
    about: "Removes a word from all headers of this name, and the header with its last word.",
    args: ARGS,
    routes: ON_THE_WAY,
    returns: &[(1, "it was removed"), (-1, "it is in none")],
    examples: &[Example {
        script: "list_hdr_remove_option(\"Supported\", \"timer\")",
        message: "Supported: timer",
        returns: 1,
    }],
    run: Run::Now(list_hdr_remove_option),
    ..FUNCTION
};

const ARGS: &[Arg] = &[
    Arg::str("hdr_name", "The name of the header.").judged(judge::header_name),
    Arg::str("option", "The word.")
        .judged(|text| Verdict::must(!text.trim().is_empty(), text, "word", "a word, like 100rel")),
];

fn list_hdr_has_option(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, option) = (args.str(0)?, args.str(1)?);
    let mut headers = call.msg.message.headers_called(name).filter(|header| !call.msg.edits.is_removed(header.index));
    yes(headers.any(|header| words(&value(call, header)).any(|word| word.eq_ignore_ascii_case(option))))
}

fn list_hdr_add_option(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, option) = (args.str(0)?, args.str(1)?);
    let message = Arc::clone(&call.msg.message);
    let mut headers = message.headers_called(name).filter(|header| !call.msg.edits.is_removed(header.index));
    let Some(header) = headers.next() else { return Ok(-1) };
    let old = value(call, header);
    let separator: &[u8] = if old.is_empty() { b"" } else { b", " };
    let new = [&old[..], separator, option].concat();
    call.msg.edits.replace_value(header.index, new.into());
    Ok(1)
}

fn list_hdr_remove_option(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, option) = (args.str(0)?, args.str(1)?);
    let message = Arc::clone(&call.msg.message);
    let mut removed = false;
    for header in message.headers_called(name) {
        if !call.msg.edits.is_removed(header.index) {
            removed |= remove_from(call, header, option);
        }
    }
    yes(removed)
}

/// Of a word that stands there several times, the last one goes.
fn remove_from(call: &mut Call<'_>, header: Header<'_>, option: &[u8]) -> bool {
    let old = value(call, header);
    let mut left: Vec<&[u8]> = words(&old).collect();
    let Some(position) = left.iter().rposition(|word| word.eq_ignore_ascii_case(option)) else { return false };
    left.remove(position);
    if left.is_empty() {
        call.msg.edits.remove(header.index);
    } else {
        call.msg.edits.replace_value(header.index, left.join(&b", "[..]).into());
    }
    true
}

/// The header's value as it will be written.
fn value(call: &Call<'_>, header: Header<'_>) -> Bytes {
    let changed = call.msg.edits.value_of(header.index).cloned();
    changed.unwrap_or_else(|| call.msg.message.share(header.value))
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    Lists::new(value).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{Fixture, str};

    fn after(steps: &[(&Function, &str)]) -> String {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0\nSupported: timer, 100rel\nk: timer");
        let state = fixture.start(&super::super::MODULE, &[]);
        for (function, option) in steps {
            fixture.call(&state, function, &[str("Supported"), str(option)]);
        }
        let shown = fixture.shown();
        shown.lines().filter(|line| line.starts_with(['S', 'k'])).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn steps_see_each_other() {
        let (add, remove) = (&LIST_HDR_ADD_OPTION, &LIST_HDR_REMOVE_OPTION);
        assert_eq!(after(&[(add, "path")]), "Supported: timer, 100rel, path|k: timer");
        assert_eq!(after(&[(remove, "timer")]), "Supported: 100rel");
        assert_eq!(after(&[(remove, "timer"), (add, "a"), (add, "b"), (remove, "100REL")]), "Supported: a, b");
        assert_eq!(after(&[(remove, "timer"), (remove, "100rel")]), "");
    }
}
