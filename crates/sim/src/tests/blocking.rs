//! Nothing blocks: a slow or dead database costs only the messages that need it, and only what it takes.

use super::bench::{Bench, PHONES};
use module_api::Time;
use std::time::Duration;

/// Users of one domain register, calls to another need no database.
pub const SCRIPT: &str = r#"
loadmodule "proto_udp.so"
loadmodule "db_sqlite.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "sipmsgops.so"
loadmodule "usrloc.so"
modparam("usrloc", "working_mode_preset", "single-instance-sql-write-back")
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
modparam("auth_db", "load_credentials", "")
db_default_url = "sqlite:///sim"
route {
    if (is_method("REGISTER")) {
        if (!www_authorize("example.com", "subscriber")) {
            if ($rc == -5)
                send_reply(503, "Service Unavailable");
            else
                www_challenge("example.com", "auth");
            exit;
        }
        save("location");
        exit;
    }
    $du = "sip:10.7.0.99:5060";
    t_relay();
}
"#;

/// 500 phones register within a second, and calls come between them; what happened to both.
fn rush(bench: &mut Bench) -> (Vec<(Time, String)>, usize) {
    (0..PHONES).for_each(|number| bench.register(number, None));
    assert_eq!(bench.sent("401 REGISTER").len(), 500);
    let nonces = bench.nonces();
    let (mut began, mut calls) = (Vec::new(), 0);
    for (number, nonce) in &nonces {
        began.push((bench.now, format!("REGISTER-{number}")));
        bench.register(*number, Some(nonce));
        if number % 5 == 0 {
            let before = bench.sent("INVITE").len();
            bench.call(*number);
            // At the very moment it came.
            assert_eq!(bench.sent("INVITE").len(), before + 1);
            calls += 1;
        }
        bench.pass(Duration::from_millis(2));
    }
    (began, calls)
}

#[test]
fn a_slow_database_delays_nobody_longer_than_it_takes_itself() {
    let mut bench = Bench::new(SCRIPT, Duration::from_secs(1));
    let (began, calls) = rush(&mut bench);
    bench.pass(Duration::from_secs(2));
    assert_eq!(calls, 100);
    let answered = bench.sent("200 REGISTER");
    for (at, call_id) in began {
        let took = answered[&call_id].since(at);
        assert!(took >= Duration::from_secs(1) && took < Duration::from_millis(1010), "{call_id}: {took:?}");
    }
}

#[test]
fn a_dead_database_costs_only_those_who_need_it() {
    let mut bench = Bench::new(SCRIPT, Duration::from_millis(1));
    bench.is_dead = true;
    // What its deadline is at the edge.
    bench.takes = Duration::from_secs(10);
    let (began, calls) = rush(&mut bench);
    bench.pass(Duration::from_secs(11));
    assert_eq!(calls, 100);
    let answered = bench.sent("503 REGISTER");
    for (at, call_id) in began {
        let took = answered[&call_id].since(at);
        assert!(took >= Duration::from_secs(10) && took < Duration::from_millis(10_010), "{call_id}: {took:?}");
    }
    assert_eq!(bench.proxy.engine.waiting(), 0);
}
