//! Rows that a database does not take: they hold up no other, and what can be written in another way is.

use super::store_tests::{Rowset, hang_up, params, restarted, stop, write_behind};
use super::tests::{INVITE, answer, function};
use super::{MODULE, keeper::Keeper};
use module_api::State;
use module_api::sql::Cell;
use std::sync::Arc;
use testkit::{Fixture, absent};

/// A server with this table, which is strict.
fn server(table: &Rowset, mode: i32) -> (Fixture, State) {
    let mut fixture = Fixture::request(INVITE);
    let state = fixture.start(&MODULE, &params(mode));
    fixture.answer = table.answerer();
    table.0.lock().unwrap().is_strict = true;
    (fixture, state)
}

/// A call of this Call-ID is answered; header lines may be added.
fn call(fixture: &mut Fixture, state: &State, call_id: &str, headers: &str) {
    let contact = if headers.contains("Contact:") { "" } else { "\nContact: <sip:alice@192.0.2.10>" };
    fixture.next_request(&format!("INVITE sip:bob@example.com SIP/2.0\nCall-ID: {call_id}{contact}\n{headers}"));
    assert_eq!(fixture.call(state, function("create_dialog"), &[absent()]), 1);
    answer(fixture, state);
}

/// The Call-IDs of the rows.
fn call_ids(table: &Rowset) -> String {
    let mut ids = table.column(1);
    ids.sort();
    ids.join(" ")
}

#[test]
fn a_row_that_is_refused_holds_up_no_other() {
    let table = Rowset::default();
    let (mut fixture, state) = server(&table, 2);
    call(&mut fixture, &state, "first", "");
    write_behind(&mut fixture).unwrap();
    fixture.next_request("BYE sip:bob@192.0.2.20 SIP/2.0\nCall-ID: first\nTo: <sip:b@c>;tag=to-1\nCSeq: 2 BYE");
    assert_eq!(fixture.call(&state, function("match_dialog"), &[absent()]), 1);
    table.0.lock().unwrap().hates = "bad";
    for call_id in ["one", "bad", "two"] {
        call(&mut fixture, &state, call_id, "");
    }
    write_behind(&mut fixture).unwrap();
    assert_eq!(call_ids(&table), "one two");
    let lines = fixture.log_lines();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("ERROR: table dialog, row "), "{lines:?}");
    assert!(lines[0].ends_with("the trigger says no"), "{lines:?}");
    // It is tried again, after all others and alone; once it is taken it is a row as others are.
    table.statements();
    call(&mut fixture, &state, "three", "");
    write_behind(&mut fixture).unwrap();
    assert_eq!((call_ids(&table).as_str(), table.statements().as_str()), ("one three two", "INSERT"));
    assert!(fixture.log_lines().is_empty());
    table.0.lock().unwrap().hates = "";
    write_behind(&mut fixture).unwrap();
    assert_eq!(call_ids(&table), "bad one three two");
    stop(&mut fixture);
}

#[test]
fn what_strict_tables_refuse_is_made_fit_or_set_aside_before_it_hurts() {
    let table = Rowset::default();
    let (mut fixture, state) = server(&table, 2);
    let tag = format!("From: <sip:a@b>;tag={}", "x".repeat(65));
    let contact = format!("Contact: <sip:a@192.0.2.10;x={}>", "y".repeat(280));
    let bad = [("a-tag", tag.as_str()), ("a-contact", &contact), ("a-number", "CSeq: 3000000000 INVITE")];
    for (call_id, headers) in bad {
        call(&mut fixture, &state, &format!("good-{call_id}"), "");
        call(&mut fixture, &state, call_id, headers);
    }
    write_behind(&mut fixture).unwrap();
    assert_eq!(call_ids(&table), "a-number good-a-contact good-a-number good-a-tag");
    let lines = fixture.log_lines();
    let named = |column: &str| lines.iter().any(|line| line.contains(&format!("column {column} is made for less;")));
    assert!(named("from_tag") && named("caller_contact") && lines.len() == 2, "{lines:?}");
    // In the batch of the others there was none of them.
    assert_eq!(table.statements(), "INSERT INSERT INSERT INSERT");
    // An engine that does not count takes them whole.
    table.0.lock().unwrap().is_strict = false;
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.column(1).len(), 6);
    let (_, state) = restarted(&table, 2);
    assert_eq!(Arc::clone(&state).downcast::<Keeper>().ok().unwrap().table.count(), 6);
}

#[test]
fn a_uri_that_is_no_text_is_written_with_escapes() {
    let table = Rowset::default();
    let (mut fixture, state) = server(&table, 1);
    fixture.next_request(INVITE);
    let lines = b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-test\r\n\
        From: <sip:\xe4\xff@here.test>;tag=from-1\r\nTo: <sip:bob@example.com>\r\nCall-ID: utf8\r\nCSeq: 1 INVITE\r\n\
        Contact: <sip:alice@192.0.2.10>\r\nContent-Length: 0\r\n\r\n";
    let message = sip::Message::parse(lines.to_vec().into(), &sip::Limits::default()).unwrap();
    fixture.msg = module_api::Routing::new(Arc::new(message), fixture.msg.source);
    assert_eq!(fixture.call(&state, function("create_dialog"), &[absent()]), 1);
    answer(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert_eq!(table.column(2), ["sip:%E4%FF@here.test"]);
}

#[test]
fn in_realtime_a_refused_row_is_named_once() {
    let table = Rowset::default();
    let (mut fixture, state) = server(&table, 1);
    table.0.lock().unwrap().hates = "call-1@192.0.2.10";
    call(&mut fixture, &state, "call-1@192.0.2.10", "");
    fixture.run_background().unwrap();
    write_behind(&mut fixture).unwrap();
    assert_eq!(fixture.log_lines().len(), 1);
    hang_up(&mut fixture, &state);
    fixture.run_background().unwrap();
    assert_eq!(fixture.log_lines(), Vec::<String>::new());
    let gone = table.0.lock().unwrap().rows.values().all(|row| row[1] != Cell::text("call-1@192.0.2.10"));
    assert!(gone);
}

#[test]
fn rows_of_ended_calls_go_together() {
    let table = Rowset::default();
    let (mut fixture, state) = server(&table, 2);
    let ids = ["a", "b", "c", "d"];
    for id in ids {
        call(&mut fixture, &state, id, "");
    }
    write_behind(&mut fixture).unwrap();
    for id in ids {
        fixture.next_request(&format!("BYE sip:b@c SIP/2.0\nCall-ID: {id}\nTo: <sip:b@c>;tag=to-1\nCSeq: 2 BYE"));
        assert_eq!(fixture.call(&state, function("match_dialog"), &[absent()]), 1);
    }
    table.statements();
    let queries = Arc::new(std::sync::Mutex::new(0));
    let (counted, mut inner) = (Arc::clone(&queries), table.answerer());
    fixture.answer = Box::new(move |request| {
        *counted.lock().unwrap() += 1;
        inner(request)
    });
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.statements(), "DELETE DELETE DELETE DELETE");
    assert_eq!((call_ids(&table), *queries.lock().unwrap()), (String::new(), 1));
}
