//! Calls as dialogs, with SIPp on both sides: limits of time and number, an end by command, a restart in mid-call.

use crate::databases::done;
use crate::harness::{Kind, Running, Server, ServerBuilder, Sipp, SqlServer, Users, Wire, comes_true};
use std::net::UdpSocket;

const SCRIPT: &str = include_str!("configs/dialogs.cfg");

/// A server whose calls may last so many seconds, and the phone that they all go to.
fn server(timeout_s: u32, callee: &Sipp) -> Server {
    let script = SCRIPT.replace("@TIMEOUT@", &timeout_s.to_string()).replace("@CALLEE@", &callee.port.to_string());
    ServerBuilder::new(&script).with_database().start()
}

fn caller(scenario: &'static str) -> Sipp {
    Sipp::new(scenario).users(&Users(&["alice;bob"]))
}

/// A call that is answered, with the caller as this scenario has it.
fn answered(scenario: &'static str, timeout_s: u32) -> (Server, [(Sipp, Running); 2]) {
    let callee = Sipp::new("answer_and_wait");
    let server = server(timeout_s, &callee);
    let called = callee.start(&server);
    let caller = caller(scenario);
    let calling = caller.start(&server);
    (server, [(caller, calling), (callee, called)])
}

fn finish(server: &Server, phones: [(Sipp, Running); 2]) {
    for (phone, mut running) in phones {
        phone.finish(&mut running, server);
    }
}

/// The rows of calls: state and caller.
fn rows(server: &Server) -> String {
    server.sql("SELECT state, from_uri FROM dialog")
}

const ONE: &str = "4|sip:alice@127.0.0.1";

#[test]
fn an_answered_call_is_a_dialog_while_it_lasts() {
    let (server, phones) = answered("open_call", 60);
    finish(&server, phones);
    server.eventually(|| rows(&server), "");
    let figures = ["processed", "active", "early", "failed", "expired"];
    let figures = figures.map(|name| server.statistic(&format!("dialog:{name}_dialogs")));
    assert_eq!(figures, [1, 0, 0, 0, 0]);
}

#[test]
fn both_phones_hear_that_the_time_is_over() {
    let (server, phones) = answered("open_call_hung_up", 1);
    finish(&server, phones);
    server.eventually(|| rows(&server), "");
    assert_eq!(server.statistic("dialog:expired_dialogs"), 1);
}

#[test]
fn a_call_goes_on_though_the_server_is_killed_and_started_again() {
    let (mut server, phones) = answered("open_call_of_a_while", 60);
    server.eventually(|| rows(&server), ONE);
    server.crash_and_restart();
    assert_eq!(server.statistic("dialog:active_dialogs"), 1);
    let size = server.mi(&["dialog:profile_get_size", "caller", "alice"]);
    assert!(size.contains("\"count\": 1") || size.contains("\"count\":1"), "{size}");
    finish(&server, phones);
    server.eventually(|| rows(&server), "");
    assert_eq!(server.statistic("dialog:active_dialogs"), 0);
}

#[test]
fn a_caller_has_one_call_at_a_time() {
    let (server, phones) = answered("open_call_of_a_while", 60);
    server.eventually(|| rows(&server), ONE);
    caller("open_call_refused").replace("@CODE@", "403").run(&server);
    finish(&server, phones);
    // Refused without a transaction: nothing but the timer tells that it came to nothing.
    server.until(|| server.statistic("dialog:failed_dialogs") == 1);
}

#[test]
fn an_operator_sees_a_call_and_ends_it() {
    let (server, phones) = answered("open_call_hung_up", 60);
    server.eventually(|| rows(&server), ONE);
    let listed = server.mi(&["dlg_list_ctx"]);
    for part in ["\"state\": 4", "\"caller\": \"alice\"", "\"callee_contact\": \"sip:callee@127.0.0.1", "\"CALLEES\""] {
        let squeezed = part.replace(": ", ":");
        assert!(listed.contains(part) || listed.contains(&squeezed), "no {part} in\n{listed}");
    }
    let id = server.sql("SELECT dlg_id FROM dialog");
    let said = server.mi(&["dlg_end_dlg", id.trim()]);
    assert!(said.contains("OK"), "{said}");
    finish(&server, phones);
    server.eventually(|| rows(&server), "");
}

/// A caller's INVITE, whose call the callee answers.
fn answered_by(callee: &Wire, caller: &Wire, call_id: &str, (tag, number, contact): (&str, u32, &str)) {
    caller.send(&format!(
        "INVITE sip:bob@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK-{call_id}\n\
         From: <sip:{call_id}@127.0.0.1>;tag={tag}\nTo: <sip:bob@127.0.0.1>\nCall-ID: {call_id}\nCSeq: {number} INVITE\n\
         Contact: <sip:{call_id}@127.0.0.1:{port}{contact}>\nMax-Forwards: 70\nContent-Length: 0\n\n",
        port = caller.port
    ));
    caller.expect("SIP/2.0 100");
    let invite = callee.expect("INVITE");
    callee.answer(&invite, "200 OK", "called");
    caller.expect("SIP/2.0 200");
}

#[test]
fn a_call_that_a_strict_table_has_no_room_for_keeps_no_other_out_of_it() {
    let database = SqlServer::start(Kind::Mariadb);
    let url = database.url("calls");
    done(&["db", "create", &url]);
    let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("socket");
    let port = socket.local_addr().expect("address").port();
    let script = SCRIPT.replace("@TIMEOUT@", "60").replace("@CALLEE@", &port.to_string()).replace("@DB@", &url);
    let often = "\"db_mode\", 2)\nmodparam(\"dialog\", \"db_update_period\", 1)";
    let script = script.replace("db_sqlite.so", "db_mysql.so").replace("\"db_mode\", 1)", often);
    let mut server = ServerBuilder::new(&script).start();
    let (callee, caller) = (Wire::of(socket, &server), Wire::new(&server));
    let contact = format!(";x={}", "y".repeat(280));
    let long_tag = "x".repeat(65);
    for (call_id, details) in [
        ("good-1", ("1", 1, "")),
        ("long-tag", (long_tag.as_str(), 1, "")),
        ("good-2", ("1", 1, "")),
        ("long-contact", ("1", 1, &contact)),
        ("great-number", ("1", 3_000_000_000, "")),
    ] {
        answered_by(&callee, &caller, call_id, details);
    }
    let rows = || {
        let rows = database.sql("calls", "SELECT callid FROM dialog ORDER BY callid");
        rows.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let expected = ["good-1", "good-2", "great-number"];
    assert!(comes_true(|| rows() == expected), "{:?}", rows());
    server.until(|| server.statistic("dialog:refused_rows") >= 2);
    // Neither is the clean stop held up.
    server.restart();
    assert_eq!(rows(), expected);
    assert_eq!(server.statistic("dialog:active_dialogs"), 3);
}
