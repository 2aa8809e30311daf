//! Cuts what comes out of the FIFO into requests: `:reply_name:{json}`, one after the other, blanks between them.

use bytes::Bytes;

/// The longest request.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// The longest name of a reply FIFO.
const NAME_BYTES_MAX: usize = 128;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The reply FIFO's name; `None`: nobody waits for a reply.
    pub reply_name: Option<String>,
    /// The JSON-RPC request: a whole object, or else the rest of a line, which whoever parses it will refuse.
    pub json: Bytes,
}

/// What is in the stream that cannot be followed. It has been skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// A line does not begin with a colon.
    NoColon,
    /// The reply's name is too long, or is more than a bare file name: it could lead out of the directory.
    BadName,
    /// A request is too long.
    TooLong,
}

/// Collects what is read. Call [`Framer::push`], then [`Framer::next`] until it has nothing.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Whether what comes is dropped up to the end of its line.
    skips_line: bool,
    /// How far the object at the front has been looked through.
    scan: Scan,
}

/// Where the look through an object has come to.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Framer {
    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether part of a request waits for its rest.
    pub fn is_pending(&self) -> bool {
        self.skips_line || !self.buffer.is_empty()
    }

    /// Forgets a request whose rest does not come, so that it does not swallow the next one.
    pub fn give_up(&mut self) {
        *self = Framer::default();
    }

    /// The next request, once it is there whole.
    ///
    /// # Errors
    /// What was there instead; the call after it goes on behind.
    #[allow(clippy::should_implement_trait)] // An iterator ends for good where this only waits for more.
    pub fn next(&mut self) -> Result<Option<Request>, Offence> {
        if self.skips_line && !self.drop_line() {
            return Ok(None);
        }
        if self.scan.at == 0 {
            let blanks = self.buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.skip(blanks);
        }
        match self.buffer.first() {
            None => return Ok(None),
            Some(b':') => {}
            Some(_) => return self.skip_line(0, Offence::NoColon),
        }
        let Some(json) = self.json_start()? else { return Ok(None) };
        let end = self.json_end(json);
        if end.unwrap_or(self.buffer.len()) > REQUEST_BYTES_MAX {
            return self.skip_line(REQUEST_BYTES_MAX, Offence::TooLong);
        }
        let Some(end) = end else { return Ok(None) };
        let name = self.buffer.get(1..json.saturating_sub(1)).unwrap_or_default();
        let reply_name = String::from_utf8_lossy(name).into_owned();
        let json = Bytes::copy_from_slice(self.buffer.get(json..end).unwrap_or_default().trim_ascii());
        self.skip(end);
        if !is_bare(&reply_name) {
            return Err(Offence::BadName);
        }
        Ok(Some(Request { reply_name: Some(reply_name).filter(|name| !name.is_empty()), json }))
    }

    /// Where the JSON begins: behind the second colon.
    fn json_start(&mut self) -> Result<Option<usize>, Offence> {
        let name = self.buffer.iter().skip(1).take(NAME_BYTES_MAX + 1);
        let Some(length) = name.into_iter().position(|byte| matches!(byte, b':' | b'\n')) else {
            if self.buffer.len() > NAME_BYTES_MAX + 1 {
                return self.skip_line(0, Offence::BadName);
            }
            return Ok(None);
        };
        if self.buffer.get(length + 1) == Some(&b'\n') {
            return self.skip_line(0, Offence::NoColon);
        }
        Ok(Some(length + 2))
    }

    /// Where the object that begins at `start` ends; anything but an object ends with its line.
    fn json_end(&mut self, start: usize) -> Option<usize> {
        let blanks = self.buffer.get(start..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let first = start + blanks;
        if *self.buffer.get(first)? != b'{' {
            let rest = self.buffer.get(first..)?;
            return rest.iter().position(|byte| *byte == b'\n').map(|end| first + end);
        }
        let mut scan = Scan { at: self.scan.at.max(first), ..self.scan };
        while let Some(byte) = self.buffer.get(scan.at) {
            scan.at += 1;
            if scan.is_end(*byte) {
                return Some(scan.at);
            }
        }
        self.scan = scan;
        None
    }

    /// Drops so many bytes, and what follows up to the end of its line.
    fn skip_line<T>(&mut self, bytes: usize, offence: Offence) -> Result<T, Offence> {
        self.skip(bytes);
        self.skips_line = true;
        self.drop_line();
        Err(offence)
    }

    /// Drops the rest of a line; false if its end has not come yet.
    fn drop_line(&mut self) -> bool {
        let end = self.buffer.iter().position(|byte| *byte == b'\n');
        self.skips_line = end.is_none();
        self.skip(end.map_or(self.buffer.len(), |end| end + 1));
        !self.skips_line
    }

    fn skip(&mut self, bytes: usize) {
        self.buffer.drain(..bytes.min(self.buffer.len()));
        self.scan = Scan::default();
    }
}

impl Scan {
    /// Takes a byte; true if it closes the object.
    fn is_end(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' if !self.in_string => self.depth += 1,
            b'}' if !self.in_string => self.depth = self.depth.saturating_sub(1),
            _ => return false,
        }
        byte == b'}' && !self.in_string && self.depth == 0
    }
}

/// A bare file name: nothing that could lead elsewhere, or be hidden.
fn is_bare(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && !name.contains(['.', '/', '\\', '\0'])
}

/// Reads arbitrary bytes in arbitrary pieces, as the fuzzer has them: whatever comes, the framer goes on, holds no more
/// than a request, and finds the same requests however the bytes were cut.
pub fn fuzz(bytes: &[u8]) {
    let (cut, stream) = bytes.split_first().map_or((1, bytes), |(first, rest)| (usize::from(*first).max(1), rest));
    let in_pieces = requests(stream.chunks(cut));
    let byte_by_byte = requests(stream.chunks(1));
    assert_eq!(in_pieces, byte_by_byte, "requests depend on how the stream was cut");
}

fn requests<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Request> {
    let mut framer = Framer::default();
    let mut found = Vec::new();
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(request)) => found.push(request),
                Ok(None) => break,
                Err(_) => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Framer, NAME_BYTES_MAX, REQUEST_BYTES_MAX, fuzz};
    use std::fs;
    use std::path::Path;

    /// What comes out of a stream that arrives in these pieces.
    fn read(pieces: &[&str]) -> String {
        let mut framer = Framer::default();
        let mut seen = String::new();
        for piece in pieces {
            framer.push(piece.as_bytes());
            loop {
                match framer.next() {
                    Ok(Some(request)) => {
                        let name = request.reply_name.unwrap_or("-".to_owned());
                        seen += &format!("[{name} {}]", String::from_utf8_lossy(&request.json));
                    }
                    Ok(None) => break,
                    Err(offence) => seen += &format!("<{offence:?}>"),
                }
            }
        }
        seen + if framer.is_pending() { "+" } else { "" }
    }

    #[test]
    fn objects_end_where_they_end() {
        let stream = " \n:r1:{\"a\": {\"}\": \"\\\"}\"}}:r2: {}\n::{\"x\":1}";
        let whole = "[r1 {\"a\": {\"}\": \"\\\"}\"}}][r2 {}][- {\"x\":1}]";
        assert_eq!(read(&[stream]), whole);
        let bytes: Vec<&str> = (0..stream.len()).map(|at| &stream[at..=at]).collect();
        assert_eq!(read(&bytes), whole);
        assert_eq!(read(&[":r1:{\"a\":", " 1"]), "+");
    }

    #[test]
    fn what_is_no_request_is_skipped() {
        assert_eq!(read(&["get_statistics\n:r:{}"]), "<NoColon>[r {}]");
        assert_eq!(read(&[":get_statistics\n:r:{}"]), "<NoColon>[r {}]");
        assert_eq!(read(&["get:r:{}", "still that line\n:r:{}"]), "<NoColon>[r {}]");
        assert_eq!(read(&[":../etc/x:{}:r:{}"]), "<BadName>[r {}]");
        assert_eq!(read(&[":r:[1]\n:r:{}"]), "[r [1]][r {}]");
        assert_eq!(read(&[&format!(":{}", "n".repeat(NAME_BYTES_MAX + 1))]), "<BadName>+");
        let long = format!(":r:{{{}", " ".repeat(REQUEST_BYTES_MAX));
        assert_eq!(read(&[&long, "}\n:r:{}"]), "<TooLong>[r {}]");
    }

    #[test]
    fn the_fuzzer_agrees() {
        for stream in ["\x03ab:r:{\"x\":1}\n:r:{}", "\x05:r:[1]\n:q:{{}}x\n::{}", "\x02:a.b:{}:r:{}"] {
            fuzz(stream.as_bytes());
        }
        fuzz(format!("\u{7f}:r:{{\"{}\"}}\n:r:{{}}", "y".repeat(REQUEST_BYTES_MAX - 7)).as_bytes());
    }

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/fifo");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|stream| fuzz(stream));
        assert!(files.len() >= 2);
    }

    #[test]
    fn an_unfinished_request_swallows_nothing_once_it_is_given_up() {
        let mut framer = Framer::default();
        framer.push(b":r1:{\"never");
        assert_eq!(framer.next(), Ok(None));
        framer.give_up();
        framer.push(b":r2:{}");
        assert_eq!(framer.next().unwrap().unwrap().reply_name.as_deref(), Some("r2"));
    }
}
