//! What the functions ask of the engine, and the tables.

use super::MODULE;
use catalogue::{Order, Value};
use module_api::{Index, MiRun, Operator, ParamSetting};
use testkit::{Fixture, absent, flags, int, regex, str};

fn fixture() -> (Fixture, module_api::State) {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0\nCall-ID: 1@here\nCSeq: 7 INVITE");
    let state = fixture.start(&MODULE, &[]);
    (fixture, state)
}

fn run(name: &str, args: &[module_api::ArgValue]) -> (i32, Vec<String>) {
    let (mut fixture, state) = fixture();
    let function = MODULE.functions.iter().find(|function| function.name == name).unwrap();
    let code = fixture.call(&state, function, args);
    (code, fixture.journal())
}

#[test]
fn functions_ask_the_engine() {
    let cases: &[(&str, &[module_api::ArgValue], i32, &str)] = &[
        ("t_relay", &[], 1, "relay sip:bob@example.com"),
        ("t_relay", &[flags(&["no-auto-477"]), str("udp:192.0.2.9")], 1, "relay udp:192.0.2.9"),
        ("t_replicate", &[str("sip:copy@example.org")], 1, "relay sip:copy@example.org"),
        ("t_reply", &[int(404), str("Not Found")], 1, "reply 404 Not Found"),
        ("t_newtran", &[], 1, "create"),
        ("t_on_failure", &[int(3)], 1, "arm Failure Some(3)"),
        ("t_on_branch", &[int(4)], 1, "arm Branch Some(4)"),
        ("t_add_hdrs", &[str("X-Y: 1\r\n")], 1, "add headers X-Y: 1"),
        ("t_cancel_branch", &[str("o")], 1, "cancel this=false others=true"),
        ("t_cancel_branch", &[absent()], 1, "cancel this=true others=false"),
        ("t_inject_branches", &[str("msg"), str("last")], 1, "inject cancel=false last=true"),
        ("t_wait_for_new_branches", &[int(2)], 1, "wait for branches Some(2)"),
        ("t_wait_no_more_branches", &[], 1, "wait for branches None"),
        ("t_reply_by_callid", &[int(200), str("OK")], 1, "reply to 1@here Some(7): 200"),
        ("t_check_trans", &[], -1, ""),
        ("t_was_cancelled", &[], -1, ""),
        ("t_check_status", &[regex("4..")], -1, ""),
        ("t_reply", &[int(99), str("No")], -1, ""),
        ("t_anycast_replicate", &[], -1, ""),
        (
            "t_new_request",
            &[str("MESSAGE"), str("sip:a@b"), str("Bob sip:bob@b"), str("sip:a@b"), str("text/plain Hi")],
            1,
            "request MESSAGE sip:a@b",
        ),
    ];
    for (name, args, code, asked) in cases {
        let (returned, journal) = run(name, args);
        assert_eq!(returned, *code, "{name}");
        assert_eq!(journal.join("\n").trim(), *asked, "{name}");
    }
}

#[test]
fn timeouts_can_be_set_before_there_is_a_transaction() {
    let (mut fixture, state) = fixture();
    let variable = MODULE.variables.iter().find(|variable| variable.name == "T_fr_timeout").unwrap();
    assert_eq!(fixture.read(&state, variable, "", Index::None), Value::Int(30));
    fixture.write(&state, variable, "", Operator::Set, Value::Int(3)).unwrap();
    assert_eq!(fixture.read(&state, variable, "", Index::None), Value::Int(3));
    assert_eq!(fixture.msg.armed.any_reply, Some(std::time::Duration::from_secs(3)));
    fixture.write(&state, variable, "", Operator::Set, Value::Null).unwrap();
    assert_eq!(fixture.read(&state, variable, "", Index::None), Value::Int(30));
}

#[test]
fn t_relay_takes_timeouts_from_the_variables_of_old_scripts() {
    let variable = |name: &str| ParamSetting::Str(name.to_owned());
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let params = [("fr_timer_avp", variable("$avp(i:24)")), ("fr_inv_timer_avp", variable("$avp(ring)"))];
    let state = fixture.start(&MODULE, &params);
    let relay = |fixture: &mut Fixture, any_reply: Value, invite_final: Value| {
        for (name, value) in [("$avp(i:24)", any_reply), ("$avp(ring)", invite_final)] {
            let variable = fixture.variable(name);
            fixture.with_call(&state, |call| variable.write(call, Operator::Set, value)).unwrap();
        }
        assert_eq!(fixture.call(&state, &super::relay::RELAY, &[absent(), absent()]), 1);
        let armed = fixture.msg.armed;
        [armed.any_reply, armed.invite_final].map(|time| time.map(|time| time.as_secs()))
    };
    assert_eq!(relay(&mut fixture, Value::Null, Value::fixed("soon")), [None, None]);
    assert_eq!(relay(&mut fixture, Value::Int(5), Value::Int(-1)), [Some(5), None]);
    assert_eq!(relay(&mut fixture, Value::fixed("7"), Value::Int(40)), [Some(7), Some(40)]);
}

#[test]
fn the_engine_gets_the_parameters() {
    let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
    fixture.start(&MODULE, &[("fr_timeout", ParamSetting::Int(5)), ("T1_timer", ParamSetting::Int(100))]);
    let settings = fixture.wishes.transactions.take().unwrap();
    assert_eq!((settings.any_reply.as_secs(), settings.t1.as_millis()), (5, 100));
    assert_eq!(fixture.services.statistics.list(Some("tm")).len(), 24);
}

/// What a function has written, with the place and the time it may take, and its return code.
fn written(function: &str, args: &[module_api::ArgValue], params: &[(&'static str, ParamSetting)]) -> (i32, String) {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0\nCall-ID: 1@here\nCSeq: 7 INVITE\n\nbody");
    let state = fixture.start(&MODULE, params);
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let kept = std::sync::Arc::clone(&seen);
    fixture.answer = Box::new(move |request| {
        let module_api::Request::Write { path, socket, bytes, deadline } = request else { panic!("{request:?}") };
        let kind = if *socket { "socket" } else { "FIFO" };
        *kept.lock().unwrap() =
            format!("{kind} {path} within {} s: {}", deadline.as_secs(), String::from_utf8_lossy(bytes));
        module_api::Answer::Done(if path.contains("gone") { Err(module_api::Fault::backend("gone")) } else { Ok(()) })
    });
    let function = MODULE.functions.iter().find(|known| known.name == function).unwrap();
    let code = fixture.call(&state, function, args);
    let text = seen.lock().unwrap().clone();
    (code, text)
}

#[test]
fn what_is_written_for_a_program_outside() {
    let append = ("tw_append", ParamSetting::Str("item: reason=$avp(x);$rb".to_owned()));
    let known = "INVITE\nsip:bob@example.com\nsip:bob@example.com\n192.0.2.10\n";
    let (code, text) =
        written("t_write_unix", &[str("voicemail/item"), str("/run/vm.sock")], std::slice::from_ref(&append));
    assert_eq!(code, 1);
    assert!(text.starts_with(&format!("socket /run/vm.sock within 2 s: voicemail\n{known}")), "{text}");
    assert!(text.ends_with("reason: \n\nbody"), "{text}");
    let timeout = ("unix_tx_timeout", ParamSetting::Int(5));
    let (code, text) = written("t_write_req", &[str("voicemail"), str("/run/vm.fifo")], &[append.clone(), timeout]);
    assert_eq!(code, 1);
    assert!(text.starts_with(&format!("FIFO /run/vm.fifo within 5 s: voicemail\n{known}")), "{text}");
    assert!(!text.contains("body"), "{text}");
    assert_eq!(written("t_write_req", &[str("voicemail"), str("/run/gone")], &[]).0, -1);
    assert_eq!(written("t_write_req", &[str("voicemail/other"), str("/run/vm.fifo")], &[append]), (-1, String::new()));
}

#[test]
fn management_refuses_what_it_cannot_send() {
    let (mut fixture, state) = fixture();
    let cases = [
        (
            vec![("method", "OPTIONS"), ("ruri", "nonsense"), ("headers", "From: <sip:a@b>\nTo: <sip:a@b>")],
            "400 Invalid ruri",
        ),
        (vec![("method", "OPTIONS"), ("ruri", "sip:a@b"), ("headers", "From: <sip:a@b>")], "400 To missing"),
        (vec![("method", "OPTIONS"), ("ruri", "sip:a@b"), ("headers", "To: <sip:a@b>")], "400 From missing"),
        (vec![("method", "OPTIONS"), ("ruri", "sip:a@b"), ("headers", "no colon")], "400 Bad headers"),
        (
            vec![
                ("method", "MESSAGE"),
                ("ruri", "sip:a@b"),
                ("headers", "From: <sip:a@b>\nTo: <sip:a@b>"),
                ("body", "x"),
            ],
            "400 Content-Type missing",
        ),
        (
            vec![
                ("method", "OPTIONS"),
                ("ruri", "sip:a@b"),
                ("headers", "From: <sip:a@b>"),
                ("socket", "udp:203.0.113.1"),
            ],
            "404 Local socket not found",
        ),
    ];
    let MiRun::Wait(run) = super::commands::UAC_DLG.run else { panic!("it waits") };
    for (params, expected) in cases {
        let params: Vec<_> = params.iter().map(|(name, value)| (*name, (*value).into())).collect();
        let error = fixture.command(&state, MiRun::Wait(run), &params).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_destination_may_stand_before_the_flags() {
    let relay = MODULE.functions.iter().find(|function| function.name == "t_relay").unwrap();
    let order = relay.old_order.unwrap();
    for written in [&["udp:192.0.2.1:5060"][..], &["udp:192.0.2.1:5060", "0x02"], &["sip.example.com"]] {
        assert_eq!(order(written), Order::Old(&[1, 0]), "{written:?}");
    }
    for written in [&[][..], &["0x02"], &["no-auto-477", "udp:192.0.2.1"], &["", "udp:192.0.2.1"], &["$var(a.b)"]] {
        assert_eq!(order(written), Order::Today, "{written:?}");
    }
    assert!(relay.args[0].gone_bits.iter().any(|(bit, _)| *bit == 1));
}
