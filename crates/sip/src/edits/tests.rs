//! Edits in pictures: a message, what is asked for, what is written.

use bytes::Bytes;

use crate::{Edits, HeaderName, Limits, Message, apply, write};

const INVITE: &str = "INVITE sip:bob@b SIP/2.0\r\n\
    Via: SIP/2.0/UDP a;rport\r\n\
    Record-Route: <sip:r1;lr>\r\n\
    From: <sip:a@b>;tag=1\r\n\
    To: <sip:bob@b>\r\n\
    Call-ID: x\r\n\
    CSeq: 1 INVITE\r\n\
    Route: <sip:1;lr>, <sip:2;lr>, <sip:3;lr>\r\n";

fn message(rest: &str) -> Message {
    Message::parse([INVITE, rest].concat().into(), &Limits::default()).expect("a message")
}

fn written(message: &Message, layers: &[&Edits]) -> String {
    let mut out = Vec::new();
    write(message, layers, &mut out);
    String::from_utf8(out).expect("text")
}

/// What is written after edits, the unchanged lines in front left out.
fn edited(rest: &str, edit: impl Fn(&Message, &mut Edits)) -> String {
    let message = message(rest);
    let mut edits = Edits::default();
    edit(&message, &mut edits);
    let text = written(&message, &[&edits]);
    text.strip_prefix(INVITE).map(str::to_owned).unwrap_or(text)
}

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[test]
fn without_edits_the_bytes_are_those_that_came() {
    let message = message("\r\nno length");
    assert_eq!(written(&message, &[&Edits::default()]), [INVITE, "\r\nno length"].concat());
}

#[test]
fn a_proxy_forwards() {
    let rest = "Content-Length: 0\r\n\r\n";
    let forwarded = edited(rest, |message, edits| {
        edits.set_request_uri(text("sip:bob@192.0.2.4"));
        edits.push_record_route(text("Record-Route: <sip:p;lr>\r\n"));
        edits.push_via(text("Via: SIP/2.0/UDP p;branch=z9hG4bK2\r\n"));
        edits.push_path(text("Path: <sip:p;lr>\r\n"));
        let via = message.top_via().expect("a Via");
        let mut params = Vec::new();
        via.write_params(Some([192, 0, 2, 1].into()), Some(5061), &mut params);
        edits.patch(message.range_of(via.params.as_bytes()).expect("a place"), params.into());
        let route = message.name_addrs(HeaderName::Route).next().expect("a Route").expect("a Route");
        edits.remove_list_item(message, &route);
        edits.append(text("P-Hint: forwarded\r\n"));
    });
    assert_eq!(
        forwarded,
        "INVITE sip:bob@192.0.2.4 SIP/2.0\r\n\
         Via: SIP/2.0/UDP p;branch=z9hG4bK2\r\n\
         Via: SIP/2.0/UDP a;rport=5061;received=192.0.2.1\r\n\
         Record-Route: <sip:p;lr>\r\n\
         Path: <sip:p;lr>\r\n\
         Record-Route: <sip:r1;lr>\r\n\
         From: <sip:a@b>;tag=1\r\n\
         To: <sip:bob@b>\r\n\
         Call-ID: x\r\n\
         CSeq: 1 INVITE\r\n\
         Route: <sip:2;lr>, <sip:3;lr>\r\n\
         Content-Length: 0\r\n\
         P-Hint: forwarded\r\n\r\n"
    );
}

#[test]
fn a_line_goes_with_its_last_item() {
    let message = message("l: 0\r\n\r\n");
    let mut layers = [Edits::default(), Edits::default()];
    let items: Vec<_> = message.name_addrs(HeaderName::Route).map(|item| item.expect("a Route")).collect();
    layers[0].remove_list_item(&message, &items[0]);
    layers[0].remove_list_item(&message, &items[2]);
    assert!(layers[0].is_item_removed(&items[2]) && !layers[0].is_item_removed(&items[1]));
    assert!(written(&message, &[&layers[0]]).contains("Route: <sip:2;lr>\r\nl: 0"));
    layers[1].remove_list_item(&message, &items[1]);
    assert!(written(&message, &[&layers[0], &layers[1]]).contains("CSeq: 1 INVITE\r\nl: 0"));
    layers[0].remove_list_item(&message, &items[1]);
    assert!(layers[0].is_removed(items[0].header));
}

#[test]
fn a_new_body_brings_its_type_and_length() {
    let set = |edits: &mut Edits| edits.set_body(text("hello"), Some(text("text/plain")));
    assert_eq!(
        edited("Content-Type: application/sdp\r\nl: 3\r\n\r\nv=0", |_, edits| set(edits)),
        "Content-Type: text/plain\r\nl: 5\r\n\r\nhello"
    );
    assert_eq!(edited("\r\n", |_, edits| set(edits)), "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(
        edited("c: application/sdp\r\nl: 3\r\n\r\nv=0", |_, edits| edits.set_body(Bytes::new(), None)),
        "l: 0\r\n\r\n"
    );
}

#[test]
fn a_patched_body_has_its_new_length() {
    let patched = edited("l: 3\r\n\r\nv=0", |message, edits| {
        let body = message.range_of(message.body()).expect("a place");
        edits.patch(body.end..body.end, text("\r\ns=-"));
    });
    assert_eq!(patched, "l: 8\r\n\r\nv=0\r\ns=-");
}

#[test]
fn a_removed_length_comes_back_with_a_body() {
    let changed = edited("l: 3\r\nX: y\r\n\r\nv=0", |_, edits| {
        edits.remove(7);
        edits.set_body(text("longer"), None);
    });
    assert_eq!(changed, "X: y\r\nContent-Length: 6\r\n\r\nlonger");
    let twice = edited("l: 3\r\nl: 3\r\n\r\nv=0", |_, edits| edits.set_body(text("longer"), None));
    assert_eq!(twice, "l: 6\r\n\r\nlonger");
}

/// On a stream it says where the message ends, so that it must not go while the body stays (RFC 3261 section 18.3).
#[test]
fn a_removed_length_comes_back_with_the_same_body() {
    assert_eq!(edited("l: 3\r\nX: y\r\n\r\nv=0", |_, edits| edits.remove(7)), "X: y\r\nContent-Length: 3\r\n\r\nv=0");
    assert_eq!(
        edited("l: 0\r\n\r\n", |_, edits| edits.replace(7, text("X: y\r\n"))),
        "X: y\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(edited("l: 3\r\n\r\nv=0", |_, edits| edits.replace(7, text("L: 3\r\n"))), "L: 3\r\n\r\nv=0");
    assert_eq!(edited("l: 3\r\nl: 3\r\n\r\nv=0", |_, edits| edits.remove(7)), "l: 3\r\n\r\nv=0");
}

/// RFC 3261 section 7.1: whatever came, implementations send `SIP/2.0` in upper case.
#[test]
fn the_version_leaves_in_upper_case() {
    let text = INVITE.replace("SIP/2.0\r\nVia", "sip/2.0\r\nVia") + "l: 0\r\n\r\n";
    for (from, to) in [("", ""), ("INVITE sip:bob@b sip/2.0", "Sip/2.0 200 OK")] {
        let message = Message::parse(text.replace(from, to).into(), &Limits::default()).expect("a message");
        let mut edits = Edits::default();
        edits.append(Bytes::from_static(b"X: y\r\n"));
        let written = written(&message, &[&edits]);
        let first = written.lines().next().expect("a line");
        assert_eq!(first, if to.is_empty() { "INVITE sip:bob@b SIP/2.0" } else { "SIP/2.0 200 OK" });
    }
}

#[test]
fn a_length_that_lacks_is_added_once() {
    assert_eq!(edited("\r\nv=0", |_, edits| edits.append(text("X: y"))), "X: y\r\nContent-Length: 3\r\n\r\nv=0");
    let own = edited("\r\nv=0", |_, edits| edits.append(text("X: y\r\nContent-length : 3\r\n")));
    assert_eq!(own, "X: y\r\nContent-length : 3\r\n\r\nv=0");
}

#[test]
fn the_last_word_counts() {
    let message = message("l: 0\r\nX: 1\r\n\r\n");
    let mut edits = Edits::default();
    edits.replace(8, text("X: 2\r\n"));
    edits.remove(8);
    assert!(edits.is_removed(8));
    edits.replace(8, text("X: 3\r\n"));
    assert!(!edits.is_removed(8));
    let mut branch = Edits::default();
    branch.replace_value(7, text("00"));
    assert!(written(&message, &[&edits, &branch]).ends_with("l: 00\r\nX: 3\r\n\r\n"));
    branch.remove(8);
    assert!(written(&message, &[&edits, &branch]).ends_with("l: 00\r\n\r\n"));
}

#[test]
fn a_reply_gets_another_status() {
    let reply = INVITE.replace("INVITE sip:bob@b SIP/2.0", "SIP/2.0 183 Session Progress") + "l: 0\r\n\r\n";
    let message = Message::parse(reply.into(), &Limits::default()).expect("a reply");
    let mut edits = Edits::default();
    edits.set_status(180, text("Ringing"));
    edits.set_request_uri(text("sip:ignored"));
    let edited = apply(&message, &edits).expect("a reply");
    assert_eq!((edited.status(), edited.reason()), (180, &b"Ringing"[..]));
}

#[test]
fn patches_outside_the_message_are_ignored() {
    let message = message("l: 0\r\n\r\n");
    let mut edits = Edits::default();
    let end = message.bytes().len();
    edits.patch(end..end + 1, text("x"));
    let backwards = std::ops::Range { start: 5, end: 4 };
    edits.patch(backwards, text("x"));
    assert_eq!(written(&message, &[&edits]), [INVITE, "l: 0\r\n\r\n"].concat());
}
