//! CANCEL: who hears of it when, and the races it loses and wins.

use crate::world::World;
use std::time::Duration;

const RELAY: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay("pass-reason-hdr"); exit; }
    t_on_failure("failure");
    t_relay();
}
failure_route[failure] {
    if (t_was_cancelled()) xlog("cancelled\n");
}
"#;

#[test]
fn after_a_provisional_reply_it_goes_on_at_once() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.cancel("alice", &invite, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n");
    let cancel = world.last("bob", "CANCEL");
    assert_eq!(cancel.top_via().unwrap().branch(), at_bob.top_via().unwrap().branch());
    assert_eq!(cancel.headers_called(b"Reason").count(), 1);
    world.reply("bob", &cancel, 200, "OK");
    world.reply("bob", &at_bob, 487, "Request Terminated");
    let terminated = world.last("alice", "487");
    world.ack("alice", &invite, &terminated);
    world.expect(
        "
        0.000  |--- INVITE ---->|                |                |                |
        0.000  |<----- 100 -----|                |                |                |
        0.000  |                |--- INVITE ---->|                |                |
        0.000  |                |<----- 180 -----|                |                |
        0.000  |<----- 180 -----|                |                |                |
        0.000  |--- CANCEL ---->|                |                |                |
        0.000  |<- 200 CANCEL --|                |                |                |
        0.000  |                |--- CANCEL ---->|                |                |
        0.000  |                |<- 200 CANCEL --|                |                |
        0.000  |                |<----- 487 -----|                |                |
        0.000  |                |----- ACK ----->|                |                |
        0.000  |<----- 487 -----|                |                |                |
        0.000  |----- ACK ----->|                |                |                |
        ",
    );
    assert_eq!(world.script_log(), ["cancelled"]);
    world.settle();
}

#[test]
fn before_a_provisional_reply_it_waits_for_one() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.cancel("alice", &invite, "");
    world.passed("alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; alice>proxy CANCEL; proxy>alice 200 CANCEL");
    world.reply("bob", &at_bob, 100, "Trying");
    world.passed("bob>proxy 100; proxy>bob CANCEL");
    world.reply("bob", &at_bob, 487, "Request Terminated");
    world.passed("bob>proxy 487; proxy>bob ACK; proxy>alice 487");
    world.settle();
}

#[test]
fn a_callee_that_says_nothing_costs_the_caller_a_487() {
    let mut world = World::with_params(r#"modparam("tm", "fr_timeout", 3)"#, RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.cancel("alice", &invite, "");
    world.pass(Duration::from_secs(4));
    assert_eq!(world.last("alice", "487").reason(), b"Request Terminated");
    world.settle();
}

#[test]
fn it_is_sent_until_it_is_answered() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.ladder.clear();
    world.cancel("alice", &invite, "");
    world.pass(Duration::from_millis(1_600));
    let cancel = world.last("bob", "CANCEL");
    world.reply("bob", &cancel, 200, "OK");
    world.pass(Duration::from_secs(3));
    world.passed(
        "alice>proxy CANCEL; proxy>alice 200 CANCEL; proxy>bob CANCEL; proxy>bob CANCEL; proxy>bob CANCEL; \
         bob>proxy 200 CANCEL",
    );
    world.settle();
}

#[test]
fn the_200_that_crosses_it_wins() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.cancel("alice", &invite, "");
    world.ladder.clear();
    world.reply("bob", &at_bob, 200, "OK");
    world.passed("bob>proxy 200; proxy>alice 200");
    world.settle();
}

#[test]
fn a_cancel_of_an_answered_call_changes_nothing() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 200, "OK");
    world.ladder.clear();
    world.cancel("alice", &invite, "");
    world.passed("alice>proxy CANCEL; proxy>alice 200 CANCEL");
    world.settle();
}

#[test]
fn a_cancel_without_its_invite_belongs_to_nothing() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 486, "Busy Here");
    world.settle();
    world.ladder.clear();
    world.cancel("alice", &invite, "");
    world.passed("alice>proxy CANCEL");
}

#[test]
fn a_cancel_sent_twice_is_answered_twice() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    world.reply("bob", &at_bob, 180, "Ringing");
    world.ladder.clear();
    world.cancel("alice", &invite, "");
    world.cancel("alice", &invite, "");
    world.passed(
        "alice>proxy CANCEL; proxy>alice 200 CANCEL; proxy>bob CANCEL; alice>proxy CANCEL; proxy>alice 200 CANCEL",
    );
    world.settle();
}

#[test]
fn a_caller_may_ask_that_nothing_is_cancelled() {
    let mut world = World::new(r#"route { t_relay("allow-no-cancel"); }"#);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    world.ladder.clear();
    world.cancel("alice", &invite, "Request-Disposition: no-cancel\r\n");
    world.passed("alice>proxy CANCEL");
    world.cancel("alice", &invite, "Reason: SIP;cause=200\r\n");
    world.passed("alice>proxy CANCEL; proxy>alice 200 CANCEL; proxy>bob CANCEL");
    world.settle();
}

#[test]
fn the_script_may_say_why_a_call_is_cancelled() {
    let mut world = World::new(
        r#"
route {
    if (is_method("CANCEL")) t_add_cancel_reason("Reason: SIP;cause=200;text=\"Elsewhere\"\r\n");
    t_relay();
}
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    world.cancel("alice", &invite, "");
    let cancel = world.last("bob", "CANCEL");
    assert_eq!(cancel.headers_called(b"Reason").next().unwrap().value, b"SIP;cause=200;text=\"Elsewhere\"");
    world.settle();
}
