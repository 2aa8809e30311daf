//! A virtual socket: `POLICY socket socket …`, blanks and tabs between.

/// Who of several subscribers hears an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// All of them.
    Parallel,
    /// The first who can be reached.
    Failover,
    /// One after the other, each event another.
    RoundRobin,
}

/// Several subscribers that are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualSocket<'a> {
    /// Who of them hears an event.
    pub policy: Policy,
    /// Their sockets, in the order to be tried; at least one.
    pub sockets: Vec<&'a str>,
}

/// More subscribers than stand behind one socket.
const SOCKETS_MAX: usize = 64;

impl<'a> VirtualSocket<'a> {
    /// Reads it. `None`: it is none.
    pub fn parse(text: &'a str) -> Option<VirtualSocket<'a>> {
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let policy = match words.next()? {
            "PARALLEL" => Policy::Parallel,
            "FAILOVER" => Policy::Failover,
            "ROUND-ROBIN" => Policy::RoundRobin,
            _ => return None,
        };
        let sockets: Vec<&str> = words.collect();
        // One in another would need more words to be whole.
        let is_one = |socket: &&str| !socket.starts_with("virtual:") && !socket.contains(char::is_control);
        let is_usable = (1..=SOCKETS_MAX).contains(&sockets.len()) && sockets.iter().all(is_one);
        is_usable.then_some(VirtualSocket { policy, sockets })
    }
}

/// Reads any text: what is read is whole.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(read) = VirtualSocket::parse(text) else { return };
    assert!(!read.sockets.is_empty() && read.sockets.len() <= SOCKETS_MAX);
    let name = match read.policy {
        Policy::Parallel => "PARALLEL",
        Policy::Failover => "FAILOVER",
        Policy::RoundRobin => "ROUND-ROBIN",
    };
    let written = format!("{name} {}", read.sockets.join(" "));
    assert_eq!(VirtualSocket::parse(&written), Some(read));
}

#[cfg(test)]
mod tests {
    use super::{Policy, VirtualSocket, fuzz};
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn policies_and_sockets() {
        let read = |text| VirtualSocket::parse(text).map(|read| (read.policy, read.sockets));
        assert_eq!(
            read("FAILOVER tcp:127.0.0.1:1 \t unix:/tmp/x "),
            Some((Policy::Failover, vec!["tcp:127.0.0.1:1", "unix:/tmp/x"]))
        );
        assert_eq!(read("ROUND-ROBIN a"), Some((Policy::RoundRobin, vec!["a"])));
        assert_eq!(read("PARALLEL a a"), Some((Policy::Parallel, vec!["a", "a"])));
        for wrong in ["", "FAILOVER", "parallel a", "a b", "PARALLEL virtual:PARALLEL a"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/virtual_socket");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|text| fuzz(text));
        assert!(files.len() >= 5);
    }

    proptest! {
        #[test]
        fn any_words_are_whole_or_none(text in "(PARALLEL|FAILOVER|ROUND-ROBIN|x)?([ \t]{0,2}(virtual:|tcp:)?[a-z:/\\n]{0,4}){0,70}") {
            fuzz(text.as_bytes());
        }
    }
}
