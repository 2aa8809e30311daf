//! A text, a transformation, what it yields: `text {name,arguments} result`.

use super::{ALL, fuzz_transformations};
use crate::core::MODULE;
use catalogue::Value;
use module_api::{Answer, Destination, Fault, Proto, Resolved, State, Transformation};
use proptest::prelude::*;
use std::net::IpAddr;
use testkit::Fixture;

fn transformation(name: &str) -> &'static Transformation {
    ALL.iter().find(|known| known.name == name).unwrap_or_else(|| panic!("there is no {{{name}}}"))
}

/// The arguments as a script's front passes them: split at commas and trimmed, but for the last one of some.
fn arguments(of: &Transformation, written: &str) -> Vec<Value> {
    let parts: Vec<&str> = match (of.args.len(), of.rest) {
        (0, _) => Vec::new(),
        (count, true) => written.splitn(count, ',').collect(),
        (_, false) => written.split(',').collect(),
    };
    let one = |(index, part): (usize, &str)| {
        let verbatim = of.args.get(index).is_some_and(|arg| arg.verbatim);
        let text = if verbatim { part } else { part.trim() };
        Value::copied(text.as_bytes())
    };
    parts.into_iter().enumerate().map(one).collect()
}

fn apply(fixture: &mut Fixture, state: &State, text: &str, written: &str) -> String {
    let (name, args) = written.split_once(',').unwrap_or((written, ""));
    let of = transformation(name);
    let args = if written.contains(',') { arguments(of, args) } else { Vec::new() };
    let yielded = fixture.with_call(state, |call| (of.run)(call, Value::copied(text.as_bytes()), &args));
    match yielded {
        Value::Null => "<null>".to_owned(),
        Value::Int(number) => format!("#{number}"),
        Value::Str(text) => String::from_utf8_lossy(&text).replace("\r\n", "|"),
    }
}

fn check(cases: &[(&str, &str, &str)]) {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    for (text, written, expected) in cases {
        assert_eq!(apply(&mut fixture, &state, text, written), *expected, "{text:?} {{{written}}}");
    }
}

#[test]
fn text() {
    check(&[
        ("abc", "s.len", "#3"),
        ("", "s.len", "#0"),
        ("2868.12 sec", "s.int", "#2868"),
        ("-7x", "s.int", "#-7"),
        ("none", "s.int", "#0"),
        ("99999999999999999999", "s.int", "#2147483647"),
        ("-99999999999999999999", "s.int", "#-2147483648"),
        ("AbC-ß", "s.tolower", "abc-ß"),
        ("abC", "s.toupper", "ABC"),
        ("\t \n input string  \r  ", "s.trim", "input string"),
        (" a ", "s.trimr", " a"),
        (" a ", "s.triml", "a "),
        ("onetwothree", "s.reverse", "eerhtowteno"),
        ("transformation", "s.width,14", "transformation"),
        ("transformation", "s.width,16", "transformation  "),
        ("transformation", "s.width,9", "transform"),
        ("x", "s.width,-1", "<null>"),
        ("x", "s.width,99999999", "<null>"),
        ("485", "s.fill.left,0,3", "485"),
        ("485", "s.fill.left, 0, 6", "000485"),
        ("485", "s.fill.left,abc,8", "bcabc485"),
        ("485", "s.fill.right,0,6", "485000"),
        ("485", "s.fill.right,abc,8", "485abcab"),
        ("485", "s.fill.right,,8", "<null>"),
    ]);
}

#[test]
fn search() {
    check(&[
        ("onetwothreeone", "s.index, one", "#0"),
        ("onetwothreeone", "s.index,one,0", "#0"),
        ("onetwothreeone", "s.index,one,3", "#11"),
        ("onetwothreeone", "s.index,one,-11", "#11"),
        ("onetwothreeone", "s.index,one,-25", "#11"),
        ("onetwothreeone", "s.index,four", "<null>"),
        ("onetwothreeone", "s.index,one,99", "<null>"),
        ("onetwothreeone", "s.rindex,one", "#11"),
        ("onetwothreeone", "s.rindex,one,-3", "#11"),
        ("onetwothreeone", "s.rindex,one,11", "#11"),
        ("onetwothreeone", "s.rindex,one,-4", "#0"),
        ("onetwothreeone", "s.rindex,four", "<null>"),
        ("", "s.index,a,-1", "<null>"),
        ("abcd", "s.substr,1,0", "bcd"),
        ("abcd", "s.substr,1,2", "bc"),
        ("abcd", "s.substr,-2,1", "c"),
        ("abcd", "s.substr,0,-1", "abc"),
        ("abcd", "s.substr,2,-2", "<null>"),
        ("abcd", "s.substr,1,99", "bcd"),
        ("abcd", "s.substr,4,0", "<null>"),
        ("abcd", "s.substr,-5,0", "<null>"),
        ("12,34,56", "s.select,1,,", "34"),
        ("12,34,56", "s.select,-2,,", "34"),
        ("12,34,56", "s.select,3,,", "<null>"),
        ("a b", "s.select,1, ", "b"),
        ("a;;b", "s.select,1,;", ""),
        ("abc", "s.select,0,;", "abc"),
    ]);
}

#[test]
fn codecs() {
    check(&[
        ("a\u{1}z", "s.encode.hexa", "61017a"),
        ("616Z", "s.decode.hexa", "<null>"),
        ("616", "s.decode.hexa", "<null>"),
        ("616263", "s.decode.hexa", "abc"),
        ("ff", "s.hex2dec", "#255"),
        ("0xFFFFFFFF", "s.hex2dec", "4294967295"),
        ("xyz", "s.hex2dec", "<null>"),
        ("255", "s.dec2hex", "ff"),
        ("x", "s.dec2hex", "<null>"),
        ("\u{2}\u{3}\u{4}\u{5}!@#%^&*", "s.b64encode", "AgMEBSFAIyVeJio="),
        ("AgMEBSFAIyVeJio=", "s.b64decode", "\u{2}\u{3}\u{4}\u{5}!@#%^&*"),
        ("YWJj!rest", "s.b64decode", "abc"),
        ("YWJjZ", "s.b64decode", "abc"),
        ("aaa", "s.xor,x", "\u{19}\u{19}\u{19}"),
        ("aaa", "s.xor,", "<null>"),
        ("it's \"a\\b\"\0", "s.escape.common", r#"it\'s \"a\\b\"\0"#),
        (r#"it\'s \"a\\b\"\x\"#, "s.unescape.common", r#"it's "a\b"\x\"#),
        ("a b@c", "s.escape.user", "a%20b%40c"),
        ("a%20b%40c", "s.unescape.user", "a b@c"),
        ("a;b=c", "s.escape.param", "a%3Bb%3Dc"),
        ("a%3Bb", "s.unescape.param", "a;b"),
    ]);
}

#[test]
fn hashes() {
    check(&[
        ("abc", "s.md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("123456789", "s.crc32", "3421780262"),
        ("abc", "s.sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abc", "s.sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        ("abc", "s.sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abc",
            "s.sha384",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            "abc",
            "s.sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        // RFC 2202 and RFC 4231, test case 2.
        ("what do ya want for nothing?", "s.sha1_hmac,Jefe", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            "what do ya want for nothing?",
            "s.sha224_hmac,Jefe",
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
        ),
        (
            "what do ya want for nothing?",
            "s.sha256_hmac,Jefe",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            "what do ya want for nothing?",
            "s.sha384_hmac,Jefe",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            "what do ya want for nothing?",
            "s.sha512_hmac,Jefe",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("Thu, 13 Jun 2024 12:48:00 GMT", "s.date2unix", "#1718282880"),
        ("13 Jun 2024 12:48:00 GMT", "s.date2unix", "<null>"),
        ("Thu, 32 Jun 2024 12:48:00 GMT", "s.date2unix", "<null>"),
        ("tomorrow", "s.date2unix", "<null>"),
    ]);
}

#[test]
fn uris() {
    const URI: &str =
        "sip:bob:pw@example.com:5070;transport=tcp;lr;user=phone;maddr=1.2.3.4;ttl=5;method=INVITE;r2=on?X=1";
    check(&[
        (URI, "uri.user", "bob"),
        (URI, "uri.passwd", "pw"),
        (URI, "uri.host", "example.com"),
        (URI, "uri.domain", "example.com"),
        (URI, "uri.port", "#5070"),
        ("sip:a@b", "uri.port", "<null>"),
        (URI, "uri.params", "transport=tcp;lr;user=phone;maddr=1.2.3.4;ttl=5;method=INVITE;r2=on"),
        ("sip:a@b", "uri.params", "<null>"),
        (URI, "uri.param,TRANSPORT", "tcp"),
        (URI, "uri.param,lr", ""),
        (URI, "uri.param,none", "<null>"),
        (URI, "uri.headers", "X=1"),
        (URI, "uri.transport", "tcp"),
        (URI, "uri.ttl", "5"),
        (URI, "uri.uparam", "phone"),
        (URI, "uri.maddr", "1.2.3.4"),
        (URI, "uri.method", "INVITE"),
        (URI, "uri.lr", ""),
        (URI, "uri.r2", "on"),
        (URI, "uri.schema", "sip"),
        ("tel:+1234;ext=5", "uri.user", "+1234"),
        ("tel:+1234;ext=5", "uri.host", "<null>"),
        ("urn:service:sos", "uri.schema", "urn"),
        ("nonsense", "uri.user", "<null>"),
    ]);
}

#[test]
fn vias() {
    const VIA: &str =
        "SIP / 2.0 / UDP first.example.com:4000;ttl=16;branch=z9hG4bKa7;rport;received=1.2.3.4 (hello), SIP/2.0/TCP b";
    check(&[
        (VIA, "via.name", "SIP"),
        (VIA, "via.version", "2.0"),
        (VIA, "via.transport", "UDP"),
        (VIA, "via.host", "first.example.com"),
        (VIA, "via.domain", "first.example.com"),
        (VIA, "via.port", "#4000"),
        (VIA, "via.comment", "hello"),
        (VIA, "via.params", "ttl=16;branch=z9hG4bKa7;rport;received=1.2.3.4"),
        (VIA, "via.param,ttl", "16"),
        (VIA, "via.param,none", "<null>"),
        (VIA, "via.branch", "z9hG4bKa7"),
        (VIA, "via.received", "1.2.3.4"),
        (VIA, "via.rport", ""),
        ("SIP/2.0/TCP b", "via.port", "<null>"),
        ("nonsense", "via.host", "<null>"),
    ]);
}

#[test]
fn params() {
    check(&[
        ("a=1;b=2;c=3", "param.value,c", "3"),
        ("a=1;ob;q=\"x;y\"", "param.value,ob", ""),
        ("a=1;ob;q=\"x;y\"", "param.value,q", "x;y"),
        ("a=1", "param.value,b", "<null>"),
        ("a=0;b=2;ob;c=3", "param.exist,ob", "#1"),
        ("a=0;b=2;ob;c=3", "param.exist,foo", "#0"),
        ("a=1;b=2;c=3", "param.valueat,1", "2"),
        ("a=1;b=2;c=3", "param.valueat,-1", "3"),
        ("a=1;b=2;c=3", "param.valueat,-4", "<null>"),
        ("a=1;b=2;c=3", "param.name,1", "b"),
        ("a=1;b=2;c=3", "param.name,3", "<null>"),
        ("a=1;b=2;c=3", "param.count", "#3"),
        ("", "param.count", "#0"),
    ]);
}

#[test]
fn name_addrs() {
    const TWO: &str = "\"first\" <sip:first@x>;tag=a, \"second\" <sip:second@x>;tag=dat43h;private";
    check(&[
        (TWO, "nameaddr.name", "first"),
        (TWO, "nameaddr.name,1", "second"),
        (TWO, "nameaddr.name,-1", "second"),
        (TWO, "nameaddr.name,2", "<null>"),
        (TWO, "nameaddr.uri", "sip:first@x"),
        (TWO, "nameaddr.uri,1", "sip:second@x"),
        ("\"test\" <sip:test@x> ;tag=1", "nameaddr.len", "#19"),
        (TWO, "nameaddr.param,tag", "a"),
        (TWO, "nameaddr.param,1,tag", "dat43h"),
        (TWO, "nameaddr.param,-1,private", ""),
        (TWO, "nameaddr.param,0,private", "<null>"),
        (TWO, "nameaddr.params,1", "tag=dat43h;private"),
        ("sip:bare@x", "nameaddr.name", ""),
        ("\"open", "nameaddr.uri", "<null>"),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("194.168.4.134", "ip.isip", "#1"),
        ("194.168.4.134.1", "ip.isip", "#0"),
        ("[2001:db8::1]", "ip.isip", "#1"),
        ("194.168.4.134", "ip.isip4", "#1"),
        ("194.168.4.134", "ip.isip6", "#0"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "ip.isip6", "#1"),
        ("4444", "ip.ntop", "52.52.52.52"),
        ("4444", "ip.family", "INET"),
        ("1234567890123456", "ip.family", "INET6"),
        ("12345", "ip.family", "<null>"),
        ("12345", "ip.ntop", "<null>"),
        ("52.52.52.52", "ip.pton", "4444"),
        ("host", "ip.pton", "<null>"),
        ("10.10.0.77", "ip.matches,10.10.0.1/24", "#1"),
        ("10.10.1.77", "ip.matches,10.10.0.1/24", "#0"),
        ("2001:db8::1", "ip.matches,10.10.0.1/24", "<null>"),
        ("10.10.1.77", "ip.matches,10.10.0.1/99", "<null>"),
        ("x", "ip.matches,10.10.0.1/24", "<null>"),
        ("10.1.2.3", "ip.isprivate", "#1"),
        ("100.64.0.1", "ip.isprivate", "#1"),
        ("100.128.0.1", "ip.isprivate", "#0"),
        ("127.9.9.9", "ip.isprivate", "#1"),
        ("8.8.8.8", "ip.isprivate", "#0"),
        ("fe80::1", "ip.isprivate", "#0"),
        ("x", "ip.isprivate", "<null>"),
        ("192.0.2.1", "ip.resolve", "192.0.2.1"),
    ]);
}

#[test]
fn hosts_are_looked_up_meanwhile() {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    let address: IpAddr = "198.51.100.7".parse().unwrap();
    let places = vec![Destination { proto: Proto::Udp, address: (address, 0).into() }];
    let resolved = Resolved { destinations: places, lifetime: std::time::Duration::from_secs(60) };
    fixture.answer = Box::new(move |_| Answer::Resolved(Ok(resolved.clone())));
    assert_eq!(apply(&mut fixture, &state, "Host.Example.org", "ip.resolve"), "<null>");
    assert_eq!(apply(&mut fixture, &state, "host.example.org", "ip.resolve"), "<null>");
    assert_eq!(fixture.out.drain_jobs().count(), 1, "it is asked for once");
    apply(&mut fixture, &state, "host2.example.org", "ip.resolve");
    fixture.run_background().unwrap();
    assert_eq!(apply(&mut fixture, &state, "HOST2.example.org", "ip.resolve"), "198.51.100.7");
    // An old answer stays good while the name server is asked again, and goes when it says so.
    fixture.now = fixture.now + std::time::Duration::from_secs(61);
    assert_eq!(apply(&mut fixture, &state, "host2.example.org", "ip.resolve"), "198.51.100.7");
    fixture.answer = Box::new(|_| Answer::Resolved(Err(Fault::backend("no such host"))));
    fixture.run_background().unwrap();
    assert_eq!(apply(&mut fixture, &state, "host2.example.org", "ip.resolve"), "<null>");
}

#[test]
fn lists_and_descriptions() {
    const SDP: &str = "v=0\r\na=1\r\nm=audio 1 RTP/AVP 0\r\na=2\r\nm=video 2 RTP/AVP 1\r\nm=audio 3 RTP/AVP 0\r\n";
    check(&[
        ("a,b,c", "csv.count", "#3"),
        ("a, b ,\"c,d\"", "csv.value,1", "b"),
        ("a, b ,\"c,d\"", "csv.value,2", "\"c"),
        ("a,b,c", "csv.value,-1", "c"),
        ("a,b,c", "csv.value,3", "<null>"),
        (SDP, "sdp.line,a", "a=1"),
        (SDP, "sdp.line,a,1", "a=2"),
        (SDP, "sdp.line,m", "m=audio 1 RTP/AVP 0"),
        (SDP, "sdp.line,a,2", "<null>"),
        (SDP, "sdp.stream,0", "m=audio 1 RTP/AVP 0|a=2|"),
        (SDP, "sdp.stream,-1", "m=audio 3 RTP/AVP 0|"),
        (SDP, "sdp.stream,video", "m=video 2 RTP/AVP 1|"),
        (SDP, "sdp.stream,text", "<null>"),
        (SDP, "sdp.stream-delete,0", "v=0|a=1|m=video 2 RTP/AVP 1|m=audio 3 RTP/AVP 0|"),
        (SDP, "sdp.stream-delete,audio", "v=0|a=1|m=video 2 RTP/AVP 1|"),
        (SDP, "sdp.stream-delete,9", "<null>"),
    ]);
}

#[test]
fn substitutions() {
    check(&[
        ("abc", "re.subst,/a/A/g", "Abc"),
        ("abcb", "re.subst,/b/B/", "aBcb"),
        ("abcb", "re.subst,/b/B/g", "aBcB"),
        ("ABC", "re.subst,/b/x/i", "AxC"),
        ("0049123", "re.subst,/^00([0-9]+)/+\\1/", "+49123"),
        ("a/b", "re.subst,/a\\/b/c\\/d/", "c/d"),
        ("a|b", "re.subst,|a.b|x,y|", "x,y"),
        ("one\ntwo", "re.subst,/e.t/-/", "one\ntwo"),
        ("one\ntwo", "re.subst,/e.t/-/s", "on-wo"),
        ("abc", "re.subst,/x/y/", "abc"),
        ("abc", "re.subst,/[/y/", "<null>"),
        ("abc", "re.subst,/a/b", "<null>"),
        ("abc", "re.subst,/a/b/z", "<null>"),
        ("abc", "re.subst,", "<null>"),
    ]);
}

#[test]
fn what_is_missing_is_null() {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    for of in ALL.iter().filter(|of| of.args.iter().any(|arg| !arg.optional)) {
        let yielded = fixture.with_call(&state, |call| (of.run)(call, Value::fixed("text"), &[]));
        assert_eq!(yielded, Value::Null, "{{{}}}", of.name);
    }
}

#[test]
fn the_corpus_runs() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/transformations");
    let mut count = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(file.unwrap().path()).unwrap();
        let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        fixture.with_call(&state, |call| fuzz_transformations(call, &data));
        count += 1;
    }
    assert!(count >= 10, "there are {count} files in the corpus");
}

proptest! {
    #[test]
    fn none_panics(which: u8, text in ".{0,40}", first in "-?[0-9]{0,11}|.{0,8}", second in "-?[0-9]{0,3}|.{0,8}") {
        let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        let mut data = vec![which];
        data.extend([text.as_bytes(), first.as_bytes(), second.as_bytes()].join(&0));
        fixture.with_call(&state, |call| fuzz_transformations(call, &data));
    }

    #[test]
    fn none_panics_on_bytes(data in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        fixture.with_call(&state, |call| fuzz_transformations(call, &data));
    }

    #[test]
    fn what_is_encoded_is_decoded(text in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        for (one, other) in [
            ("s.encode.hexa", "s.decode.hexa"),
            ("s.b64encode", "s.b64decode"),
            ("s.escape.common", "s.unescape.common"),
            ("s.escape.user", "s.unescape.user"),
            ("s.escape.param", "s.unescape.param"),
            ("s.reverse", "s.reverse"),
        ] {
            let back = fixture.with_call(&state, |call| {
                let written = (transformation(one).run)(call, Value::copied(&text), &[]);
                (transformation(other).run)(call, written, &[])
            });
            prop_assert_eq!(back, Value::copied(&text), "{} {}", one, other);
        }
    }
}
