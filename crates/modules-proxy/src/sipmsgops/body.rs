//! The body as the changes made so far leave it: `has_body()`, `has_body_part()`, `get_updated_body_part()`.

use super::{ON_THE_WAY, textops, yes};
use bytes::Bytes;
use catalogue::{Arg, Example, Value};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Run, judge};
use sip::{HeaderName, MediaType, multipart};

pub(super) const HAS_BODY: Function = Function {
    name: "has_body",
    aliases: &[textops("has_body")],
    about: "Whether the message has a body, or one of this type, as a whole or among its parts.",
    args: &[Arg::str("mime", "`type/subtype`").judged(judge::media_type).optional()],
    routes: ON_THE_WAY,
    returns: YES_OR_NO,
    examples: &[
        Example { script: "has_body()", message: "", returns: -1 },
        Example { script: "has_body(\"application/sdp\")", message: WITH_SDP, returns: 1 },
        Example { script: "has_body(\"text/plain\")", message: WITH_SDP, returns: -1 },
    ],
    run: Run::Now(has_body),
    ..FUNCTION
};

pub(super) const HAS_BODY_PART: Function = Function {
    name: "has_body_part",
    about: "Whether the body has a part of this type, or any part.",
    args: &[Arg::str("mime", "`type/subtype`").judged(judge::media_type).optional()],
    routes: ON_THE_WAY,
    returns: YES_OR_NO,
    examples: &[
        Example { script: "has_body_part()", message: WITH_SDP, returns: 1 },
        Example { script: "has_body_part(\"application/sdp\")", message: WITH_SDP, returns: 1 },
        Example { script: "has_body_part(\"application/isup\")", message: WITH_SDP, returns: -1 },
    ],
    run: Run::Now(has_body_part),
    ..FUNCTION
};

pub(super) const GET_UPDATED_BODY_PART: Function = Function {
    name: "get_updated_body_part",
    about: "Puts the body, or its part of this type, with all changes made so far into a variable.",
    args: &[
        Arg::str("mime", "`type/subtype`; without it, the whole body.").judged(judge::media_type).optional(),
        Arg::var("variable", "Where it goes."),
    ],
    routes: ON_THE_WAY,
    returns: &[(1, "there is one"), (-1, "there is none")],
    examples: &[Example {
        script: "get_updated_body_part(\"application/sdp\", $var(sdp))",
        message: WITH_SDP,
        returns: 1,
    }],
    run: Run::Now(get_updated_body_part),
    ..FUNCTION
};

const YES_OR_NO: &[(i32, &str)] = &[(1, "yes"), (-1, "no")];

/// A message for examples.
pub(super) const WITH_SDP: &str = "Content-Type: application/sdp\n\nv=0\no=- 1 1 IN IP4 192.0.2.10\ns=-\n\
    c=IN IP4 192.0.2.10\nt=0 0\nm=audio 4000 RTP/AVP 0 8 101\na=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\n\
    a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n";

/// A body and its type.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) content_type: Bytes,
}

impl Body {
    /// The body with all changes made so far. Most messages have none when they are asked, and then nothing is copied.
    pub(super) fn now(call: &Call<'_>) -> Result<Body, Fault> {
        let (message, edits) = (&call.msg.message, &call.msg.edits);
        if edits.is_empty() {
            return Ok(Body::of(message));
        }
        Ok(Body::of(&sip::apply(message, edits)?))
    }

    fn of(message: &sip::Message) -> Body {
        let content_type = message.value(HeaderName::ContentType).map(|value| message.share(value));
        Body { bytes: message.share(message.body()), content_type: content_type.unwrap_or_default() }
    }

    /// Makes this the message's body.
    pub(super) fn put(self, call: &mut Call<'_>) {
        let content_type = (!self.bytes.is_empty()).then_some(self.content_type);
        call.msg.edits.set_body(self.bytes, content_type.filter(|kind| !kind.is_empty()));
    }

    /// Whether it consists of parts.
    pub(super) fn is_multipart(&self) -> bool {
        MediaType::parse(&self.content_type).is_ok_and(|media| media.kind.eq_ignore_ascii_case(b"multipart"))
    }

    /// The part of this type: the whole, if it is of it.
    pub(super) fn part(&self, wanted: &[u8]) -> Option<&[u8]> {
        if self.bytes.is_empty() {
            return None;
        }
        let (kind, subtype) = split_type(wanted)?;
        multipart::body_of_type(&self.content_type, &self.bytes, kind, subtype)
    }

    /// The session description with its place in the body.
    pub(super) fn sdp(&self) -> Option<&[u8]> {
        self.part(b"application/sdp")
    }

    /// The same with another text in place of one of its parts.
    pub(super) fn with_part_replaced(&self, part: &[u8], by: &[u8]) -> Body {
        let whole = &self.bytes[..];
        let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        let before = whole.get(..start).unwrap_or_default();
        let after = whole.get(start + part.len()..).unwrap_or_default();
        Body { bytes: [before, by, after].concat().into(), content_type: self.content_type.clone() }
    }
}

/// Whether a Content-Type is of this type, whatever its parameters.
pub(super) fn is_of_type(content_type: &[u8], wanted: &[u8]) -> bool {
    let Some((kind, subtype)) = split_type(wanted) else { return false };
    MediaType::parse(content_type).is_ok_and(|media| media.is(kind, subtype))
}

fn split_type(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let media = MediaType::parse(text).ok()?;
    Some((media.kind, media.subtype))
}

/// Asked of every reply by the stock script: answered without looking into the changes unless a body is among them.
fn has_body(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (message, edits) = (&call.msg.message, &call.msg.edits);
    let bytes = edits.body().map_or(message.body(), |body| &body[..]);
    if bytes.is_empty() {
        return Ok(-1);
    }
    let Some(wanted) = args.opt_str(0).filter(|wanted| !wanted.is_empty()) else { return Ok(1) };
    let content_type = edits.content_type().map(|kind| &kind[..]).or(message.content_type()).unwrap_or_default();
    let Some((kind, subtype)) = split_type(wanted) else { return Ok(-1) };
    yes(multipart::body_of_type(content_type, bytes, kind, subtype).is_some())
}

fn has_body_part(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let body = Body::now(call)?;
    let Some(wanted) = args.opt_str(0).filter(|wanted| !wanted.is_empty()) else {
        return yes(!body.bytes.is_empty());
    };
    yes(body.part(wanted).is_some())
}

fn get_updated_body_part(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let body = Body::now(call)?;
    let part = match args.opt_str(0).filter(|wanted| !wanted.is_empty()) {
        Some(wanted) => body.part(wanted).map(|part| body.bytes.slice_ref(part)),
        None => Some(body.bytes.clone()).filter(|bytes| !bytes.is_empty()),
    };
    let Some(part) = part else { return Ok(-1) };
    args.var(1)?.write(call, Operator::Set, Value::Str(part))?;
    Ok(1)
}
