//! Subscribers call each other: SIPp on both sides, accounting in SQLite.

use crate::harness::{Running, Server, Sipp, Users, provider, provider_with};
use crate::registration::register;

const CALLER: &str = "alice;[authentication username=alice password=wonderland];";

/// A phone of bob's with this behaviour and preference, registered and waiting.
pub fn callee(server: &Server, scenario: &'static str, q: &str) -> (Sipp, Running) {
    let phone = Sipp::new(scenario);
    let contact = format!("<sip:bob@127.0.0.1:{}>;q={q}", phone.port);
    register(server, "bob", "builder", &contact, "200", "Contact: ");
    let running = phone.start(server);
    (phone, running)
}

/// Alice, as this scenario has her, calls `user`.
pub fn caller(scenario: &'static str, user: &str) -> Sipp {
    Sipp::new(scenario).users(&Users(&[&format!("{CALLER}{user}")]))
}

fn records(server: &Server, table: &str) -> String {
    // Records are written side by side: a BYE soon after may be there first.
    server.sql(&format!("SELECT method, sip_code, caller, callee FROM {table} ORDER BY method DESC"))
}

#[test]
fn a_call_is_answered_changed_hung_up_and_accounted() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "answer", "1");
    caller("call", "bob").run(&server);
    phone.finish(&mut running, &server);
    server.eventually(|| records(&server, "acc"), "INVITE|200|alice|bob\nBYE|200||");
    assert_eq!(records(&server, "missed_calls"), "");
}

#[test]
fn a_callee_hangs_up() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "hang_up", "1");
    caller("call_hung_up", "bob").run(&server);
    phone.finish(&mut running, &server);
    server.eventually(|| records(&server, "acc"), "INVITE|200|alice|bob\nBYE|200||");
}

#[test]
fn a_busy_callee_is_a_missed_call() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "busy", "1");
    caller("call_refused", "bob").replace("@CODE@", "486").run(&server);
    phone.finish(&mut running, &server);
    server.eventually(|| records(&server, "missed_calls"), "INVITE|486|alice|bob");
}

#[test]
fn a_callee_who_does_not_answer_is_cancelled() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "ring", "1");
    caller("call_refused", "bob").replace("@CODE@", "408").run(&server);
    phone.finish(&mut running, &server);
    server.eventually(|| records(&server, "missed_calls"), "INVITE|408|alice|bob");
}

#[test]
fn a_caller_who_hangs_up_cancels_the_callee() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "ring", "1");
    caller("call_cancelled", "bob").run(&server);
    phone.finish(&mut running, &server);
}

#[test]
fn a_caller_who_hangs_up_cancels_every_phone() {
    let server = provider().start();
    let (one, mut one_running) = callee(&server, "ring", "1");
    let (other, mut other_running) = callee(&server, "ring", "0.5");
    caller("call_cancelled", "bob").run(&server);
    one.finish(&mut one_running, &server);
    other.finish(&mut other_running, &server);
}

#[test]
fn a_callee_who_is_not_registered_is_not_found() {
    let server = provider().start();
    caller("call_refused", "bob").replace("@CODE@", "404").run(&server);
}

#[test]
fn all_phones_ring_and_the_first_to_answer_has_the_call() {
    let server = provider().start();
    let (one, mut one_running) = callee(&server, "ring", "1");
    let (other, mut other_running) = callee(&server, "answer_and_wait", "1");
    caller("short_call", "bob").run(&server);
    one.finish(&mut one_running, &server);
    other.finish(&mut other_running, &server);
}

#[test]
fn phones_ring_one_after_the_other_by_their_preference() {
    let server = provider().start();
    let (second, mut second_running) = callee(&server, "answer_and_wait", "0.5");
    let (first, mut first_running) = callee(&server, "busy", "0.9");
    caller("short_call", "series-bob").run(&server);
    first.finish(&mut first_running, &server);
    second.finish(&mut second_running, &server);
}

#[test]
fn the_next_phone_rings_when_nobody_answers_the_first() {
    let server = provider().start();
    let (second, mut second_running) = callee(&server, "answer_and_wait", "0.5");
    let (first, mut first_running) = callee(&server, "ring", "0.9");
    caller("short_call", "series-bob").run(&server);
    first.finish(&mut first_running, &server);
    second.finish(&mut second_running, &server);
}

#[test]
fn a_strict_router_on_the_way_is_understood() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "answer_and_wait", "1");
    caller("call_by_strict_router", "bob").run(&server);
    phone.finish(&mut running, &server);
}

#[test]
fn a_strict_router_behind_us_gets_what_it_understands() {
    let server = provider().start();
    let (phone, mut running) = callee(&server, "answer_behind_strict_router", "1");
    caller("short_call", "bob").run(&server);
    phone.finish(&mut running, &server);
}

#[test]
fn calls_survive_a_network_that_loses_every_tenth_packet() {
    // As patient as the RFC (timers F and J): within the usual five seconds one request in a thousand is lost four times.
    let patience = "modparam(\"tm\", \"fr_timeout\", 30)\nmodparam(\"tm\", \"wt_timer\", 30)";
    let server = provider_with(&[("modparam(\"tm\", \"fr_timeout\", 5)", patience)]).start();
    let phone = Sipp::new("answer_over_losses").args(&["-m", "20", "-lost", "10"]);
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let _running = phone.start(&server);
    caller("short_call", "bob").args(&["-m", "20", "-r", "10", "-lost", "10"]).run(&server);
    let accounted = "SELECT method, sip_code, count(*) FROM acc GROUP BY method, sip_code ORDER BY method";
    server.eventually(|| server.sql(accounted), "BYE|200|20\nINVITE|200|20");
}
