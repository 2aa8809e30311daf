//! More comes than can be handled: what is new and late is refused cheaply, what has begun goes on.

use crate::world::World;
use sip::{Limits, Message};

const RELAY: &str = "route { if (has_totag()) { loose_route(); } t_relay(); }";

fn request(method: &str, to_tag: &str) -> Message {
    let text = format!(
        "{method} sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKlate\r\n\
         Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>{to_tag}\r\n\
         Call-ID: late\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.into(), &Limits::default()).unwrap()
}

#[test]
fn what_would_begin_is_refused_without_the_script() {
    let mut world = World::new(RELAY);
    world.send_late("alice", &request("INVITE", ""));
    let reply = world.next("alice");
    assert_eq!(reply.status(), 503);
    let patience = reply.headers_called(b"Retry-After").next().unwrap().value;
    assert!((2..=10).contains(&sip::text::number(patience).unwrap()));
    world.passed("alice>proxy INVITE; proxy>alice 503");
    assert_eq!((world.count("engine:requests_shed"), world.engine.transactions()), (1, 0));
}

#[test]
fn what_has_begun_goes_on() {
    let mut world = World::new(RELAY);
    world.send("alice", request("INVITE", "").bytes().to_vec());
    world.send_late("alice", &request("INVITE", ""));
    world.send_late("alice", &request("CANCEL", ""));
    world.send_late("alice", &request("BYE", ";tag=b"));
    world.passed(
        "alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE; alice>proxy INVITE; proxy>alice 100; \
         alice>proxy CANCEL; proxy>alice 200 CANCEL; alice>proxy BYE; proxy>bob BYE",
    );
    assert_eq!(world.count("engine:requests_shed"), 0);
}
