//! What is full refuses, and counts what it refused.

use crate::world::World;
use engine::Bounds;

#[test]
fn a_full_transaction_table_refuses() {
    let bounds = Bounds { transactions: 1, ..Bounds::default() };
    let mut world = World::with_bounds("", "route { if (!t_relay()) sl_reply_error(); }", bounds);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.request("carol", "INVITE", "sip:bob@192.0.2.20", "");
    let refusal = world.last("carol", "503");
    assert_eq!(refusal.headers_called(b"Retry-After").count(), 1);
    assert_eq!(world.count("engine:transactions_refused"), 1);
    world.settle();
}

#[test]
fn a_full_waiting_room_refuses() {
    let bounds = Bounds { waiting: 1, ..Bounds::default() };
    let mut world = World::with_bounds("", r#"route { if (!ask("db")) sl_send_reply(503, "Busy"); }"#, bounds);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.passed("alice>proxy OPTIONS; alice>proxy OPTIONS; proxy>alice 503 OPTIONS");
    assert_eq!(world.count("engine:waiting_refused"), 1);
    world.answer(&["192.0.2.1"]);
    world.settle();
}

/// Whoever pauses before asking again comes to the pause, however full it is, and not deeper into the stack.
#[test]
fn work_that_is_refused_again_and_again_pauses_in_between() {
    let bounds = Bounds { waiting: 1, ..Bounds::default() };
    let mut world =
        World::with_bounds("", r#"route { insist(); if (!ask("db")) sl_send_reply(503, "Busy"); }"#, bounds);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.request("alice", "OPTIONS", "sip:example.com", "");
    // The first asks, all that came after it was refused once: the question of the second request, and both messages'.
    assert_eq!(world.count("engine:waiting_refused"), 3);
}

#[test]
fn what_is_held_is_bounded_in_bytes_too() {
    let bounds = Bounds { held_bytes: 16_000, ..Bounds::default() };
    let script = r#"route { if (is_method("OPTIONS")) { if (!ask("db")) sl_send_reply(503, "Busy"); exit; }
        if (!t_relay()) sl_reply_error(); }"#;
    let mut world = World::with_bounds("", script, bounds);
    for _ in 0..3 {
        world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    }
    assert!(world.count("engine:held_bytes") > 16_000);
    world.request("carol", "INVITE", "sip:bob@192.0.2.20", "");
    world.last("carol", "503");
    world.request("dave", "OPTIONS", "sip:example.com", "");
    world.last("dave", "503");
    assert_eq!((world.count("engine:transactions_refused"), world.count("engine:waiting_refused")), (1, 1));
    world.settle();
    assert_eq!(world.count("engine:held_bytes"), 0);
    // And there is room again.
    world.request("dave", "OPTIONS", "sip:example.com", "");
    assert!(world.count("engine:held_bytes") > 0);
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.count("engine:held_bytes"), 0);
    world.settle();
}

#[test]
fn what_is_answered_counts_less_until_it_is_gone() {
    let mut world = World::new("route { t_relay(); }");
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let pending = world.count("engine:held_bytes");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 486, "Busy Here");
    let answered = world.count("engine:held_bytes");
    assert!(0 < answered && answered < pending, "{pending} {answered}");
    world.settle();
    assert_eq!(world.count("engine:held_bytes"), 0);
}

#[test]
fn a_full_mailbox_refuses() {
    let mut world = World::new(r#"route { t_on_reply("slow"); t_relay(); } onreply_route[slow] { ask("db"); }"#);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    for _ in 0..70 {
        world.reply("bob", &bob, 180, "Ringing");
    }
    assert_eq!(world.count("engine:mail_lost"), 5);
    for _ in 0..65 {
        world.answer(&["192.0.2.1"]);
    }
    world.reply("bob", &bob, 200, "OK");
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.last("alice", "200").status(), 200);
    world.settle();
}

#[test]
fn a_mailbox_of_giants_refuses() {
    let mut world = World::new(r#"route { t_on_reply("slow"); t_relay(); } onreply_route[slow] { ask("db"); }"#);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    let invite = String::from_utf8_lossy(bob.bytes()).into_owned();
    let copied = |line: &&str| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name));
    let headers: String = invite.lines().filter(copied).map(|line| format!("{line}\r\n")).collect();
    let padding = format!("X: {}\r\n", "y".repeat(15_000)).repeat(4);
    for _ in 0..10 {
        world.send("bob", format!("SIP/2.0 183 Session Progress\r\n{headers}{padding}Content-Length: 0\r\n\r\n"));
    }
    // One is worked on, four wait.
    assert_eq!(world.count("engine:mail_lost"), 5);
    for _ in 0..5 {
        world.answer(&["192.0.2.1"]);
    }
    world.reply("bob", &bob, 200, "OK");
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.last("alice", "200").status(), 200);
    world.settle();
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = || {
        let mut world = World::new("route { record_route(); t_relay(); }");
        world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
        world.last("bob", "INVITE").bytes().clone()
    };
    assert_eq!(bytes(), bytes());
}
