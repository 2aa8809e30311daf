//! RFC 5393: how widely a request may be forked, and requests that come back.

use crate::world::World;
use sip::Message;

/// To as many of bob, carol and dave as X-Fork says; with X-Next to carol when bob has failed.
const FORK: &str = r#"
route {
    $ru = "sip:bob@192.0.2.20";
    if ($(hdr(X-Fork){s.int}) > 1) append_msg_branch("sip:carol@192.0.2.30");
    if ($(hdr(X-Fork){s.int}) > 2) append_msg_branch("sip:dave@192.0.2.40");
    if ($hdr(X-Next)) t_on_failure("next");
    if ($hdr(X-Copy)) t_replicate("sip:copy@192.0.2.40");
    if (!t_relay()) xlog("relay says $rc\n");
}
failure_route[next] { $ru = "sip:carol@192.0.2.30"; t_relay(); }
"#;

fn breadth(message: &Message) -> String {
    let values = message.headers_called(b"Max-Breadth").map(|header| String::from_utf8_lossy(header.value));
    values.collect::<Vec<_>>().join(",")
}

#[test]
fn branches_share_the_breadth() {
    let cases = [
        ("X-Fork: 1\r\n", "bob:"),
        ("X-Fork: 1\r\nMax-Breadth: 7\r\n", "bob:7"),
        ("X-Fork: 2\r\n", "bob:30 carol:30"),
        ("X-Fork: 3\r\nMax-Breadth: 5\r\n", "bob:2 carol:2 dave:1"),
        ("X-Fork: 2\r\nMax-Breadth: many\r\n", "bob:30 carol:30"),
        ("X-Fork: 1\r\nX-Copy: 1\r\nMax-Breadth: 9\r\n", "bob:8 dave:1"),
    ];
    for (headers, expected) in cases {
        let mut world = World::new(FORK);
        world.request("alice", "INVITE", "sip:team@example.com", headers);
        let received: Vec<String> = ["bob", "carol", "dave"]
            .iter()
            .filter_map(|phone| world.take(phone).map(|invite| format!("{phone}:{}", breadth(&invite))))
            .collect();
        assert_eq!(received.join(" "), expected, "{headers}");
        world.settle();
    }
}

#[test]
fn a_breadth_that_is_used_up_is_refused() {
    for headers in ["X-Fork: 2\r\nMax-Breadth: 1\r\n", "X-Fork: 1\r\nMax-Breadth: 0\r\n"] {
        let mut world = World::new(FORK);
        let invite = world.request("alice", "INVITE", "sip:team@example.com", headers);
        let reply = world.last("alice", "440");
        assert_eq!(reply.reason(), b"Max-Breadth Exceeded");
        world.ack("alice", &invite, &reply);
        world.passed("alice>proxy INVITE; proxy>alice 100; proxy>alice 440; alice>proxy ACK");
        assert_eq!(world.script_log().last().unwrap(), "relay says -3");
        world.settle();
    }
}

#[test]
fn a_branch_that_has_failed_gives_its_breadth_to_the_next() {
    let mut world = World::new(FORK);
    world.request("alice", "INVITE", "sip:team@example.com", "X-Next: 1\r\nMax-Breadth: 1\r\n");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 486, "Busy Here");
    let carol = world.last("carol", "INVITE");
    assert_eq!((breadth(&bob), breadth(&carol)), ("1".to_owned(), "1".to_owned()));
    world.reply("carol", &carol, 404, "Not Found");
    world.settle();
}

/// dave, a proxy, sends a request back; `change` is what he does to it.
fn send_back(world: &mut World, invite: &Message, number: u32, change: (&str, &str)) {
    let text = String::from_utf8_lossy(invite.bytes()).into_owned();
    let via = format!("SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.40:5060;branch=z9hG4bKdave{number}\r\nVia");
    let text = text.replacen("SIP/2.0\r\nVia", &via, 1).replacen("Max-Forwards: 70", "Max-Forwards: 60", 1);
    world.send("dave", text.replacen(change.0, change.1, 1));
}

const ROUND: &str = r#"
route {
    append_msg_branch("sip:carol@192.0.2.30");
    $du = "sip:192.0.2.40";
    record_route();
    if (!t_relay()) xlog("relay says $rc\n");
}
"#;

#[test]
fn what_comes_back_all_the_same_is_a_loop() {
    let mut world = World::new(ROUND);
    world.request("alice", "INVITE", "sip:team@example.com", "");
    let first = world.last("dave", "INVITE");
    // The first time it comes from somewhere else: the script may know what to do with it.
    send_back(&mut world, &first, 1, ("", ""));
    let second = world.last("dave", "INVITE");
    send_back(&mut world, &second, 2, ("", ""));
    assert_eq!(world.last("dave", "482").reason(), b"Loop Detected");
    assert_eq!(world.script_log().last().unwrap(), "relay says -3");
    world.settle();
}

#[test]
fn what_comes_back_changed_is_none() {
    let changes = [
        ("INVITE sip:team@example.com", "INVITE sip:others@example.com"),
        ("CSeq:", "Diversion: <sip:team@example.com>\r\nCSeq:"),
        ("CSeq:", "Route: <sip:192.0.2.1;lr>\r\nCSeq:"),
    ];
    for change in changes {
        let mut world = World::new(ROUND);
        world.request("alice", "INVITE", "sip:team@example.com", "");
        let first = world.last("dave", "INVITE");
        send_back(&mut world, &first, 1, ("", ""));
        let second = world.last("dave", "INVITE");
        send_back(&mut world, &second, 2, change);
        let third = world.last("dave", "INVITE");
        assert_eq!(third.vias().count(), 6, "{change:?}");
        // A reply to a branch with a mark finds its way.
        world.reply("dave", &third, 180, "Ringing");
        assert_eq!(world.last("dave", "180").vias().count(), 5);
        world.settle();
    }
}

#[test]
fn a_single_branch_has_no_mark() {
    let mut world = World::new(FORK);
    world.request("alice", "INVITE", "sip:bob@example.com", "X-Fork: 1\r\n");
    let bob = world.last("bob", "INVITE");
    assert!(bob.top_via().unwrap().branch().unwrap().ends_with(b".0"));
    world.settle();
}
