//! Requests of RFC 2543, whose branch says nothing: what a CANCEL must have in common with its INVITE
//! (`ruri_matching`, `via1_matching`).

use crate::world::World;

const SCRIPT: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); else sl_send_reply(481, "Unknown"); exit; }
    t_relay();
}
"#;

fn request(method: &str, uri: &str, branch: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch={branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>\r\nCall-ID: old@alice\r\n\
         CSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Whether a CANCEL with this URI and branch finds the INVITE to bob with branch 1.
fn finds(params: &str, uri: &str, branch: &str) -> bool {
    let mut world = World::with_params(params, SCRIPT);
    world.send("alice", request("INVITE", "sip:bob@192.0.2.20", "1"));
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    world.ladder.clear();
    world.send("alice", request("CANCEL", uri, branch));
    let found = world.ladder.flat().contains("proxy>bob CANCEL");
    let refused = world.ladder.flat().contains("proxy>alice 481");
    assert_ne!(found, refused, "{}", world.ladder.draw());
    world.settle();
    found
}

#[test]
fn the_request_uri_counts_unless_that_is_switched_off() {
    let off = r#"modparam("tm", "ruri_matching", 0)"#;
    for (params, same, other) in [("", true, false), (off, true, true)] {
        assert_eq!(finds(params, "sip:bob@192.0.2.20", "1"), same, "{params}");
        assert_eq!(finds(params, "sip:bob@192.0.2.20:5060", "1"), other, "{params}");
    }
    assert!(!finds(off, "sip:bob@192.0.2.20", "2"), "the Via counts still");
}

#[test]
fn the_top_via_counts_unless_that_is_switched_off() {
    let off = r#"modparam("tm", "via1_matching", 0)"#;
    for (params, same, other) in [("", true, false), (off, true, true)] {
        assert_eq!(finds(params, "sip:bob@192.0.2.20", "1"), same, "{params}");
        assert_eq!(finds(params, "sip:bob@192.0.2.20", "2"), other, "{params}");
    }
    assert!(!finds(off, "sip:bob@192.0.2.20:5060", "1"), "the Request-URI counts still");
}
