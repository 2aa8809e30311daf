//! What every message must be: readable, with a Via, and as long as it says. Looked at without the server's own parser
//! where that matters.

use super::Way;
use crate::proxy::ADDRESS;
use bytes::Bytes;
use sip::{Limits, Message};

/// Whether this is the answer to a request without one of the headers that an answer copies: it lacks it, too.
pub fn refuses_half_a_request(bytes: &Bytes) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let has = |name: &str| lines.iter().any(|line| line.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase()));
    let copied = ["From:", "To:", "Call-ID:", "CSeq:"];
    text.starts_with("SIP/2.0 400 ") && has("Via:") && has("Content-Length: 0") && !copied.iter().all(|name| has(name))
}

/// Reads what the proxy has sent.
///
/// # Errors
/// What is wrong with it.
pub fn check(bytes: &Bytes, way: Way) -> Result<Message, String> {
    let shown = || String::from_utf8_lossy(bytes).into_owned();
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(format!("a message is no text:\n{}", shown())) };
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(format!("a message has no end of its headers:\n{text}"));
    };
    let values = |name: &str| {
        let of_name = move |line: &str| {
            let (known, value) = line.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        head.lines().skip(1).filter_map(of_name).collect::<Vec<_>>()
    };
    let lengths = values("Content-Length");
    if lengths != [body.len().to_string()] {
        return Err(format!("Content-Length is {lengths:?}, and the body {} bytes:\n{text}", body.len()));
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        if values(name).len() != 1 {
            return Err(format!("a message has not one {name}:\n{text}"));
        }
    }
    let message = Message::parse(bytes.clone(), &Limits::default())
        .map_err(|error| format!("a message cannot be read ({error:?}):\n{text}"))?;
    let is_same = message.cseq().is_ok_and(|cseq| cseq.method_text == message.method_text());
    if message.is_request() && !is_same {
        return Err(format!("CSeq names another method than the request:\n{text}"));
    }
    let vias = values("Via");
    let is_ours = |via: &str| {
        let sent_by = via.split_once(' ').map(|(_, rest)| rest.split([';', ',']).next().unwrap_or_default().trim());
        sent_by == Some(&ADDRESS.to_string())
    };
    let Some(top) = vias.first() else { return Err(format!("a message has no Via:\n{text}")) };
    if message.is_request() && !(is_ours(top) && top.contains("branch=z9hG4bK")) {
        return Err(format!("the topmost Via of a request is not the proxy's:\n{text}"));
    }
    let transport = if way == Way::Tcp { "SIP/2.0/TCP " } else { "SIP/2.0/UDP " };
    if message.is_request() && !top.starts_with(transport) {
        return Err(format!("a request leaves by {way:?} and says otherwise:\n{text}"));
    }
    if !message.is_request() && is_ours(top) {
        return Err(format!("a reply still has the proxy's Via:\n{text}"));
    }
    if message.is_request() && !matches!(message.max_forwards(), Ok(Some(1..=70))) {
        return Err(format!("Max-Forwards is not within reason:\n{text}"));
    }
    Ok(message)
}
