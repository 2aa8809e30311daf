//! Names with several addresses, and branches that cannot be sent.

use crate::world::World;
use engine::Event;
use module_api::{Blacklist, BlacklistFlags, Proto, Settings};
use sip::Message;
use std::time::Duration;

const RELAY: &str = r#"route { t_relay(); }"#;

#[test]
fn a_name_is_looked_up_while_the_call_waits() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@bob.example.org", "");
    assert_eq!(
        format!("{:?}", world.questions[0].1),
        r#"Resolve(Question { host: "bob.example.org", port: None, protos: [Udp, Tcp], ipv6: false })"#
    );
    world.again("alice", &invite);
    world.answer(&["192.0.2.20"]);
    world.passed("alice>proxy INVITE; proxy>alice 100; alice>proxy INVITE; proxy>alice 100; proxy>bob INVITE");
    world.settle();
}

#[test]
fn a_name_without_address_is_told_to_the_caller() {
    let mut world = World::new(r#"route { if (!t_relay()) xlog("code $rc\n"); }"#);
    world.request("alice", "MESSAGE", "sip:bob@nowhere.example.org", "");
    world.answer(&[]);
    world.passed("alice>proxy MESSAGE; proxy>alice 478 MESSAGE");
    assert_eq!(world.script_log().last().unwrap(), "code -4");
    world.settle();
}

#[test]
fn a_silent_address_gives_way_to_the_next() {
    let mut world = World::with_params(r#"modparam("tm", "fr_timeout", 3)"#, RELAY);
    world.request("alice", "INVITE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20", "192.0.2.30"]);
    world.pass(Duration::from_millis(2_990));
    world.ladder.clear();
    world.pass(Duration::from_millis(40));
    let carol = world.last("carol", "INVITE");
    world.reply("carol", &carol, 503, "Full");
    world.passed("proxy>carol INVITE; carol>proxy 503; proxy>carol ACK; proxy>alice 500");
    world.settle();
}

#[test]
fn a_503_gives_way_to_the_next() {
    let mut world = World::new(RELAY);
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20", "192.0.2.30"]);
    let bob = world.last("bob", "MESSAGE");
    world.reply("bob", &bob, 503, "Full");
    let carol = world.last("carol", "MESSAGE");
    world.reply("carol", &carol, 200, "OK");
    world.passed(
        "alice>proxy MESSAGE; proxy>bob MESSAGE; bob>proxy 503 MESSAGE; proxy>carol MESSAGE; \
         carol>proxy 200 MESSAGE; proxy>alice 200 MESSAGE",
    );
    world.settle();
}

#[test]
fn without_failover_the_first_address_decides() {
    let mut world = World::new(r#"route { t_relay("no-dns-failover"); }"#);
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20", "192.0.2.30"]);
    let bob = world.last("bob", "MESSAGE");
    world.reply("bob", &bob, 503, "Full");
    assert_eq!(world.last("alice", "500").status(), 500);
    world.settle();
}

#[test]
fn a_connection_that_breaks_fails_its_branch() {
    let mut world = World::new(RELAY);
    world.request("alice", "INVITE", "sip:bob@192.0.2.20;transport=tcp", "");
    let bob = world.last("bob", "INVITE");
    assert_eq!(bob.top_via().unwrap().transport, b"TCP");
    world.pass(Duration::from_secs(2));
    world.ladder.clear();
    world.handle(unsent(&world, &bob));
    world.passed("proxy>alice 477");
    world.settle();
}

#[test]
fn without_477_the_failure_route_answers_or_a_500_goes_up() {
    for (script, passed) in [
        (r#"route { t_relay("no-auto-477"); }"#, "proxy>alice 500"),
        (
            r#"route { t_on_failure("lost"); t_relay("no-auto-477"); } failure_route[lost] { t_reply(480, "Away"); }"#,
            "proxy>alice 480",
        ),
    ] {
        let mut world = World::new(script);
        world.request("alice", "INVITE", "sip:bob@192.0.2.20;transport=tcp", "");
        let bob = world.last("bob", "INVITE");
        world.ladder.clear();
        world.handle(unsent(&world, &bob));
        world.passed(passed);
        world.settle();
    }
}

/// What the system refuses to send at once is `t_relay()`'s own failure, where the script has asked for it.
#[test]
fn what_the_system_refuses_to_send_is_told_by_the_return_code() {
    const SCRIPT: &str = r#"
route {
    if ($rU == "team") append_msg_branch("sip:carol@192.0.2.30");
    if ($rU == "team") $ru = "sip:bob@192.0.2.20";
    t_on_failure("lost");
    if (t_relay("no-auto-477")) { xlog("relayed\n"); exit; }
    xlog("not relayed: $rc\n");
    if ($rU == "next") { $ru = "sip:carol@192.0.2.30"; t_relay("no-auto-477"); exit; }
    t_reply(480, "Away");
}
failure_route[lost] { xlog("lost with $T_reply_code\n"); }
"#;
    for method in ["INVITE", "MESSAGE"] {
        let (trying, of) = if method == "INVITE" { ("proxy>alice 100; ", "") } else { ("", " MESSAGE") };
        let mut world = World::new(SCRIPT);
        world.unreachable = vec!["bob"];
        world.request("alice", method, "sip:bob@192.0.2.20", "");
        world.passed(&format!("alice>proxy {method}; {trying}proxy>alice 480{of}"));
        assert_eq!(world.script_log(), ["nothing was relayed: the system has refused to send it", "not relayed: -6"]);
        world.settle();
        // The script tries somebody else: what has not left has no say in the end.
        world.request("alice", method, "sip:next@192.0.2.20", "");
        let carol = world.last("carol", method);
        world.reply("carol", &carol, 404, "Not Found");
        assert_eq!(world.last("alice", "404").status(), 404);
        let said = world.script_log();
        assert_eq!(said.last().unwrap(), "lost with 404", "{said:?}");
        world.settle();
        // One of two branches has left.
        world.request("alice", method, "sip:team@example.com", "");
        assert_eq!(world.script_log(), ["relayed"]);
        let carol = world.last("carol", method);
        world.reply("carol", &carol, 404, "Not Found");
        assert_eq!(world.last("alice", "404").status(), 404);
        assert_eq!(world.script_log(), ["lost with 404"]);
        world.settle();
    }
}

/// Nothing is left where nothing was sent, though the script does nothing about it.
#[test]
fn what_was_not_sent_and_not_answered_is_let_go() {
    let mut world = World::new(r#"route { t_relay("no-auto-477"); xlog("$rc\n"); }"#);
    world.unreachable = vec!["bob"];
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    world.passed("alice>proxy INVITE; proxy>alice 100");
    assert_eq!(world.script_log().last().unwrap(), "-6");
    world.settle();
}

/// The next address is tried at once, and `t_relay()` tells of the last.
#[test]
fn what_the_system_refuses_to_send_goes_to_the_next_address() {
    for (unreachable, said) in [(vec!["bob"], "1"), (vec!["bob", "carol"], "-6")] {
        let mut world = World::new(r#"route { t_relay("no-auto-477"); xlog("$rc\n"); }"#);
        let reaches = !unreachable.contains(&"carol");
        world.unreachable = unreachable;
        world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
        world.answer(&["192.0.2.20", "192.0.2.30"]);
        assert_eq!(world.script_log().last().unwrap(), said);
        if reaches {
            let carol = world.last("carol", "MESSAGE");
            world.reply("carol", &carol, 200, "OK");
            world.passed("alice>proxy MESSAGE; proxy>carol MESSAGE; carol>proxy 200 MESSAGE; proxy>alice 200 MESSAGE");
        }
        world.settle();
    }
}

#[test]
fn in_a_failure_route_too_the_return_code_tells() {
    let mut world = World::new(
        r#"
route { t_on_failure("next"); t_relay(); }
failure_route[next] {
    $ru = "sip:carol@192.0.2.30";
    if (!t_relay("no-auto-477")) { xlog("code $rc\n"); t_reply(480, "Away"); }
}
"#,
    );
    world.unreachable = vec!["carol"];
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let bob = world.last("bob", "INVITE");
    world.ladder.clear();
    world.reply("bob", &bob, 486, "Busy Here");
    world.passed("bob>proxy 486; proxy>bob ACK; proxy>alice 480");
    assert_eq!(world.script_log().last().unwrap(), "code -6");
    let reply = world.last("alice", "480");
    world.ack("alice", &invite, &reply);
    world.settle();
}

/// What the edge says of a message for bob whose connection was refused.
fn unsent(world: &World, message: &Message) -> Event {
    Event::SendFailed(module_api::Sending {
        socket: world.engine.services().sockets.for_destination(None, Proto::Tcp, [192, 0, 2, 20].into()).unwrap().id,
        to: ([192, 0, 2, 20], 5060).into(),
        connection: None,
        reuse_only: false,
        bytes: message.bytes().clone(),
        otherwise: None,
    })
}

#[test]
fn a_cancel_that_cannot_be_sent_does_not_keep_its_transaction_for_ever() {
    let mut world = World::new(RELAY);
    let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20;transport=tcp", "");
    let bob = world.last("bob", "INVITE");
    world.reply("bob", &bob, 180, "Ringing");
    world.cancel("alice", &invite, "");
    let cancel = world.last("bob", "CANCEL");
    world.ladder.clear();
    world.handle(unsent(&world, &cancel));
    // The branch may still be answered: it has the time of RFC 3261 section 9.1, and no more.
    world.passed("");
    world.pass(Duration::from_millis(32_200));
    world.passed("proxy>alice 487");
    let reply = world.last("alice", "487");
    world.ack("alice", &invite, &reply);
    world.settle();
    assert_eq!(world.engine.transactions(), 0);
}

/// Without a transaction only what fails at once gives way: nobody waits for a reply.
#[test]
fn what_is_forwarded_goes_to_the_next_address_where_the_first_cannot_be_sent_to() {
    for (script, to_carol) in [
        (r#"route { forward("sip:phones.example.org"); }"#, "Via: SIP/2.0/UDP "),
        (
            r#"route { send("sip:phones.example.org"); }"#,
            "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10",
        ),
    ] {
        let mut world = World::new(script);
        world.request("alice", "OPTIONS", "sip:bob@example.com", "");
        // No socket leads to the first.
        world.answer(&["2001:db8::1", "192.0.2.20", "192.0.2.30"]);
        world.passed("alice>proxy OPTIONS; proxy>bob OPTIONS");
        let failed = world.sent.last().expect("a message").clone();
        world.handle(Event::SendFailed(failed));
        let last = world.sent.last().expect("a message").clone();
        world.passed("proxy>carol OPTIONS");
        assert!(String::from_utf8_lossy(&last.bytes).contains(to_carol));
        world.handle(Event::SendFailed(last));
        world.passed("");
    }
}

#[test]
fn the_next_address_is_not_tried_without_failover() {
    let settings = Settings { disable_dns_failover: true, ..Settings::default() };
    let mut world = World::with_settings(settings, "", r#"route { forward("sip:phones.example.org"); }"#);
    world.request("alice", "OPTIONS", "sip:bob@example.com", "");
    world.answer(&["192.0.2.20", "192.0.2.30"]);
    let failed = world.sent.last().expect("a message").clone();
    world.handle(Event::SendFailed(failed));
    world.passed("alice>proxy OPTIONS; proxy>bob OPTIONS");
}

#[test]
fn what_no_socket_reaches_is_answered() {
    let mut world = World::new(r#"route { if (!t_relay()) xlog("code $rc\n"); }"#);
    world.request("alice", "MESSAGE", "sip:bob@[2001:db8::1]", "");
    world.passed("alice>proxy MESSAGE; proxy>alice 477 MESSAGE");
    assert_eq!(world.script_log().last().unwrap(), "code -6");
    world.settle();
}

#[test]
fn the_script_may_answer_itself() {
    let mut world = World::new(r#"route { if (!t_relay("no-auto-477")) send_reply(404, "Nobody there"); }"#);
    world.request("alice", "MESSAGE", "sip:bob@[2001:db8::1]", "");
    world.passed("alice>proxy MESSAGE; proxy>alice 404 MESSAGE");
    world.settle();
}

#[test]
fn ports_and_transports_give_way_too() {
    let mut world = World::new(RELAY);
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["udp/192.0.2.20:5070", "udp/192.0.2.20:5080", "tls/192.0.2.20:5061", "tcp/192.0.2.30:5090"]);
    for (phone, transport, next) in
        [("bob", b"UDP", Some("192.0.2.20:5080")), ("bob", b"UDP", Some("192.0.2.30:5090")), ("carol", b"TCP", None)]
    {
        let message = world.last(phone, "MESSAGE");
        assert_eq!(message.top_via().unwrap().transport, transport);
        let code = if next.is_some() { 503 } else { 200 };
        world.reply(phone, &message, code, "Whatever");
        let sent = world.sent.last().unwrap().to.to_string();
        assert_eq!(sent, next.unwrap_or("192.0.2.10:5060"), "the TLS server is left out: no socket leads there");
    }
    assert_eq!(world.last("alice", "200").status(), 200);
    world.settle();
}

fn with_blacklist() -> World {
    let settings = Settings { disable_dns_blacklist: false, ..Settings::default() };
    let world = World::with_settings(settings, "", r#"route { if (!t_relay("no-auto-477")) send_reply(480, "$rc"); }"#);
    let flags = BlacklistFlags { expire: true, default: true, read_only: false };
    let list = Blacklist { owner: "core", flags, rules: Vec::new() };
    world.engine.services().blacklists.create(b"dns", list).unwrap();
    world
}

#[test]
fn what_failed_is_not_tried_for_four_minutes() {
    let mut world = with_blacklist();
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20", "192.0.2.30"]);
    let bob = world.last("bob", "MESSAGE");
    world.reply("bob", &bob, 503, "Full");
    let carol = world.last("carol", "MESSAGE");
    world.reply("carol", &carol, 200, "OK");
    // A second request does not go to bob at all.
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20", "192.0.2.30"]);
    let carol = world.last("carol", "MESSAGE");
    world.reply("carol", &carol, 200, "OK");
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20"]);
    assert_eq!(world.last("alice", "480").reason(), b"-5");
    // Another port of the same host is another place.
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org:5070", "");
    world.answer(&["192.0.2.20"]);
    let bob = world.last("bob", "MESSAGE");
    world.reply("bob", &bob, 200, "OK");
    world.pass(Duration::from_secs(241));
    world.request("alice", "MESSAGE", "sip:bob@bob.example.org", "");
    world.answer(&["192.0.2.20"]);
    let bob = world.last("bob", "MESSAGE");
    world.reply("bob", &bob, 200, "OK");
    world.settle();
}

#[test]
fn an_address_in_figures_is_tried_each_time() {
    let mut world = with_blacklist();
    for _ in 0..2 {
        world.request("alice", "MESSAGE", "sip:bob@192.0.2.20", "");
        let bob = world.last("bob", "MESSAGE");
        world.reply("bob", &bob, 503, "Full");
    }
    world.settle();
}
