//! The default provider: subscribers call each other; nobody else is served, nothing is relayed elsewhere.

use crate::harness::{Server, ServerBuilder, Sipp, Users};
use crate::registration::register;

/// The embedded script on a port of the test's own.
fn provider() -> Server {
    let script = include_str!("../../crates/strowger/defaults/strowger.cfg")
        .replace("sqlite://@DATABASE@", "@DB@")
        .replace("udp:*:5060", "udp:127.0.0.1:@PORT@")
        .replace("@REALM@", "127.0.0.1")
        .replace("@SECRET@", "0123456789abcdef0123456789abcdef")
        .replace("loadmodule \"tm.so\"", "loadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_inv_timeout\", 3)");
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

/// What is kept of a call that bob misses: in `acc` and, once, in `missed_calls`.
fn is_missed(server: &Server, code: &str) {
    let row = format!("INVITE|{code}");
    server.eventually(|| server.sql("SELECT method, sip_code FROM acc"), &row);
    server.eventually(|| server.sql("SELECT method, sip_code FROM missed_calls"), &row);
}

#[test]
fn a_call_to_who_is_not_registered_is_missed() {
    let server = provider();
    alice("call_refused", "bob").replace("@CODE@", "480").run(&server);
    is_missed(&server, "480");
}

#[test]
fn a_call_to_who_is_busy_is_missed_once_though_two_phones_ring() {
    let server = provider();
    let phones = [Sipp::new("busy"), Sipp::new("busy")];
    let mut running = phones.each_ref().map(|phone| {
        register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
        phone.start(&server)
    });
    alice("call_refused", "bob").replace("@CODE@", "486").run(&server);
    phones.iter().zip(&mut running).for_each(|(phone, running)| phone.finish(running, &server));
    is_missed(&server, "486");
}

#[test]
fn a_call_that_nobody_answers_is_missed() {
    let server = provider();
    let phone = Sipp::new("ring");
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let mut running = phone.start(&server);
    alice("call_refused", "bob").replace("@CODE@", "408").run(&server);
    phone.finish(&mut running, &server);
    is_missed(&server, "408");
}

#[test]
fn a_call_that_its_caller_gives_up_is_missed() {
    let server = provider();
    let phone = Sipp::new("ring");
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let mut running = phone.start(&server);
    alice("call_cancelled", "bob").run(&server);
    phone.finish(&mut running, &server);
    is_missed(&server, "487");
}

/// A contact that a call cannot be sent to.
#[test]
fn a_call_to_a_phone_that_cannot_be_reached_is_missed() {
    let server = provider();
    register(&server, "bob", "builder", "<sip:bob@nowhere.invalid>", "200", "Contact: ");
    alice("call_refused", "bob").replace("@CODE@", "480").run(&server);
    is_missed(&server, "480");
    assert!(!server.process.output().contains("ERROR"), "{}", server.process.output());
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
