//! The checks of the fuzz targets on stable Rust: over their corpora, over the torture messages, over random bytes.

use std::{collections::BTreeSet, fs, path::Path};

use proptest::prelude::*;
use sip::fuzzing::TARGETS;

use crate::repository;

#[test]
fn every_check_has_its_fuzz_target() {
    let files = fs::read_dir(repository("fuzz/fuzz_targets")).expect("the fuzz targets").flatten();
    let files: BTreeSet<String> =
        files.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned())).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    let lacking: Vec<&String> = targets.difference(&files).collect();
    assert!(lacking.is_empty(), "no fuzz target: {lacking:?}");
}

#[test]
fn corpora_hold() {
    for (name, check) in TARGETS {
        let count = check_files(&repository("fuzz/corpus").join(name), *check);
        assert!(count > 0, "{name} has no corpus");
    }
}

/// Torture messages are for every check: a parser of headers must stand a whole message as well.
#[test]
fn torture_messages_hold() {
    for folder in ["rfc4475", "rfc5118"] {
        for (_, check) in TARGETS {
            check_files(&repository("tests/torture").join(folder), *check);
        }
    }
}

fn check_files(folder: &Path, check: fn(&[u8])) -> usize {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.flatten().map(|file| check(&fs::read(file.path()).expect("a file"))).count()
}

/// Text that is made of what the grammars are made of, so that random input gets past the first byte.
fn sip_like() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec());
    let piece = prop_oneof![8 => pieces, 1 => prop::collection::vec(any::<u8>(), 0..4)];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "INVITE ",
    "sip:a@b",
    " SIP/2.0\r\n",
    "SIP/2.0 200 OK\r\n",
    "Via: ",
    "v:",
    "SIP/2.0/UDP h",
    "From: ",
    "To: ",
    "t:",
    "Call-ID: c\r\n",
    "CSeq: 1 INVITE\r\n",
    "Contact: ",
    "Content-Length: ",
    "l: 0\r\n",
    "\r\n",
    "\n",
    "\r\n ",
    "\t",
    " ",
    "<",
    ">",
    "\"",
    "\\",
    ",",
    ";",
    "=",
    ":",
    "@",
    "(",
    ")",
    "[",
    "]",
    "?",
    "&",
    "%",
    "%41",
    "/",
    "*",
    "0",
    "1",
    "65536",
    "tag",
    "branch",
    "lr",
    "a",
    "[2001:db8::1]",
    "192.0.2.1",
    "tel:+1",
    "urn:x",
    "Digest ",
    "username=\"u\"",
    "realm=\"r\"",
    "nonce=\"n\"",
    "uri=\"x\"",
    "response=\"0\"",
    "v=0\r\n",
    "m=audio 1 RTP/AVP 0\r\n",
    "a=rtpmap:0 X/8000\r\n",
    "c=IN IP4 ",
    "multipart/mixed;boundary=b\n",
    "--b\r\n",
    "--b--",
    "text/plain",
];

/// A request whose parts come from random text: most are refused, but for reasons deep inside.
fn message_like() -> impl Strategy<Value = Vec<u8>> {
    (sip_like(), sip_like(), sip_like()).prop_map(|(from, header, body)| {
        let head =
            b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";
        [&head[..], b"To: <sip:t@h>\r\nFrom: <sip:f@h>", &from, b"\r\nContact: ", &header, b"\r\n\r\n", &body].concat()
    })
}

proptest! {
    #[test]
    fn random_bytes_hold(data in prop::collection::vec(any::<u8>(), 0..512)) {
        TARGETS.iter().for_each(|(_, check)| check(&data));
    }

    #[test]
    fn random_text_holds(data in sip_like()) {
        TARGETS.iter().for_each(|(_, check)| check(&data));
    }

    #[test]
    fn random_messages_hold(data in message_like()) {
        sip::fuzzing::check_message(&data);
    }
}
