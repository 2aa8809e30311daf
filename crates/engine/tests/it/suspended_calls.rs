//! What comes for a transaction while one of its routes waits: CANCEL, retransmissions, replies, ACK, the deadline.

use crate::world::World;
use sip::Message;
use std::time::Duration;

/// Asks in the main route and in `failure_route`.
const PATIENT: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (is_method("ACK|BYE")) { xlog("$rm in the main route\n"); t_relay(); exit; }
    xlog("main\n");
    t_newtran();
    ask("main");
    t_on_failure("failure");
    t_on_reply("reply");
    t_relay();
}
onreply_route[reply] { if ($rs == 183) { ask("reply"); xlog("reply done\n"); } }
failure_route[failure] {
    ask("failure");
    xlog("failure done\n");
    if (t_was_cancelled()) xlog("cancelled\n");
    $ru = "sip:carol@192.0.2.30";
    if (!t_relay()) xlog("relay says $rc\n");
}
"#;

/// A call whose main route has had its answer: the INVITE as alice sent it, and as bob has it.
fn alice_calls_bob() -> (World, Message, Message) {
    let mut world = World::new(PATIENT);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.answer(&["192.0.2.1"]);
    let bob = world.last("bob", "INVITE");
    (world, invite, bob)
}

#[test]
fn a_cancel_while_the_main_route_waits_keeps_every_branch_in() {
    let mut world = World::new(PATIENT);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.cancel("alice", &invite, "");
    world.cancel("alice", &invite, "");
    world.answer(&["192.0.2.1"]);
    let reply = world.last("alice", "487");
    world.ack("alice", &invite, &reply);
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; alice>proxy CANCEL; proxy>alice 200 CANCEL; alice>proxy CANCEL; \
         proxy>alice 200 CANCEL; proxy>alice 487; alice>proxy ACK",
    );
    assert_eq!(world.script_log(), ["main"]);
    world.settle();
}

#[test]
fn a_cancel_before_there_is_a_transaction_is_not_lost() {
    let mut world = World::new(
        r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); else sl_send_reply(481, "No"); exit; }
    ask("main");
    if (!t_relay()) xlog("relay says $rc\n");
}
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    // Nobody knows of the INVITE yet, neither its retransmission nor its CANCEL.
    world.cancel("alice", &invite, "");
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy INVITE; alice>proxy CANCEL; proxy>alice 481 CANCEL; proxy>alice 100; proxy>bob INVITE");
    world.settle();
}

#[test]
fn a_retransmission_runs_no_second_script() {
    let mut world = World::new(PATIENT);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.again("alice", &invite);
    world.again("alice", &invite);
    assert_eq!((world.script_log(), world.engine.waiting()), (vec!["main".to_owned()], 1));
    world.answer(&["192.0.2.1"]);
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; alice>proxy INVITE; proxy>alice 100; alice>proxy INVITE; \
         proxy>alice 100; proxy>bob INVITE",
    );
    // Another request has no 100 to be sent again: it is absorbed all the same.
    let message = world.request("alice", "MESSAGE", "sip:bob@192.0.2.20", "");
    world.again("alice", &message);
    world.passed("alice>proxy MESSAGE; alice>proxy MESSAGE");
    world.answer(&["192.0.2.1"]);
    world.passed("proxy>bob MESSAGE");
    for method in ["INVITE", "MESSAGE"] {
        let request = world.next("bob");
        assert_eq!(request.method_text(), method.as_bytes());
        world.reply("bob", &request, 200, "OK");
    }
    world.settle();
}

#[test]
fn a_retransmission_before_there_is_a_transaction_ends_there() {
    let mut world = World::new(r#"route { xlog("main\n"); ask("main"); t_relay(); xlog("relayed: $rc\n"); }"#);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.again("alice", &invite);
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy INVITE; alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE");
    assert_eq!(world.script_log(), ["main", "relayed: 1"]);
    world.settle();
}

#[test]
fn a_cancel_while_branches_are_looked_up() {
    let mut world = World::new(
        r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    append_msg_branch("sip:carol@carol.example.net");
    t_relay();
    xlog("relayed: $rc\n");
}
"#,
    );
    // Before the first branch: none leaves. Before the second: the first is cancelled, the second stays in.
    for (uri, expected) in [("sip:bob@bob.example.net", "proxy>alice 487"), ("sip:bob@192.0.2.20", "")] {
        let invite = world.request("alice", "INVITE", uri, "");
        world.ladder.clear();
        world.cancel("alice", &invite, "");
        world.passed("alice>proxy CANCEL; proxy>alice 200 CANCEL");
        while !world.questions.is_empty() {
            world.answer(&["192.0.2.30"]);
        }
        world.passed(expected);
    }
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    world.reply("bob", &bob, 487, "Request Terminated");
    world.passed("bob>proxy 180; proxy>bob CANCEL; proxy>alice 180; bob>proxy 487; proxy>bob ACK; proxy>alice 487");
    let log: Vec<String> = world.script_log().into_iter().filter(|line| line.starts_with("relayed")).collect();
    assert_eq!(log, ["relayed: -3", "relayed: 1"]);
    world.settle();
}

#[test]
fn a_cancel_while_failure_route_waits() {
    let (mut world, invite, bob) = alice_calls_bob();
    world.reply("bob", &bob, 486, "Busy Here");
    world.ladder.clear();
    world.cancel("alice", &invite, "");
    world.again("alice", &invite);
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy CANCEL; proxy>alice 200 CANCEL; alice>proxy INVITE; proxy>alice 100; proxy>alice 486");
    assert_eq!(world.script_log(), ["main", "failure done", "cancelled", "relay says -3"]);
    world.settle();
}

#[test]
fn a_cancel_while_onreply_route_waits() {
    let (mut world, invite, bob) = alice_calls_bob();
    world.reply("bob", &bob, 183, "Progress");
    world.ladder.clear();
    world.cancel("alice", &invite, "");
    world.again("alice", &invite);
    world.passed("alice>proxy CANCEL; proxy>alice 200 CANCEL; alice>proxy INVITE; proxy>alice 100");
    world.answer(&["192.0.2.1"]);
    world.passed("proxy>alice 183; proxy>bob CANCEL");
    world.reply("bob", &bob, 487, "Request Terminated");
    world.answer(&["192.0.2.1"]);
    world.passed("bob>proxy 487; proxy>bob ACK; proxy>alice 487");
    assert_eq!(world.script_log(), ["main", "reply done", "failure done", "cancelled", "relay says -3"]);
    world.settle();
}

#[test]
fn replies_while_onreply_route_waits_keep_their_order() {
    let (mut world, _, bob) = alice_calls_bob();
    world.reply("bob", &bob, 183, "Progress");
    world.ladder.clear();
    world.reply("bob", &bob, 180, "Ringing");
    world.reply("bob", &bob, 200, "OK");
    world.reply("bob", &bob, 200, "OK");
    world.passed("bob>proxy 180; bob>proxy 200; bob>proxy 200");
    world.answer(&["192.0.2.1"]);
    world.passed("proxy>alice 183; proxy>alice 180; proxy>alice 200; proxy>alice 200");
    world.settle();
}

#[test]
fn other_requests_of_the_call_do_not_wait() {
    let (mut world, _, bob) = alice_calls_bob();
    world.reply("bob", &bob, 183, "Progress");
    world.ladder.clear();
    // While the reply's route waits: a BYE, and an ACK to nothing.
    world.request("alice", "BYE", "sip:bob@192.0.2.20", "");
    world.request("alice", "ACK", "sip:bob@192.0.2.20", "");
    world.passed("alice>proxy BYE; proxy>bob BYE; alice>proxy ACK; proxy>bob ACK");
    world.answer(&["192.0.2.1"]);
    world.reply("bob", &bob, 200, "OK");
    world.settle();
}

#[test]
fn the_ack_of_a_refusal_while_failure_route_waits_is_nobodys() {
    let mut world = World::new(
        r#"
route { t_on_failure("failure"); t_relay(); }
failure_route[failure] { t_reply(480, "Later"); ask("failure"); xlog("failure done\n"); }
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 486, "Busy Here");
    // The reply has gone while its route still waits: retransmissions get it, its ACK is taken.
    world.again("alice", &invite);
    let reply = world.last("alice", "480");
    world.ack("alice", &invite, &reply);
    world.ladder.clear();
    world.answer(&["192.0.2.1"]);
    world.pass(Duration::from_secs(4));
    // Acknowledged, it is not sent again.
    world.passed("");
    world.settle();
}

#[test]
fn the_wait_may_last_too_long_in_every_route_of_a_transaction() {
    let mut world = World::new(PATIENT);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    // The edge never answers: past the deadline the function fails, and the script goes on.
    world.pass(Duration::from_secs(121));
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 183, "Progress");
    world.pass(Duration::from_secs(121));
    assert_eq!(world.last("alice", "183").status(), 183);
    world.reply("bob", &bob, 486, "Busy Here");
    world.pass(Duration::from_secs(121));
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 404, "Not Found");
    assert_eq!(world.last("alice", "404").status(), 404);
    assert_eq!(world.script_log(), ["main", "reply done", "failure done"]);
    assert_eq!(world.count("engine:waits_timed_out"), 3);
    world.settle();
    while !world.questions.is_empty() {
        world.answer(&["192.0.2.1"]);
    }
    assert_eq!(world.count("engine:answers_late"), 3);
}

#[test]
fn an_answer_for_a_transaction_that_is_over_is_cleaned_up() {
    let mut world = World::new(
        r#"
route { t_reply(486, "Busy"); ask("db"); xlog("late\n"); if (!t_relay()) xlog("relay says $rc\n"); }
"#,
    );
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let reply = world.last("alice", "486");
    world.ack("alice", &invite, &reply);
    world.ladder.clear();
    world.pass(Duration::from_secs(60));
    assert_eq!(world.engine.transactions(), 1);
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.script_log(), ["late", "relay says -1"]);
    world.pass(Duration::from_secs(6));
    world.passed("");
    assert_eq!(world.engine.transactions(), 0);
    world.settle();
}
