//! `core:reload_routes`: what is swapped in, what is refused, and what waits for a restart.

use crate::harness::{Server, ServerBuilder, run_to_end};
use std::fs;
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = "log_level = 3\nsocket = udp:127.0.0.1:@PORT@\nloadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\n\
    loadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_timeout\", 5)\nloadmodule \"httpd.so\"\n\
    modparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\"\nroute { sl_send_reply(200, \"First\"); }\n";

fn ping(server: &Server) -> String {
    let address = format!("sip:{}", server.address());
    run_to_end(Command::new("sipsak").args(["-vv", "-s", &address]), Duration::from_secs(20)).1
}

/// The reply to a reload of the script with this in the place of that.
fn reload_with(server: &Server, part: &str, replacement: &str) -> String {
    let script = server.directory.join("strowger.cfg");
    let first = server.directory.join("first.cfg");
    if !first.exists() {
        fs::copy(&script, &first).expect("script");
    }
    let text = fs::read_to_string(first).expect("script");
    assert!(text.contains(part), "the script has no {part}");
    fs::write(script, text.replace(part, replacement)).expect("script");
    server.mi(&["core:reload_routes"])
}

/// An empty file is what an editor or a full disk leaves; a route that has been renamed answers nobody.
#[test]
fn a_script_that_answers_no_request_any_more_is_refused() {
    let server = ServerBuilder::new(SCRIPT).start();
    for (part, replacement) in [("route {", "route[renamed] {"), ("route { sl_send_reply(200, \"First\"); }", "")] {
        let refusal = reload_with(&server, part, replacement);
        assert!(refusal.contains("there is no `route`") && refusal.contains("the old one goes on"), "{refusal}");
        assert!(ping(&server).contains("200 First"));
    }
    fs::write(server.directory.join("strowger.cfg"), "").expect("script");
    let refusal = server.mi(&["core:reload_routes"]);
    assert!(refusal.contains("there is no `route`"), "{refusal}");
    assert!(ping(&server).contains("200 First"));
}

#[test]
fn what_a_reload_does_not_change_is_named_in_the_log() {
    let server = ServerBuilder::new(SCRIPT).start();
    assert!(reload_with(&server, "First", "Second").contains("OK"));
    assert!(ping(&server).contains("200 Second"));
    assert!(!server.process.output().contains("restart"), "{}", server.process.output());

    let params = "modparam(\"tm\", \"fr_timeout\", 5)";
    let others = "modparam(\"tm\", \"fr_timeout\", 6)\nmodparam(\"tm\", \"wt_timer\", 6)\nudp_workers = 4\n\
        socket = udp:127.0.0.1:7009\nroute[unused] { exit; }";
    assert!(reload_with(&server, params, others).contains("OK"));
    let said = server.process.output();
    let expected =
        "only routes are read again: restart for what has changed of socket, udp_workers, tm:fr_timeout, tm:wt_timer";
    assert!(said.contains(expected), "{said}");
    assert!(said.contains("unused"), "the warnings of the checker are there: {said}");

    let gone = "loadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_timeout\", 5)\n";
    assert!(reload_with(&server, gone, "").contains("OK"));
    assert!(server.process.output().contains("changed of module tm, tm:fr_timeout"), "{}", server.process.output());
}
