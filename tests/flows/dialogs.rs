//! Calls as dialogs, with SIPp on both sides: limits of time and number, an end by command, a restart in mid-call.

use crate::harness::{Running, Server, ServerBuilder, Sipp, Users};

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
