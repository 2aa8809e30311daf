//! Requests that belong to one hop of another request: the ACK of a refusal (RFC 3261 section 17.1.1.3), CANCEL (9.1).

use crate::{HeaderName, Message};

use super::{copy_headers, write_body, write_line};

/// The ACK for a final reply other than 2xx, made of the INVITE as it was sent and the reply's To.
pub fn ack(sent: &Message, reply: &Message) -> Vec<u8> {
    let mut out = begin(sent, "ACK");
    copy_headers(reply, &[HeaderName::To], &mut out);
    finish(sent, "ACK", b"", &mut out);
    out
}

/// The CANCEL for a request as it was sent, with whole header lines of one's own (Reason) added.
pub fn cancel(sent: &Message, extra: &[u8]) -> Vec<u8> {
    let mut out = begin(sent, "CANCEL");
    copy_headers(sent, &[HeaderName::To], &mut out);
    finish(sent, "CANCEL", extra, &mut out);
    out
}

/// Request line, the one Via that is ours, the routes, From.
fn begin(sent: &Message, method: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(method.as_bytes());
    out.push(b' ');
    out.extend_from_slice(sent.request_uri());
    out.extend_from_slice(b" SIP/2.0\r\n");
    if let Ok(via) = sent.top_via() {
        write_line(HeaderName::Via, via.text, &mut out);
    }
    copy_headers(sent, &[HeaderName::Route, HeaderName::From], &mut out);
    out
}

fn finish(sent: &Message, method: &str, extra: &[u8], out: &mut Vec<u8>) {
    copy_headers(sent, &[HeaderName::CallId], out);
    let number = sent.cseq().map_or(0, |cseq| cseq.number);
    write_line(HeaderName::CSeq, format!("{number} {method}").as_bytes(), out);
    write_line(HeaderName::MaxForwards, b"70", out);
    out.extend_from_slice(extra);
    write_body(b"", b"", out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    const SENT: &str = "INVITE sip:bob@192.0.2.4 SIP/2.0\r\n\
        Via: SIP/2.0/UDP proxy;branch=z9hG4bK2, SIP/2.0/UDP phone;branch=z9hG4bK1\r\n\
        Route: <sip:p2;lr>\r\n\
        Max-Forwards: 69\r\n\
        From: <sip:alice@atlanta.com>;tag=1\r\n\
        To: <sip:bob@biloxi.com>\r\n\
        Call-ID: a84b\r\n\
        CSeq: 7 INVITE\r\n\
        Content-Length: 2\r\n\r\nhi";

    const BUSY: &str = "SIP/2.0 486 Busy Here\r\n\
        Via: SIP/2.0/UDP proxy;branch=z9hG4bK2\r\n\
        From: <sip:alice@atlanta.com>;tag=1\r\n\
        To: <sip:bob@biloxi.com>;tag=9\r\n\
        Call-ID: a84b\r\n\
        CSeq: 7 INVITE\r\n\r\n";

    fn message(text: &'static str) -> Message {
        Message::parse(text.into(), &Limits::default()).expect("a message")
    }

    #[test]
    fn an_ack_has_the_replys_to() {
        assert_eq!(
            String::from_utf8_lossy(&ack(&message(SENT), &message(BUSY))),
            "ACK sip:bob@192.0.2.4 SIP/2.0\r\n\
             Via: SIP/2.0/UDP proxy;branch=z9hG4bK2\r\n\
             Route: <sip:p2;lr>\r\n\
             From: <sip:alice@atlanta.com>;tag=1\r\n\
             To: <sip:bob@biloxi.com>;tag=9\r\n\
             Call-ID: a84b\r\n\
             CSeq: 7 ACK\r\n\
             Max-Forwards: 70\r\n\
             Content-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_cancel_has_the_requests_to() {
        assert_eq!(
            String::from_utf8_lossy(&cancel(&message(SENT), b"Reason: SIP;cause=200\r\n")),
            "CANCEL sip:bob@192.0.2.4 SIP/2.0\r\n\
             Via: SIP/2.0/UDP proxy;branch=z9hG4bK2\r\n\
             Route: <sip:p2;lr>\r\n\
             From: <sip:alice@atlanta.com>;tag=1\r\n\
             To: <sip:bob@biloxi.com>\r\n\
             Call-ID: a84b\r\n\
             CSeq: 7 CANCEL\r\n\
             Max-Forwards: 70\r\n\
             Reason: SIP;cause=200\r\n\
             Content-Length: 0\r\n\r\n"
        );
    }
}
