//! Scenes that were once wrong, told line by line: what some seed had drawn when the simulator found them. A seed shows
//! another scene as soon as anything is drawn otherwise; these stay.

use super::bench::Bench;
use super::blocking::SCRIPT as REGISTRAR;
use crate::proxy::{Log, Proxy};
use crate::script::{Mode, Text, Variant, compile};
use engine::Event;
use module_api::Time;
use sip::HeaderName;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Calls are accounted, and ring for five seconds at most.
const ACCOUNTING: &str = r#"
loadmodule "proto_udp.so"
loadmodule "db_sqlite.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
modparam("tm", "fr_inv_timeout", 5)
loadmodule "sipmsgops.so"
loadmodule "acc.so"
db_default_url = "sqlite:///sim"
route {
    do_accounting("db");
    $du = "sip:10.7.0.99:5060";
    append_msg_branch("sip:second@10.7.0.98");
    t_relay();
}
"#;

#[test]
fn a_call_answered_while_it_is_cancelled_for_ringing_too_long_has_its_record() {
    let mut bench = Bench::new(ACCOUNTING, Duration::from_millis(5));
    bench.call(1);
    let second = bench.last("INVITE");
    let first = bench.sent.iter().map(|(_, message)| message).find(|known| known.is_request()).unwrap().clone();
    assert_ne!(first.request_uri(), second.request_uri());
    bench.reply(&first, "180 Ringing");
    bench.pass(SECOND * 3);
    bench.reply(&second, "180 Ringing");
    bench.pass(SECOND * 2 + SECOND / 10);
    // One has rung for too long, the other may still be answered.
    assert_eq!((bench.count("CANCEL"), bench.count("408")), (1, 0));
    // It crosses the CANCEL.
    bench.reply(&first, "200 OK");
    bench.pass(SECOND);
    assert_eq!(bench.count("200"), 1);
    assert_eq!(bench.database.rows("acc", ["method"]).len(), 1);
}

#[test]
fn a_registration_that_comes_again_while_the_database_is_asked_is_answered_once() {
    let mut bench = Bench::new(REGISTRAR, SECOND);
    bench.register(1, None);
    let nonce = bench.nonces()[&1].clone();
    bench.register(1, Some(&nonce));
    bench.pass(SECOND / 2);
    bench.register(1, Some(&nonce));
    bench.pass(SECOND * 3);
    assert_eq!((bench.count("200 REGISTER"), bench.count("401 REGISTER")), (1, 1));
}

#[test]
fn a_registration_under_way_when_the_server_stops_is_written() {
    let mut bench = Bench::new(REGISTRAR, SECOND);
    bench.register(1, None);
    let nonce = bench.nonces()[&1].clone();
    bench.register(1, Some(&nonce));
    bench.pass(SECOND / 2);
    bench.handle(Event::Stop);
    bench.pass(SECOND * 4);
    assert!(bench.proxy.is_stopped());
    assert_eq!(bench.count("200 REGISTER"), 1);
    assert_eq!(bench.database.rows("location", ["username"]).len(), 1);
}

#[test]
fn who_cannot_be_checked_is_told_to_come_again_and_not_to_try_another_password() {
    let variant = Variant {
        text: Text::Default,
        mode: Mode::WriteThrough,
        patience_s: None,
        has_guards: false,
        keeps_calls: false,
    };
    let mut bench = Bench::new(&variant.text(), Duration::from_millis(1));
    bench.register(1, None);
    let nonce = bench.nonces()[&1].clone();
    bench.is_dead = true;
    bench.register(1, Some(&nonce));
    bench.pass(SECOND);
    let refusal = bench.last("503 REGISTER");
    assert_eq!(refusal.header(HeaderName::RetryAfter).map(|header| header.value), Some(&b"10"[..]));
    assert_eq!(bench.count("401 REGISTER"), 1);
}

#[test]
fn a_request_that_was_answered_and_comes_again_is_not_challenged_again() {
    let mut bench = Bench::new(REGISTRAR, Duration::from_millis(1));
    bench.register(1, None);
    let nonce = bench.nonces()[&1].clone();
    for _ in 0..2 {
        bench.register(1, Some(&nonce));
        bench.pass(SECOND);
    }
    assert_eq!((bench.count("200 REGISTER"), bench.count("401 REGISTER")), (2, 1));
}

#[test]
fn a_server_that_is_gone_holds_nothing() {
    let variant = Variant {
        text: Text::Default,
        mode: Mode::WriteThrough,
        patience_s: None,
        has_guards: true,
        keeps_calls: false,
    };
    let log = Arc::<Log>::default();
    let start = Time::from_unix_seconds(1_700_000_000);
    let mut proxy = Proxy::boot(compile(&variant.text()), [1; 32], start, 0, false, &log);
    // The answers that the start waits for never come.
    assert!(!proxy.handle(Event::Start, start).requests.is_empty());
    drop(proxy);
    assert_eq!(Arc::strong_count(&log), 1);
}
