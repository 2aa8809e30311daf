//! Replies to a request (RFC 3261 section 8.2.6).

use std::net::IpAddr;

use crate::{HeaderName, Message, Method, Via, text::print_number};

use super::{copy_headers, copy_line, write_body};

/// A reply to be written. All texts but the headers are values; empty ones are left out.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The request that is answered.
    pub request: &'a Message,
    /// The status code.
    pub code: u16,
    /// The reason phrase.
    pub reason: &'a [u8],
    /// The tag To gets where it has none; a 100 gets none.
    pub to_tag: &'a [u8],
    /// Whole header lines to be added.
    pub headers: &'a [u8],
    /// More of them, from other places.
    pub more_headers: &'a [&'a [u8]],
    /// The value of Content-Type, written only with a body.
    pub content_type: &'a [u8],
    /// The body.
    pub body: &'a [u8],
    /// The source address of the request, for the top Via.
    pub received: Option<IpAddr>,
    /// The source port of the request, for the top Via.
    pub rport: Option<u16>,
}

impl<'a> Reply<'a> {
    /// A reply with nothing but what the request gives it.
    pub fn new(request: &'a Message, code: u16, reason: &'a [u8]) -> Reply<'a> {
        Reply {
            request,
            code,
            reason,
            to_tag: b"",
            headers: b"",
            more_headers: &[],
            content_type: b"",
            body: b"",
            received: None,
            rport: None,
        }
    }

    /// Writes the reply.
    pub fn write(&self, out: &mut Vec<u8>) {
        let request = self.request;
        let added: usize = self.more_headers.iter().map(|lines| lines.len() + 2).sum();
        out.reserve(request.headers_end() + self.headers.len() + added + self.body.len() + 128);
        out.extend_from_slice(b"SIP/2.0 ");
        print_number(u32::from(self.code), out);
        out.push(b' ');
        out.extend_from_slice(self.reason);
        out.extend_from_slice(b"\r\n");
        self.write_vias(out);
        if self.copies_record_route() {
            copy_headers(request, &[HeaderName::RecordRoute], out);
        }
        copy_headers(request, &[HeaderName::From], out);
        self.write_to(out);
        copy_headers(request, &[HeaderName::CallId, HeaderName::CSeq], out);
        if self.code == 100 {
            // RFC 3261 section 8.2.6.1: the client measures the way by it.
            copy_headers(request, &[HeaderName::Timestamp], out);
        }
        for lines in std::iter::once(&self.headers).chain(self.more_headers) {
            out.extend_from_slice(lines);
            // The line end that scripts tend to forget.
            if lines.last().is_some_and(|byte| *byte != b'\n') {
                out.extend_from_slice(b"\r\n");
            }
        }
        write_body(self.content_type, self.body, out);
    }

    fn write_vias(&self, out: &mut Vec<u8>) {
        let mut vias = self.request.headers_named(HeaderName::Via);
        if let (Some(top), Ok(via)) = (vias.next(), self.request.top_via()) {
            write_via_line(top.line, &via, self.received, self.rport, out);
        }
        for header in vias {
            copy_line(header, out);
        }
    }

    /// Section 12.1.1: only a reply that makes a dialog carries the route set.
    fn copies_record_route(&self) -> bool {
        let makes_dialogs = matches!(
            self.request.method(),
            Method::Invite | Method::Subscribe | Method::Notify | Method::Refer | Method::Update | Method::Prack
        );
        makes_dialogs && (101..300).contains(&self.code)
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        let Some(header) = self.request.header(HeaderName::To) else { return };
        // A To that cannot be read, which is why the request is refused, goes back as it came.
        let takes_tag = self.request.to_tag().is_none() && self.request.to().is_ok();
        if !takes_tag || self.to_tag.is_empty() || self.code == 100 {
            return copy_line(header, out);
        }
        out.extend_from_slice(header.name_text);
        out.extend_from_slice(b": ");
        out.extend_from_slice(header.value);
        out.extend_from_slice(b";tag=");
        out.extend_from_slice(self.to_tag);
        out.extend_from_slice(b"\r\n");
    }
}

/// The line of the top Via with `received` and `rport` filled in.
fn write_via_line(line: &[u8], via: &Via<'_>, received: Option<IpAddr>, rport: Option<u16>, out: &mut Vec<u8>) {
    let Some(params) = crate::text::range_within(via.params.as_bytes(), line) else {
        return out.extend_from_slice(line);
    };
    out.extend_from_slice(line.get(..params.start).unwrap_or_default());
    via.write_params(received, rport, out);
    out.extend_from_slice(line.get(params.end..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    const INVITE: &str = "INVITE sip:bob@biloxi.com SIP/2.0\r\n\
        v: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1, SIP/2.0/TCP inner;branch=z9hG4bK0\r\n\
        Via: SIP/2.0/UDP first\r\n\
        Record-Route: <sip:p1;lr>\r\n\
        Max-Forwards: 70\r\n\
        From: <sip:alice@atlanta.com>;tag=1\r\n\
        t: <sip:bob@biloxi.com>\r\n\
        Call-ID: a84b4c76e66710\r\n\
        CSeq: 314159 INVITE\r\n\
        Timestamp: 54\r\n\r\n";

    fn reply(code: u16, change: impl Fn(&mut Reply<'_>)) -> String {
        let request = Message::parse(INVITE.into(), &Limits::default()).expect("an INVITE");
        let mut reply = Reply::new(&request, code, b"Reason");
        reply.to_tag = b"t2";
        change(&mut reply);
        let mut out = Vec::new();
        reply.write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_trying_copies_the_request_and_adds_no_tag() {
        assert_eq!(
            reply(100, |reply| {
                reply.received = Some("192.0.2.9".parse().expect("an address"));
                reply.rport = Some(6000);
            }),
            "SIP/2.0 100 Reason\r\n\
             v: SIP/2.0/UDP 10.0.0.1:5060;rport=6000;branch=z9hG4bK1;received=192.0.2.9, \
             SIP/2.0/TCP inner;branch=z9hG4bK0\r\n\
             Via: SIP/2.0/UDP first\r\n\
             From: <sip:alice@atlanta.com>;tag=1\r\n\
             t: <sip:bob@biloxi.com>\r\n\
             Call-ID: a84b4c76e66710\r\n\
             CSeq: 314159 INVITE\r\n\
             Timestamp: 54\r\n\
             Content-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_success_has_the_route_set_a_tag_and_a_body() {
        assert_eq!(
            reply(200, |reply| {
                reply.headers = b"Server: Strowger";
                reply.more_headers = &[b"", b"Contact: <sip:bob@host>\r\n"];
                reply.content_type = b"text/plain";
                reply.body = b"hi";
            }),
            "SIP/2.0 200 Reason\r\n\
             v: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1, SIP/2.0/TCP inner;branch=z9hG4bK0\r\n\
             Via: SIP/2.0/UDP first\r\n\
             Record-Route: <sip:p1;lr>\r\n\
             From: <sip:alice@atlanta.com>;tag=1\r\n\
             t: <sip:bob@biloxi.com>;tag=t2\r\n\
             Call-ID: a84b4c76e66710\r\n\
             CSeq: 314159 INVITE\r\n\
             Server: Strowger\r\n\
             Contact: <sip:bob@host>\r\n\
             Content-Type: text/plain\r\n\
             Content-Length: 2\r\n\r\nhi"
        );
    }

    #[test]
    fn the_type_of_a_body_may_come_with_the_headers() {
        let written = reply(200, |reply| {
            reply.headers = b"Content-Type: text/html\r\n";
            reply.body = b"hi";
        });
        assert!(written.ends_with("Content-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"), "{written}");
        assert_eq!(written.matches("Content-Type").count(), 1);
    }

    #[test]
    fn a_failure_has_no_route_set() {
        assert!(!reply(486, |_| ()).contains("Record-Route"));
    }
}
