//! The replies of a subscriber: JSON objects one after the other, however they are cut.

use module_api::Json;
use std::io;

/// Puts them together.
#[derive(Default)]
pub struct Replies {
    buffer: Vec<u8>,
}

/// A reply is shorter.
const REPLY_BYTES_MAX: usize = 64 << 10;

impl Replies {
    /// Takes what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next reply, if it is there whole.
    ///
    /// # Errors
    /// What came is no reply, or too long for one.
    pub fn next_reply(&mut self) -> io::Result<Option<Json>> {
        let garbled = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("what came is {what}"));
        // Of another value than an object the end may be anywhere: `12` may become `12E1`. It is refused by its first byte.
        let first = self.buffer.iter().find(|byte| !byte.is_ascii_whitespace());
        if first.is_some_and(|byte| *byte != b'{') {
            return Err(garbled("no JSON-RPC reply"));
        }
        let mut values = serde_json::Deserializer::from_slice(&self.buffer).into_iter::<Json>();
        let reply = match values.next() {
            None => None,
            Some(Ok(reply @ Json::Object(_))) => Some(reply),
            Some(Err(error)) if error.is_eof() && self.buffer.len() <= REPLY_BYTES_MAX => return Ok(None),
            Some(Err(error)) if error.is_eof() => return Err(garbled("longer than a reply")),
            Some(_) => return Err(garbled("no JSON-RPC reply")),
        };
        let read = values.byte_offset();
        self.buffer.drain(..read.min(self.buffer.len()));
        Ok(reply)
    }
}

/// What a reply says of the request of this number; `None`: it is the reply to another one.
pub fn verdict(reply: &Json, id: u32) -> Option<Result<(), String>> {
    if reply.get("id").and_then(Json::as_u64) != Some(u64::from(id)) {
        return None;
    }
    match reply.get("error").filter(|error| !error.is_null()) {
        None => Some(Ok(())),
        Some(error) => {
            let message = error.get("message").and_then(Json::as_str).unwrap_or("an error");
            Some(Err(format!("it was refused: {message}")))
        }
    }
}

/// Reads any bytes, whole and cut at each place that the first of them says: it comes to the same.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let Some((every, bytes)) = bytes.split_first() else { return };
    let all = |chunks: &mut dyn Iterator<Item = &[u8]>| {
        let (mut replies, mut read) = (Replies::default(), Vec::new());
        for chunk in chunks {
            replies.push(chunk);
            loop {
                match replies.next_reply() {
                    Ok(Some(reply)) => read.push(Some(reply)),
                    Ok(None) => break,
                    Err(_) => {
                        read.push(None);
                        return read;
                    }
                }
            }
        }
        read
    };
    let whole = all(&mut std::iter::once(bytes));
    let cut = all(&mut bytes.chunks(usize::from(*every).max(1)));
    assert_eq!(whole, cut);
    for reply in whole.iter().flatten() {
        let verdict = verdict(reply, 1);
        assert!(verdict.is_none() || reply.get("id").is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::{Replies, fuzz, verdict};
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn replies_come_in_pieces_and_together() {
        let mut replies = Replies::default();
        replies.push(b" {\"id\":1,\"res");
        assert_eq!(replies.next_reply().unwrap(), None);
        replies.push(b"ult\":8}\n{\"id\":2,\"error\":{\"code\":1,\"message\":\"no\"}}{");
        let first = replies.next_reply().unwrap().unwrap();
        assert_eq!((verdict(&first, 1), verdict(&first, 2)), (Some(Ok(())), None));
        let second = replies.next_reply().unwrap().unwrap();
        assert_eq!(verdict(&second, 2), Some(Err("it was refused: no".to_owned())));
        assert_eq!(replies.next_reply().unwrap(), None);
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for wrong in ["x", "[1]", "12 "] {
            let mut replies = Replies::default();
            replies.push(wrong.as_bytes());
            assert!(replies.next_reply().is_err(), "{wrong}");
        }
        let mut replies = Replies::default();
        replies.push(&[b"{\"a\":\"", vec![b'x'; 70_000].as_slice()].concat());
        assert!(replies.next_reply().is_err());
    }

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/event_replies");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|bytes| fuzz(bytes));
        assert!(files.len() >= 5);
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(every in any::<u8>(), text in "([ \n]?(\\{\"(id|error)\":(1|\"x\"|null|\\{\\})\\}|[x1\\]]|\\{)){0,6}") {
            fuzz(&[&[every], text.as_bytes()].concat());
        }
    }
}
