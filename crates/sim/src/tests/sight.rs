//! What the watch sees: messages that no proxy may send, shown to it one by one.

use crate::database::Database;
use crate::script::{Mode, Text, Variant};
use crate::watch::{Hop, Watch, Way};
use bytes::Bytes;
use module_api::Time;
use std::net::SocketAddr;
use std::time::Duration;

const ALICE: &str = "10.7.0.10:5060";
const BOB: &str = "10.7.0.11:5060";
const START: Time = Time::from_unix_seconds(1_700_000_000);

/// A watch over alice and bob, who is registered, and a call that has been forwarded to him.
struct Scene(Watch);

impl Scene {
    fn new() -> Scene {
        let mut watch = Watch::new(Variant {
            text: Text::Default,
            mode: Mode::WriteThrough,
            patience_s: None,
            has_guards: false,
            keeps_calls: false,
        });
        watch.know(address(ALICE).ip(), false);
        watch.know(address(BOB).ip(), false);
        let mut scene = Scene(watch);
        scene.asks(BOB, "REGISTER sip:example.com|Via: SIP/2.0/UDP 10.7.0.11:5060;branch=z9hG4bKr|Contact: <sip:u1@10.7.0.11:5060>|Expires: 600", "9 REGISTER", "");
        scene.sends(BOB, "SIP/2.0 200 OK|Via: SIP/2.0/UDP 10.7.0.11:5060;branch=z9hG4bKr|Contact: <sip:u1@10.7.0.11:5060>;expires=600", "9 REGISTER", ";tag=p");
        scene.asks(ALICE, &format!("INVITE sip:u1@example.com|{VIA_ALICE}"), "1 INVITE", "");
        scene.sends(BOB, &format!("INVITE sip:u1@10.7.0.11:5060|{VIA_PROXY}|{VIA_ALICE}"), "1 INVITE", "");
        assert_eq!(scene.0.broken, None);
        scene
    }

    fn asks(&mut self, from: &str, lines: &str, cseq: &str, to_tag: &str) {
        self.0.received(START, by_udp(from), &message(lines, cseq, to_tag));
    }

    fn sends(&mut self, to: &str, lines: &str, cseq: &str, to_tag: &str) {
        self.0.sent(START, Way::Udp, address(to), &message(lines, cseq, to_tag));
    }

    /// The proxy sends this, and it is seen to be wrong.
    #[track_caller]
    fn wrong(mut self, to: &str, lines: &str, cseq: &str, to_tag: &str, words: &str) {
        self.sends(to, lines, cseq, to_tag);
        let seen = self.0.broken.map(|broken| broken.what).unwrap_or_default();
        assert!(seen.contains(words), "{words}: {seen}");
    }
}

const VIA_ALICE: &str = "Via: SIP/2.0/UDP 10.7.0.10:5060;branch=z9hG4bKa";
const VIA_PROXY: &str = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKp";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn by_udp(text: &str) -> Hop {
    Hop { address: address(text), connection: None }
}

/// A message of lines between bars.
fn message(lines: &str, cseq: &str, to_tag: &str) -> Bytes {
    let (first, rest) = lines.split_once('|').unwrap();
    let is_reply = first.starts_with("SIP/");
    let first = if is_reply { first.to_owned() } else { format!("{first} SIP/2.0") };
    let rest = rest.replace('|', "\r\n");
    Bytes::from(format!(
        "{first}\r\n{rest}\r\nMax-Forwards: 69\r\nFrom: <sip:u0@example.com>;tag=f\r\nTo: <sip:u1@example.com>{to_tag}\r\n\
         Call-ID: c\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"
    ))
}

#[test]
fn two_final_replies() {
    let mut scene = Scene::new();
    scene.sends(ALICE, &format!("SIP/2.0 486 Busy|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    scene.wrong(ALICE, &format!("SIP/2.0 200 OK|{VIA_ALICE}"), "1 INVITE", ";tag=b", "a second final reply");
}

#[test]
fn a_provisional_reply_after_the_final_one() {
    let mut scene = Scene::new();
    scene.sends(ALICE, &format!("SIP/2.0 486 Busy|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    scene.wrong(ALICE, &format!("SIP/2.0 180 Ringing|{VIA_ALICE}"), "1 INVITE", ";tag=b", "after a final reply");
}

#[test]
fn an_answer_that_nobody_gave_twice() {
    let mut scene = Scene::new();
    scene.asks(BOB, &format!("SIP/2.0 200 OK|{VIA_PROXY}|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    for _ in 0..2 {
        scene.sends(ALICE, &format!("SIP/2.0 200 OK|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    }
    scene.wrong(ALICE, &format!("SIP/2.0 200 OK|{VIA_ALICE}"), "1 INVITE", ";tag=b", "once more, unasked");
}

#[test]
fn an_answer_that_is_lost() {
    let mut scene = Scene::new();
    scene.asks(BOB, &format!("SIP/2.0 200 OK|{VIA_PROXY}|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    scene.0.finish(START, START, &Database::new());
    assert!(scene.0.broken.unwrap().what.contains("the 200 with tag b is lost"));
}

#[test]
fn a_call_without_an_answer() {
    let mut scene = Scene::new();
    scene.0.finish(START, START, &Database::new());
    assert!(scene.0.broken.unwrap().what.contains("was never answered"));
}

#[test]
fn a_refusal_without_its_ack() {
    let mut scene = Scene::new();
    scene.asks(BOB, &format!("SIP/2.0 486 Busy|{VIA_PROXY}|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    scene.sends(ALICE, &format!("SIP/2.0 486 Busy|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    scene.0.finish(START, START, &Database::new());
    assert!(scene.0.broken.unwrap().what.contains("got no ACK"));
}

#[test]
fn an_ack_for_what_was_not_refused() {
    let line = format!("ACK sip:u1@10.7.0.11:5060|{VIA_PROXY}");
    Scene::new().wrong(BOB, &line, "1 ACK", ";tag=b", "has not refused");
}

#[test]
fn a_cancel_before_a_provisional_reply_and_after_a_final_one() {
    let line = format!("CANCEL sip:u1@10.7.0.11:5060|{VIA_PROXY}");
    Scene::new().wrong(BOB, &line, "1 CANCEL", "", "before any provisional reply");
    let mut scene = Scene::new();
    for reply in ["180 Ringing", "486 Busy"] {
        scene.asks(BOB, &format!("SIP/2.0 {reply}|{VIA_PROXY}|{VIA_ALICE}"), "1 INVITE", ";tag=b");
    }
    scene.wrong(BOB, &line, "1 CANCEL", "", "after its 486");
}

#[test]
fn a_call_to_where_nobody_registered_or_is_any_more() {
    let line = |port: u16| {
        format!("INVITE sip:u1@10.7.0.11:{port}|Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKq|{VIA_ALICE}")
    };
    Scene::new().wrong(BOB, &line(5070), "1 INVITE", "", "was never registered");
    let mut scene = Scene::new();
    let late = START + Duration::from_secs(700);
    scene.0.received(late, by_udp(ALICE), &message(&format!("INVITE sip:u1@example.com|{VIA_ALICE}2"), "2 INVITE", ""));
    scene.0.sent(late, Way::Udp, address(BOB), &message(&format!("{}2", line(5060)), "2 INVITE", ""));
    assert!(scene.0.broken.unwrap().what.contains("was removed or had expired"));
}

#[test]
fn what_goes_nowhere_or_to_those_who_have_not_asked() {
    let line = format!("INVITE sip:u1@10.7.0.11:5060|{VIA_PROXY}|{VIA_ALICE}");
    Scene::new().wrong("198.51.100.9:5060", &line, "1 INVITE", "", "where nobody is");
    Scene::new().wrong(BOB, &format!("SIP/2.0 486 Busy|{VIA_ALICE}"), "1 INVITE", ";tag=b", "which has not asked");
    let of_nobody = "INVITE sip:u1@10.7.0.11:5060|Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKz";
    Scene::new().wrong(BOB, of_nobody, "1 INVITE", "", "is nobody's");
}

#[test]
fn what_cannot_be_read_or_is_not_as_long_as_it_says() {
    let mut scene = Scene::new();
    let text = String::from_utf8_lossy(&message(&format!("SIP/2.0 486 Busy|{VIA_ALICE}"), "1 INVITE", "")).into_owned();
    scene.0.sent(START, Way::Udp, address(ALICE), &Bytes::from(text.replace("Content-Length: 0", "Content-Length: 5")));
    assert!(scene.0.broken.take().unwrap().what.contains("Content-Length is"));
    scene.0.sent(START, Way::Udp, address(ALICE), &Bytes::from(text.replace("CSeq: 1 INVITE\r\n", "")));
    assert!(scene.0.broken.take().unwrap().what.contains("has not one CSeq"));
    scene.0.sent(START, Way::Udp, address(ALICE), &Bytes::from(text.replace("10.7.0.10:5060", "192.0.2.1:5060")));
    assert!(scene.0.broken.take().unwrap().what.contains("still has the proxy's Via"));
}

/// Nobody but a stranger sends half a request.
#[test]
fn an_answer_without_a_header_is_right_for_strangers_only() {
    let mut scene = Scene::new();
    let refusal = |code: u16| {
        let head =
            format!("SIP/2.0 {code} Missing CSeq\r\n{VIA_ALICE}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n");
        Bytes::from(format!("{head}Call-ID: 1\r\nContent-Length: 0\r\n\r\n"))
    };
    let stranger = address("203.0.113.1:5060");
    scene.0.know(stranger.ip(), true);
    scene.0.sent(START, Way::Udp, stranger, &refusal(400));
    assert!(scene.0.broken.is_none());
    for (to, code) in [(stranger, 200), (address(ALICE), 400)] {
        scene.0.sent(START, Way::Udp, to, &refusal(code));
        assert!(scene.0.broken.take().unwrap().what.contains("has not one CSeq"));
    }
}

#[test]
fn a_registration_that_is_not_in_the_database() {
    let mut scene = Scene::new();
    scene.0.ended(START, START, &Database::new(), false);
    assert!(scene.0.broken.unwrap().what.contains("was acknowledged"));
}

#[test]
fn what_no_connection_may_carry() {
    let by_tcp = "Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKq";
    let line = format!("INVITE sip:u1@10.7.0.11:5060|{by_tcp}|{VIA_ALICE}");
    let mut scene = Scene::new();
    let mut sends = |way, lines: &str, cseq, to_tag| {
        scene.0.sent(START, way, address(BOB), &message(lines, cseq, to_tag));
        scene.0.broken.take().map(|broken| broken.what).unwrap_or_default()
    };
    assert!(sends(Way::Udp, &line, "1 INVITE", "").contains("leaves by Udp and says otherwise"));
    assert_eq!(sends(Way::Tcp, &line, "1 INVITE", ""), "");
    assert!(sends(Way::Tcp, &line, "1 INVITE", "").contains("is sent again over a connection"));
    let alice = "SIP/2.0 486 Busy|Via: SIP/2.0/UDP 10.7.0.10:5060;branch=z9hG4bKa";
    scene.0.sent(START, Way::Tcp, address(ALICE), &message(alice, "1 INVITE", ";tag=b"));
    assert!(scene.0.broken.unwrap().what.contains("by Tcp, which has asked from"));
}
