//! Messages this server makes itself: replies, the ACK of a refused INVITE, CANCEL, and requests of its own.

mod hop;
mod reply;
mod request;

pub use hop::{ack, cancel};
pub use reply::Reply;
pub use request::Request;

use crate::{Header, HeaderName, Message, text::print_number};

/// Copies all lines of these headers, name by name.
fn copy_headers(message: &Message, names: &[HeaderName], out: &mut Vec<u8>) {
    for name in names {
        for header in message.headers_named(*name) {
            copy_line(header, out);
        }
    }
}

fn copy_line(header: Header<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(header.line);
}

/// Writes `Name: value`, or nothing for an empty value.
fn write_line(name: HeaderName, value: &[u8], out: &mut Vec<u8>) {
    if value.is_empty() {
        return;
    }
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Writes `Name: number`.
fn write_number(name: HeaderName, number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    print_number(number, out);
    out.extend_from_slice(b"\r\n");
}

/// Writes Content-Type, Content-Length, the empty line and the body: the end of every message. Without a type given here
/// it is among the other headers.
fn write_body(content_type: &[u8], body: &[u8], out: &mut Vec<u8>) {
    if !body.is_empty() && !content_type.is_empty() {
        write_line(HeaderName::ContentType, content_type, out);
    }
    write_number(HeaderName::ContentLength, u32::try_from(body.len()).unwrap_or(u32::MAX), out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}
