//! Start, stop, and what goes wrong in a script.

use crate::world::{LOAD, World};
use engine::{Bounds, Event, Progress};
use module_api::{Answer, Resolved};
use std::time::Duration;

#[test]
fn messages_may_come_when_all_modules_have_started() {
    let script =
        format!("{LOAD}modparam(\"test\", \"slow_start\", 1)\nroute {{ }}\nstartup_route {{ xlog(\"up\\n\"); }}");
    let mut world = World::unstarted(&script, Bounds::default());
    world.handle(Event::Start);
    assert_eq!(world.engine.progress(), Progress::Starting);
    assert!(world.script_log().is_empty());
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.engine.progress(), Progress::Running);
    assert_eq!(world.script_log(), ["up"]);
    world.handle(Event::Stop);
    assert_eq!(world.engine.progress(), Progress::Stopping);
    world.answer(&[]);
    assert_eq!(world.engine.progress(), Progress::Unwritten("test".to_owned()));
    assert_eq!(world.script_log(), ["ERROR: module test did not stop cleanly: no such name"]);
}

/// What a module has not read yet it must not write over.
#[test]
fn a_stop_while_modules_start_asks_nothing_of_them() {
    let script =
        format!("{LOAD}modparam(\"test\", \"slow_start\", 1)\nroute {{ }}\nstartup_route {{ xlog(\"up\\n\"); }}");
    let mut world = World::unstarted(&script, Bounds::default());
    world.handle(Event::Start);
    world.handle(Event::Stop);
    assert_eq!(world.engine.progress(), Progress::Stopped);
    world.answer(&["192.0.2.1"]);
    assert!(world.questions.is_empty() && world.script_log().is_empty());
    assert_eq!(world.engine.progress(), Progress::Stopped);
}

#[test]
fn a_stop_while_the_startup_route_waits_stops_the_modules() {
    let script = format!(
        "{LOAD}modparam(\"test\", \"slow_start\", 1)\nroute {{ }}\nstartup_route {{ ask(\"db\"); xlog(\"up\\n\"); }}"
    );
    let mut world = World::unstarted(&script, Bounds::default());
    world.handle(Event::Start);
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.engine.progress(), Progress::Starting);
    world.handle(Event::Stop);
    let (db, stop) = (world.questions.remove(0).0, world.questions.remove(0).0);
    let resolved = Resolved { destinations: Vec::new(), lifetime: Duration::ZERO };
    let done = || Answer::Resolved(Ok(resolved.clone()));
    world.handle(Event::Answer { token: stop, answer: done() });
    assert_eq!(world.engine.progress(), Progress::Stopped);
    world.handle(Event::Answer { token: db, answer: done() });
    assert_eq!(world.engine.progress(), Progress::Stopped);
}

#[test]
fn a_module_that_cannot_start_stops_the_server() {
    let script = format!("{LOAD}modparam(\"test\", \"slow_start\", 1)\nroute {{ }}");
    let mut world = World::unstarted(&script, Bounds::default());
    world.handle(Event::Start);
    world.answer(&[]);
    assert_eq!(world.engine.progress(), Progress::Failed("module test cannot start: no such name".to_owned()));
}

#[test]
fn faults_name_their_line() {
    let mut world = World::new(
        "route {\n    $var(s) = \"all\"; t_inject_branches($var(s));\n    $var(c) = 99; t_reply($var(c), \"No\");\n    xlog(\"rc $rc\\n\");\n}",
    );
    world.request("alice", "OPTIONS", "sip:example.com", "");
    let expected = [
        "ERROR: test.cfg:11: source must be \"msg\" or \"event\"",
        "test.cfg:12: parameter 1 must be from 100 to 699, it is 99",
        "rc -1",
    ];
    assert_eq!(world.script_log(), expected);
    assert_eq!(world.count("engine:faults"), 2);
}

#[test]
fn an_assertion_that_fails_ends_in_the_error_route() {
    let mut world = World::with_params(
        "enable_asserts = yes",
        r#"
route { assert($rU == "bob", "who?"); sl_send_reply(200, "OK"); }
error_route { xlog("error: $err.info\n"); sl_send_reply(500, "Sorry"); }
"#,
    );
    world.request("alice", "OPTIONS", "sip:eve@example.com", "");
    world.request("alice", "OPTIONS", "sip:bob@example.com", "");
    world.passed("alice>proxy OPTIONS; proxy>alice 500 OPTIONS; alice>proxy OPTIONS; proxy>alice 200 OPTIONS");
    assert_eq!(world.script_log().last().unwrap(), "error: assertion failed: who?");
}

#[test]
fn a_stop_waits_for_the_requests_under_way() {
    let script =
        format!("{LOAD}modparam(\"test\", \"slow_start\", 1)\nroute {{ ask(\"db\"); sl_send_reply(200, \"OK\"); }}");
    let mut world = World::unstarted(&script, Bounds::default());
    world.handle(Event::Start);
    world.answer(&["192.0.2.1"]);
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.handle(Event::Stop);
    let asked = |world: &World| world.questions.iter().map(|(_, request)| format!("{request:?}")).collect::<Vec<_>>();
    // The message's question and the engine's own pause, not the module's question at its stop.
    assert!(!asked(&world).iter().any(|request| request.contains("stop")), "{:?}", asked(&world));
    world.answer(&["192.0.2.1"]);
    world.passed("alice>proxy OPTIONS; proxy>alice 200 OPTIONS");
    world.now = world.now + Duration::from_millis(20);
    let (token, _) = world.questions.remove(0);
    world.handle(Event::Answer { token, answer: Answer::Done(Ok(())) });
    assert!(asked(&world).iter().any(|request| request.contains("stop")), "{:?}", asked(&world));
    world.answer(&["192.0.2.1"]);
    assert_eq!(world.engine.progress(), Progress::Stopped);
}
