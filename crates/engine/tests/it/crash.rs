//! Internal errors: the message at hand is lost, its transaction ends properly all the same.

use crate::world::World;
use std::time::Duration;

/// A script in which each route of a transaction crashes when `$hdr(X-Crash)` names it.
const CRASHES: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    t_on_branch("branch");
    t_on_reply("reply");
    t_on_failure("failure");
    t_newtran();
    if ($hdr(X-Crash) == "main") crash();
    if ($hdr(X-Crash) == "resumed") { ask("db"); crash(); }
    t_relay();
}
branch_route[branch] { if ($hdr(X-Crash) == "branch") crash(); }
onreply_route[reply] { if ($rs == 183 || $rs == 488) crash(); }
failure_route[failure] { crash(); }
"#;

fn world() -> World {
    let mut world = World::new(CRASHES);
    world.may_crash = true;
    world
}

/// The next tick of the clock finds what was lost.
fn tick(world: &mut World) {
    world.pass(Duration::from_millis(10));
}

#[test]
fn in_the_main_route_and_after_a_wait() {
    for place in ["main", "resumed", "branch"] {
        let mut world = world();
        let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", &format!("X-Crash: {place}\r\n"));
        if place == "resumed" {
            world.answer(&["192.0.2.1"]);
        }
        tick(&mut world);
        let reply = world.last("alice", "500");
        assert_eq!(reply.reason(), b"Server Internal Error", "{place}");
        world.again("alice", &invite);
        assert_eq!(world.last("alice", "500").status(), 500, "{place}");
        world.ack("alice", &invite, &reply);
        assert_eq!(world.count("engine:orphans"), 1, "{place}");
        world.settle();
    }
}

#[test]
fn in_onreply_route_the_branch_is_cancelled() {
    let mut world = world();
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    world.ladder.clear();
    world.reply("bob", &bob, 183, "Progress");
    tick(&mut world);
    world.passed("bob>proxy 183; proxy>alice 500; proxy>bob CANCEL");
    let reply = world.last("alice", "500");
    world.ack("alice", &invite, &reply);
    world.reply("bob", &bob, 487, "Request Terminated");
    world.passed("alice>proxy ACK; bob>proxy 487; proxy>bob ACK");
    world.settle();
}

#[test]
fn in_the_onreply_route_of_a_refusal_and_in_failure_route() {
    for code in [488, 486] {
        let mut world = world();
        world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
        let bob = world.last("bob", "INVITE");
        world.reply("bob", &bob, code, "No");
        world.ladder.clear();
        tick(&mut world);
        world.passed("proxy>alice 500");
        world.settle();
    }
}

#[test]
fn other_requests_than_invite_and_our_own() {
    let mut world = World::new(
        r#"
route {
    if (is_method("OPTIONS")) { t_new_request("MESSAGE", "sip:bob@192.0.2.20", "sip:us@example.com", "sip:bob@example.org"); exit; }
    t_newtran();
    crash();
}
local_route { crash(); }
"#,
    );
    world.may_crash = true;
    world.request("alice", "MESSAGE", "sip:example.com", "");
    world.request("alice", "OPTIONS", "sip:example.com", "");
    tick(&mut world);
    world.passed("alice>proxy MESSAGE; alice>proxy OPTIONS; proxy>alice 500 MESSAGE");
    assert_eq!(world.count("engine:orphans"), 2);
    world.settle();
}

#[test]
fn other_transactions_that_are_due_go_on() {
    let mut world = World::with_params(
        r#"modparam("tm", "fr_timeout", 2)"#,
        r#"
route { t_on_failure("failure"); t_relay(); }
failure_route[failure] { if ($rU == "crash") crash(); t_reply(480, "Later"); }
"#,
    );
    world.may_crash = true;
    for number in 0..20 {
        let user = if number % 2 == 0 { "crash" } else { "bob" };
        world.request("alice", "INVITE", &format!("sip:{user}@192.0.2.20"), "");
    }
    world.pass(Duration::from_secs(4));
    let codes: Vec<u16> = std::iter::from_fn(|| world.take("alice")).map(|reply| reply.status()).collect();
    let count = |code: u16| codes.iter().filter(|known| **known == code).count();
    assert_eq!((count(100), world.count("engine:orphans")), (20, 10));
    assert!(count(500) >= 10 && count(480) >= 10, "{codes:?}");
    assert_eq!(world.count("engine:mail_lost"), 0);
    world.settle();
}
