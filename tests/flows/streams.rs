//! Calls over TCP, and between UDP and TCP; what a stream can do wrong, and how many there may be.

use crate::harness::{Line, Server, ServerBuilder, Wire};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

const SCRIPT: &str = include_str!("configs/streams.cfg");

/// A proxy with room for so many connections, and more parameters.
fn proxy(connections: u32, params: &str) -> Server {
    let script = SCRIPT.replace("@CONNECTIONS@", &connections.to_string()).replace("@PARAMS@", params);
    ServerBuilder::new(&script).start()
}

/// Where the callee listens.
fn callee() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("port");
    let port = listener.local_addr().expect("address").port();
    (listener, port)
}

/// A request of alice's, who sends from this place, with more header lines.
fn request(method: &str, uri: &str, to_tag: &str, call: &str, via: &str, more: &str) -> String {
    let number = if method == "BYE" { 2 } else { 1 };
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/{via};branch=z9hG4bK{call}{}\nFrom: <sip:alice@127.0.0.1>;tag=a\nTo: \
         <sip:bob@127.0.0.1>{to_tag}\nCall-ID: {call}\nCSeq: {number} {method}\nMax-Forwards: 70\n{more}",
        method.to_lowercase()
    )
}

/// The values of a header, in their order.
fn values<'a>(message: &'a str, name: &str) -> Vec<&'a str> {
    let of_name = |line: &'a str| line.split_once(": ").filter(|(known, _)| *known == name);
    message.lines().filter_map(of_name).map(|(_, value)| value).collect()
}

/// The route set that a header gives, as Route lines.
fn routes<'a>(values: impl Iterator<Item = &'a &'a str>) -> String {
    values.map(|value| format!("Route: {value}\n")).collect()
}

fn options(call: &str, content_length: &str) -> String {
    let more = format!("{content_length}\n\n");
    request("OPTIONS", "sip:127.0.0.1", "", call, "TCP 127.0.0.1:9", &more).replace('\n', "\r\n")
}

#[test]
fn a_call_from_udp_to_tcp_has_both_in_its_route_set() {
    let server = proxy(100, "");
    let alice = Wire::new(&server);
    let (listener, port) = callee();
    let place = server.address();
    let via = format!("UDP 127.0.0.1:{}", alice.port);
    let bob_uri = format!("sip:bob@127.0.0.1:{port};transport=tcp");
    let contact = format!("Contact: <sip:alice@127.0.0.1:{}>\nContent-Length: 0\n\n", alice.port);

    alice.send(&request("INVITE", &bob_uri, "", "c1", &via, &contact));
    alice.expect("SIP/2.0 100");
    let mut bob = Line::accept(&listener);
    let invite = bob.expect(&format!("INVITE {bob_uri} SIP/2.0"));
    assert!(values(&invite, "Via")[0].starts_with(&format!("SIP/2.0/TCP {place};")), "{invite}");
    let record = values(&invite, "Record-Route");
    assert_eq!(record, [format!("<sip:{place};transport=tcp;r2=on;lr>"), format!("<sip:{place};r2=on;lr>")]);

    bob.answer(&invite, "200 OK", "b", port);
    let ok = alice.expect("SIP/2.0 200");
    let towards_bob = routes(values(&ok, "Record-Route").iter().rev());
    let end = format!("{towards_bob}Content-Length: 0\n\n");
    let remote = format!("sip:127.0.0.1:{port};transport=tcp");
    alice.send(&request("ACK", &remote, ";tag=b", "c1", &format!("{via};x=2"), &end));
    let ack = bob.expect(&format!("ACK {remote} SIP/2.0"));
    assert_eq!(values(&ack, "Route"), Vec::<&str>::new());

    // A request of bob's the other way, over his connection.
    let towards_alice = routes(record.iter());
    bob.send(&format!(
        "INFO sip:alice@127.0.0.1:{} SIP/2.0\nVia: SIP/2.0/TCP 127.0.0.1:{port};branch=z9hG4bKinfo\nFrom: \
         <sip:bob@127.0.0.1>;tag=b\nTo: <sip:alice@127.0.0.1>;tag=a\nCall-ID: c1\nCSeq: 7 INFO\nMax-Forwards: \
         70\n{towards_alice}Content-Length: 0\n\n",
        alice.port
    ));
    let info = alice.expect("INFO");
    assert!(values(&info, "Via")[0].starts_with(&format!("SIP/2.0/UDP {place};")), "{info}");
    assert_eq!(values(&info, "Route"), Vec::<&str>::new());
    alice.answer(&info, "200 OK", "a");
    bob.expect("SIP/2.0 200");

    alice.send(&request("BYE", &remote, ";tag=b", "c1", &via, &end));
    let bye = bob.expect("BYE");
    bob.answer(&bye, "200 OK", "b", port);
    alice.expect("SIP/2.0 200");
}

#[test]
fn a_call_from_tcp_to_udp_comes_back_on_its_connection() {
    let server = proxy(100, "");
    let (mut alice, bob) = (Line::new(&server), Wire::new(&server));
    let place = server.address();
    // A port that nobody listens on: only the connection leads to her.
    let via = "TCP 127.0.0.1:9;rport";
    let contact = format!("Contact: <sip:alice@127.0.0.1:{};transport=tcp>\nContent-Length: 0\n\n", alice.port);
    let bob_uri = format!("sip:bob@127.0.0.1:{}", bob.port);

    alice.send(&request("INVITE", &bob_uri, "", "c2", via, &contact));
    alice.expect("SIP/2.0 100");
    let invite = bob.expect("INVITE");
    let record = values(&invite, "Record-Route");
    assert_eq!(record, [format!("<sip:{place};r2=on;lr>"), format!("<sip:{place};transport=tcp;r2=on;lr>")]);
    bob.answer(&invite, "200 OK", "b");
    let ok = alice.expect("SIP/2.0 200");
    let end = format!("{}Content-Length: 0\n\n", routes(values(&ok, "Record-Route").iter().rev()));
    let remote = format!("sip:127.0.0.1:{}", bob.port);
    alice.send(&request("ACK", &remote, ";tag=b", "c2", via, &end));
    bob.expect("ACK");

    bob.send(&format!(
        "BYE sip:alice@127.0.0.1:{};transport=tcp SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bKbye\nFrom: \
         <sip:bob@127.0.0.1>;tag=b\nTo: <sip:alice@127.0.0.1>;tag=a\nCall-ID: c2\nCSeq: 7 BYE\nMax-Forwards: \
         70\n{}Content-Length: 0\n\n",
        alice.port,
        bob.port,
        routes(record.iter())
    ));
    let bye = alice.expect("BYE");
    alice.answer(&bye, "200 OK", "a", 9);
    bob.expect("SIP/2.0 200");
}

#[test]
fn an_answer_finds_who_has_lost_the_connection() {
    let server = proxy(100, "");
    let bob = Wire::new(&server);
    // RFC 3261 section 18.2.2: where the Via says that she listens.
    let (listener, port) = callee();
    let mut alice = Line::new(&server);
    let contact = format!("Contact: <sip:alice@127.0.0.1:{port};transport=tcp>\nContent-Length: 0\n\n");
    let bob_uri = format!("sip:bob@127.0.0.1:{}", bob.port);
    alice.send(&request("INVITE", &bob_uri, "", "c3", &format!("TCP 127.0.0.1:{port};rport"), &contact));
    alice.expect("SIP/2.0 100");
    let invite = bob.expect("INVITE");
    drop(alice);
    server.until(|| !server.mi(&["tcp:list"]).contains("Remote"));
    bob.answer(&invite, "200 OK", "b");
    Line::accept(&listener).expect("SIP/2.0 200");
}

/// Calls at a time on each of the connections of the test below.
const CALLS: usize = 60;
const CONNECTIONS: usize = 30;

/// Answers all requests that come by a connection, until its calls are over; returns them as `METHOD Call-ID`.
fn answer_calls(mut bob: Line, port: u16) -> Vec<String> {
    let mut seen = Vec::new();
    let mut over = 0;
    while over < CALLS * CONNECTIONS {
        let Some(request) = bob.next() else { break };
        let method = request.split(' ').next().unwrap_or_default();
        assert!(["INVITE", "ACK", "BYE"].contains(&method), "garbled: {request}");
        let call = values(&request, "Call-ID")[0];
        let body = request.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        assert_eq!(body, if method == "INVITE" { call } else { "" }, "{request}");
        seen.push(format!("{method} {call}"));
        over += usize::from(method == "BYE");
        if method != "ACK" {
            bob.answer(&request, "200 OK", "b", port);
        }
    }
    seen
}

/// Makes all calls of a connection at once: each is acknowledged and hung up in one write.
fn make_calls(mut alice: Line, name: usize, port: u16) {
    let uri = format!("sip:bob@127.0.0.1:{port};transport=tcp");
    let via = format!("TCP 127.0.0.1:{}", alice.port);
    let writer = alice.writer();
    let invites: Vec<String> = (0..CALLS)
        .map(|number| {
            let call = format!("call-{name}-{number}");
            let contact = format!(
                "Contact: <sip:alice@127.0.0.1:{};transport=tcp>\nContent-Length: {}\n\n{call}",
                alice.port,
                call.len()
            );
            request("INVITE", &uri, "", &call, &via, &contact)
        })
        .collect();
    // What two threads write at the same time could be mixed when the server is slow to read.
    let writing = Arc::new(Mutex::new(()));
    let is_writing = Arc::clone(&writing);
    let inviting = thread::spawn(move || {
        let _writing = is_writing.lock();
        writer.send(&invites.concat());
    });
    let mut over = 0;
    while over < CALLS {
        let reply = alice.next().expect("an answer");
        if reply.starts_with("SIP/2.0 100") {
            continue;
        }
        assert!(reply.starts_with("SIP/2.0 200"), "{reply}");
        if values(&reply, "CSeq")[0].ends_with("BYE") {
            over += 1;
            continue;
        }
        let call = values(&reply, "Call-ID")[0];
        let end = format!("{}Content-Length: 0\n\n", routes(values(&reply, "Record-Route").iter().rev()));
        let remote = format!("sip:127.0.0.1:{port};transport=tcp");
        let ack = request("ACK", &remote, ";tag=b", call, &via, &end);
        let _writing = writing.lock();
        alice.send(&(ack + &request("BYE", &remote, ";tag=b", call, &via, &end)));
    }
    inviting.join().expect("written");
}

#[test]
fn thousands_of_pipelined_calls_come_through_whole_and_in_order() {
    let server = proxy(1_000, "");
    let (listener, port) = callee();
    let answering = thread::spawn(move || answer_calls(Line::accept(&listener), port));
    let callers: Vec<_> = (0..CONNECTIONS)
        .map(|name| {
            let alice = Line::new(&server);
            thread::spawn(move || make_calls(alice, name, port))
        })
        .collect();
    callers.into_iter().for_each(|caller| caller.join().expect("its calls"));
    let seen = answering.join().expect("all calls");
    assert_eq!(seen.len(), 3 * CALLS * CONNECTIONS);
    for name in 0..CONNECTIONS {
        for number in 0..CALLS {
            let end = format!(" call-{name}-{number}");
            let of_call: Vec<&str> = seen.iter().filter_map(|seen| seen.strip_suffix(&end)).collect();
            assert_eq!(of_call, ["INVITE", "ACK", "BYE"], "{end}");
        }
    }
    assert_eq!(server.statistic("tcp:dropped_messages"), 0);
}

#[test]
fn a_content_length_that_says_nothing_is_answered_and_ends_the_connection() {
    let server = proxy(100, "");
    let smuggled = options("smuggled", "Content-Length: 0");
    for (line, answer) in [
        ("X: none", "SIP/2.0 400 Missing Content-Length"),
        ("Content-Length: -1", "SIP/2.0 400 Bad Content-Length"),
        ("Content-Length: nothing", "SIP/2.0 400 Bad Content-Length"),
        ("Content-Length: 99999999999999999999", "SIP/2.0 400 Bad Content-Length"),
        ("Content-Length: 0, 0", "SIP/2.0 400 Bad Content-Length"),
        ("Content-Length: 0\nl: 7", "SIP/2.0 400 Repeated Content-Length"),
        ("Content-Length: 4000000000", "SIP/2.0 513 Message Too Large"),
    ] {
        let mut phone = Line::new(&server);
        phone.send(&options("before", "Content-Length: 0"));
        phone.expect("SIP/2.0 200");
        assert!(phone.try_send((options("bad", line) + &smuggled).as_bytes()), "{line}");
        let reply = phone.expect(answer);
        assert_eq!(values(&reply, "Call-ID"), ["bad"]);
        phone.expect_end();
    }
    assert_eq!(server.statistic("tcp:garbled_connections"), 7);
}

#[test]
fn a_datagram_brings_nothing_more_onto_a_stream_than_its_own_request() {
    let server = proxy(100, "");
    let alice = Wire::new(&server);
    let (listener, port) = callee();
    let uri = format!("sip:bob@127.0.0.1:{port};transport=tcp");
    let message = |call: &str, more: &str| request("MESSAGE", &uri, "", call, "UDP 127.0.0.1:9", more);
    let smuggled = message("smuggled", "Content-Length: 0\n\n");

    // What is behind the announced length is no part of it; without one, all that came is the body.
    alice.send(&message("short", &format!("Content-Length: 2\n\nhi{smuggled}")));
    alice.send(&message("none", &format!("X: y\n\n{smuggled}")));
    alice.send(&message("two", &format!("Content-Length: 2\nl: 0\n\nhi{smuggled}")));
    alice.send(&message("empty", "Content-Length: 0\n\n"));
    let mut bob = Line::accept(&listener);
    let mut next = || {
        let request = bob.expect("MESSAGE");
        let (head, body) = request.split_once("\r\n\r\n").expect("an empty line");
        (values(head, "Call-ID")[0].to_owned(), body.replace("\r\n", "\n"))
    };
    // Several threads read datagrams: they may overtake each other.
    let mut came = [next(), next(), next()];
    came.sort();
    let of = |call: &str, body: &str| (call.to_owned(), body.to_owned());
    assert_eq!(came, [of("empty", ""), of("none", &smuggled), of("short", "hi")]);
    // And nothing else came before what is sent now.
    alice.send(&message("end", "Content-Length: 0\n\n"));
    assert_eq!(next(), of("end", ""));
}

#[test]
fn connections_are_listed_and_closed() {
    let server = proxy(100, "");
    let mut phone = Line::new(&server);
    phone.send(&options("here", "Content-Length: 0"));
    phone.expect("SIP/2.0 200");
    let listed = server.mi(&["tcp:list"]);
    assert!(listed.contains(&format!("\"Remote\": \"127.0.0.1:{}\"", phone.port)), "{listed}");
    assert!(listed.contains(&format!("\"Local\": \"{}\"", server.address())), "{listed}");
    assert!(listed.contains("\"Lifetime\": \"20") && !listed.contains("1970"), "{listed}");
    assert!(server.mi(&["tcp:close", &format!("127.0.0.1:{}", phone.port)]).contains("OK"));
    phone.expect_end();
    assert!(!server.mi(&["tcp:list"]).contains("Remote"));
}

#[test]
fn a_flood_of_connections_keeps_nobody_out() {
    let server = proxy(40, "");
    let mut regular = Line::new(&server);
    regular.send(&options("regular", "Content-Length: 0"));
    regular.expect("SIP/2.0 200");
    let mut silent = Vec::new();
    for round in 0..300 {
        let line = Line::new(&server);
        match round % 3 {
            // Connects and closes.
            0 => continue,
            1 => assert!(line.try_send(b"INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: ")),
            _ => {}
        }
        silent.push(line);
    }
    let mut late = Line::new(&server);
    late.send(&options("late", "Content-Length: 0"));
    late.expect("SIP/2.0 200");
    regular.send(&options("again", "Content-Length: 0"));
    regular.expect("SIP/2.0 200");
    server.until(|| server.mi(&["tcp:list"]).matches("Remote").count() <= 40);
}

#[test]
fn one_address_has_as_many_connections_as_the_script_says() {
    let server = proxy(40, "modparam(\"proto_tcp\", \"tcp_connections_per_source\", 2)");
    let talk = |call: &str| {
        let line = Line::new(&server);
        line.try_send(options(call, "Content-Length: 0").as_bytes());
        line
    };
    let (mut first, mut second) = (talk("first"), talk("second"));
    first.expect("SIP/2.0 200");
    second.expect("SIP/2.0 200");
    assert_eq!(talk("third").next(), None);
    assert_eq!(server.statistic("tcp:refused_connections"), 1);
}

#[test]
fn a_call_to_who_cannot_be_connected_fails_at_once() {
    let server = proxy(40, "");
    let mut alice = Line::new(&server);
    let (_, port) = callee();
    let via = format!("TCP 127.0.0.1:{}", alice.port);
    let uri = format!("sip:bob@127.0.0.1:{port};transport=tcp");
    alice.send(&request("INVITE", &uri, "", "nobody", &via, "Content-Length: 0\n\n"));
    alice.expect("SIP/2.0 100");
    alice.expect("SIP/2.0 477");
}
