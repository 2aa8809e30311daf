//! What a row says of a call that goes on: where its parties are, and which numbers have left.

use super::keeper::Keeper;
use super::store_tests::{Rowset, answered, restarted, stop, write_behind};
use super::tests::function;
use super::watch;
use bytes::Bytes;
use module_api::{HookEvent, State};
use std::cell::RefCell;
use std::sync::Arc;
use testkit::{Fixture, absent, int, str};

/// The caller's re-INVITE, from another contact, is answered.
fn reinvite(fixture: &mut Fixture, state: &State, number: u32, code: u16) {
    fixture.next_request(&format!(
        "INVITE sip:bob@192.0.2.20 SIP/2.0\nTo: <sip:bob@example.com>;tag=to-1\nCSeq: {number} INVITE\n\
         Contact: <sip:alice@192.0.2.99>"
    ));
    assert_eq!(fixture.call(state, function("match_dialog"), &[absent()]), 1);
    let reply = format!(
        "SIP/2.0 {code} Well\nTo: <sip:bob@example.com>;tag=to-1\nCSeq: {number} INVITE\nContact: <sip:bob@192.0.2.88>"
    );
    let reply = Arc::new(testkit::message(&reply));
    let sent = Bytes::new();
    fixture.with_call(state, |call| {
        watch::watch(call, &HookEvent::ReplyIn { branch: 0, reply: &reply, edits: &RefCell::default() });
        let out = HookEvent::ReplyOut { code, reply: Some(&reply), reason: b"Well", to_tag: b"to-1", sent: &sent };
        watch::watch(call, &out);
    });
}

/// Contacts of caller and callee, the caller's number, what has left to the callee.
fn row(table: &Rowset) -> String {
    [14, 15, 8, 11].map(|column| table.column(column).join(",")).join(" ")
}

#[test]
fn contacts_are_written_at_once_and_numbers_with_the_next_writing() {
    let table = Rowset::default();
    let (mut fixture, state) = answered(&table, 1);
    assert_eq!(row(&table), "sip:alice@192.0.2.10 sip:bob@192.0.2.20 1 1");
    reinvite(&mut fixture, &state, 2, 488);
    fixture.run_background().unwrap();
    assert_eq!(row(&table), "sip:alice@192.0.2.10 sip:bob@192.0.2.20 1 1");
    write_behind(&mut fixture).unwrap();
    assert_eq!(row(&table), "sip:alice@192.0.2.10 sip:bob@192.0.2.20 2 2");
    reinvite(&mut fixture, &state, 3, 200);
    fixture.run_background().unwrap();
    assert_eq!(row(&table), "sip:alice@192.0.2.99 sip:bob@192.0.2.88 3 3");
    // A request of our own takes a number, and so does what somebody else has sent.
    fixture.next_request("INFO sip:bob@192.0.2.20 SIP/2.0\nTo: <sip:bob@example.com>;tag=to-1\nCSeq: 4 INFO");
    assert_eq!(fixture.call(&state, function("match_dialog"), &[absent()]), 1);
    assert_eq!(
        fixture.call(
            &state,
            function("dlg_send_sequential"),
            &[str("INFO"), str("callee"), absent(), absent(), absent()]
        ),
        1
    );
    assert_eq!(fixture.call(&state, function("dlg_inc_cseq"), &[str("to-1"), int(5)]), 1);
    stop(&mut fixture);
    assert_eq!(row(&table), "sip:alice@192.0.2.99 sip:bob@192.0.2.88 4 10");
    table.statements();
    write_behind(&mut fixture).unwrap();
    assert_eq!(table.statements(), "");
}

#[test]
fn after_a_restart_no_number_comes_twice() {
    let table = Rowset::default();
    // Nothing was written since the answer, as after a kill.
    answered(&table, 1);
    let (_fixture, state) = restarted(&table, 1);
    let keeper = Arc::clone(&state).downcast::<Keeper>().ok().unwrap();
    let dialog = keeper.table.all().next().unwrap();
    assert_eq!(dialog.lock().callees[0].numbering.own(), 1002);
    assert_eq!(dialog.lock().caller.numbering.own(), 1001);
}
