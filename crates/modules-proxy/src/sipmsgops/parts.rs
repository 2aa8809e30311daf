//! Parts of a body added and removed: `add_body_part()`, `remove_body_part()`.

use super::body::{Body, WITH_SDP, is_of_type};
use super::{ON_THE_WAY, headers::header_lines, yes};
use bytes::Bytes;
use catalogue::{Alias, Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};
use sip::multipart::{self, Part};

pub(super) const REMOVE_BODY_PART: Function = Function {
    name: "remove_body_part",
    aliases: &[Alias::old("strip_body", "2.2")],
    about: "Removes the parts of this type, or with `revert` all others, or the whole body.",
    args: &[
        Arg::str("mime", "`type/subtype`").judged(judge::media_type).optional(),
        Arg::str("revert", "`revert`: the parts of this type stay, the others go.").optional().judged(judge_revert),
    ],
    routes: ON_THE_WAY,
    returns: &[(1, "something was removed"), (-1, "there is nothing of the kind")],
    examples: &[
        Example { script: "remove_body_part()", message: WITH_SDP, returns: 1 },
        Example { script: "remove_body_part(\"application/isup\")", message: WITH_SDP, returns: -1 },
        Example { script: "remove_body_part(\"application/isup\", \"revert\")", message: WITH_SDP, returns: 1 },
    ],
    run: Run::Now(remove_body_part),
    ..FUNCTION
};

pub(super) const ADD_BODY_PART: Function = Function {
    name: "add_body_part",
    about: "Adds a part to the body, which becomes a multipart one if there is another part.",
    args: &[
        Arg::str("body", "The part."),
        Arg::str("mime", "Its type, `type/subtype`.").judged(|text| match text {
            "" => Verdict::must(false, text, "media type", "type/subtype, like text/plain"),
            text => judge::media_type(text),
        }),
        Arg::str("headers", "Header lines for it.").judged(judge::optional_header_lines).optional(),
    ],
    routes: ON_THE_WAY,
    examples: &[Example { script: "add_body_part(\"Hello World!\", \"text/plain\")", message: "", returns: 1 }],
    run: Run::Now(add_body_part),
    ..FUNCTION
};

fn judge_revert(text: &str) -> Verdict {
    let is_known = text.is_empty() || text.eq_ignore_ascii_case("revert");
    Verdict::must(is_known, text, "word of remove_body_part()", "\"revert\", or left out")
}

/// A body of more parts than this is an attack or a mistake.
pub(super) const PARTS_MAX: usize = 64;

fn remove_body_part(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let body = Body::now(call)?;
    if body.bytes.is_empty() {
        return Ok(-1);
    }
    let Some(wanted) = args.opt_str(0).filter(|wanted| !wanted.is_empty()) else {
        Body::default().put(call);
        return Ok(1);
    };
    let reverts = args.opt_str(1).is_some_and(|word| word.eq_ignore_ascii_case(b"revert"));
    let goes = |content_type: &[u8]| is_of_type(content_type, wanted) != reverts;
    if !body.is_multipart() || is_of_type(&body.content_type, wanted) {
        let removed = goes(&body.content_type);
        if removed {
            Body::default().put(call);
        }
        return yes(removed);
    }
    let parts: Vec<Part<'_>> = multipart::parts(&body.content_type, &body.bytes).take(PARTS_MAX).collect();
    let left: Vec<Part<'_>> =
        parts.iter().filter(|part| !goes(part.content_type().unwrap_or(b"text/plain"))).copied().collect();
    if left.len() == parts.len() {
        return Ok(-1);
    }
    match &left[..] {
        [] => Body::default().put(call),
        [only] => become_single(call, &body, only),
        several => with_parts(&body.content_type, several, None).put(call),
    }
    Ok(1)
}

/// The last part left is the body itself; what its headers say of it goes to the message's.
fn become_single(call: &mut Call<'_>, body: &Body, part: &Part<'_>) {
    for (name, value) in part.header_pairs() {
        let describes = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"Content-"));
        let is_own = [&b"Content-Type"[..], b"Content-Length"].iter().any(|own| name.eq_ignore_ascii_case(own));
        if describes && !is_own && call.msg.message.headers_called(name).next().is_none() {
            call.msg.edits.append([name, b": ", value, b"\r\n"].concat().into());
        }
    }
    let content_type = Bytes::copy_from_slice(part.content_type().unwrap_or(b"text/plain"));
    Body { bytes: body.bytes.slice_ref(part.body), content_type }.put(call);
}

fn add_body_part(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (text, kind) = (args.str(0)?, args.str(1)?);
    if sip::MediaType::parse(kind).is_err() {
        return Err(Fault::script(format!("\"{}\" is no media type", String::from_utf8_lossy(kind))));
    }
    let headers = args.opt_str(2).filter(|headers| !headers.is_empty()).map(header_lines).transpose()?;
    let body = Body::now(call)?;
    if body.bytes.is_empty() {
        if let Some(headers) = headers {
            call.msg.edits.append(headers);
        }
        Body { bytes: text.clone(), content_type: kind.clone() }.put(call);
        return Ok(1);
    }
    let added = part_text(kind, &headers.unwrap_or_default(), text);
    if body.is_multipart() {
        let parts: Vec<Part<'_>> = multipart::parts(&body.content_type, &body.bytes).take(PARTS_MAX).collect();
        with_parts(&body.content_type, &parts, Some(&added)).put(call);
        return Ok(1);
    }
    let boundary = format!("part-{:08x}{:08x}", call.env.random_below(u32::MAX), call.env.random_below(u32::MAX));
    let old = part_text(&body.content_type, b"", &body.bytes);
    let content_type = Bytes::from(format!("multipart/mixed;boundary=\"{boundary}\""));
    Body { bytes: joined(boundary.as_bytes(), &[&old, &added]), content_type }.put(call);
    Ok(1)
}

/// A multipart body of these parts, and one more.
fn with_parts(content_type: &Bytes, parts: &[Part<'_>], added: Option<&[u8]>) -> Body {
    let boundary = sip::MediaType::parse(content_type).ok();
    let boundary = boundary.and_then(|media| media.params.unquoted(b"boundary").map(std::borrow::Cow::into_owned));
    let texts: Vec<&[u8]> = parts.iter().map(|part| part.text).chain(added).collect();
    Body { bytes: joined(&boundary.unwrap_or_default(), &texts), content_type: content_type.clone() }
}

fn part_text(kind: &[u8], headers: &[u8], text: &[u8]) -> Vec<u8> {
    [b"Content-Type: ", kind, b"\r\n", headers, b"\r\n", text].concat()
}

/// RFC 2046 section 5.1.1.
fn joined(boundary: &[u8], parts: &[&[u8]]) -> Bytes {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(&[b"--", boundary, b"\r\n", part, b"\r\n"].concat());
    }
    text.extend_from_slice(&[b"--", boundary, b"--\r\n"].concat());
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{Fixture, absent, str};

    const MIXED: &str = "INVITE sip:b@example.com SIP/2.0\nContent-Type: multipart/mixed;boundary=b\n\n\
        --b\nContent-Type: application/sdp\n\nv=0\n--b\nContent-Type: application/isup\nContent-ID: <7>\n\nISUP\n--b--\n";

    fn body(call: impl FnOnce(&mut Fixture, &module_api::State), lines: &str) -> String {
        let mut fixture = Fixture::request(lines);
        let state = fixture.start(&super::super::MODULE, &[]);
        call(&mut fixture, &state);
        let shown = fixture.shown();
        let (head, body) = shown.split_once("\n\n").expect("a message");
        let kept = head.lines().filter(|line| line.starts_with("Content-"));
        format!("{}\n\n{body}", kept.collect::<Vec<_>>().join("\n"))
    }

    fn removed(mime: &str, revert: bool) -> String {
        let revert = if revert { str("revert") } else { absent() };
        let remove = |fixture: &mut Fixture, state: &module_api::State| {
            fixture.call(state, &REMOVE_BODY_PART, &[str(mime), revert]);
        };
        body(remove, MIXED)
    }

    #[test]
    fn the_last_part_left_is_the_body() {
        assert_eq!(removed("application/isup", false), "Content-Type: application/sdp\nContent-Length: 3\n\nv=0");
        assert_eq!(
            removed("application/isup", true),
            "Content-Type: application/isup\nContent-Length: 4\nContent-ID: <7>\n\nISUP"
        );
        assert_eq!(removed("multipart/mixed", false), "Content-Length: 0\n\n");
    }

    #[test]
    fn a_second_part_makes_it_multipart() {
        let add = |fixture: &mut Fixture, state: &module_api::State| {
            fixture.call(state, &ADD_BODY_PART, &[str("one"), str("text/plain"), absent()]);
            fixture.call(state, &ADD_BODY_PART, &[str("two"), str("text/html"), str("Content-ID: <2>\r\n")]);
        };
        let shown = body(add, "MESSAGE sip:b@example.com SIP/2.0");
        let boundary = shown.split('"').nth(1).expect("a boundary").to_owned();
        assert_eq!(
            shown.replace(&boundary, "B"),
            "Content-Length: 159\nContent-Type: multipart/mixed;boundary=\"B\"\n\n\
             --B\nContent-Type: text/plain\n\none\n--B\nContent-Type: text/html\nContent-ID: <2>\n\ntwo\n--B--\n"
        );
    }

    #[test]
    fn a_third_part_joins_the_two() {
        let add = |fixture: &mut Fixture, state: &module_api::State| {
            fixture.call(state, &ADD_BODY_PART, &[str("three"), str("text/plain"), absent()]);
        };
        let shown = body(add, MIXED);
        assert!(shown.ends_with("ISUP\n--b\nContent-Type: text/plain\n\nthree\n--b--\n"), "{shown}");
    }
}
