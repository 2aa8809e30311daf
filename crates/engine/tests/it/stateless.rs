//! Replies, absorbing and forwarding without a transaction.

use crate::world::World;
use engine::{Bounds, Event};
use sip::{Fault, HeaderError, HeaderName, Offence};

#[test]
fn options_are_answered() {
    let mut world = World::new(r#"route { sl_send_reply(200, "OK"); }"#);
    let request = world.request("alice", "OPTIONS", "sip:example.com", "");
    let reply = world.next("alice");
    assert_eq!(
        String::from_utf8_lossy(reply.bytes()),
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKalice1\r\n\
         From: <sip:alice@example.com>;tag=alice\r\nTo: <sip:example.com>;tag=TAG\r\nCall-ID: 1@alice\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            .replace("TAG", &String::from_utf8_lossy(reply.to().unwrap().tag().unwrap()))
    );
    world.again("alice", &request);
    assert_eq!(world.next("alice").bytes(), reply.bytes(), "the same request gets the same reply");
    assert_eq!((world.count("core:rcv_requests"), world.count("sl:2xx_replies")), (2, 2));
    world.settle();
}

#[test]
fn the_ack_to_a_refusal_is_absorbed() {
    let mut world = World::new(r#"route { xlog("$rm\n"); if (is_method("INVITE")) sl_send_reply(403, "No"); }"#);
    let invite = world.request("alice", "INVITE", "sip:bob@example.com", "");
    let refusal = world.next("alice");
    world.ack("alice", &invite, &refusal);
    world.passed("alice>proxy INVITE; proxy>alice 403; alice>proxy ACK");
    assert_eq!(world.script_log(), ["INVITE"]);
    assert_eq!(world.count("sl:received_ACKs"), 1);
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let mut world = World::new("route { }");
    world.send(
        "alice",
        "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: many\r\n\r\n",
    );
    let reply = world.next("alice");
    assert_eq!((reply.status(), reply.reason()), (400, &b"Bad Content-Length"[..]));
    world.send("alice", "OPTIONS sip:example.com SIP/2.0\r\n\r\n");
    world.send("alice", "SIP/2.0 200 OK\r\n\r\n");
    let counts = ["core:err_requests", "core:drop_requests", "core:err_replies"].map(|name| world.count(name));
    assert_eq!(counts, [2, 1, 1]);
}

#[test]
fn a_missing_header_is_named_and_the_others_come_back() {
    let mut world = World::new("route { xlog(\"never\"); }");
    let lines = ["From: <sip:a@b>;tag=1", "To: <sip:a@b>", "Call-ID: 1", "CSeq: 1 OPTIONS"];
    for (line, name) in lines.iter().zip(["From", "To", "Call-ID", "CSeq"]) {
        let others: Vec<&str> = lines.into_iter().filter(|other| other != line).collect();
        let others = format!("{}\r\n", others.join("\r\n"));
        let via = "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1\r\n";
        let text = format!("OPTIONS sip:example.com SIP/2.0\r\n{via}{others}\r\n");
        world.send("alice", text.clone());
        let sent = world.sent.last().expect("an answer").bytes.clone();
        let answer = String::from_utf8_lossy(&sent);
        let untagged = answer.find(";tag=stw-").map_or(answer.to_string(), |at| {
            let end = at + answer[at..].find('\r').expect("a line end");
            [&answer[..at], &answer[end..]].concat()
        });
        let expected = format!("SIP/2.0 400 Missing {name}\r\n{via}{others}");
        assert!(untagged.starts_with(&expected), "{untagged}\nwhere this is right:\n{expected}");
        assert!(sent.len() < text.len() + 200, "{answer}");
    }
    // Nothing says where an answer would go, or it must not be answered.
    world.send("alice", "OPTIONS sip:example.com SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n\r\n");
    world.send("alice", "ACK sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n\r\n");
    world.passed(
        "alice>proxy ?; proxy>alice 400; alice>proxy ?; proxy>alice 400; alice>proxy ?; proxy>alice 400; \
         alice>proxy ?; proxy>alice 400; alice>proxy ?; alice>proxy ?",
    );
    assert_eq!(["core:err_requests", "core:drop_requests"].map(|name| world.count(name)), [6, 2]);
    assert_eq!(world.script_log().len(), 0);
}

#[test]
fn headers_without_an_end_of_their_message_are_refused() {
    let mut world = World::new("route { sl_send_reply(200, \"OK\"); }");
    let head = |lines: &str| {
        format!(
            "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\nFrom: \
             <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n{lines}\r\n"
        )
    };
    let missing = Offence::Header(HeaderError { header: HeaderName::ContentLength, fault: Fault::Missing });
    world.unframed("alice", &head(""), missing);
    let reply = world.next("alice");
    assert_eq!((reply.status(), reply.reason()), (400, &b"Missing Content-Length"[..]));
    world.unframed("alice", &head("Content-Length: 70000\r\n"), Offence::MessageTooLong);
    let reply = world.next("alice");
    assert_eq!((reply.status(), reply.reason()), (513, &b"Message Too Large"[..]));
    // What has nothing to answer by, and what is no request.
    world.unframed("alice", "OPTIONS sip:example.com SIP/2.0\r\n\r\n", missing);
    world.unframed("alice", "SIP/2.0 200 OK\r\n\r\n", missing);
    let counts = ["core:err_requests", "core:drop_requests", "core:err_replies"].map(|name| world.count(name));
    assert_eq!(counts, [3, 1, 1]);
}

#[test]
fn replies_go_where_the_request_came_from() {
    let mut world = World::new(r#"route { if ($rU == "force") force_rport(); sl_send_reply(200, "OK"); }"#);
    let mut vias = Vec::new();
    for (via, user) in [
        ("10.0.0.1:5060;branch=z9hG4bK1", "x"),
        ("10.0.0.1:5060;rport;branch=z9hG4bK2", "x"),
        ("10.0.0.1:5060;branch=z9hG4bK3", "force"),
    ] {
        world.send(
            "alice",
            format!(
                "OPTIONS sip:{user}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP {via}\r\nFrom: <sip:a@b>;tag=1\r\n\
                 To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
            ),
        );
        vias.push(String::from_utf8_lossy(world.next("alice").top_via().unwrap().params.as_bytes()).into_owned());
    }
    assert_eq!(
        vias,
        [
            ";branch=z9hG4bK1;received=192.0.2.10",
            ";rport=5060;branch=z9hG4bK2;received=192.0.2.10",
            ";branch=z9hG4bK3;received=192.0.2.10;rport=5060",
        ]
    );
}

#[test]
fn forward_keeps_nothing_and_passes_replies() {
    let mut world = World::new("route { forward(); }");
    let request = world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
    world.again("alice", &request);
    let (first, second) = (world.next("bob"), world.next("bob"));
    assert_eq!(first.bytes(), second.bytes(), "a retransmission leaves as the request did");
    world.reply("bob", &first, 200, "OK");
    assert_eq!(world.next("alice").vias().count(), 1);
    world.passed(
        "alice>proxy OPTIONS; proxy>bob OPTIONS; alice>proxy OPTIONS; proxy>bob OPTIONS; bob>proxy 200 OPTIONS; \
         proxy>alice 200 OPTIONS",
    );
    assert_eq!((world.count("core:fwd_requests"), world.count("core:fwd_replies")), (2, 1));
    assert_eq!(world.engine.transactions(), 0);
}

#[test]
fn a_reply_to_nothing_is_dropped() {
    let mut world = World::new("route { }");
    world.send(
        "bob",
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKstw0000000000000000.0\r\nVia: SIP/2.0/UDP 192.0.2.10\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
    );
    world.passed("bob>proxy 200 OPTIONS");
    assert_eq!(world.count("engine:stray_replies"), 1);
}

/// `send_reply()` answers with what the script loads: statelessly with sl, in a transaction with tm alone.
#[test]
fn a_reply_is_kept_where_nothing_can_reply_without_keeping() {
    for (modules, transactions) in [(&["sl", "tm"][..], 0), (&["tm"], 1), (&["sl"], 0)] {
        let load: String = modules.iter().map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
        let script = format!("loadmodule \"signaling.so\"\n{load}route {{ send_reply(404, \"Not here\"); }}");
        let mut world = World::unstarted(&script, Bounds::default());
        world.handle(Event::Start);
        let options = world.request("alice", "OPTIONS", "sip:bob@example.com", "");
        world.passed("alice>proxy OPTIONS; proxy>alice 404 OPTIONS");
        assert_eq!(world.engine.transactions(), transactions, "{modules:?}");
        // Its repetition is absorbed with the same reply, or answered anew.
        world.again("alice", &options);
        world.passed("alice>proxy OPTIONS; proxy>alice 404 OPTIONS");
        assert_eq!(world.engine.transactions(), transactions, "{modules:?}");
        world.settle();
    }
}
