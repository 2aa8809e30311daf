//! Events that the engine raises of itself, and what is measured for them.

use crate::world::{Surroundings, World};
use engine::Event;
use module_api::{Process, Raised, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A machine on which each look at the stopwatch comes a millisecond after the one before.
#[derive(Default)]
struct Slow(AtomicU64);

impl Process for Slow {
    fn stopwatch(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

fn measured(threshold_ms: u64, script: &str) -> World {
    let threshold = Duration::from_millis(threshold_ms);
    let settings = Settings { exec_msg_threshold: Some(threshold), ..Settings::default() };
    let surroundings = Surroundings { settings, process: Arc::new(Slow::default()), ..Surroundings::default() };
    World::in_surroundings(surroundings, "", script)
}

const HEARD: &str =
    r#"event_route[E_CORE_THRESHOLD] { xlog("$param(source) $param(time) $(param(extra){s.select,0, })\n"); }"#;

#[test]
fn a_message_that_takes_too_long_is_told_with_its_slowest_functions() {
    let mut world = measured(3, &format!(r#"route {{ ask("a"); send_reply(200, "OK"); }} {HEARD}"#));
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.answer(&["192.0.2.20"]);
    let log = world.script_log();
    let told = log.iter().find(|line| line.starts_with("threshold exceeded")).unwrap();
    let expected = "threshold exceeded: processing a message took 5000 of 3000 µs; ask() at test.cfg:10: 1000 µs; \
                    send_reply() at test.cfg:10: 1000 µs; the message:\nOPTIONS sip:example.com SIP/2.0";
    assert!(told.starts_with(expected), "{told}");
    assert_eq!(log.last().unwrap(), "core 5000 OPTIONS");
    world.settle();
}

#[test]
fn what_is_quick_enough_is_not() {
    let mut world = measured(5, &format!(r#"route {{ ask("a"); send_reply(200, "OK"); }} {HEARD}"#));
    world.request("alice", "OPTIONS", "sip:example.com", "");
    world.answer(&["192.0.2.20"]);
    assert_eq!(world.script_log(), [""; 0]);
    world.settle();
}

#[test]
fn replies_are_measured_too() {
    let mut world = measured(0, &format!(r#"route {{ t_relay(); }} {HEARD}"#));
    world.request("alice", "MESSAGE", "sip:192.0.2.20", "");
    world.script_log();
    let bob = world.last("bob", "MESSAGE");
    world.reply("bob", &bob, 200, "OK");
    assert_eq!(world.script_log().last().unwrap(), "core 1000 SIP/2.0");
    world.settle();
}

#[test]
fn the_status_of_the_server_is_an_event_when_it_changes() {
    let script = r#"event_route[E_CORE_SR_STATUS_CHANGED] {
        xlog("$param(group) $param(identifier) $param(old_status) $param(status) $param(details)\n"); }"#;
    let mut world = World::new(script);
    assert_eq!(world.script_log(), ["core main 0 -1 initializing", "core main -1 1 running"]);
    world.handle(Event::Stop);
    assert_eq!(world.script_log(), ["core main 1 -2 shutdown in progress"]);
}

#[test]
fn what_happens_outside_is_an_event_for_scripts() {
    let mut world = World::new(r#"event_route[E_CORE_TCP_DISCONNECT] { xlog("$param(src_ip)\n"); }"#);
    let params = vec![("src_ip".to_owned(), "192.0.2.10".to_owned().into())];
    world.handle(Event::Raised(Raised { event: "E_CORE_TCP_DISCONNECT".to_owned(), params }));
    assert_eq!(world.script_log(), ["192.0.2.10"]);
    assert!(world.engine.is_heard("E_CORE_TCP_DISCONNECT") && !world.engine.is_heard("E_CORE_LOG"));
}

#[test]
fn what_the_route_for_log_lines_logs_is_no_event_again() {
    let script = r#"event_route[E_CORE_LOG] { xlog("one\n"); ask("a"); xlog("two\n"); }
                    event_route[E_OTHER] { xlog("three\n"); }"#;
    let mut world = World::new(script);
    for event in ["E_CORE_LOG", "E_OTHER"] {
        world.handle(Event::Raised(Raised { event: event.to_owned(), params: Vec::new() }));
    }
    world.answer(&["192.0.2.20"]);
    assert_eq!(world.script_log(), ["quietly: one", "three", "quietly: two"]);
}
