//! `filter_body()` and `add_body()` of releases before 2.3, kept for their scripts.

use super::body::{Body, is_of_type};
use super::parts::PARTS_MAX;
use super::{ON_THE_WAY, textops};
use bytes::Bytes;
use catalogue::{Arg, Today, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};
use sip::HeaderName;
use sip::multipart::{self, Part};

pub(super) const FILTER_BODY: Function = Function {
    name: "filter_body",
    aliases: &[textops("filter_body")],
    about: "Leaves of a body of several parts only the first of this type; of older releases.",
    args: &[Arg::str("content_type", "`type/subtype`").judged(judge_type)],
    routes: ON_THE_WAY,
    returns: &[(1, "done"), (-1, "the body has no parts, or none of this type")],
    today: Some(|args| {
        let kind = quoted(args.first());
        Today::Hint(format!(
            "it is remove_body_part({kind}, \"revert\") today, which leaves every part of the type and sets Content-Type: \
             the lines that do so after filter_body() go"
        ))
    }),
    run: Run::Now(filter_body),
    ..FUNCTION
};

pub(super) const ADD_BODY: Function = Function {
    name: "add_body",
    aliases: &[textops("add_body")],
    about: "Gives the message this body in place of the one it has; of older releases.",
    args: &[
        Arg::str("body_text", "The body."),
        Arg::str("new_content_type", "Its type, `type/subtype`.").judged(judge_type),
    ],
    routes: ON_THE_WAY,
    today: Some(|args| {
        let [body, kind] = [args.first(), args.get(1)].map(quoted);
        Today::Hint(format!("it is written `remove_body_part(); add_body_part({body}, {kind});` today"))
    }),
    run: Run::Now(add_body),
    ..FUNCTION
};

fn judge_type(text: &str) -> Verdict {
    if text.is_empty() { Verdict::must(false, text, "media type", "type/subtype") } else { judge::media_type(text) }
}

/// An argument as it is written today: text has lost its quotes.
fn quoted(written: Option<&&str>) -> String {
    let written = written.copied().unwrap_or_default();
    if written.starts_with('\'') { written.to_owned() } else { format!("\"{written}\"") }
}

fn filter_body(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (body, wanted) = (Body::now(call)?, args.str(0)?);
    if !body.is_multipart() {
        return Ok(-1);
    }
    let parts: Vec<Part<'_>> = multipart::parts(&body.content_type, &body.bytes).take(PARTS_MAX).collect();
    let found = parts.iter().find(|part| is_of_type(part.content_type().unwrap_or(b"text/plain"), wanted));
    let Some(part) = found else { return Ok(-1) };
    let kind = Bytes::copy_from_slice(part.content_type().unwrap_or(b"text/plain"));
    let bytes = body.bytes.slice_ref(part.body);
    match call.msg.message.header(HeaderName::ContentType) {
        // Older scripts put the header in order themselves: remove_hf() and append_hf() find it where it is.
        Some(header) => {
            call.msg.edits.replace_value(header.index, kind);
            call.msg.edits.set_body(bytes, None);
        }
        None => Body { bytes, content_type: kind }.put(call),
    }
    Ok(1)
}

fn add_body(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (text, kind) = (args.str(0)?, args.str(1)?);
    if sip::MediaType::parse(kind).is_err() {
        return Err(Fault::script(format!("\"{}\" is no media type", String::from_utf8_lossy(kind))));
    }
    Body { bytes: Bytes::clone(text), content_type: kind.clone() }.put(call);
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::super::{MODULE, headers::APPEND_HF, matching::REMOVE_HF};
    use super::*;
    use testkit::{Fixture, absent, str};

    const MIXED: &str = "INVITE sip:b@example.com SIP/2.0\nContent-Type: multipart/mixed;boundary=b\n\n\
        --b\nContent-Type: application/sdp\n\nv=0\n--b\nContent-Type: application/isup\n\nISUP\n--b--\n";

    fn told(fixture: &mut Fixture) -> String {
        let shown = fixture.shown();
        let kept = shown.lines().filter(|line| !line.contains(": ") || line.starts_with("Content-Type"));
        kept.skip(1).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn one_part_is_left() {
        let mut fixture = Fixture::request(MIXED);
        let state = fixture.start(&MODULE, &[]);
        assert_eq!(fixture.call(&state, &FILTER_BODY, &[str("text/plain")]), -1);
        assert_eq!(fixture.call(&state, &FILTER_BODY, &[str("application/sdp")]), 1);
        assert_eq!(told(&mut fixture), "Content-Type: application/sdp||v=0");
        // As the older documentation's example goes on.
        fixture.call(&state, &REMOVE_HF, &[str("Content-Type")]);
        fixture.call(&state, &APPEND_HF, &[str("Content-Type: application/sdp\r\n"), absent()]);
        assert_eq!(told(&mut fixture), "Content-Type: application/sdp||v=0");
        assert_eq!(fixture.call(&state, &FILTER_BODY, &[str("application/sdp")]), -1);
    }

    #[test]
    fn a_body_takes_the_place_of_another() {
        let mut fixture = Fixture::request(MIXED);
        let state = fixture.start(&MODULE, &[]);
        assert_eq!(fixture.call(&state, &ADD_BODY, &[str("Hello"), str("text/plain")]), 1);
        assert_eq!(told(&mut fixture), "Content-Type: text/plain||Hello");
    }
}
