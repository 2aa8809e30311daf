//! The messages of RFC 4475 and RFC 5118 sent to a proxy and registrar, each with the outcome that its RFC states.

use crate::world::{Surroundings, World};
use module_api::{Proto, Settings};
use sip::{HeaderName, Limits, Message};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// What any proxy and registrar does, without a word about odd messages.
const SERVER: &str = r#"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
route {
    if (!mf_process_maxfwd_header(70)) { sl_send_reply(483, "Too Many Hops"); exit; }
    # RFC 3261 section 16.3, step 5.
    if (is_present_hf("Proxy-Require")) {
        append_to_reply("Unsupported: $hdr(Proxy-Require)\r\n");
        sl_send_reply(420, "Bad Extension");
        exit;
    }
    if (is_method("REGISTER")) {
        if (is_present_hf("Authorization") && !pv_www_authorize("example.com")) {
            www_challenge("example.com", "auth");
            exit;
        }
        save("location");
        exit;
    }
    NEXT_HOP
    t_relay();
}
"#;

#[test]
fn rfc_4475() {
    check_folder("rfc4475", &SERVER.replace("NEXT_HOP", ""), 49);
}

/// The targets have IPv6 addresses, which nobody here has: all goes by one next hop.
#[test]
fn rfc_5118() {
    check_folder("rfc5118", &SERVER.replace("NEXT_HOP", "$du = \"sip:192.0.2.20\";"), 12);
}

/// Sends every message of a table, and compares what becomes of it.
fn check_folder(folder: &str, script: &str, count: usize) {
    let table = fs::read_to_string(torture(folder).join("outcomes.tsv")).expect("a table of outcomes");
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    let mut wrong = String::new();
    for row in &rows {
        let [file, section, _parsed, _checked, expected, _why] = row[..] else { panic!("six columns: {row:?}") };
        let outcome = outcome(script, &message(&format!("{folder}/{file}")));
        if outcome != expected {
            wrong += &format!("{file} ({section}): {outcome}, where {expected} is right\n");
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(rows.len(), count);
}

fn torture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/torture").join(path)
}

fn message(path: &str) -> Vec<u8> {
    fs::read(torture(path).with_extension("dat")).expect(path)
}

/// What a fresh server makes of a message: `forwarded`, with the request line where it is not as it came; the status line of
/// the answer with what matters in it; `unmatched` for a reply that belongs to nothing here; `drop` for what cannot be read.
fn outcome(script: &str, bytes: &[u8]) -> String {
    let mut world = World::new(script);
    world.send("alice", bytes);
    while !world.questions.is_empty() {
        world.answer(&["192.0.2.20"]);
    }
    let is_provisional = |bytes: &[u8]| bytes.starts_with(b"SIP/2.0 100 ");
    let sent: Vec<_> = world.sent.iter().filter(|sending| !is_provisional(&sending.bytes)).collect();
    let counts = ["core:err_requests", "core:drop_requests", "core:err_replies", "core:drop_replies"];
    match (&sent[..], counts.map(|name| world.count(name))) {
        ([sending], [0, 0, 0, 0]) if !sending.bytes.starts_with(b"SIP/") => forwarded(bytes, &sending.bytes),
        ([sending], [0 | 1, 0, 0, 0]) => answered(&sending.bytes),
        ([], [1, 1, 0, 0] | [0, 0, 1, 1]) => "drop".to_owned(),
        ([], [0, 0, 0, 1]) => "unmatched".to_owned(),
        (sent, counts) => format!("{} messages, counted {counts:?}", sent.len()),
    }
}

/// The status line, and of an answer that says more, the header that says it.
fn answered(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.strip_prefix("SIP/2.0 ")).expect("a status line");
    let more = lines.find(|line| line.starts_with("Contact:") || line.starts_with("Unsupported:"));
    more.map_or(status.to_owned(), |more| format!("{status}; {more}"))
}

/// Sees that a request has left as RFC 3261 section 16.6 wants it, whatever is odd about it.
fn forwarded(came: &[u8], left: &[u8]) -> String {
    let [came, left] =
        [came, left].map(|bytes| Message::parse(bytes.to_vec().into(), &Limits::default()).expect("read"));
    let others = |message: &Message| -> Vec<String> {
        use HeaderName::{ContentLength, MaxForwards, Via};
        let lines = message.headers().filter(|header| !matches!(header.name, Via | MaxForwards | ContentLength));
        lines.map(|header| header.line.escape_ascii().to_string()).collect()
    };
    assert_eq!(others(&left), others(&came), "no other header is touched");
    let vias =
        |message: &Message| -> Vec<Vec<u8>> { message.vias().map(|via| via.expect("a Via").text.to_vec()).collect() };
    let (before, after) = (vias(&came), vias(&left));
    assert!(after[0].starts_with(b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
    assert_eq!(after[2..], before[1..], "only the sender's Via is touched");
    let sender = left.vias().nth(1).expect("the sender's").expect("a Via");
    let known = sender.received_ip().or(sender.host_ip());
    assert_eq!((sender.host, known), (came.top_via().expect("a Via").host, Some(IpAddr::from([192, 0, 2, 10]))));
    let hops = came.max_forwards().expect("a number").map_or(70, |hops| hops - 1);
    assert_eq!(left.max_forwards(), Ok(Some(hops)));
    assert_eq!((left.body(), left.content_length()), (came.body(), Some(came.body().len())));
    assert_eq!(left.method_text(), came.method_text());
    if left.request_uri() == came.request_uri() {
        return "forwarded".to_owned();
    }
    format!("forwarded to {}", String::from_utf8_lossy(left.request_uri()))
}

/// Section 3.2.1: the cookie alone tells no transaction, so that such requests are told as those of RFC 2543 are.
#[test]
fn badbranch_is_matched_without_its_branch() {
    let bytes = message("rfc4475/badbranch");
    let other = String::from_utf8(bytes.clone()).expect("text").replace("CSeq: 8", "CSeq: 9");
    let mut world = World::new(r#"route { $du = "sip:192.0.2.20"; t_relay(); }"#);
    for text in [&bytes[..], &bytes, other.as_bytes(), other.as_bytes()] {
        world.send("alice", text);
    }
    world.passed(
        "alice>proxy OPTIONS; proxy>bob OPTIONS; alice>proxy OPTIONS; alice>proxy OPTIONS; proxy>bob OPTIONS; \
         alice>proxy OPTIONS",
    );
}

/// Sections 3.1.2.11 and 3.3.14: what a contact carries besides is kept for the phone, and goes out in no Request-URI.
#[test]
fn regescrt_is_called_without_its_headers() {
    let mut world = World::new(
        r#"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        route {
            if (is_method("REGISTER")) { save("location"); exit; }
            lookup("location");
            $du = "sip:192.0.2.20";
            if (is_method("MESSAGE")) forward();
            else t_relay();
        }"#,
    );
    let came = String::from_utf8(message("rfc4475/regescrt")).expect("text");
    world.send("alice", came.replace("user@example.com?Route", "user@example.com;method=INVITE;x=1?Route"));
    for method in ["INVITE", "MESSAGE"] {
        world.request("carol", method, "sip:user@example.com", "");
        assert_eq!(world.last("bob", method).request_uri(), b"sip:user@example.com;x=1");
    }
}

/// Section 3.3.2: a script that knows the scheme says where to, and the Request-URI stays what it is.
#[test]
fn unkscm_goes_where_a_script_sends_it() {
    let mut world = World::new(r#"route { $du = "sip:192.0.2.20"; t_relay(); }"#);
    for (file, uri) in
        [("unkscm", "nobodyKnowsThisScheme:totallyopaquecontent"), ("novelsc", "soap.beep://192.0.2.103:3002")]
    {
        world.send("alice", message(&format!("rfc4475/{file}")));
        assert_eq!(world.last("bob", "OPTIONS").request_uri(), uri.as_bytes());
    }
    let mut world = World::new("route { t_relay(); }");
    world.request("alice", "INVITE", "tel:+12125550101", "");
    assert_eq!(world.last("alice", "416").reason(), b"Unsupported URI Scheme");
}

/// Section 3.3.10: even a proxy whose own Via is on top sends no reply where many would get it.
#[test]
fn bcast_is_not_broadcast() {
    for (address, expected) in [("255.255.255.255", 0), ("224.0.1.75", 0), ("0.0.0.0", 0), ("192.0.2.20", 1)] {
        let us = SocketAddr::from(([192, 0, 2, 198], 5060));
        let surroundings = Surroundings {
            settings: Settings { disable_stateless_fwd: false, ..Settings::default() },
            sockets: vec![(Proto::Udp, us)],
            ..Surroundings::default()
        };
        let mut world = World::in_surroundings(surroundings, "", "route { }");
        let text = String::from_utf8(message("rfc4475/bcast")).expect("text");
        world.send("bob", text.replace("255.255.255.255", address));
        assert_eq!((world.sent.len(), world.count("core:drop_replies")), (expected, 1 - expected as i64), "{address}");
    }
}
