//! Calls that are timed, and calls that are not.

use super::{EXPIRED_SST, MODULE, VALUE, check, response};
use crate::dialog;
use catalogue::Value;
use module_api::{DialogEvent, HookEvent, ParamSetting, State};
use sip::{Edits, Message};
use std::cell::RefCell;
use std::sync::Arc;
use testkit::{Fixture, absent, check_examples, int, show};

const FLAG: (&str, ParamSetting) = ("sst_flag", ParamSetting::Int(6));

/// An INVITE with this header line and the flag, before a dialog is made for it.
fn invite(line: &str, params: &[(&'static str, ParamSetting)]) -> (Fixture, [State; 2]) {
    let mut fixture =
        Fixture::request(&format!("INVITE sip:bob@example.com SIP/2.0\nContact: <sip:a@192.0.2.1>\n{line}"));
    let dialogs = fixture.start(&dialog::MODULE, &[]);
    let timers = fixture.start(&MODULE, &[&[FLAG], params].concat());
    let flag = fixture.services.names.flags.message.number("6").expect("flag");
    fixture.msg.flags.set(flag);
    (fixture, [dialogs, timers])
}

fn create(fixture: &mut Fixture, dialogs: &State) {
    let create = dialog::MODULE.functions.iter().find(|function| function.name == "create_dialog").unwrap();
    assert_eq!(fixture.call(dialogs, create, &[absent()]), 1);
}

fn timed(fixture: &Fixture) -> Value {
    fixture.msg.dialog.as_ref().map_or(Value::Null, |of| of.dialog.value(VALUE))
}

fn message(text: &str) -> Arc<Message> {
    Arc::new(testkit::message(text))
}

/// What is added to a reply, and how long the dialog lasts then.
fn answered(fixture: &mut Fixture, states: &[State; 2], line: &str) -> (String, Value) {
    let reply = message(&format!("SIP/2.0 200 OK\nTo: <sip:bob@example.com>;tag=2\nCSeq: 1 INVITE\n{line}"));
    let edits = RefCell::new(Edits::default());
    let moment = HookEvent::ReplyIn { branch: 0, reply: &reply, edits: &edits };
    fixture.with_call(&states[1], |call| response::watch(call, &moment));
    let timeout = dialog::MODULE.variables.iter().find(|variable| variable.name == "DLG_timeout").unwrap();
    let left = fixture.read(&states[0], timeout, "", module_api::Index::None);
    (show(&reply, &edits.into_inner()), left)
}

#[test]
fn examples_are_true() {
    check_examples(&MODULE, &[FLAG]);
}

#[test]
fn without_a_flag_it_does_not_start() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    assert_eq!(fixture.try_start(&MODULE, &[]).unwrap_err().param, Some("sst_flag"));
}

#[test]
fn a_call_whose_caller_asks_for_it_lasts_as_long_as_the_answer_says() {
    let (mut fixture, states) = invite("Session-Expires: 1800\nSupported: timer", &[]);
    create(&mut fixture, &states[0]);
    assert!(fixture.msg.edits.is_empty() && timed(&fixture) == Value::Int(1800));
    let (reply, left) = answered(&mut fixture, &states, "Session-Expires: 600;refresher=uas\nRequire: timer");
    assert!(!reply.contains("refresher=uac"), "{reply}");
    assert_eq!(left, Value::Int(600));
}

#[test]
fn we_ask_where_the_caller_does_not() {
    let settings = [("min_se", ParamSetting::Int(120)), ("sst_interval", ParamSetting::Int(300))];
    for (line, seconds) in [("Supported: timer", 300), ("Supported: timer\nMin-SE: 900", 900)] {
        let (mut fixture, states) = invite(line, &settings);
        create(&mut fixture, &states[0]);
        assert!(fixture.shown().contains(&format!("Session-Expires: {seconds}\n")), "{}", fixture.shown());
        // The callee knows nothing of it; the caller does.
        let (reply, left) = answered(&mut fixture, &states, "Server: old");
        assert!(reply.contains(&format!("Session-Expires: {seconds};refresher=uac\nRequire: timer\n")), "{reply}");
        assert_eq!(left, Value::Int(seconds));
    }
}

#[test]
fn a_call_of_two_who_know_nothing_of_timers_is_not_timed() {
    let (mut fixture, states) = invite("User-Agent: old", &[]);
    create(&mut fixture, &states[0]);
    let (reply, left) = answered(&mut fixture, &states, "Server: old");
    assert!(!reply.contains("Session-Expires"), "{reply}");
    assert_eq!(left, Value::Int(43_200));
}

#[test]
fn a_session_that_is_too_short_is_refused() {
    let line = "Session-Expires: 30\nSupported: 100rel, timer";
    let (mut fixture, states) = invite(line, &[("min_se", ParamSetting::Int(120))]);
    create(&mut fixture, &states[0]);
    assert_eq!(timed(&fixture), Value::Null);
    let sent = fixture.journal();
    assert!(
        sent.iter().any(|line| line.contains("422 Session Timer Too Small") && line.contains("Min-SE: 120")),
        "{sent:?}"
    );
    // Who does not know timers cannot do better (RFC 4028 section 8.1), nor where that is switched off.
    for (line, settings) in [("Session-Expires: 30", &[][..]), (line, &[("reject_to_small", ParamSetting::Int(0))][..])]
    {
        let (mut fixture, states) = invite(line, settings);
        create(&mut fixture, &states[0]);
        assert!(fixture.journal().iter().all(|line| !line.contains("422")) && timed(&fixture) == Value::Int(30));
    }
}

#[test]
fn without_the_flag_nothing_happens() {
    let (mut fixture, states) = invite("Session-Expires: 30\nSupported: timer", &[]);
    let flag = fixture.services.names.flags.message.number("6").expect("flag");
    fixture.msg.flags.reset(flag);
    create(&mut fixture, &states[0]);
    assert_eq!((timed(&fixture), fixture.msg.edits.is_empty()), (Value::Null, true));
}

#[test]
fn the_script_asks_whether_a_session_is_too_short() {
    for (line, code) in [
        ("Session-Expires: 60", 1),
        ("Session-Expires: 1800\nMin-SE: 60", 1),
        ("Session-Expires: 90", -1),
        ("Session-Expires: never", -1),
        ("User-Agent: x", -1),
    ] {
        let (mut fixture, states) = invite(line, &[]);
        assert_eq!(fixture.call(&states[1], &check::SST_CHECK_MIN, &[absent()]), code, "{line}");
        assert_eq!(fixture.journal(), Vec::<String>::new());
    }
    let (mut fixture, states) = invite("Session-Expires: 60", &[]);
    assert_eq!(fixture.call(&states[1], &check::SST_CHECK_MIN, &[int(1)]), 1);
    assert!(fixture.journal()[0].contains("422"), "{:?}", fixture.journal());
}

#[test]
fn a_timed_dialog_that_runs_out_is_counted() {
    let (mut fixture, states) = invite("Session-Expires: 1800\nSupported: timer", &[]);
    create(&mut fixture, &states[0]);
    let dialog = Arc::clone(&fixture.msg.dialog.as_ref().unwrap().dialog);
    let timers = Arc::clone(&states[1]);
    fixture.with_env(|env| super::watch_dialog(env, &timers, &dialog, &mut DialogEvent::Expired));
    let counter = fixture.services.statistics.counter("sst", EXPIRED_SST.name, EXPIRED_SST.resets);
    assert_eq!(counter.get(), 1);
}
