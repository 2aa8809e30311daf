//! A new script while something is under way: what has begun goes on as it began.

use crate::world::World;
use std::time::Duration;

#[test]
fn a_message_that_waits_ends_in_the_routes_it_began_with() {
    let mut world = World::new(r#"route { ask("db"); route(end); } route[end] { sl_send_reply(200, "Old"); }"#);
    world.request("alice", "MESSAGE", "sip:example.com", "");
    world.reload(r#"route { route(end); } route[begin] { exit; } route[end] { sl_send_reply(200, "New"); }"#);
    world.request("bob", "MESSAGE", "sip:example.com", "");
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.last("alice", "200").reason(), b"Old");
    assert_eq!(world.last("bob", "200").reason(), b"New");
    world.settle();
}

#[test]
fn routes_that_a_call_has_armed_are_those_of_its_program() {
    let mut world = World::new(
        r#"route { t_on_branch("way"); t_on_failure("busy"); t_relay(); }
           branch_route[way] { xlog("old way\n"); }
           failure_route[busy] { ask("db"); t_on_failure("again"); $ru = "sip:carol@192.0.2.30"; t_relay(); }
           failure_route[again] { t_reply(480, "Old"); }"#,
    );
    let call = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let at_bob = world.last("bob", "INVITE");
    // Names and places are others in the new one.
    world.reload(
        r#"failure_route[again] { t_reply(480, "New"); } failure_route[busy] { t_reply(403, "New"); }
           branch_route[way] { xlog("new way\n"); } route { sl_send_reply(503, "Moved"); }"#,
    );
    world.reply("bob", &at_bob, 486, "Busy Here");
    // Again while the failure route waits.
    world.reload(r#"route { sl_send_reply(503, "Moved"); }"#);
    world.answer(&["192.0.2.1"]);
    let at_carol = world.last("carol", "INVITE");
    world.reply("carol", &at_carol, 486, "Busy Here");
    let reply = world.last("alice", "480");
    assert_eq!(reply.reason(), b"Old");
    assert_eq!(world.script_log(), ["old way", "old way"]);
    world.ack("alice", &call, &reply);
    world.settle();
}

#[test]
fn timer_and_event_routes_are_the_new_ones() {
    let mut world = World::new(
        r#"timer_route[beat, 10] { xlog("old beat\n"); }
           event_route[E_TEST] { xlog("old event\n"); }
           route { raise_event("E_TEST"); }"#,
    );
    world.pass(Duration::from_millis(10_100));
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.script_log(), ["old beat", "old event"]);
    world.reload(
        r#"timer_route[rare, 30] { xlog("rare\n"); }
           timer_route[beat, 10] { xlog("new beat\n"); }
           event_route[E_TEST] { xlog("new event\n"); }
           route { raise_event("E_TEST"); }"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.pass(Duration::from_millis(20_100));
    assert_eq!(world.script_log(), ["new event", "new beat", "new beat"]);
    world.pass(Duration::from_secs(10));
    let mut last = world.script_log();
    last.sort_unstable();
    assert_eq!(last, ["new beat", "rare"]);
    world.reload("route { exit; }");
    world.pass(Duration::from_secs(60));
    assert!(world.script_log().is_empty());
}
