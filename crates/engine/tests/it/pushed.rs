//! Phones that a push service wakes up (RFC 8599), amid the calls that they get.

use crate::world::World;
use std::time::Duration;

const PARAMS: &str = r#"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("registrar", "pn_enable", 1)
modparam("registrar", "pn_providers", "fcm")
"#;

const SCRIPT: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (is_method("REGISTER")) { save("location"); exit; }
    t_on_branch("each");
    t_on_failure("none");
    lookup("location");
    if ($rc == 2) exit;
    t_relay();
}
branch_route[each] { append_hf("X-Branch: $T_branch_idx\r\n"); }
failure_route[none] { xlog("failed $T_reply_code\n"); }
"#;

/// Carol's is the phone that sleeps: it registers for bob.
const ASLEEP: &str = "Contact: <sip:carol@192.0.2.30;pn-provider=fcm;pn-prid=x;pn-param=y>\r\n";
const AWAKE: &str = "Contact: <sip:bob@192.0.2.20>\r\n";
const BOB: &str = "sip:bob@example.com";

fn world(with_desk_phone: bool) -> World {
    let mut world = World::with_params(PARAMS, SCRIPT);
    world.request("carol", "REGISTER", BOB, ASLEEP);
    if with_desk_phone {
        world.request("bob", "REGISTER", BOB, AWAKE);
    }
    world.pass(Duration::from_secs(1));
    world.ladder.clear();
    world
}

/// The phone wakes up and registers anew.
fn wakes_up(world: &mut World) {
    world.pass(Duration::from_secs(2));
    world.request("carol", "REGISTER", BOB, ASLEEP);
}

fn acknowledges(world: &mut World, invite: &sip::Message, code: &str) {
    let reply = world.last("alice", code);
    world.ack("alice", invite, &reply);
    world.ladder.clear();
}

#[test]
fn the_phone_on_the_desk_rings_at_once_and_the_other_one_later() {
    let mut world = world(true);
    world.request("alice", "INVITE", BOB, "");
    let bob = world.last("bob", "INVITE");
    world.passed("alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    wakes_up(&mut world);
    let carol = world.last("carol", "INVITE");
    assert_eq!(carol.request_uri(), b"sip:carol@192.0.2.30");
    assert!(carol.headers_called(b"X-Branch").count() == 1, "branch_route has seen it");
    world.reply("carol", &carol, 200, "OK");
    world.reply("bob", &bob, 487, "Request Terminated");
    world.passed(
        "bob>proxy 180; proxy>alice 180; carol>proxy REGISTER; proxy>carol 200 REGISTER; proxy>carol INVITE; \
         carol>proxy 200; proxy>alice 200; proxy>bob CANCEL; bob>proxy 487; proxy>bob ACK",
    );
    world.settle();
}

#[test]
fn a_busy_desk_phone_does_not_end_the_call_before_the_other_has_come() {
    let mut world = world(true);
    world.request("alice", "INVITE", BOB, "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 486, "Busy Here");
    world.passed("alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; bob>proxy 486; proxy>bob ACK");
    world.pass(Duration::from_millis(6200));
    world.passed("proxy>alice 486");
    assert_eq!(world.script_log(), ["failed 486"]);
    world.settle();
}

#[test]
fn whoever_declines_for_all_is_not_overruled_by_a_phone_that_sleeps() {
    let mut world = world(true);
    let invite = world.request("alice", "INVITE", BOB, "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 603, "Decline");
    world
        .passed("alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; bob>proxy 603; proxy>bob ACK; proxy>alice 603");
    acknowledges(&mut world, &invite, "603");
    wakes_up(&mut world);
    world.passed("carol>proxy REGISTER; proxy>carol 200 REGISTER");
    world.settle();
}

#[test]
fn where_all_sleep_the_first_to_come_gets_the_call() {
    let mut world = world(false);
    world.request("alice", "INVITE", BOB, "");
    world.passed("alice>proxy INVITE; proxy>alice 100");
    wakes_up(&mut world);
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 200, "OK");
    world
        .passed("carol>proxy REGISTER; proxy>carol 200 REGISTER; proxy>carol INVITE; carol>proxy 200; proxy>alice 200");
    world.settle();
}

#[test]
fn nobody_comes() {
    let mut world = world(false);
    let invite = world.request("alice", "INVITE", BOB, "");
    world.pass(Duration::from_millis(6200));
    world.passed("alice>proxy INVITE; proxy>alice 100; proxy>alice 408");
    assert_eq!(world.script_log(), ["failed 408"]);
    acknowledges(&mut world, &invite, "408");
    wakes_up(&mut world);
    world.passed("carol>proxy REGISTER; proxy>carol 200 REGISTER");
    world.settle();
}

#[test]
fn the_caller_gives_up_while_the_phone_sleeps() {
    for desk in [false, true] {
        let mut world = world(desk);
        let invite = world.request("alice", "INVITE", BOB, "");
        if desk {
            let bob = world.last("bob", "INVITE");
            world.reply("bob", &bob, 180, "Ringing");
            world.cancel("alice", &invite, "");
            world.reply("bob", &bob, 487, "Request Terminated");
        } else {
            world.cancel("alice", &invite, "");
        }
        assert_eq!(world.last("alice", "487").status(), 487);
        wakes_up(&mut world);
        assert!(world.take("carol").is_none_or(|message| !message.is_request()));
        world.settle();
    }
}

#[test]
fn a_phone_that_cannot_be_reached_ends_the_waiting() {
    let mut world = world(false);
    world.request("alice", "INVITE", BOB, "");
    world.pass(Duration::from_secs(2));
    let nowhere = ASLEEP.replace("192.0.2.30;", "nowhere.example.org;");
    world.request("carol", "REGISTER", BOB, &nowhere);
    world.answer(&[]);
    world
        .passed("alice>proxy INVITE; proxy>alice 100; carol>proxy REGISTER; proxy>carol 200 REGISTER; proxy>alice 477");
    world.settle();
}
