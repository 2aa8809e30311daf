//! Names that a script reads: the message waits for them. And the name in a Via that may be its sender's.

use crate::world::World;
use engine::Event;
use module_api::{Answer, Fault, Request, Settings};

#[test]
fn a_transformation_waits_for_the_name_servers() {
    let script = r#"
        route {
            $var(name) = "one.example.org";
            if ($(var(name){ip.resolve}) == "192.0.2.20")
                xlog("same: $(var(name){ip.resolve})\n");
            xlog("two: $(var(other){ip.resolve}) and $(avp(names){ip.resolve})\n");
        }
        startup_route { $var(other) = "two.example.org"; }
    "#;
    let mut world = World::new(script);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.script_log(), [""; 0]);
    world.answer(&["192.0.2.20"]);
    assert_eq!(world.script_log(), ["same: 192.0.2.20"], "asked once, used twice");
    world.answer(&[]);
    assert_eq!(world.script_log(), ["two: <null> and <null>"]);
    // What is known is not asked for again, until its lifetime is over.
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.script_log(), ["same: 192.0.2.20", "two: <null> and <null>"]);
    world.pass(std::time::Duration::from_secs(61));
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.answer(&["192.0.2.30"]);
    world.answer(&["192.0.2.40"]);
    assert_eq!(world.script_log(), ["two: 192.0.2.40 and <null>"]);
    world.settle();
}

#[test]
fn several_names_in_one_line_are_waited_for_one_after_the_other() {
    let script = r#"
        route {
            $var(a) = "a.example.org"; $var(b) = "b.example.org"; $var(code) = 7;
            ask("code");
            xlog("$rc $(var(a){ip.resolve}) $(var(b){ip.resolve})\n");
            route(sub, $(var(c){ip.resolve}));
            switch ($(var(d){ip.resolve})) { case "192.0.2.40": xlog("switched\n"); }
            send_reply(200, "$(var(e){ip.resolve})");
        }
        route[sub] { xlog("$param(1)\n"); }
        startup_route { $var(c) = "c.example.org"; $var(d) = "d.example.org"; $var(e) = "e.example.org"; }
    "#;
    let mut world = World::new(script);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    for address in ["192.0.2.10", "192.0.2.10", "192.0.2.20", "192.0.2.30", "192.0.2.40", "192.0.2.50"] {
        world.answer(&[address]);
    }
    assert_eq!(world.script_log(), ["1 192.0.2.10 192.0.2.20", "192.0.2.30", "switched"]);
    assert_eq!(world.last("alice", "200").reason(), b"192.0.2.50");
    world.settle();
}

#[test]
fn a_line_that_is_not_written_asks_nobody() {
    let script = r#"route { $var(a) = "a.example.org"; xlog("L_DBG", "$(var(a){ip.resolve})\n"); xlog("done\n"); }"#;
    let mut world = World::new(script);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    assert_eq!(world.script_log(), ["done"]);
    assert!(world.questions.is_empty());
}

const REPLY: &str = r#"route { send_reply(200, "OK"); }"#;

fn options(via: &str) -> String {
    format!(
        "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bKvia\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@example.com>;tag=a\r\nTo: <sip:example.com>\r\nCall-ID: via\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

fn received(world: &mut World) -> bool {
    let reply = world.last("alice", "200");
    let via = reply.top_via().unwrap();
    via.received_ip().is_some()
}

#[test]
fn dns_spares_the_via_of_who_gives_a_right_name() {
    let settings = Settings { dns: true, ..Settings::default() };
    let mut world = World::with_settings(settings, "", REPLY);
    world.send("alice", options("Alice.example.org"));
    world.answer(&["192.0.2.77", "192.0.2.10"]);
    assert!(!received(&mut world));
    world.send("alice", options("alice.example.org").replace("Kvia", "Kvia2"));
    world.answer(&["192.0.2.77"]);
    assert!(received(&mut world));
    // An address needs no name server.
    world.send("alice", options("192.0.2.77").replace("Kvia", "Kvia3"));
    assert!(received(&mut world));
    world.settle();
}

#[test]
fn without_dns_a_name_always_gets_received() {
    let mut world = World::new(REPLY);
    world.send("alice", options("alice.example.org"));
    assert!(received(&mut world));
}

#[test]
fn rev_dns_asks_for_the_names_of_the_sender() {
    let settings = Settings { dns: true, rev_dns: true, ..Settings::default() };
    let mut world = World::with_settings(settings, "", REPLY);
    for (names, is_received) in
        [(Ok(vec!["gw.example.org".to_owned(), "ALICE.example.org".to_owned()]), false), (Err(()), true)]
    {
        world.send("alice", options("alice.example.org"));
        world.answer(&[]);
        let (token, request) = world.questions.remove(0);
        assert!(matches!(request, Request::NamesOf(address) if address.to_string() == "192.0.2.10"));
        let answer = Answer::Names(names.map_err(|()| Fault::backend("nobody")));
        world.handle(Event::Answer { token, answer });
        assert_eq!(received(&mut world), is_received);
    }
    world.settle();
}
