//! Configurations as upstream ships them: the m4 template with its switches, and a script in the dialect of 1.x and 2.x.
//!
//! Upstream's own texts are under the GPL and are not part of this repository. `configs/template.m4` is ours: it has the
//! switches of `residential.m4` by their names, and with authentication, persistent location and accounting it calls the same
//! functions in the same order.

use crate::harness::{Running, Server, ServerBuilder, Sipp, Users, run_to_end};
use crate::registration::register;
use std::process::Command;
use std::time::Duration;

const TEMPLATE: &str = include_str!("configs/template.m4");
const OLD_DIALECT: &str = include_str!("configs/old_dialect.cfg");
/// As start scripts of upstream have it.
const START: [&str; 7] = ["-p", "m4", "-F", "-m", "64", "-M", "8"];

fn provider() -> Server {
    let builder = ServerBuilder::new(TEMPLATE).with_database();
    builder.with_plain_user("alice", "wonderland").with_plain_user("bob", "builder").args(&START).start()
}

/// A phone of bob's that is registered and waits for a call.
fn registered_callee(server: &Server) -> (Sipp, Running) {
    let phone = Sipp::new("answer_and_wait");
    register(server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let running = phone.start(server);
    (phone, running)
}

fn alice_calls_bob(server: &Server) {
    let fields = "alice;[authentication username=alice password=wonderland];bob";
    Sipp::new("short_call").users(&Users(&[fields])).run(server);
}

#[test]
fn the_template_registers_calls_and_accounts() {
    let server = provider();
    let (phone, mut running) = registered_callee(&server);
    alice_calls_bob(&server);
    phone.finish(&mut running, &server);
    let records = || server.sql("SELECT method, sip_code, sip_reason FROM acc ORDER BY id");
    server.eventually(records, "INVITE|200|OK\nBYE|200|OK");
    assert_eq!(server.sql("SELECT count(*) FROM missed_calls").trim(), "0");
}

/// Written behind, at the latest when the server stops.
#[test]
fn the_templates_registrations_outlast_a_restart() {
    let mut server = provider();
    let (phone, mut running) = registered_callee(&server);
    server.restart();
    assert_eq!(server.sql("SELECT username, domain FROM location").trim(), "bob|127.0.0.1");
    alice_calls_bob(&server);
    phone.finish(&mut running, &server);
}

#[test]
fn a_mistake_in_the_template_is_shown_where_it_stands() {
    let script = TEMPLATE
        .replace("send_reply(483", "send_rply(483")
        .replace("setflag(\"TCP_PERSISTENT\")", "setflg(\"TCP_PERSISTENT\")")
        .replace("t_reply(404", "t_rply(404")
        .replace("route[relay]", "route[rely]");
    let line = |text: &str| 1 + script.lines().position(|line| line.contains(text)).expect("line");
    let expected: Vec<usize> = [line("send_rply"), line("route(relay);"), line("setflg"), line("t_rply")].into();
    let said = ServerBuilder::new(&script).args(&START).refused();
    for line in expected {
        assert!(said.contains(&format!("strowger.cfg:{line}:")), "{line}: {said}");
    }
}

#[test]
fn a_script_of_an_older_dialect_runs_and_is_shown_todays() {
    let server = ServerBuilder::new(OLD_DIALECT).start();
    let said = server.process.output();
    for today in [
        "+ log_level=3",
        "+ socket=udp:",
        "+ udp_workers=4",
        "if ($rm == \"CANCEL\") {",
        "\"method-filtering\"",
        "modparam(\"mi_fifo\", \"pretty_printing\", 1)",
    ] {
        assert!(said.contains(today), "{today}: {said}");
    }
    let phone = Sipp::new("answer_and_wait");
    let contact = format!("sip:bob@127.0.0.1:{}", phone.port);
    let bob = format!("sip:bob@{}", server.address());
    let (_, registered) = run_to_end(
        Command::new("sipsak").args(["-U", "-x", "600", "-C", &contact, "-s", &bob, "-vv"]),
        Duration::from_secs(20),
    );
    assert!(registered.contains("completed successful"), "{registered}");
    let mut running = phone.start(&server);
    Sipp::new("open_call").users(&Users(&["alice;bob"])).run(&server);
    phone.finish(&mut running, &server);
    let log = || server.process.output().matches("ACC: transaction answered").count().to_string();
    // The call, and its end.
    server.eventually(log, "2");
}
