//! A description, the way to a part, and what comes of reading and assigning it.

use super::ALL;
use crate::core::MODULE;
use catalogue::Value;
use module_api::{Index, Operator, Variable};
use testkit::Fixture;

const OFFER: &str = "INVITE sip:bob@example.com SIP/2.0
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 192.0.2.10
a=ptime:10
m=audio 4000 RTP/AVP 9 8 0
a=ptime:20
a=rtpmap:8 PCMA/8000
m=audio 27292 RTP/AVP 9 101
a=ptime:30
a=rtpmap:101 telephone-event/16000
m=video 5000 RTP/AVP 115
a=nortpproxy:no
a=fmtp:115 profile=1; bitrate=32000;max=9
";

fn variable(name: &str) -> &'static Variable {
    ALL.iter().find(|variable| variable.name == name).unwrap()
}

fn read(fixture: &mut Fixture, name: &str, path: &str) -> String {
    let state = fixture.start(&MODULE, &[]);
    let value = fixture.read(&state, variable(name), path, Index::None);
    value.text().map_or("<null>".to_owned(), |text| String::from_utf8_lossy(&text).replace("\r\n", "|"))
}

#[test]
fn parts_are_read() {
    let mut fixture = Fixture::request(OFFER);
    for (name, path, expected) in [
        ("sdp.line", "a=", "a=ptime:10"),
        ("sdp.line", "a=[0]", "a=ptime:10"),
        ("sdp.line", "a=ptime[1]", "a=ptime:20"),
        ("sdp.line", "a=ptime[-1]", "a=ptime:30"),
        ("sdp.line", "a=[100]", "<null>"),
        ("sdp.line", "m=audio[1]", "m=audio 27292 RTP/AVP 9 101"),
        ("sdp.line", "m=audio[1]/[0]", "audio"),
        ("sdp.line", "m=audio[1]/[1]", "27292"),
        ("sdp.line", "m=audio[1]/[4]", "101"),
        ("sdp.line", "m=audio[1]/[5]", "<null>"),
        ("sdp.line", "m=audio[1]/RTP", "RTP/AVP"),
        ("sdp.line", "m=audio[1]/RTP\\/AVP[0]", "RTP/AVP"),
        ("sdp.line", "m=audio[1]/RTP\\/AVP[1]", "<null>"),
        ("sdp.line", "m=audio[1]/RTQ", "<null>"),
        ("sdp.line", "[1]", "o=- 1 1 IN IP4 192.0.2.10"),
        ("sdp.session", "a=ptime", "a=ptime:10"),
        ("sdp.session", "a=ptime[1]", "<null>"),
        ("sdp.stream", "/a=ptime", "a=ptime:20"),
        ("sdp.stream", "[1]/a=ptime", "a=ptime:30"),
        ("sdp.stream", "audio[1]/a=ptime", "a=ptime:30"),
        ("sdp.stream", "a[1]/a=ptime", "a=ptime:30"),
        ("sdp.stream", "video/a=fmtp:115/bitrate=", "bitrate=32000"),
        ("sdp.stream", "video", "m=video 5000 RTP/AVP 115|a=nortpproxy:no|a=fmtp:115 profile=1; bitrate=32000;max=9"),
        ("sdp.stream", "text", "<null>"),
        ("sdp.stream.idx", "video/a=fmtp", "11"),
        ("sdp.line", "[11]", "a=fmtp:115 profile=1; bitrate=32000;max=9"),
        ("sdp.line", "a=[x]", "<null>"),
    ] {
        assert_eq!(read(&mut fixture, name, path), expected, "{name}({path})");
    }
}

/// Assigns, and shows the line that is different (or "gone").
fn changed(name: &str, path: &str, value: Value) -> String {
    let mut fixture = Fixture::request(OFFER);
    let state = fixture.start(&MODULE, &[]);
    if let Err(fault) = fixture.write(&state, variable(name), path, Operator::Set, value) {
        return fault.to_string();
    }
    let shown = fixture.shown();
    let (_, body) = shown.split_once("\n\n").unwrap();
    let (_, offer) = OFFER.split_once("\n\n").unwrap();
    let different = body.lines().find(|line| !offer.lines().any(|old| old == *line));
    different.map_or_else(|| format!("{} lines", body.lines().count()), str::to_owned)
}

#[test]
fn parts_are_assigned() {
    let text = |text: &'static str| Value::fixed(text);
    for (name, path, value, expected) in [
        ("sdp.line", "o=", text("o=- 2 2 IN IP4 192.0.2.1"), "o=- 2 2 IN IP4 192.0.2.1"),
        ("sdp.line", "a=ptime[1]", Value::Null, "11 lines"),
        ("sdp.line", "m=audio/[1]", Value::Int(4002), "m=audio 4002 RTP/AVP 9 8 0"),
        ("sdp.line", "m=audio/9", Value::Null, "m=audio 4000 RTP/AVP 8 0"),
        ("sdp.line", "m=audio[1]/101", Value::Null, "m=audio 27292 RTP/AVP 9"),
        ("sdp.stream", "video/a=nortpproxy:/[0]", text("yes"), "a=nortpproxy:yes"),
        ("sdp.stream", "v/a=fmtp:115/bitrate=", Value::Int(48000), "a=fmtp:115 profile=1; bitrate=48000;max=9"),
        ("sdp.stream", "v/a=fmtp:115/bitrate=", Value::Null, "a=fmtp:115 profile=1; max=9"),
        ("sdp.stream", "[1]/a=rtpmap/telephone-event\\/", Value::Int(8000), "a=rtpmap:101 telephone-event/8000"),
        ("sdp.stream", "video", Value::Null, "9 lines"),
        ("sdp.session", "a=ptime[0]", Value::Null, "11 lines"),
        ("sdp.session", "a=maxptime", Value::Null, "the session description has no such part"),
        ("sdp.line", "o=", text("o=x\r\nc=evil"), "a line of a session description cannot have line ends in it"),
    ] {
        assert_eq!(changed(name, path, value), expected, "{name}({path})");
    }
}

#[test]
fn changes_are_made_upon_changes() {
    let mut fixture = Fixture::request(OFFER);
    let state = fixture.start(&MODULE, &[]);
    for path in ["m=audio/9", "m=audio/8"] {
        fixture.write(&state, variable("sdp.line"), path, Operator::Set, Value::Null).unwrap();
    }
    assert_eq!(read(&mut fixture, "sdp.line", "m="), "m=audio 4000 RTP/AVP 0");
}

#[test]
fn the_whole_is_replaced_within_its_multipart() {
    let mut fixture = Fixture::request(
        "INVITE sip:bob@example.com SIP/2.0
Content-Type: multipart/mixed;boundary=b

--b
Content-Type: text/plain

hello
--b
Content-Type: application/sdp

v=0
--b--
",
    );
    let state = fixture.start(&MODULE, &[]);
    assert_eq!(read(&mut fixture, "sdp", ""), "v=0");
    fixture.write(&state, variable("sdp"), "", Operator::Set, Value::fixed("v=1")).unwrap();
    let shown = fixture.shown();
    assert!(shown.contains("hello\n--b\nContent-Type: application/sdp\n\nv=1\n--b--"), "{shown}");
}

#[test]
fn a_body_comes_and_goes() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    assert_eq!(read(&mut fixture, "sdp", ""), "<null>");
    fixture.write(&state, variable("sdp"), "", Operator::Set, Value::fixed("v=0\r\n")).unwrap();
    assert!(fixture.shown().contains("Content-Type: application/sdp\n"), "{}", fixture.shown());
    fixture.write(&state, variable("sdp"), "", Operator::Set, Value::Null).unwrap();
    assert!(!fixture.shown().contains("Content-Type"), "{}", fixture.shown());
}
