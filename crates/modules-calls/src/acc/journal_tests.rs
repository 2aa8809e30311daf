//! Records on the disk: whatever happens in between, each is in the database once.

use super::params::Acc;
use super::test_world::{Fate, World, world};
use super::{MODULE, functions, watch};
use bytes::Bytes;
use module_api::sql::Cell;
use module_api::{HookEvent, ParamSetting, State};
use std::sync::{Arc, Mutex};
use testkit::{Fixture, str};

struct Server {
    fixture: Fixture,
    state: State,
    world: Arc<Mutex<World>>,
}

impl Server {
    fn new(world: &Arc<Mutex<World>>) -> Server {
        let mut fixture = Fixture::request("BYE sip:bob@example.com SIP/2.0");
        let text = |value: &str| ParamSetting::Str(value.to_owned());
        let params = [("db_url", text("sqlite:///x")), ("spool_file", text("/spool"))];
        let state = fixture.start(&MODULE, &params);
        let answering = Arc::clone(world);
        fixture.answer = Box::new(move |request| answering.lock().unwrap().answer(request));
        for (_, job) in std::mem::take(&mut fixture.wishes.at_start) {
            let job = fixture.with_env(job);
            fixture.run(job).unwrap();
        }
        Server { fixture, state, world: Arc::clone(world) }
    }

    /// A call ends, and its record has come as far as it comes.
    fn account(&mut self, callid: &str) {
        self.fixture.next_request(&format!("BYE sip:bob@example.com SIP/2.0\nCall-ID: {callid}"));
        self.fixture.call(&self.state, &functions::DO_ACCOUNTING, &[str("db")]);
        self.fixture.with_call(&self.state, |call| {
            watch::watch(
                call,
                &HookEvent::ReplyOut { code: 200, reply: None, reason: b"OK", to_tag: b"to-9", sent: &Bytes::new() },
            );
        });
    }

    fn work(&mut self) {
        self.fixture.run_background().unwrap();
    }

    fn calls(&self) -> Vec<String> {
        let world = self.world.lock().unwrap();
        let text = |row: &Vec<Cell>| String::from_utf8_lossy(&row[3].to_bytes().unwrap()).into_owned();
        world.rows.iter().map(text).collect()
    }

    fn waiting(&self) -> u64 {
        let acc = Arc::clone(&self.state).downcast::<Acc>().ok().unwrap();
        acc.journal.as_ref().unwrap().depth()
    }
}

#[test]
fn a_record_is_on_the_disk_until_it_is_in_the_database() {
    let world = world(&[]);
    let mut server = Server::new(&world);
    server.account("a");
    server.work();
    assert_eq!((server.calls(), server.waiting()), (vec!["a".to_owned()], 0));
    assert!(world.lock().unwrap().disk.is_empty());
}

#[test]
fn records_wait_in_order_while_the_database_is_away() {
    let world = world(&[Fate::Refused, Fate::Refused, Fate::Refused]);
    let mut server = Server::new(&world);
    for call in ["a", "b", "c"] {
        server.account(call);
    }
    server.work();
    assert_eq!((server.calls().join(" "), server.waiting()), ("a b c".to_owned(), 0));
    assert!(world.lock().unwrap().sleeps > 0);
}

#[test]
fn an_insert_whose_answer_is_lost_is_not_done_twice() {
    let world = world(&[Fate::Unheard, Fate::Refused]);
    let mut server = Server::new(&world);
    server.account("a");
    server.account("b");
    server.work();
    let mut calls = server.calls();
    calls.sort();
    assert_eq!((calls.join(" "), server.waiting()), ("a b".to_owned(), 0));
}

#[test]
fn a_kill_loses_nothing_and_doubles_nothing() {
    for was_written in [false, true] {
        let world = world(&[]);
        // What a server leaves that was killed after it had the record on the disk, and perhaps in the database.
        let mut server = Server::new(&world);
        server.account("a");
        server.work();
        let row = world.lock().unwrap().rows.clone();
        let entry = super::entry::Entry {
            table: "acc".to_owned(),
            columns: ["method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time"]
                .map(str::to_owned)
                .to_vec(),
            rows: row.iter().map(|row| row.iter().cloned().collect()).collect(),
        };
        {
            let mut world = world.lock().unwrap();
            world.disk.insert(0, entry.encode());
            if !was_written {
                world.rows.clear();
            }
        }
        let mut server = Server::new(&world);
        assert_eq!(server.waiting(), 1);
        server.account("b");
        server.work();
        let mut calls = server.calls();
        calls.sort();
        assert_eq!((calls.join(" "), server.waiting()), ("a b".to_owned(), 0));
        assert!(world.lock().unwrap().disk.is_empty());
    }
}

#[test]
fn one_that_can_never_be_written_is_logged_and_holds_up_nobody() {
    // The first fails, so that all are drained together; among them is one that is impossible.
    let world = world(&[Fate::Refused, Fate::Refused, Fate::Impossible, Fate::Impossible]);
    let mut server = Server::new(&world);
    for call in ["a", "b"] {
        server.account(call);
    }
    server.work();
    assert_eq!((server.calls().join(" "), server.waiting()), ("b".to_owned(), 0));
    let lines = server.fixture.log_lines().join("\n");
    assert!(lines.contains("ACC: not in the database (too long), the record is: table=acc;method=BYE;"), "{lines}");
    assert!(lines.contains("callid=a;"), "{lines}");
}

#[test]
fn a_full_disk_leaves_records_in_memory() {
    let world = world(&[]);
    world.lock().unwrap().is_disk_full = true;
    let mut server = Server::new(&world);
    server.account("a");
    server.work();
    assert_eq!((server.calls().join(" "), server.waiting()), ("a".to_owned(), 0));
    assert!(server.fixture.log_lines()[0].contains("a record is not on the disk (no space); it waits in memory"));
}
