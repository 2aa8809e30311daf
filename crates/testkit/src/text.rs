//! Messages as tests write them: plain lines, what every message needs filled in.

use bytes::Bytes;
use sip::{Edits, HeaderName, Limits, Message};

/// What a message has unless the test writes it.
const USUAL: [(HeaderName, &str); 5] = [
    (HeaderName::Via, "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-test"),
    (HeaderName::From, "From: <sip:alice@example.com>;tag=from-1"),
    (HeaderName::To, "To: <sip:bob@example.com>"),
    (HeaderName::CallId, "Call-ID: call-1@192.0.2.10"),
    (HeaderName::CSeq, "CSeq: 1 "),
];

/// A message from lines: first line, headers, and after an empty line the body. Via, From, To, Call-ID, CSeq and
/// Content-Length are added where they are missing.
#[allow(clippy::panic, reason = "a test with a bad message should fail")]
pub fn message(text: &str) -> Message {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines: Vec<String> =
        head.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(String::from).collect();
    let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
    let method = match lines.first().map(String::as_str) {
        Some(first) if !first.starts_with("SIP/2.0") => first.split(' ').next().unwrap_or("OPTIONS").to_owned(),
        _ => "INVITE".to_owned(),
    };
    let has = |lines: &[String], name: HeaderName| {
        lines
            .iter()
            .skip(1)
            .any(|line| line.split_once(':').is_some_and(|(key, _)| HeaderName::of(key.trim().as_bytes()) == name))
    };
    for (position, (name, line)) in USUAL.into_iter().enumerate() {
        if !has(&lines, name) {
            let line = if name == HeaderName::CSeq { format!("{line}{method}") } else { line.to_owned() };
            lines.insert((position + 1).min(lines.len()), line);
        }
    }
    if !has(&lines, HeaderName::ContentLength) {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    let whole = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    match Message::parse(Bytes::from(whole.clone()), &Limits::default()) {
        Ok(message) => message,
        Err(error) => panic!("the test's message does not parse: {error}\n{whole}"),
    }
}

/// A message with edits applied, as lines.
pub fn show(message: &Message, edits: &Edits) -> String {
    let mut bytes = Vec::new();
    sip::write(message, &[edits], &mut bytes);
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}
