//! Connections by themselves: parts and gluing, ends, and by which one something is sent.

use crate::stream::{Party, Read, Side, Streams};
use bytes::Bytes;
use module_api::Time;
use std::net::SocketAddr;
use std::time::Duration;

const NOW: Time = Time::from_unix_seconds(1_700_000_000);
const PHONE: Party = Party::Phone { place: 3, life: 1 };

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A connection that a phone has opened.
fn opened(streams: &mut Streams, far: &str) -> u64 {
    let known = streams.begin(address(far), PHONE, Side::Far, 1, NOW);
    known.is_open = true;
    let number = known.number;
    streams.accepted(number);
    number
}

fn message(name: &str) -> Bytes {
    Bytes::from(format!("OPTIONS sip:{name} SIP/2.0\r\nContent-Length: 0\r\n\r\n"))
}

#[test]
fn what_comes_in_parts_or_together_is_the_messages_that_were_sent() {
    let mut streams = Streams::default();
    let number = opened(&mut streams, "10.7.0.13:20000");
    let known = streams.get_mut(number).unwrap();
    let [one, two] = ["one", "two"].map(message);
    let later = NOW + Duration::from_secs(1);
    known.carry(Side::Proxy, later, one.slice(..10));
    // What is sent after it cannot overtake it.
    assert_eq!(known.carry(Side::Proxy, NOW, one.slice(10..)), later);
    known.carry(Side::Proxy, later, two.slice(..5));
    assert_eq!(known.read(Side::Proxy, NOW), []);
    assert_eq!(known.read(Side::Proxy, later), [Read::Message(one)]);
    assert_eq!(known.partial_since(Side::Proxy), Some(later));
    assert_eq!(known.held(), 5);
    known.carry(Side::Proxy, later, two.slice(5..));
    assert_eq!(known.read(Side::Proxy, later), [Read::Message(two)]);
    assert_eq!((known.partial_since(Side::Proxy), known.held()), (None, 0));
}

#[test]
fn after_the_end_nothing_comes() {
    let mut streams = Streams::default();
    let number = opened(&mut streams, "10.7.0.13:20000");
    let known = streams.get_mut(number).unwrap();
    known.carry(Side::Proxy, NOW, message("lost"));
    known.break_for(Side::Proxy, NOW);
    known.carry(Side::Proxy, NOW, message("late"));
    assert_eq!(known.read(Side::Proxy, NOW), [Read::Ended]);
    // In an orderly end, what was sent before it arrives.
    known.carry(Side::Far, NOW, message("last"));
    known.carry_end(Side::Far, NOW);
    assert_eq!(known.read(Side::Far, NOW), [Read::Message(message("last")), Read::Ended]);
}

#[test]
fn by_which_connection_each_end_sends() {
    let mut streams = Streams::default();
    let first = opened(&mut streams, "10.7.0.13:20000");
    let second = opened(&mut streams, "10.7.0.13:20001");
    let listens = address("10.7.0.13:5060");
    assert_eq!(streams.for_proxy(Some(first), listens), Some(first));
    assert_eq!(streams.for_proxy(None, listens), None);
    streams.alias(first, 5060);
    // Whoever came first stands for the port (RFC 5923); another life of the phone has no connection.
    streams.alias(second, 5060);
    assert_eq!(streams.for_proxy(None, listens), Some(first));
    assert_eq!((streams.for_phone(None, 3, 1), streams.for_phone(None, 3, 2)), (Some(second), None));
    streams.close(first, Side::Proxy);
    assert_eq!(streams.for_proxy(Some(first), listens), None);
    assert_eq!(streams.for_phone(Some(first), 3, 1), Some(first));
    streams.close(first, Side::Far);
    assert!(streams.get(first).is_none());
}
