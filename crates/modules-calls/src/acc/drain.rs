//! Draining the disk: records that wait there go to the database, the oldest first, once it answers again. One that it may
//! have already is looked for.

use super::database::RETRY;
use super::entry::Entry;
use super::journal::{RecordJournal, done, give_up};
use super::params::Acc;
use bytes::Bytes;
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{Env, Fault, Job, JournalStep, Journaled, Request, Whose};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How many records are drained at a time.
const TOGETHER: usize = 100;

/// Drains after this long, unless that is being done already.
pub fn begin_draining(env: &mut Env<'_>, acc: &Arc<Acc>, after: Duration) {
    let Some(journal) = &acc.journal else { return };
    let doubts = journal.doubts();
    let is_draining = journal.draining.swap(true, Ordering::SeqCst);
    drop(doubts);
    if !is_draining {
        let acc = Arc::clone(acc);
        env.start(Job::wait(Request::Sleep(after), move |_, _| drain(acc)));
    }
}

/// The next records that wait.
fn drain(acc: Arc<Acc>) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    let request = journal.step(JournalStep::Read { from: 0, count: TOGETHER });
    Job::wait(request, move |env, answer| {
        let Some(journal) = &acc.journal else { return Job::DONE };
        let entries = match answer.journaled() {
            Ok(Journaled::Entries(entries)) => entries,
            Ok(_) => return Job::Done(Err(Fault::us("a journal gave an answer to something else"))),
            Err(fault) => return later(env, acc, &fault),
        };
        if entries.is_empty() {
            journal.draining.store(false, Ordering::SeqCst);
            // One that came between the reading and this has queued behind.
            if journal.depth() > 0 {
                begin_draining(env, &acc, RETRY);
            }
            return Job::DONE;
        }
        let asked = journal.doubts().asked.clone();
        let (mut known, mut foreign) = (BTreeMap::new(), Vec::new());
        for (number, bytes) in entries.into_iter().filter(|(number, _)| !asked.contains(number)) {
            match Entry::decode(&bytes) {
                Some(entry) => drop(known.insert(number, entry)),
                None => foreign.push(number),
            }
        }
        if !foreign.is_empty() {
            env.log()
                .error(format!("acc: entries {foreign:?} of the spool file are none of ours; they are passed over"));
            return done(acc, foreign, |_, acc| drain(acc));
        }
        if known.is_empty() {
            return Job::wait(Request::Sleep(RETRY), move |_, _| drain(acc));
        }
        look_for(acc, known)
    })
}

/// Finds which of the records are in the database already, then inserts the others.
fn look_for(acc: Arc<Acc>, mut entries: BTreeMap<u64, Entry>) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    // Those of one table at a time: the first one's.
    let Some(table) = entries.values().next().map(|entry| entry.table.clone()) else { return drain(acc) };
    entries.retain(|_, entry| entry.table == table);
    let doubtful = entries.iter().filter(|(number, _)| journal.may_be_written(**number));
    let keys: Vec<Key> = doubtful.filter_map(|(_, entry)| key(entry)).collect();
    if keys.is_empty() {
        return put(acc, entries);
    }
    let query = select(&acc, journal.database, &table, &keys);
    Job::wait(query.into(), move |env, answer| {
        let Some(journal) = &acc.journal else { return Job::DONE };
        let rows = match answer.rows() {
            // What asks for it is ours: a table that is not there will be told by the insert.
            Ok(rows) => rows,
            Err(fault) if fault.whose == Whose::Script => Rows::default(),
            Err(fault) => return later(env, acc, &fault),
        };
        // Requests of one second may look alike: each row stands for one of them.
        let mut there: BTreeMap<Key, usize> = BTreeMap::new();
        rows.rows.iter().filter_map(|row| key_of(row)).for_each(|key| *there.entry(key).or_default() += 1);
        let mut is_there = |number: &u64, entry: &Entry| {
            let rows = key(entry).filter(|_| journal.may_be_written(*number)).and_then(|key| there.get_mut(&key));
            rows.filter(|rows| **rows > 0).map(|rows| *rows -= 1).is_some()
        };
        let known: Vec<u64> =
            entries.iter().filter(|(number, entry)| is_there(number, entry)).map(|(number, _)| *number).collect();
        entries.retain(|number, _| !known.contains(number));
        if known.is_empty() {
            return put(acc, entries);
        }
        done(acc, known, |_, acc| put(acc, entries))
    })
}

/// Inserts records and goes on with the next ones.
fn put(acc: Arc<Acc>, entries: BTreeMap<u64, Entry>) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    if entries.is_empty() {
        return drain(acc);
    }
    let mut query = Query::batch(journal.database, []);
    entries.values().for_each(|entry| entry.clone().insert_into(&mut query));
    Job::wait(query.into(), move |env, answer| {
        let Some(journal) = &acc.journal else { return Job::DONE };
        match answer.rows() {
            Ok(_) => done(acc, entries.into_keys().collect(), |_, acc| drain(acc)),
            Err(fault) if fault.whose == Whose::Script => alone(env, acc, entries, &fault),
            Err(fault) => {
                journal.failed(entries.keys());
                later(env, acc, &fault)
            }
        }
    })
}

/// One of the records cannot be written ever: the first one alone, then all others again.
fn alone(env: &mut Env<'_>, acc: Arc<Acc>, mut entries: BTreeMap<u64, Entry>, fault: &Fault) -> Job {
    if entries.len() == 1
        && let Some((number, entry)) = entries.pop_first()
    {
        return give_up(env, acc, number, &entry, fault, drain);
    }
    let half = entries.keys().nth(entries.len() / 2).copied().unwrap_or_default();
    drop(entries.split_off(&half));
    put(acc, entries)
}

fn later(env: &mut Env<'_>, acc: Arc<Acc>, fault: &Fault) -> Job {
    let waiting = acc.journal.as_ref().map_or(0, RecordJournal::depth);
    env.log().warning(format!("acc: the database fails ({fault}); {waiting} records wait on the disk"));
    Job::wait(Request::Sleep(RETRY), move |_, _| drain(acc))
}

/// What tells a record from others: its values up to the code, and its time.
type Key = (Vec<Bytes>, i64);

/// Method, From tag, To tag, Call-ID, code; the reason phrase is between them and the time.
const KEY_TEXTS: usize = 5;
const TIME: usize = 6;

fn key(entry: &Entry) -> Option<Key> {
    let row = entry.rows.first()?;
    let texts = row.iter().take(KEY_TEXTS).map(|cell| cell.to_bytes().unwrap_or_default()).collect();
    Some((texts, row.get(TIME)?.to_int()?))
}

/// The same of a row that [`select`] finds.
fn key_of(row: &[Cell]) -> Option<Key> {
    let texts = row.iter().take(KEY_TEXTS).map(|cell| cell.to_bytes().unwrap_or_default()).collect();
    Some((texts, row.get(KEY_TEXTS)?.to_int()?))
}

fn select(acc: &Acc, database: Database, table: &str, keys: &[Key]) -> Query {
    let [method, from_tag, to_tag, call_id, code, _, time] = acc.columns.names.each_ref().map(String::as_str);
    let marks = vec!["?"; keys.len()].join(", ");
    let tail = format!("WHERE {call_id} IN ({marks})");
    let statement = Statement::select(table, &[method, from_tag, to_tag, call_id, code, time], &[], &tail);
    let call_ids = keys.iter().filter_map(|(texts, _)| texts.get(3).cloned().map(Cell::Text));
    Query::new(database, &statement, call_ids)
}
