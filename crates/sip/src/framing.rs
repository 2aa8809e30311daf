//! Messages out of a stream: RFC 3261 section 18.3, with the keep-alives of RFC 5626 section 3.5.1.

use bytes::{Bytes, BytesMut};
use memchr::memchr;

use crate::{
    Fault, HeaderError, HeaderName, Limits, Offence,
    text::{is_lws, number, trim, trim_end},
};

/// Cuts a stream into messages. Call [`Framer::push`] with what was read, then [`Framer::next`] until it has nothing; so
/// the framer never holds more than one message and one read.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
    /// How far the end of the headers was looked for in vain.
    searched: usize,
    /// How long the message at the front is, once its headers are there.
    length: Option<usize>,
    /// Line ends in a row before a message: two are a keep-alive.
    line_ends: u8,
}

/// What a stream carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// One message.
    Message(Bytes),
    /// A double CRLF, to be answered with one CRLF.
    KeepAlive,
}

/// The stream cannot be followed any further and must be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// Why.
    pub offence: Offence,
    /// The headers, where they were complete: perhaps they can still be answered.
    pub head: Option<Bytes>,
}

impl Framer {
    /// A framer at the start of a stream.
    pub fn new(limits: Limits) -> Framer {
        Framer { limits, buffer: BytesMut::new(), searched: 0, length: None, line_ends: 0 }
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message or keep-alive, once it is there whole.
    #[allow(clippy::should_implement_trait)] // An iterator ends for good where this only waits for more.
    pub fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.length.is_none() {
            if self.skip_line_ends() {
                return Ok(Some(Frame::KeepAlive));
            }
            self.length = self.find_length()?;
        }
        let Some(length) = self.length.filter(|length| *length <= self.buffer.len()) else { return Ok(None) };
        self.length = None;
        self.searched = 0;
        self.line_ends = 0;
        Ok(Some(Frame::Message(self.buffer.split_to(length).freeze())))
    }

    /// How many bytes wait for the rest of their message.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Drops line ends before a message; says when two in a row made a keep-alive.
    fn skip_line_ends(&mut self) -> bool {
        loop {
            let count = match self.buffer.as_ref() {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                _ => return false,
            };
            drop(self.buffer.split_to(count));
            self.line_ends += 1;
            if self.line_ends == 2 {
                self.line_ends = 0;
                return true;
            }
        }
    }

    /// How long the message at the front is: headers, empty line, and the body that Content-Length announces.
    fn find_length(&mut self) -> Result<Option<usize>, FrameError> {
        let Some(head) = self.find_head() else {
            if self.buffer.len() > self.limits.message_bytes {
                return Err(FrameError { offence: Offence::MessageTooLong, head: None });
            }
            return Ok(None);
        };
        let text = self.buffer.get(..head).unwrap_or_default();
        let body = content_length(text).map_err(|error| self.give_up(Offence::Header(error), head))?;
        let length = head.saturating_add(body);
        if length > self.limits.message_bytes {
            return Err(self.give_up(Offence::MessageTooLong, head));
        }
        Ok(Some(length))
    }

    /// Where the headers end, empty line included.
    fn find_head(&mut self) -> Option<usize> {
        let mut at = self.searched;
        while let Some(found) = memchr(b'\n', self.buffer.get(at..)?) {
            at += found + 1;
            match self.buffer.get(at..)? {
                [b'\n', ..] => return Some(at + 1),
                [b'\r', b'\n', ..] => return Some(at + 2),
                // The rest of an empty line may still be on its way: look at this line end again.
                [] | [b'\r'] => {
                    self.searched = at - 1;
                    return None;
                }
                _ => {}
            }
        }
        self.searched = self.buffer.len();
        None
    }

    fn give_up(&self, offence: Offence, head: usize) -> FrameError {
        FrameError { offence, head: self.buffer.get(..head).map(Bytes::copy_from_slice) }
    }
}

/// The length announced. It must be there on a stream; if several lines announce one, they must agree, or this server
/// and the next would see different messages.
fn content_length(head: &[u8]) -> Result<usize, HeaderError> {
    let mut announced = None;
    for line in unfolded_lines(head) {
        let Some(colon) = memchr(b':', line) else { continue };
        let name = trim_end(line.get(..colon).unwrap_or_default());
        if HeaderName::of(name) != HeaderName::ContentLength {
            continue;
        }
        let value = trim(line.get(colon + 1..).unwrap_or_default());
        let length = number(value).and_then(|length| usize::try_from(length).ok()).ok_or(wrong(Fault::Number))?;
        if announced.is_some_and(|earlier| earlier != length) {
            return Err(wrong(Fault::Repeated));
        }
        announced = Some(length);
    }
    announced.ok_or(wrong(Fault::Missing))
}

fn wrong(fault: Fault) -> HeaderError {
    HeaderError { header: HeaderName::ContentLength, fault }
}

/// The lines of a head, each with its continuation lines.
fn unfolded_lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = head;
    std::iter::from_fn(move || {
        let mut end = memchr(b'\n', rest)? + 1;
        while rest.get(end).is_some_and(|byte| is_lws(*byte) && !matches!(byte, b'\r' | b'\n')) {
            end += memchr(b'\n', rest.get(end..)?)? + 1;
        }
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { message_bytes: 64, headers: 8, line_bytes: 32 };

    /// What comes out of a stream that arrives in these pieces.
    fn frames(pieces: &[&[u8]]) -> String {
        let mut framer = Framer::new(SMALL);
        let mut seen = String::new();
        for piece in pieces {
            framer.push(piece);
            loop {
                match framer.next() {
                    Ok(Some(Frame::Message(message))) => {
                        seen += &format!("[{}]", String::from_utf8_lossy(&message).escape_debug());
                    }
                    Ok(Some(Frame::KeepAlive)) => seen += "[ping]",
                    Ok(None) => break,
                    Err(error) => return format!("{seen}{:?}", error.offence),
                }
            }
        }
        seen + &format!("+{}", framer.pending())
    }

    #[test]
    fn cuts_at_content_length() {
        let stream = b"A\r\nl: 2\r\n\r\nhiB\r\nContent-Length:\r\n 0\r\n\r\n\r\n\r\nC\n";
        let whole = "[A\\r\\nl: 2\\r\\n\\r\\nhi][B\\r\\nContent-Length:\\r\\n 0\\r\\n\\r\\n][ping]+2";
        assert_eq!(frames(&[stream]), whole);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(frames(&bytes), whole);
    }

    #[test]
    fn one_line_end_is_no_keep_alive() {
        assert_eq!(frames(&[b"\r\nA\r\nl:0\r\n\r\n\r\n", b"\r\n"]), "[A\\r\\nl:0\\r\\n\\r\\n][ping]+0");
    }

    #[test]
    fn gives_up() {
        assert_eq!(frames(&[b"A\r\nx: y\r\n\r\n"]), format!("{:?}", Offence::Header(wrong(Fault::Missing))));
        assert_eq!(frames(&[b"A\r\nl: -1\r\n\r\n"]), format!("{:?}", Offence::Header(wrong(Fault::Number))));
        assert_eq!(frames(&[b"A\r\nl: 1\r\nl: 2\r\n\r\n"]), format!("{:?}", Offence::Header(wrong(Fault::Repeated))));
        assert_eq!(frames(&[b"A\r\nl: 4294967295\r\n\r\n"]), "MessageTooLong");
        assert_eq!(frames(&[&[b'x'; 65]]), "MessageTooLong");
    }
}
