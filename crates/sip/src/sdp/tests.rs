//! Session descriptions in pictures.

use super::*;

const OFFER: &str = "v=0\r\n\
    o=alice 2890844526 2890844527 IN IP4 host.atlanta.example.com\r\n\
    s=-\r\n\
    c=IN IP4 192.0.2.1\r\n\
    t=0 0\r\n\
    a=sendonly\r\n\
    m=audio 49170/2 RTP/AVP 0 97 101\r\n\
    a=rtpmap:97 iLBC/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-15\r\n\
    m=video 51372 RTP/AVP 31\r\n\
    c=IN IP6 2001:db8::1\r\n\
    a=recvonly\r\n";

fn text(part: &[u8]) -> String {
    String::from_utf8_lossy(part).into_owned()
}

#[test]
fn sees_sections_and_formats() {
    let sdp = Sdp::parse(OFFER.as_bytes()).expect("a description");
    let sections: Vec<String> = sdp
        .media()
        .map(|media| {
            let codecs: Vec<String> = media.codecs().map(|codec| text(codec.name) + "/" + &text(codec.clock)).collect();
            let address = media.connection().map(|connection| text(connection.address)).unwrap_or_default();
            format!("{} {} {} {address} {:?} {codecs:?}", media.index, text(media.kind), media.port, media.direction())
        })
        .collect();
    assert_eq!(
        sections,
        [
            r#"0 audio 49170 192.0.2.1 SendOnly ["PCMU/8000", "iLBC/8000", "telephone-event/8000"]"#,
            r#"1 video 51372 2001:db8::1 RecvOnly ["H261/90000"]"#,
        ]
    );
}

#[test]
fn sees_the_session() {
    let sdp = Sdp::parse(OFFER.as_bytes()).expect("a description");
    let origin = sdp.origin().expect("an origin");
    assert_eq!((text(origin.user), text(origin.version)), ("alice".into(), "2890844527".into()));
    assert_eq!(origin.connection.address, b"host.atlanta.example.com");
    assert_eq!(sdp.session_lines().count(), 6);
    assert_eq!(sdp.lines().count(), 13);
    assert!(!sdp.is_hold(), "one stream is still wanted");
}

#[test]
fn a_codec_knows_its_lines() {
    let sdp = Sdp::parse(OFFER.as_bytes()).expect("a description");
    let audio = sdp.media().next().expect("audio");
    let event = audio.codecs().find(|codec| codec.is(b"TELEPHONE-EVENT", None)).expect("a codec");
    assert_eq!(event.parameters, Some(&b"0-15"[..]));
    let lines: String = event.lines().map(|line| text(line.text)).collect();
    assert_eq!(lines, "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n");
}

#[test]
fn tells_hold() {
    let hold = |lines: &str| {
        let body = format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n{lines}");
        Sdp::parse(body.as_bytes()).expect("a description").is_hold()
    };
    assert!(hold("c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n"));
    assert!(hold("c=IN IP6 ::\r\nm=audio 4000 RTP/AVP 0\r\n"));
    assert!(hold("c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\na=inactive\r\nm=video 0 RTP/AVP 31\r\n"));
    assert!(!hold("c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\na=recvonly\r\n"));
    assert!(!hold("c=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\na=inactive\r\n"));
}

#[test]
fn refuses_what_is_none() {
    for (body, error) in [
        ("", SdpError::Version),
        ("o=x\r\n", SdpError::Version),
        ("v=0\r\nhello\r\n", SdpError::Line),
        ("v=0\r\nm=audio\r\n", SdpError::Media),
        ("v=0\r\nm=audio x RTP/AVP 0\r\n", SdpError::Media),
    ] {
        assert_eq!(Sdp::parse(body.as_bytes()), Err(error), "{body}");
    }
    assert!(
        Sdp::parse(b"v=0\no=- 1 1 IN IP4 a\ns=-\nm=audio 1 RTP/AVP 0\n").is_ok(),
        "bare line feeds are seen in the wild"
    );
}
