//! Messages in pictures: what is accepted, what is refused and how.

use crate::{HeaderName, Limits, Message, Method, Offence};

const OPTIONS: &str = "OPTIONS sip:b@c SIP/2.0\r\n\
    Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\
    From: <sip:a@b>;tag=1\r\n\
    To: <sip:b@c>\r\n\
    Call-ID: x\r\n\
    CSeq: 1 OPTIONS\r\n";

fn parse(text: &str) -> Result<Message, crate::ParseError> {
    Message::parse(text.to_owned().into(), &Limits::default())
}

/// How a message is received: `ok`, or the reason phrase with `!` where it can be answered.
fn verdict(text: &str) -> String {
    match parse(text) {
        Ok(_) => "ok".to_owned(),
        Err(error) if error.answerable().is_some() => format!("{}!", error.reason()),
        Err(error) => error.reason().into_owned(),
    }
}

#[test]
fn finds_headers_by_name_and_place() {
    let text = [OPTIONS, "m: <sip:1>\r\nX-A: 1\r\nContact:<sip:2>,\r\n <sip:3>\r\nx-a : 2\r\n\r\nbody"].concat();
    let message = parse(&text).expect("a message");
    assert_eq!(
        (message.method(), message.request_uri(), message.body()),
        (Method::Options, &b"sip:b@c"[..], &b"body"[..])
    );
    assert_eq!(message.header_count(), 9);
    let contact = message.header(HeaderName::Contact).expect("a Contact");
    assert_eq!((contact.index, contact.name_text, contact.line), (5, &b"m"[..], &b"m: <sip:1>\r\n"[..]));
    let values: Vec<_> = message.headers_called(b"X-a").map(|header| header.value).collect();
    assert_eq!(values, [b"1", b"2"]);
    let items: Vec<_> = message
        .name_addrs(HeaderName::Contact)
        .map(|item| item.expect("an item"))
        .map(|item| (item.address.uri, item.header, item.position, item.only))
        .collect();
    assert_eq!(items, [(&b"sip:1"[..], 5, 0, true), (b"sip:2", 7, 0, false), (b"sip:3", 7, 1, false)]);
    assert!(message.header(HeaderName::Route).is_none() && message.header_at(9).is_none());
}

#[test]
fn a_reply_has_the_method_of_its_cseq() {
    let text = [&OPTIONS.replace("OPTIONS sip:b@c SIP/2.0", "SIP/2.0 180 Ringing now"), "\r\n"].concat();
    let message = parse(&text).expect("a reply");
    assert_eq!((message.status(), message.reason()), (180, &b"Ringing now"[..]));
    assert_eq!((message.method(), message.method_text()), (Method::Options, &b"OPTIONS"[..]));
    assert!(!message.is_request() && message.request_uri().is_empty());
}

#[test]
fn judges_start_lines() {
    let start = |line: &str| verdict(&[&OPTIONS.replace("OPTIONS sip:b@c SIP/2.0", line), "\r\n"].concat());
    for (line, expected) in [
        ("OPTIONS sip:b@c SIP/2.0", "ok"),
        ("OPTIONS sip:b@c sip/2.0", "ok"),
        ("OPTIONS sip:b@c SIP/3.0", "Version Not Supported!"),
        ("OPTIONS sip:b@c HTTP/1.1", "Bad Start Line"),
        ("OPTIONS sip:b@c", "Bad Start Line"),
        ("OP,TIONS sip:b@c SIP/2.0", "Bad Method!"),
        ("OPTIONS sip: SIP/2.0", "Bad Request-URI!"),
        ("SIP/2.0 200 OK", "ok"),
        ("SIP/2.0 200", "ok"),
        ("SIP/2.0 200 ", "ok"),
        ("SIP/2.0 99 Low", "Bad Status Code"),
        ("SIP/2.0 700 High", "Bad Status Code"),
        ("SIP/2.0 20x No", "Bad Status Code"),
        ("SIP/2.0", "Bad Status Code"),
    ] {
        assert_eq!(start(line), expected, "{line}");
    }
}

#[test]
fn judges_headers() {
    let with = |old: &str, new: &str| verdict(&[&OPTIONS.replace(old, new), "\r\n"].concat());
    for (old, new, expected) in [
        ("Call-ID: x\r\n", "", "Missing Call-ID!"),
        ("Call-ID: x", "Call-ID: ", "Bad Call-ID!"),
        ("Call-ID: x", "Call-ID: x y", "Bad Call-ID!"),
        ("From: <sip:a@b>;tag=1\r\n", "", "Missing From!"),
        ("To: <sip:b@c>\r\n", "", "Missing To!"),
        ("CSeq: 1 OPTIONS\r\n", "", "Missing CSeq!"),
        ("Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n", "", "Missing Via"),
        ("<sip:a@b>", "<sip:a@b", "Bad From!"),
        ("SIP/2.0/UDP h", "SIP/2.0 h", "Bad Via"),
        ("<sip:a@b>", "<>", "Bad From!"),
        ("<sip:a@b>", "<sip:>", "Bad From!"),
        ("<sip:a@b>", "*", "Bad From!"),
        ("<sip:b@c>", "garbage", "Bad To!"),
        ("<sip:b@c>", "<isbn:2983792873>", "ok"),
        ("From:", "Via: garbage\r\nFrom:", "Bad Via!"),
        ("z9hG4bK1", "z9hG4bK1, SIP/2.0/UDP", "Bad Via!"),
        ("z9hG4bK1", "z9hG4bK1;;,;,,", "Bad Via!"),
        ("z9hG4bK1", "z9hG4bK1, SIP/2.0/UDP i;branch=x", "ok"),
        ("CSeq:", "Max-Forwards: many\r\nCSeq:", "Bad Max-Forwards!"),
        ("CSeq:", "Max-Forwards: 300\r\nCSeq:", "ok"),
        ("CSeq:", "Route: <sip:x\r\nCSeq:", "Bad Route!"),
        ("CSeq:", "Route: <sip:x;lr>, garbage garbage\r\nCSeq:", "Bad Route!"),
        // What an element does not use is not for it to judge (RFC 3261 section 16.3, step 1).
        ("CSeq:", "Date: x\r\nExpires: x\r\nContact: <sip:x\r\nContent-Type: xx\r\nCSeq:", "ok"),
        ("CSeq:", "Proxy-Authorization: Digest realm=\"open\r\nCSeq:", "ok"),
        ("1 OPTIONS", "1 INVITE", "Mismatched CSeq!"),
        ("1 OPTIONS", "-1 OPTIONS", "Bad CSeq!"),
        ("CSeq:", "CSeq: 1 OPTIONS\r\nCSeq:", "Repeated CSeq!"),
        ("CSeq:", "No colon\r\nCSeq:", "Bad Header Line!"),
        ("CSeq: 1 OPTIONS\r\n", "CSeq: 1 OPTIONS\r\n: x\r\n", "Bad Header Line!"),
        ("CSeq:", "Content-Length: 1\r\nCSeq:", "Bad Content-Length!"),
        ("CSeq:", "l: 0\r\nl: 0\r\nCSeq:", "ok"),
        ("CSeq:", "l: 0\r\nl: 1\r\nCSeq:", "Repeated Content-Length!"),
    ] {
        assert_eq!(with(old, new), expected, "{new}");
    }
    assert_eq!(verdict(OPTIONS), "Missing Empty Line!");
    let reply = OPTIONS.replace("OPTIONS sip:b@c SIP/2.0", "SIP/2.0 200 OK").replace("<sip:a@b>", "<>");
    assert_eq!(verdict(&[&reply, "Via: garbage\r\n\r\n"].concat()), "ok", "a reply goes where its first two Vias say");
    let ack = OPTIONS.replace("OPTIONS", "ACK").replace("1 ACK", "x ACK");
    assert_eq!(verdict(&[&ack, "\r\n"].concat()), "Bad CSeq", "an ACK is never answered");
}

/// What is wrong early does not hide from whom the message came (RFC 3261 section 8.2.6.2: the answer copies Via, From,
/// To, Call-ID and CSeq).
#[test]
fn what_follows_a_bad_line_is_read_for_the_answer() {
    let long = format!("Contact: <sip:{}@h>\r\n", "a".repeat(17_000));
    let unknown = format!("X-Long: {}\r\n", "a".repeat(17_000));
    let many = "X: y\r\n".repeat(257);
    for (early, reason) in [
        ("No colon here\r\n", "Bad Header Line"),
        ("No colon here\r\n and more\r\nNor here\r\n", "Bad Header Line"),
        (&long, "Contact Too Long"),
        (&unknown, "Header Line Too Long"),
        (&many, "Too Many Headers"),
    ] {
        for before in ["Via:", "From:", "CSeq:"] {
            let text = [&OPTIONS.replace(before, &format!("{early}{before}")), "X-Last: 1\r\n\r\n"].concat();
            let error = parse(&text).expect_err(early);
            assert_eq!(error.reason(), reason, "{early} before {before}");
            let request = error.answerable().expect("an answer");
            let mut answer = Vec::new();
            crate::build::Reply::new(request, 400, b"Bad").write(&mut answer);
            let (_, expected) = OPTIONS.split_once("\r\n").expect("lines");
            let answer = String::from_utf8(answer).expect("text");
            assert_eq!(answer, format!("SIP/2.0 400 Bad\r\n{expected}Content-Length: 0\r\n\r\n"));
        }
    }
}

/// Lines without number are not kept for an answer.
#[test]
fn what_is_kept_of_a_refused_message_is_bounded() {
    let text = [OPTIONS, &"Via: SIP/2.0/UDP h\r\nbad\r\n".repeat(2_000), "\r\n"].concat();
    let error = parse(&text).expect_err("too many");
    assert_eq!(error.reason(), "Bad Header Line");
    assert!(error.answerable().expect("an answer").header_count() <= 2 * Limits::default().headers);
}

#[test]
fn line_ends_may_be_bare_and_come_first() {
    let text = ["\r\n\r\n", OPTIONS, "\r\n"].concat().replace("\r\n", "\n");
    let message = parse(&text).expect("a message");
    assert_eq!(message.bytes(), text.trim_start());
    assert_eq!(message.header(HeaderName::CallId).expect("a Call-ID").value, b"x");
}

#[test]
fn limits_hold() {
    let limited = |limits: Limits, extra: &str| {
        let text = [OPTIONS, extra, "\r\n"].concat();
        Message::parse(text.into(), &limits).map(|message| message.header_count()).map_err(|error| error.offence)
    };
    let limits = Limits { message_bytes: 200, headers: 6, line_bytes: 40 };
    assert_eq!(limited(limits, "a: b\r\n"), Ok(6));
    assert_eq!(limited(limits, "a: b\r\nc: d\r\n"), Err(Offence::TooManyHeaders));
    assert_eq!(limited(limits, &format!("X-A: {}\r\n", "b".repeat(40))), Err(Offence::LineTooLong(HeaderName::Other)));
    assert_eq!(limited(limits, &format!("t: {}\r\n", "b".repeat(40))), Err(Offence::LineTooLong(HeaderName::To)));
    assert_eq!(
        limited(limits, &format!("X-A:{}\r\n", "\r\n b".repeat(10))),
        Err(Offence::LineTooLong(HeaderName::Other))
    );
    assert_eq!(limited(limits, &"b".repeat(100)), Err(Offence::MessageTooLong));
}

#[test]
fn many_headers_are_found_beyond_what_a_byte_counts() {
    let text = [OPTIONS, &"X: y\r\n".repeat(300), "Subject: late\r\n\r\n"].concat();
    let message = Message::parse(text.into(), &Limits::OWN).expect("a message");
    assert_eq!(message.header(HeaderName::Subject).expect("a Subject").index, 305);
}

#[test]
fn a_share_copies_nothing_of_its_own() {
    let message = parse(&[OPTIONS, "\r\n"].concat()).expect("a message");
    let uri = message.request_uri();
    assert_eq!(message.share(uri).as_ptr(), uri.as_ptr());
    assert_eq!(message.share(b"other"), "other");
}
