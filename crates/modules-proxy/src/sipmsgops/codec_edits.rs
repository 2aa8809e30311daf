//! Codecs taken out of a session description or put in another order: texts in, texts out.

use sip::sdp::{Codec, Media, Sdp};

/// What is done with the codecs that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// They go.
    Delete,
    /// They come first.
    MoveUp,
    /// They come last.
    MoveDown,
}

/// Whether any codec of the description matches.
pub(super) fn has_codec(sdp: &Sdp<'_>, matches: impl Fn(&Codec<'_>) -> bool) -> bool {
    sdp.media().filter(is_rtp).flat_map(|media| media.codecs()).any(|codec| matches(&codec))
}

/// The description with the change made; `None` where no codec matches.
pub(super) fn changed(sdp: &Sdp<'_>, change: Change, matches: impl Fn(&Codec<'_>) -> bool) -> Option<Vec<u8>> {
    let mut text = sdp.session_text().to_vec();
    let mut any = false;
    for media in sdp.media() {
        let (matching, others): (Vec<Codec<'_>>, Vec<Codec<'_>>) = match is_rtp(&media) {
            true => media.codecs().partition(&matches),
            false => (Vec::new(), Vec::new()),
        };
        if matching.is_empty() {
            text.extend_from_slice(media.text);
            continue;
        }
        any = true;
        match change {
            Change::Delete => delete(&media, &matching, &others, &mut text),
            Change::MoveUp => reorder(&media, &matching, &others, &mut text),
            Change::MoveDown => reorder(&media, &others, &matching, &mut text),
        }
    }
    any.then_some(text)
}

/// The formats of other protocols (`t38`, `webrtc-datachannel`) are no codecs.
fn is_rtp(media: &Media<'_>) -> bool {
    media.protocol.split(|byte| *byte == b'/').any(|word| word.eq_ignore_ascii_case(b"RTP"))
}

/// RFC 3264 section 6: a stream that nothing is left of keeps its place with port 0, and a media line has a format.
fn delete(media: &Media<'_>, gone: &[Codec<'_>], left: &[Codec<'_>], out: &mut Vec<u8>) {
    match left {
        [] => write_line(media, b"0", gone.iter().take(1), out),
        _ => write_line(media, media.port_text, left.iter(), out),
    }
    for line in media.lines().skip(1) {
        let speaks_of_gone = gone.iter().flat_map(Codec::lines).any(|own| std::ptr::eq(own.text, line.text));
        if !speaks_of_gone {
            out.extend_from_slice(line.text);
        }
    }
}

fn reorder(media: &Media<'_>, first: &[Codec<'_>], then: &[Codec<'_>], out: &mut Vec<u8>) {
    write_line(media, media.port_text, first.iter().chain(then), out);
    for line in media.lines().skip(1) {
        out.extend_from_slice(line.text);
    }
}

fn write_line<'a>(media: &Media<'_>, port: &[u8], codecs: impl Iterator<Item = &'a Codec<'a>>, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b"m=", media.kind, b" ", port, b" ", media.protocol].concat());
    for codec in codecs {
        out.push(b' ');
        out.extend_from_slice(codec.format);
    }
    let bare = media.line().is_some_and(|line| line.text.ends_with(b"\n") && !line.text.ends_with(b"\r\n"));
    out.extend_from_slice(if bare { b"\n" } else { b"\r\n" });
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\ns=-\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 0 8 97 101\r\n\
        a=rtpmap:97 speex/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\n\
        a=fmtp:101 0-15\r\n\
        a=sendrecv\r\n\
        m=image 4002 udptl t38\r\n\
        m=audio 4004 RTP/AVP 98\r\n\
        a=rtpmap:98 speex/16000\r\n";

    fn after(change: Change, matches: impl Fn(&Codec<'_>) -> bool) -> String {
        let sdp = Sdp::parse(OFFER.as_bytes()).expect("a description");
        let Some(text) = changed(&sdp, change, matches) else { return "nothing".to_owned() };
        let text = String::from_utf8(text).expect("text");
        let kept = text.lines().filter(|line| line.starts_with(['m', 'a'])).map(|line| line.replace("telephone-", ""));
        kept.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn deletes_with_all_lines() {
        assert_eq!(
            after(Change::Delete, |codec| codec.is(b"Telephone-Event", None)),
            "m=audio 4000 RTP/AVP 0 8 97|a=rtpmap:97 speex/8000|a=sendrecv|m=image 4002 udptl t38\
             |m=audio 4004 RTP/AVP 98|a=rtpmap:98 speex/16000"
        );
        assert_eq!(after(Change::Delete, |codec| codec.is(b"opus", None)), "nothing");
    }

    #[test]
    fn a_stream_without_codecs_is_refused() {
        assert_eq!(
            after(Change::Delete, |codec| !codec.is(b"PCMA", None)),
            "m=audio 4000 RTP/AVP 8|a=sendrecv|m=image 4002 udptl t38|m=audio 0 RTP/AVP 98"
        );
    }

    #[test]
    fn moves_keep_the_order_among_themselves() {
        let lines = |text: String| text.split('|').filter(|line| line.starts_with('m')).collect::<Vec<_>>().join("|");
        let moved = |change| lines(after(change, |codec| codec.clock == b"8000" && codec.name != b"PCMU"));
        assert_eq!(
            moved(Change::MoveUp),
            "m=audio 4000 RTP/AVP 8 97 101 0|m=image 4002 udptl t38|m=audio 4004 RTP/AVP 98"
        );
        assert_eq!(
            moved(Change::MoveDown),
            "m=audio 4000 RTP/AVP 0 8 97 101|m=image 4002 udptl t38|m=audio 4004 RTP/AVP 98"
        );
    }
}
