//! Codecs of the session description: `codec_exists()`, `codec_delete()`, `codec_move_up()`, `codec_move_down()` and
//! their variants with regular expressions. Each sees what the ones before it changed.

use super::body::{Body, WITH_SDP};
use super::codec_edits::{Change, changed, has_codec};
use super::{ON_THE_WAY, yes};
use catalogue::{Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};
use sip::sdp::{Codec, Sdp};

pub(super) const CODEC_EXISTS: Function = Function {
    name: "codec_exists",
    about: "Whether the session description offers a codec.",
    examples: &[
        Example { script: "codec_exists(\"pcma\")", message: WITH_SDP, returns: 1 },
        Example { script: "codec_exists(\"PCMA\", \"16000\")", message: WITH_SDP, returns: -1 },
        Example { script: "codec_exists(\"PCMA\")", message: "", returns: -1 },
    ],
    run: Run::Now(|call, args| exists(call, by_name(args)?)),
    ..BY_NAME
};

pub(super) const CODEC_EXISTS_RE: Function = Function {
    name: "codec_exists_re",
    about: "Whether the session description offers a codec whose name matches.",
    examples: &[Example { script: "codec_exists_re(\"pcm[au]\")", message: WITH_SDP, returns: 1 }],
    run: Run::Now(|call, args| exists(call, by_expression(args)?)),
    ..BY_EXPRESSION
};

pub(super) const CODEC_DELETE: Function = Function {
    name: "codec_delete",
    about: "Takes a codec out of the session description.",
    examples: &[
        Example { script: "codec_delete(\"PCMU\", \"8000\")", message: WITH_SDP, returns: 1 },
        Example { script: "codec_delete(\"PCMU\"); codec_exists(\"PCMU\")", message: WITH_SDP, returns: -1 },
        Example { script: "codec_delete(\"speex\")", message: WITH_SDP, returns: -1 },
    ],
    run: Run::Now(|call, args| change(call, Change::Delete, by_name(args)?)),
    ..BY_NAME
};

pub(super) const CODEC_DELETE_RE: Function = Function {
    name: "codec_delete_re",
    about: "Takes the codecs whose name matches out of the session description.",
    examples: &[Example { script: "codec_delete_re(\"PCMA|PCMU\")", message: WITH_SDP, returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::Delete, by_expression(args)?)),
    ..BY_EXPRESSION
};

pub(super) const CODEC_DELETE_EXCEPT_RE: Function = Function {
    name: "codec_delete_except_re",
    about: "Takes the codecs whose name does not match out of the session description.",
    examples: &[
        Example { script: "codec_delete_except_re(\"PCMA\"); codec_exists(\"PCMU\")", message: WITH_SDP, returns: -1 },
        Example { script: "codec_delete_except_re(\"PCMA\"); codec_exists(\"PCMA\")", message: WITH_SDP, returns: 1 },
    ],
    run: Run::Now(|call, args| {
        let matches = by_expression(args)?;
        change(call, Change::Delete, move |codec| !matches(codec))
    }),
    ..BY_EXPRESSION
};

pub(super) const CODEC_MOVE_UP: Function = Function {
    name: "codec_move_up",
    about: "Puts a codec first.",
    examples: &[Example { script: "codec_move_up(\"PCMA\")", message: WITH_SDP, returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::MoveUp, by_name(args)?)),
    ..BY_NAME
};

pub(super) const CODEC_MOVE_UP_RE: Function = Function {
    name: "codec_move_up_re",
    about: "Puts the codecs whose name matches first, in the order they have.",
    examples: &[Example { script: "codec_move_up_re(\"tele|PCMA\")", message: WITH_SDP, returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::MoveUp, by_expression(args)?)),
    ..BY_EXPRESSION
};

pub(super) const CODEC_MOVE_DOWN: Function = Function {
    name: "codec_move_down",
    about: "Puts a codec last.",
    examples: &[Example { script: "codec_move_down(\"PCMU\")", message: WITH_SDP, returns: 1 }],
    run: Run::Now(|call, args| change(call, Change::MoveDown, by_name(args)?)),
    ..BY_NAME
};

pub(super) const CODEC_MOVE_DOWN_RE: Function = Function {
    name: "codec_move_down_re",
    about: "Puts the codecs whose name matches last, in the order they have.",
    examples: &[Example { script: "codec_move_down_re(\"speex\")", message: WITH_SDP, returns: -1 }],
    run: Run::Now(|call, args| change(call, Change::MoveDown, by_expression(args)?)),
    ..BY_EXPRESSION
};

/// What the functions that name a codec have in common.
const BY_NAME: Function = Function {
    args: &[
        Arg::str("name", "The name of the encoding; case does not count."),
        Arg::str("clock", "The clock rate; without it, any.").optional().judged(|text| match text {
            "" => Verdict::Fine,
            text => Verdict::count(text),
        }),
    ],
    routes: ON_THE_WAY,
    returns: FOUND,
    ..FUNCTION
};

/// What the functions that match codecs have in common.
const BY_EXPRESSION: Function = Function {
    args: &[Arg::regex("regexp", "What the name of the encoding must match.")],
    routes: ON_THE_WAY,
    returns: FOUND,
    ..FUNCTION
};

const FOUND: &[(i32, &str)] = &[(1, "there is such a codec"), (-1, "there is none")];

fn by_name<'a>(args: Args<'a>) -> Result<impl Fn(&Codec<'_>) -> bool + 'a, module_api::Fault> {
    let (name, clock) = (args.str(0)?, args.opt_str(1).filter(|clock| !clock.is_empty()));
    Ok(move |codec: &Codec<'_>| codec.is(name, clock.map(|clock| &clock[..])))
}

fn by_expression<'a>(args: Args<'a>) -> Result<impl Fn(&Codec<'_>) -> bool + 'a, module_api::Fault> {
    let expression = args.regex(0)?;
    Ok(move |codec: &Codec<'_>| expression.is_match(codec.name))
}

fn exists(call: &mut Call<'_>, matches: impl Fn(&Codec<'_>) -> bool) -> Outcome {
    let body = Body::now(call)?;
    let sdp = body.sdp().and_then(|text| Sdp::parse(text).ok());
    yes(sdp.is_some_and(|sdp| has_codec(&sdp, matches)))
}

fn change(call: &mut Call<'_>, change: Change, matches: impl Fn(&Codec<'_>) -> bool) -> Outcome {
    let body = Body::now(call)?;
    let Some(text) = body.sdp() else { return Ok(-1) };
    let Ok(sdp) = Sdp::parse(text) else { return Ok(-1) };
    let Some(changed) = changed(&sdp, change, matches) else { return Ok(-1) };
    body.with_part_replaced(text, &changed).put(call);
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{Fixture, absent, str};

    #[test]
    fn changes_add_up() {
        let mut fixture = Fixture::request(&format!("INVITE sip:b@example.com SIP/2.0\n{WITH_SDP}"));
        let state = fixture.start(&super::super::MODULE, &[]);
        for (function, name) in
            [(&CODEC_MOVE_DOWN, "PCMU"), (&CODEC_DELETE, "telephone-event"), (&CODEC_MOVE_UP, "pcmu")]
        {
            assert_eq!(fixture.call(&state, function, &[str(name), absent()]), 1);
        }
        let shown = fixture.shown();
        let (head, body) = shown.split_once("\n\n").expect("a message");
        assert!(body.ends_with("m=audio 4000 RTP/AVP 0 8\na=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\n"), "{body}");
        assert!(head.contains(&format!("\nContent-Length: {}", body.replace('\n', "\r\n").len())), "{head}");
    }
}
