//! The default provider: subscribers call each other; nobody else is served, nothing is relayed elsewhere.

use crate::harness::{Server, ServerBuilder, Sipp, Users};
use crate::registration::register;

/// The embedded script on a port of the test's own.
fn provider() -> Server {
    let script = include_str!("../../crates/strowger/defaults/strowger.cfg")
        .replace("sqlite://@DATABASE@", "@DB@")
        .replace("udp:*:5060", "udp:127.0.0.1:@PORT@")
        .replace("@REALM@", "127.0.0.1")
        .replace("@SECRET@", "0123456789abcdef0123456789abcdef");
    let provider = ServerBuilder::new(&script).with_database();
    provider.with_user("alice", "wonderland").with_user("bob", "builder").start()
}

fn alice(scenario: &'static str, callee: &str) -> Sipp {
    let fields = format!("alice;[authentication username=alice password=wonderland];{callee}");
    Sipp::new(scenario).users(&Users(&[&fields]))
}

#[test]
fn subscribers_call_each_other_and_hang_up_by_the_routes_mark() {
    let server = provider();
    let phone = Sipp::new("answer_and_wait");
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let mut running = phone.start(&server);
    alice("short_call", "bob").run(&server);
    phone.finish(&mut running, &server);
    server.eventually(|| server.sql("SELECT method, sip_code FROM acc ORDER BY method DESC"), "INVITE|200\nBYE|200");
}

#[test]
fn who_is_not_registered_is_unavailable() {
    let server = provider();
    alice("call_refused", "bob").replace("@CODE@", "480").run(&server);
}

#[test]
fn a_request_with_a_forged_route_goes_nowhere() {
    let server = provider();
    let victim = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    let (there, here) = (victim.local_addr().expect("address"), stranger.local_addr().expect("address"));
    let request = format!(
        "INVITE sip:1900@{there} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK-forged\r\nMax-Forwards: 70\r\n\
         Route: <sip:{};lr;call=0000>\r\nFrom: <sip:mallory@example.com>;tag=1\r\nTo: <sip:1900@{there}>;tag=2\r\n\
         Call-ID: forged\r\nCSeq: 1 INVITE\r\nContact: <sip:mallory@{here}>\r\nContent-Length: 0\r\n\r\n",
        server.address()
    );
    stranger.send_to(request.as_bytes(), server.address()).expect("send");
    let mut reply = [0; 4096];
    let length = stranger.recv(&mut reply).expect("reply");
    assert!(reply[..length].starts_with(b"SIP/2.0 404"), "{}", String::from_utf8_lossy(&reply[..length]));
    victim.set_nonblocking(true).expect("socket");
    assert!(victim.recv(&mut reply).is_err(), "it was relayed");
}
