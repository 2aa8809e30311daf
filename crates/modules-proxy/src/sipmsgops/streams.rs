//! Streams of the session description: `stream_exists()`, `stream_delete()`, `is_audio_on_hold()`.

use super::body::{Body, WITH_SDP};
use super::{ON_THE_WAY, yes};
use catalogue::{Arg, Example};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};
use sip::sdp::{Direction, Media, Sdp};

pub(super) const STREAM_EXISTS: Function = Function {
    name: "stream_exists",
    about: "Whether the session description has a stream of this media, and transport.",
    args: ARGS,
    routes: ON_THE_WAY,
    returns: FOUND,
    examples: &[
        Example { script: "stream_exists(\"audio\")", message: WITH_SDP, returns: 1 },
        Example { script: "stream_exists(\"audio\", \"SAVP\")", message: WITH_SDP, returns: -1 },
        Example { script: "stream_exists(\"image\")", message: WITH_SDP, returns: -1 },
    ],
    run: Run::Now(stream_exists),
    ..FUNCTION
};

pub(super) const STREAM_DELETE: Function = Function {
    name: "stream_delete",
    about: "Removes the streams of this media, and transport, with all their lines.",
    args: ARGS,
    routes: ON_THE_WAY,
    returns: FOUND,
    examples: &[
        Example { script: "stream_delete(\"audio\"); stream_exists(\"audio\")", message: WITH_SDP, returns: -1 },
        Example { script: "stream_delete(\"video\")", message: WITH_SDP, returns: -1 },
    ],
    run: Run::Now(stream_delete),
    ..FUNCTION
};

pub(super) const IS_AUDIO_ON_HOLD: Function = Function {
    name: "is_audio_on_hold",
    about: "Whether an audio stream is put on hold, and in which way.",
    routes: ON_THE_WAY,
    returns: &[
        (1, "its connection address is null (RFC 2543)"),
        (2, "it is sendonly or inactive (RFC 3264)"),
        (-1, "none is on hold"),
    ],
    examples: &[
        Example { script: "is_audio_on_hold()", message: WITH_SDP, returns: -1 },
        Example {
            script: "is_audio_on_hold()",
            message: "Content-Type: application/sdp\n\nv=0\nc=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 0\n",
            returns: 1,
        },
        Example {
            script: "is_audio_on_hold()",
            message: "Content-Type: application/sdp\n\nv=0\na=sendonly\nm=audio 4000 RTP/AVP 0\n",
            returns: 2,
        },
    ],
    run: Run::Now(is_audio_on_hold),
    ..FUNCTION
};

const ARGS: &[Arg] = &[
    Arg::regex("regexp", "What the media (`audio`, `video` …) must match."),
    Arg::regex("regexp2", "What the transport (`RTP/AVP` …) must match.").optional(),
];
const FOUND: &[(i32, &str)] = &[(1, "there is such a stream"), (-1, "there is none")];

fn stream_exists(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let body = Body::now(call)?;
    let Some(sdp) = description(&body) else { return Ok(-1) };
    let is_meant = meant(args)?;
    yes(sdp.media().any(|media| is_meant(&media)))
}

fn stream_delete(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let body = Body::now(call)?;
    let Some(sdp) = description(&body) else { return Ok(-1) };
    let is_meant = meant(args)?;
    let mut left = sdp.session_text().to_vec();
    let mut removed = false;
    for media in sdp.media() {
        if is_meant(&media) {
            removed = true;
        } else {
            left.extend_from_slice(media.text);
        }
    }
    if removed {
        body.with_part_replaced(sdp.text(), &left).put(call);
    }
    yes(removed)
}

fn is_audio_on_hold(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let body = Body::now(call)?;
    let Some(sdp) = description(&body) else { return Ok(-1) };
    let audio = sdp.media().filter(|media| media.kind.eq_ignore_ascii_case(b"audio") && media.port != 0);
    let mut ways = audio.filter_map(|media| hold(&media));
    Ok(ways.next().unwrap_or(-1))
}

fn hold(media: &Media<'_>) -> Option<i32> {
    if media.connection().is_some_and(|connection| connection.is_nowhere()) {
        return Some(1);
    }
    matches!(media.direction(), Direction::SendOnly | Direction::Inactive).then_some(2)
}

fn description(body: &Body) -> Option<Sdp<'_>> {
    Sdp::parse(body.sdp()?).ok()
}

fn meant<'a>(args: Args<'a>) -> Result<impl Fn(&Media<'_>) -> bool + 'a, Fault> {
    let (kind, protocol) = (args.regex(0)?, args.opt_regex(1));
    Ok(move |media: &Media<'_>| {
        kind.is_match(media.kind) && protocol.is_none_or(|protocol| protocol.is_match(media.protocol))
    })
}
