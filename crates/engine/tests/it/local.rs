//! Requests of our own, and requests that are let go.

use crate::world::World;

#[test]
fn a_request_of_our_own_runs_local_route() {
    let mut world = World::new(
        r#"
route { t_new_request("MESSAGE", "sip:bob@192.0.2.20", "Us sip:us@example.com", "sip:bob@example.org", "text/plain Hello", "why"); sl_send_reply(200, "OK"); }
local_route { xlog("local $rm to $ru, $avp(uac_ctx)\n"); append_hf("X-Local: 1\r\n"); }
"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    let message = world.last("bob", "MESSAGE");
    assert_eq!(message.body(), b"Hello");
    assert_eq!(message.vias().count(), 1);
    assert_eq!(message.headers_called(b"X-Local").count(), 1);
    assert_eq!(message.from().unwrap().uri, b"sip:us@example.com");
    assert_eq!(message.to().unwrap().uri, b"sip:bob@example.org");
    world.reply("bob", &message, 200, "OK");
    world.passed("alice>proxy OPTIONS; proxy>bob MESSAGE; proxy>alice 200 OPTIONS; bob>proxy 200 MESSAGE");
    assert_eq!(world.script_log(), ["local MESSAGE to sip:bob@192.0.2.20, why"]);
    assert_eq!(world.count("tm:UAC_transactions"), 1);
    world.settle();
}

#[test]
fn local_request_route_sees_what_leaves_and_changes_nothing() {
    let mut world = World::with_params(
        r#"modparam("tm", "local_request_route", "seen")"#,
        r#"
route { t_new_request("MESSAGE", "sip:bob@192.0.2.20", "sip:us@example.com", "sip:bob@example.org"); }
local_route { append_hf("X-Local: 1\r\n"); }
route[seen] { xlog("leaves with $hdr(X-Local)\n"); append_hf("X-Seen: 1\r\n"); drop; }
"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    let message = world.last("bob", "MESSAGE");
    assert_eq!(world.script_log(), ["leaves with 1"]);
    assert_eq!((message.headers_called(b"X-Local").count(), message.headers_called(b"X-Seen").count()), (1, 0));
    world.settle();
}

#[test]
fn local_route_may_drop_a_request() {
    let mut world = World::new(
        r#"
route { t_new_request("MESSAGE", "sip:bob@192.0.2.20", "sip:us@example.com", "sip:bob@example.org"); }
local_route { drop; }
"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.passed("alice>proxy OPTIONS");
    world.settle();
}

#[test]
fn what_the_script_does_not_answer_is_let_go() {
    let mut world = World::new(r#"route { t_newtran(); }"#);
    world.request("alice", "INVITE", "sip:example.com", "");
    world.passed("alice>proxy INVITE; proxy>alice 100");
    assert_eq!(world.engine.transactions(), 1);
    world.settle();
}

#[test]
fn replies_of_our_own_are_heard() {
    let mut world = World::with_params(
        r#"modparam("tm", "local_reply_route", "heard")"#,
        r#"
route { t_reply(404, "Not Found"); }
route[heard] { xlog("we said $rs $rr\n"); }
"#,
    );
    world.request("alice", "MESSAGE", "sip:example.com", "");
    assert_eq!(world.script_log(), ["we said 404 Not Found"]);
    world.settle();
}

#[test]
fn replies_carry_what_the_script_adds() {
    let mut world =
        World::new(r#"route { append_to_reply("Contact: <sip:here>\r\n"); t_reply_with_body(200, "OK", "hello"); }"#);
    world.request("alice", "MESSAGE", "sip:example.com", "");
    let reply = world.last("alice", "200");
    assert_eq!((reply.body(), reply.headers_called(b"Contact").count()), (&b"hello"[..], 1));
    world.settle();
}

#[test]
fn an_invite_of_our_own_is_acknowledged_each_time_its_answer_comes() {
    let mut world = World::new(
        r#"
route { t_new_request("INVITE", "sip:bob@192.0.2.20", "sip:us@example.com", "sip:bob@example.org"); }
"#,
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    let invite = world.last("bob", "INVITE");
    world.reply("bob", &invite, 200, "OK");
    world.reply("bob", &invite, 200, "OK");
    world.passed("alice>proxy OPTIONS; proxy>bob INVITE; bob>proxy 200; proxy>bob ACK; bob>proxy 200; proxy>bob ACK");
    let ack = world.last("bob", "ACK");
    assert_eq!(ack.cseq().unwrap().number, invite.cseq().unwrap().number);
    assert!(ack.to_tag().is_some());
    let branch = |message: &sip::Message| message.top_via().unwrap().branch().map(<[u8]>::to_vec);
    assert_ne!(branch(&ack), branch(&invite));
    world.settle();
}
