//! Messages out of a stream: RFC 3261 section 18.3, with the keep-alives of RFC 5626 section 3.5.1.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;
use smallvec::SmallVec;

use crate::{
    Fault, HeaderError, HeaderName, Limits, Offence,
    text::{number, trim, trim_end},
};

/// Cuts a stream into messages. Call [`Framer::next`] with what was read until it has nothing more; so the framer holds
/// no more than a part of one message and one read, and nothing at all between messages.
///
/// Each message is a copy of its own, exactly as long as it is: a slice of what was read together would keep all of that in
/// memory for as long as its transaction lives, and a peer could choose how much that is.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    /// What came of a message that is not whole yet, and what was read with it.
    held: BytesMut,
    /// How far the end of the headers was looked for in vain.
    searched: usize,
    /// Where lines begin that may be a Content-Length.
    candidates: SmallVec<[usize; 8]>,
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
        Framer { limits, held: BytesMut::new(), searched: 0, candidates: SmallVec::new(), length: None, line_ends: 0 }
    }

    /// The next message or keep-alive, once it is there whole: takes what it needs of `read`, or keeps all of it.
    #[allow(clippy::should_implement_trait)] // An iterator ends for good where this only waits for more.
    pub fn next(&mut self, read: &mut &[u8]) -> Result<Option<Frame>, FrameError> {
        if self.held.is_empty() {
            let frame = self.cut(read)?;
            if frame.is_none() {
                self.hold(read);
            }
            return Ok(frame);
        }
        self.hold(read);
        let mut held = std::mem::take(&mut self.held);
        let mut front = held.as_ref();
        let frame = self.cut(&mut front)?;
        let rest = front.len();
        // Most connections are silent most of the time: an empty buffer is given back.
        if rest > 0 {
            held.advance(held.len() - rest);
            self.held = held;
        }
        Ok(frame)
    }

    /// How many bytes wait for the rest of their message.
    pub fn pending(&self) -> usize {
        self.held.len()
    }

    /// Drops a single line end that has come: what follows makes no keep-alive with it.
    pub const fn forget_line_end(&mut self) {
        self.line_ends = 0;
    }

    fn hold(&mut self, read: &mut &[u8]) {
        self.held.extend_from_slice(read);
        *read = &[];
    }

    /// Cuts off what is at the front, if it is there whole.
    fn cut(&mut self, front: &mut &[u8]) -> Result<Option<Frame>, FrameError> {
        if self.length.is_none() {
            if self.skip_line_ends(front) {
                return Ok(Some(Frame::KeepAlive));
            }
            self.length = self.find_length(front)?;
        }
        let Some((message, rest)) = self.length.and_then(|length| front.split_at_checked(length)) else {
            return Ok(None);
        };
        *front = rest;
        self.length = None;
        self.searched = 0;
        self.candidates.clear();
        self.line_ends = 0;
        Ok(Some(Frame::Message(Bytes::copy_from_slice(message))))
    }

    /// Drops line ends before a message; says when two in a row made a keep-alive.
    const fn skip_line_ends(&mut self, front: &mut &[u8]) -> bool {
        loop {
            *front = match *front {
                [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => rest,
                _ => return false,
            };
            self.line_ends += 1;
            if self.line_ends == 2 {
                self.line_ends = 0;
                return true;
            }
        }
    }

    /// How long the message at the front is: headers, empty line, and the body that Content-Length announces.
    fn find_length(&mut self, front: &[u8]) -> Result<Option<usize>, FrameError> {
        let Some(head) = self.find_head(front) else {
            if front.len() > self.limits.message_bytes {
                return Err(FrameError { offence: Offence::MessageTooLong, head: None });
            }
            return Ok(None);
        };
        let head = front.get(..head).unwrap_or_default();
        let give_up = |offence| FrameError { offence, head: Some(Bytes::copy_from_slice(head)) };
        if self.candidates.len() > self.limits.headers {
            return Err(give_up(Offence::TooManyHeaders));
        }
        let lines = self.candidates.iter().filter_map(|start| unfolded_line(head.get(*start..)?));
        let body = content_length(lines).map_err(|error| give_up(Offence::Header(error)))?;
        let length = head.len().saturating_add(body);
        if length > self.limits.message_bytes {
            return Err(give_up(Offence::MessageTooLong));
        }
        Ok(Some(length))
    }

    /// Where the headers end, empty line included. Notes on the way which of them may say how long the body is, so that
    /// the others need no second look. The start line is no header, whatever it looks like.
    fn find_head(&mut self, front: &[u8]) -> Option<usize> {
        let mut at = self.searched;
        while let Some(found) = memchr(b'\n', front.get(at..)?) {
            at += found + 1;
            match front.get(at..)? {
                [b'\n', ..] => return Some(at + 1),
                [b'\r', b'\n', ..] => return Some(at + 2),
                // The rest of an empty line may still be on its way: look at this line end again.
                [] | [b'\r'] => {
                    self.searched = at - 1;
                    return None;
                }
                // One more than there may be shows that there are too many.
                [b'C' | b'c' | b'L' | b'l', ..] if self.candidates.len() <= self.limits.headers => {
                    self.candidates.push(at);
                }
                _ => {}
            }
        }
        self.searched = front.len();
        None
    }
}

/// The length announced. It must be there on a stream; if several lines announce one, they must agree, or this server
/// and the next would see different messages.
fn content_length<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<usize, HeaderError> {
    let mut announced = None;
    for line in lines {
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

/// The first line, with its continuation lines.
fn unfolded_line(rest: &[u8]) -> Option<&[u8]> {
    let mut end = memchr(b'\n', rest)? + 1;
    while matches!(rest.get(end), Some(b' ' | b'\t')) {
        end += memchr(b'\n', rest.get(end..)?)? + 1;
    }
    rest.get(..end)
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
            let mut read = *piece;
            loop {
                match framer.next(&mut read) {
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
        assert_eq!(frames(&[format!("A\r\n{}l: 0\n\n", "c:\n".repeat(8)).as_bytes()]), "TooManyHeaders");
    }

    /// Where this server saw one message and the next one two, a peer could send requests past our checks.
    #[test]
    fn nothing_is_smuggled_by_a_content_length_that_can_be_read_in_two_ways() {
        let number = format!("{:?}", Offence::Header(wrong(Fault::Number)));
        let values = [
            "",
            "+1",
            "0x1",
            "1 2",
            "1, 1",
            "1;x",
            "1\u{b}",
            "\u{ff11}",
            "1e0",
            "99999999999999999999",
            "\"1\"",
            "(1)1",
        ];
        for value in values {
            assert_eq!(frames(&[format!("A\r\nl: {value}\r\n\r\nB").as_bytes()]), number, "{value:?}");
        }
        let repeated = format!("{:?}", Offence::Header(wrong(Fault::Repeated)));
        for lines in ["l: 1\r\nContent-Length: 0", "content-length:1\r\nL:\r\n 2", "l :0\nl: 1"] {
            assert_eq!(frames(&[format!("A\r\n{lines}\r\n\r\nB").as_bytes()]), repeated, "{lines:?}");
        }
        let missing = format!("{:?}", Offence::Header(wrong(Fault::Missing)));
        for head in ["l: 1", "A\r\n l: 1", "A\r\nx: y\r\n l: 1", "A\r\nxl: 1", "A\r\nl\0: 1"] {
            assert_eq!(frames(&[format!("{head}\r\n\r\nB").as_bytes()]), missing, "{head:?}");
        }
        assert_eq!(frames(&[b"A\r\nl: 1\r\nl: 01\r\n\r\nB"]), "[A\\r\\nl: 1\\r\\nl: 01\\r\\n\\r\\nB]+0");
    }

    #[test]
    fn a_line_end_can_be_forgotten() {
        let mut framer = Framer::new(SMALL);
        assert_eq!(framer.next(&mut b"\r\n".as_slice()), Ok(None));
        framer.forget_line_end();
        assert_eq!(framer.next(&mut b"\r\n".as_slice()), Ok(None));
        assert_eq!(framer.next(&mut b"\r\n".as_slice()), Ok(Some(Frame::KeepAlive)));
    }

    #[test]
    fn a_message_keeps_nothing_else_in_memory() {
        let mut framer = Framer::new(Limits::default());
        let stream = [b"A\r\nl: 1\r\n\r\nB".as_slice(), &[b'x'; 20_000]].concat();
        let mut read = stream.as_slice();
        let Ok(Some(Frame::Message(message))) = framer.next(&mut read) else { panic!("a message") };
        let message = message.try_into_mut().expect("nobody else has it");
        assert_eq!((message.len(), message.capacity()), (12, 12));
    }
}
