//! Programs as scripts ask for them; what they write is made up here.

use super::{EXEC, MODULE, old};
use bytes::Bytes;
use catalogue::Value;
use module_api::{Answer, ArgValue, Fault, ParamSetting, Program, ProgramOutput, Request, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Fixture, absent, str};

const REQUEST: &str = "INVITE sip:bob@example.com SIP/2.0
v: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK-7
From: <sip:alice@example.com>;tag=1
To: <sip:bob@example.com>
Call-ID: c-1
X-Two.Words: a
X-Two.Words: b";

/// What was asked.
type Asked = Arc<Mutex<Vec<Program>>>;

fn started(params: &[(&'static str, ParamSetting)], output: Result<ProgramOutput, Fault>) -> (Fixture, State, Asked) {
    let mut fixture = Fixture::request(REQUEST);
    let state = fixture.start(&MODULE, params);
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    fixture.answer = Box::new(move |request| {
        let Request::Exec(program) = request else { panic!("{request:?}") };
        seen.lock().unwrap().push((**program).clone());
        Answer::Exec(output.clone())
    });
    (fixture, state, asked)
}

fn wrote(output: &'static str, errors: &'static str) -> Result<ProgramOutput, Fault> {
    let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
    Ok(ProgramOutput { output: bytes(output), errors: bytes(errors) })
}

fn variable(fixture: &Fixture, name: &str) -> ArgValue {
    ArgValue::Var(fixture.variable(name))
}

#[test]
fn lines_go_to_variables() {
    let (mut fixture, state, asked) = started(&[], wrote("one\n\ntwo\n", "oops"));
    let args = [str("ls"), str("input"), variable(&fixture, "$avp(out)"), variable(&fixture, "$var(err)")];
    assert_eq!(fixture.call(&state, &EXEC, &args), 1);
    let avp = fixture.variable("$avp(out)");
    let lines: Vec<Value> =
        fixture.with_call(&state, |call| (0..avp.count(call)).map(|at| avp.read_at(call, at)).collect());
    assert_eq!(lines, [Value::fixed("two"), Value::fixed(""), Value::fixed("one")]);
    assert_eq!(fixture.value("$var(err)"), Value::fixed("oops"));
    let program = asked.lock().unwrap().remove(0);
    assert_eq!((&program.command[..], &program.input[..]), (&b"ls"[..], &b"input"[..]));
    assert!(program.wants_output && program.wants_errors && program.time_to_kill.is_none());
}

#[test]
fn nothing_written_leaves_the_variable() {
    let (mut fixture, state, asked) = started(&[("time_to_kill", ParamSetting::Int(7))], wrote("", ""));
    let args = [str("true"), absent(), variable(&fixture, "$var(out)")];
    assert_eq!(fixture.call(&state, &EXEC, &args), 1);
    assert_eq!(fixture.value("$var(out)"), Value::Null);
    let program = asked.lock().unwrap().remove(0);
    assert!(program.wants_output && !program.wants_errors && program.environment.is_empty());
    assert_eq!(program.time_to_kill, Some(Duration::from_secs(7)));
}

#[test]
fn a_program_that_cannot_be_run_is_an_error() {
    let (mut fixture, state, _) = started(&[], Err(Fault::backend("no shell")));
    assert_eq!(fixture.call(&state, &EXEC, &[str("true")]), -1);
    assert_eq!(fixture.log_lines(), ["ERROR: no shell"]);
}

#[test]
fn the_environment_holds_avp_and_message() {
    let (mut fixture, state, asked) = started(&[("setvars", ParamSetting::Int(1))], wrote("", ""));
    let avp = fixture.variable("$avp(env)");
    fixture.with_call(&state, |call| {
        for value in ["b", "a"] {
            avp.write(call, module_api::Operator::Set, Value::fixed(value)).unwrap();
        }
    });
    fixture.msg.branches.first_mut().uri = Bytes::from_static(b"sip:carol@192.0.2.7");
    fixture.call(&state, &EXEC, &[str("env"), absent(), absent(), absent(), ArgValue::Var(avp)]);
    let program = asked.lock().unwrap().remove(0);
    let shown = program.environment.iter().map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
    let expected = "OSIPS_EXEC_0=a
OSIPS_EXEC_1=b
SIP_TID=z9hG4bK-7
SIP_DID=
SIP_SRCIP=192.0.2.10
SIP_ORURI=sip:bob@example.com
SIP_RURI=sip:carol@192.0.2.7
SIP_USER=carol
SIP_OUSER=bob
SIP_HF_CALL_ID=c-1
SIP_HF_FROM=<sip:alice@example.com>;tag=1
SIP_HF_TO=<sip:bob@example.com>
SIP_HF_VIA=SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK-7
SIP_HF_X_TWO_WORDS=a,b";
    let shown: Vec<String> = shown.filter(|line| expected.contains(line.as_str())).collect();
    assert_eq!(shown.join("\n"), expected);
}

#[test]
fn old_commands_read_the_message() {
    let (mut fixture, state, asked) = started(&[], wrote("", ""));
    assert_eq!(fixture.call(&state, &old::EXEC_MSG, &[str("log.sh")]), 1);
    let program = asked.lock().unwrap().remove(0);
    assert!(program.input.starts_with(b"INVITE sip:bob@example.com SIP/2.0\r\n") && !program.wants_output);
    assert_eq!(program.command, "log.sh");
}

#[test]
fn old_commands_write_a_line_to_each_avp() {
    let (mut fixture, state, asked) = started(&[], wrote("one \r\n\ntwo\nthree", ""));
    assert_eq!(fixture.call(&state, &old::EXEC_AVP, &[str("who"), str("$avp(a), $avp(s:b)")]), 1);
    assert!(asked.lock().unwrap().remove(0).wants_output);
    let values = ["$avp(a)", "$avp(b)", "$avp(3)", "$avp(4)"].map(|name| fixture.value(name));
    assert_eq!(values, [Value::fixed("one"), Value::fixed("two"), Value::fixed("three"), Value::Null]);
    assert_eq!(fixture.call(&state, &old::EXEC_AVP, &[str("who"), absent()]), 1);
    assert_eq!(fixture.value("$avp(1)"), Value::fixed("one"));
    assert_eq!(fixture.call(&state, &old::EXEC_AVP, &[str("who"), str("$var(a)")]), -1);
}

#[test]
fn old_commands_write_destinations() {
    let (mut fixture, state, asked) = started(&[], wrote("sip:carol@example.com\nsip:dora@example.com\n", ""));
    fixture.msg.branches.first_mut().uri = Bytes::from_static(b"sip:o'k;ls@example.com");
    assert_eq!(fixture.call(&state, &old::EXEC_DSET, &[str("route.sh")]), 1);
    assert_eq!(asked.lock().unwrap().remove(0).command, "route.sh 'sip:o'\\''k;ls@example.com'");
    let uris: Vec<Bytes> = fixture.msg.branches.iter().map(|branch| branch.uri.clone()).collect();
    assert_eq!(uris, ["sip:carol@example.com", "sip:dora@example.com"]);
    let (mut fixture, state, _) = started(&[], wrote("sip:carol@exam ple.com\n", ""));
    assert_eq!(fixture.call(&state, &old::EXEC_DSET, &[str("route.sh")]), -1);
    assert_eq!(&**fixture.msg.request_uri(), b"sip:bob@example.com");
}

#[test]
fn old_scripts_ask_for_the_environment() {
    let (mut fixture, state, _) = started(&[], wrote("", ""));
    fixture.services.settings.environment.push(("HOSTNAME".to_owned(), "one".to_owned()));
    assert_eq!(fixture.call(&state, &old::EXEC_GETENV, &[str("HOSTNAME"), absent()]), 1);
    assert_eq!(fixture.call(&state, &old::EXEC_GETENV, &[str("HOSTNAME"), str("$avp(host)")]), 1);
    assert_eq!(fixture.value("$avp(1)"), Value::fixed("one"));
    assert_eq!(fixture.value("$avp(host)"), Value::fixed("one"));
    assert_eq!(fixture.call(&state, &old::EXEC_GETENV, &[str("NOTHING"), absent()]), -1);
}

#[test]
fn the_line_of_today_has_the_arguments_of_the_script() {
    let today = |function: &module_api::Function, args: &[&str]| function.today.unwrap()(args);
    let line = catalogue::Today::Line("exec(\"sudo drop '$si'\", \"$mb\")".to_owned());
    assert_eq!(today(&old::EXEC_MSG, &["sudo drop '$si'"]), line);
    let hint = |text: &str| catalogue::Today::Hint(text.to_owned());
    let every = hint("today it is exec(\"who\", , $avp(x)), which gets every line");
    assert_eq!(today(&old::EXEC_AVP, &["who", "$avp(x)"]), every);
    assert_eq!(today(&old::EXEC_GETENV, &["HOME"]), hint("today it is $avp(1) = $env(HOME)"));
}
