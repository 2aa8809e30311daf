//! Requests that begin here: keep-alives, BYEs of a timed-out dialog, NOTIFYs, what a script sends.

use crate::{HeaderName, text::print_number};

use super::{write_body, write_line, write_number};

/// A request to be written. All texts but `headers` are values.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The Request-URI.
    pub uri: &'a [u8],
    /// The Via: `SIP/2.0/UDP host:port;branch=…`.
    pub via: &'a [u8],
    /// From with its tag.
    pub from: &'a [u8],
    /// To, with a tag inside a dialog.
    pub to: &'a [u8],
    /// Call-ID.
    pub call_id: &'a [u8],
    /// The number in CSeq.
    pub cseq: u32,
    /// Max-Forwards.
    pub max_forwards: u32,
    /// Whole header lines to be added: Route, Contact, User-Agent and others.
    pub headers: &'a [u8],
    /// The value of Content-Type, written only with a body.
    pub content_type: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl Default for Request<'_> {
    fn default() -> Self {
        Request {
            method: b"OPTIONS",
            uri: b"",
            via: b"",
            from: b"",
            to: b"",
            call_id: b"",
            cseq: 1,
            max_forwards: 70,
            headers: b"",
            content_type: b"",
            body: b"",
        }
    }
}

impl Request<'_> {
    /// Writes the request.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(256 + self.headers.len() + self.body.len());
        out.extend_from_slice(self.method);
        out.push(b' ');
        out.extend_from_slice(self.uri);
        out.extend_from_slice(b" SIP/2.0\r\n");
        write_line(HeaderName::Via, self.via, out);
        write_line(HeaderName::From, self.from, out);
        write_line(HeaderName::To, self.to, out);
        write_line(HeaderName::CallId, self.call_id, out);
        self.write_cseq(out);
        write_number(HeaderName::MaxForwards, self.max_forwards, out);
        out.extend_from_slice(self.headers);
        if self.headers.last().is_some_and(|byte| *byte != b'\n') {
            out.extend_from_slice(b"\r\n");
        }
        write_body(self.content_type, self.body, out);
    }

    fn write_cseq(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"CSeq: ");
        print_number(self.cseq, out);
        out.push(b' ');
        out.extend_from_slice(self.method);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_from_its_parts() {
        let mut out = Vec::new();
        Request {
            method: b"MESSAGE",
            uri: b"sip:bob@biloxi.com",
            via: b"SIP/2.0/UDP proxy;branch=z9hG4bK1",
            from: b"<sip:proxy>;tag=1",
            to: b"<sip:bob@biloxi.com>",
            call_id: b"c1",
            headers: b"Route: <sip:p1;lr>\r\n",
            content_type: b"text/plain",
            body: b"hi",
            ..Request::default()
        }
        .write(&mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "MESSAGE sip:bob@biloxi.com SIP/2.0\r\n\
             Via: SIP/2.0/UDP proxy;branch=z9hG4bK1\r\n\
             From: <sip:proxy>;tag=1\r\n\
             To: <sip:bob@biloxi.com>\r\n\
             Call-ID: c1\r\n\
             CSeq: 1 MESSAGE\r\n\
             Max-Forwards: 70\r\n\
             Route: <sip:p1;lr>\r\n\
             Content-Type: text/plain\r\n\
             Content-Length: 2\r\n\r\nhi"
        );
    }
}
