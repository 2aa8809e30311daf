//! What is written when, as log lines, events and rows.

use super::params::Acc;
use super::record::Record;
use super::{MODULE, functions, request, variables, watch};
use bytes::Bytes;
use catalogue::Value;
use module_api::sql::Cell;
use module_api::{Answer, Fault, HookEvent, Operator, ParamSetting, Request, State};
use std::sync::{Arc, Mutex};
use testkit::{Fixture, str};

fn text(value: &str) -> ParamSetting {
    ParamSetting::Str(value.to_owned())
}

fn reply_out(fixture: &mut Fixture, state: &State, code: u16, reason: &str) {
    fixture.with_call(state, |call| {
        let moment =
            HookEvent::ReplyOut { code, reply: None, reason: reason.as_bytes(), to_tag: b"to-9", sent: &Bytes::new() };
        watch::watch(call, &moment);
    });
}

/// Collects the rows that are inserted; fails as often as `failures` says.
fn record_rows(fixture: &mut Fixture, mut failures: u32) -> Arc<Mutex<Vec<String>>> {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&rows);
    fixture.answer = Box::new(move |request| match request {
        Request::Sql(_) if failures > 0 => {
            failures -= 1;
            Answer::Sql(Err(Fault::backend("disk full")))
        }
        Request::Sql(query) => {
            for (statement, values) in &query.statements {
                let values: Vec<String> = values.iter().map(show).collect();
                seen.lock().unwrap().push(format!("{} <- {}", statement.sql, values.join(",")));
            }
            Answer::Sql(Ok(module_api::sql::Rows::default()))
        }
        _ => Answer::Done(Ok(())),
    });
    rows
}

fn show(cell: &Cell) -> String {
    cell.to_bytes().map_or("NULL".to_owned(), |text| String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn an_answered_call_is_logged_with_its_fields() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("extra_fields", text("log: caller->From; x"))]);
    assert_eq!(fixture.call(&state, &functions::DO_ACCOUNTING, &[str("log")]), 1);
    fixture.write(&state, &variables::EXTRA, "caller", Operator::Set, Value::fixed("alice")).unwrap();
    reply_out(&mut fixture, &state, 180, "Ringing");
    reply_out(&mut fixture, &state, 200, "OK");
    assert_eq!(
        fixture.log_lines(),
        ["NOTICE: ACC: transaction answered: timestamp=1700000000;method=INVITE;from_tag=from-1;to_tag=to-9;\
          call_id=call-1@192.0.2.10;code=200;reason=OK;From=alice;x="]
    );
}

#[test]
fn failures_count_only_when_asked_for() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("log")]);
    reply_out(&mut fixture, &state, 486, "Busy Here");
    assert!(fixture.log_lines().is_empty());
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("log"), str("failed")]);
    reply_out(&mut fixture, &state, 486, "Busy Here");
    assert!(fixture.log_lines()[0].contains("code=486;reason=Busy Here"));
}

#[test]
fn a_missed_call_is_a_row_once() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("db_url", text("sqlite:///x")), ("extra_fields", text("db: callee"))]);
    let rows = record_rows(&mut fixture, 0);
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("db"), str("missed")]);
    for _ in 0..2 {
        fixture.with_call(&state, |call| watch::watch(call, &HookEvent::Failed { code: 486, reason: b"Busy Here" }));
    }
    fixture.run_background().unwrap();
    let expected = "INSERT INTO missed_calls (method, from_tag, to_tag, callid, sip_code, sip_reason, time, setuptime, created, \
                    callee) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) <- \
                    INVITE,from-1,,call-1@192.0.2.10,486,Busy Here,1700000000,0,1700000000,NULL";
    assert_eq!(*rows.lock().unwrap(), [expected]);
}

#[test]
fn a_call_that_was_missed_and_then_answered_is_both() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("log"), str("missed")]);
    for code in [486, 480] {
        fixture.with_call(&state, |call| watch::watch(call, &HookEvent::Failed { code, reason: b"Busy Here" }));
    }
    reply_out(&mut fixture, &state, 200, "OK");
    let lines: Vec<String> =
        fixture.log_lines().iter().filter_map(|line| Some(line.split(':').nth(2)?.to_owned())).collect();
    assert_eq!(
        lines,
        [" call missed", " transaction answered"],
        "voicemail has answered; only the first one is missed"
    );
}

#[test]
fn a_record_survives_a_database_that_fails_for_a_while() {
    let mut fixture = Fixture::request("BYE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("db_url", text("sqlite:///x"))]);
    let rows = record_rows(&mut fixture, 3);
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("db"), str("failed"), str("acc_bye")]);
    reply_out(&mut fixture, &state, 481, "Gone");
    fixture.run_background().unwrap();
    assert_eq!(rows.lock().unwrap().len(), 1);
    assert!(rows.lock().unwrap()[0].starts_with("INSERT INTO acc_bye "));
}

#[test]
fn a_record_that_cannot_be_written_is_logged_whole() {
    let mut fixture = Fixture::request("BYE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("db_url", text("sqlite:///x")), ("extra_fields", text("db: caller->col"))]);
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("db")]);
    fixture.write(&state, &variables::EXTRA, "caller", Operator::Set, Value::fixed("alice")).unwrap();
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::script("no such column: col"))));
    reply_out(&mut fixture, &state, 200, "OK");
    fixture.run_background().unwrap();
    let whole = "timestamp=1700000000;method=BYE;from_tag=from-1;to_tag=to-9;call_id=call-1@192.0.2.10;code=200;\
                 reason=OK;created=1700000000;caller=alice";
    let logged = |why: &str| format!("ERROR: ACC: not in the database ({why}), the record is: {whole}");
    assert_eq!(fixture.log_lines(), [logged("no such column: col")]);
    // One that waits when the server stops.
    let acc = Arc::clone(&state).downcast::<Acc>().ok().unwrap();
    let record = fixture.with_call(&state, |call| Record::new(call, &acc, b"200", b"OK", b"to-9"));
    acc.spool.put(&Arc::new(record)).unwrap();
    let (_, stop) = fixture.wishes.at_stop.remove(0);
    fixture.with_env(|env| drop(stop(env)));
    assert_eq!(fixture.log_lines(), [logged("the server stops while the database fails")]);
    // One that is being written then.
    fixture.answer = Box::new(|_| Answer::Sql(Err(Fault::backend("locked"))));
    let record = fixture.with_call(&state, |call| Record::new(call, &acc, b"200", b"OK", b"to-9"));
    fixture.with_env(|env| super::database::write(env, &acc, "acc", super::marks::Occasion::Done, record));
    fixture.run_background().unwrap();
    assert_eq!(fixture.log_lines(), [logged("locked")]);
}

#[test]
fn events_carry_the_fields_of_each_leg() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("leg_fields", text("evi: to"))]);
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("evi")]);
    fixture.write(&state, &variables::LEG, "to", Operator::Set, Value::fixed("bob")).unwrap();
    fixture.call(&state, &functions::NEW_LEG, &[]);
    fixture.write(&state, &variables::LEG, "to", Operator::Set, Value::fixed("carol")).unwrap();
    reply_out(&mut fixture, &state, 200, "OK");
    let legs: Vec<Value> =
        fixture.out.drain_events().filter_map(|event| event.params.last().map(|(_, value)| value.clone())).collect();
    assert_eq!(legs, [Value::fixed("bob"), Value::fixed("carol")]);
}

#[test]
fn flags_of_older_scripts_mark_transactions() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture
        .start(&MODULE, &[("log_flag", ParamSetting::Int(1)), ("failed_transaction_flag", ParamSetting::Int(3))]);
    let flag = |fixture: &Fixture, name: &str| fixture.services.names.flags.message.number(name).unwrap();
    let (log, failed) = (flag(&fixture, "1"), flag(&fixture, "3"));
    fixture.msg.flags.set(log);
    reply_out(&mut fixture, &state, 404, "Not Found");
    assert!(fixture.log_lines().is_empty());
    fixture.msg.flags.set(failed);
    reply_out(&mut fixture, &state, 404, "Not Found");
    assert_eq!(fixture.log_lines().len(), 1);
}

#[test]
fn what_is_not_there_says_so() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    let mut said =
        |args: &[module_api::ArgValue]| fixture.outcome(&state, &functions::DO_ACCOUNTING, args).unwrap_err().text;
    assert!(said(&[str("aaa")]).contains("AAA module"));
    assert!(said(&[str("db"), str("cdr")]).contains("dialog.so"));
    assert!(said(&[str("dbx")]).contains("one of log, db"));
}

#[test]
fn a_request_is_accounted_on_the_spot() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    fixture.call(&state, &request::LOG, &[str("404 Not found")]);
    assert!(fixture.log_lines()[0].contains("request accounted"));
    fixture.call(&state, &request::LOG, &[str("Forbidden by policy")]);
    assert!(fixture.log_lines()[0].contains("code=000;reason=Forbidden by policy"));
}

#[test]
fn an_event_without_success_is_a_missed_one() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[]);
    for comment in ["200 OK", "404 Not found", "Nobody there"] {
        fixture.call(&state, &request::EVI, &[str(comment)]);
    }
    fixture.call(&state, &functions::DO_ACCOUNTING, &[str("evi"), str("failed")]);
    reply_out(&mut fixture, &state, 486, "Busy Here");
    let raised: Vec<String> = fixture.out.drain_events().map(|event| event.event).collect();
    let missed = "E_ACC_MISSED_EVENT";
    assert_eq!(raised, ["E_ACC_EVENT", missed, missed, missed]);
}

#[test]
fn early_media_and_cancels_are_accounted_where_that_is_asked_for() {
    for (given, expected) in [(0, 0), (1, 2)] {
        let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
        let params = [("early_media", ParamSetting::Int(given)), ("report_cancels", ParamSetting::Int(given))];
        let state = fixture.start(&MODULE, &params);
        fixture.call(&state, &functions::DO_ACCOUNTING, &[str("log")]);
        let with_body = Fixture::reply("SIP/2.0 183 Session Progress\nContent-Type: text/plain\n\nhello").msg.message;
        let reply = HookEvent::ReplyOut {
            code: 183,
            reply: Some(&with_body),
            reason: b"Progress",
            to_tag: b"to-9",
            sent: &Bytes::new(),
        };
        fixture.with_call(&state, |call| watch::watch(call, &reply));
        fixture.with_call(&state, |call| watch::watch(call, &HookEvent::Cancelled));
        let lines = fixture.log_lines();
        assert_eq!(lines.len(), expected);
        let said =
            lines.iter().map(|line| line.contains("code=183") || line.contains("code=487;reason=Request Cancelled"));
        assert!(said.into_iter().all(|right| right), "{lines:?}");
    }
}

#[test]
fn what_can_never_work_is_refused_at_start() {
    for (function, index, word, expected) in
        [("do_accounting", 0, "log|db", "db_url"), ("acc_db_request", 1, "acc", "db_url")]
    {
        let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
        fixture.constants = vec![(function, index, word.to_owned())];
        let error = fixture.try_start(&MODULE, &[]).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
        fixture.constants = vec![("do_accounting", 0, "log|db".to_owned()), ("acc_db_request", 1, "acc".to_owned())];
        fixture.start(&MODULE, &[("db_url", text("sqlite:///x"))]);
    }
}

/// The `ftag` of our Record-Route tells who made the call.
#[test]
fn who_made_the_call_comes_first_where_that_is_asked_for() {
    for (detects, ftag, tags) in [
        (1, Some("to-1"), "from_tag=to-9;to_tag=from-1"),
        (1, Some("from-1"), "from_tag=from-1;to_tag=to-9"),
        (1, None, "from_tag=from-1;to_tag=to-9"),
        (0, Some("to-1"), "from_tag=from-1;to_tag=to-9"),
    ] {
        let mut fixture = Fixture::request("BYE sip:bob@example.com SIP/2.0");
        let state = fixture.start(&MODULE, &[("detect_direction", ParamSetting::Int(detects))]);
        fixture.msg.route_set.params = ftag.map(|tag| Bytes::from(format!(";lr;ftag={tag}"))).unwrap_or_default();
        fixture.call(&state, &functions::DO_ACCOUNTING, &[str("log")]);
        reply_out(&mut fixture, &state, 200, "OK");
        let logged = fixture.log_lines();
        assert!(logged.len() == 1 && logged[0].contains(tags), "{detects} {ftag:?}: {logged:?}");
    }
}
