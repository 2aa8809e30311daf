//! Records on the disk before they go to the database, until they are there: a record survives a kill of the server, and a
//! database that is away for as long as the disk has room.
//!
//! While the database answers, each record is inserted as soon as the disk has it. When it fails, one job drains what
//! waits, the oldest first, and new records queue behind. A record whose insert may have happened (its answer never came,
//! or the server was killed before it noted it) is looked for before it is inserted again.

use super::database::RETRY;
use super::entry::Entry;
use super::params::Acc;
use bytes::Bytes;
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{Env, Fault, Job, JournalStep, Journaled, Request, StartError, Whose};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The journal of the module.
#[derive(Debug)]
pub struct RecordJournal {
    path: String,
    bytes_max: u64,
    database: Database,
    next: AtomicU64,
    /// How many records are on the disk and not known to be in the database.
    depth: AtomicU64,
    /// A job drains what waits: new records queue behind.
    draining: AtomicBool,
    /// All records before this number are of before the start: they may be in the database.
    of_before: AtomicU64,
    doubts: Mutex<Doubts>,
}

/// Records that are not only on the disk.
#[derive(Debug, Default)]
struct Doubts {
    /// The database has been asked to take them and has not answered.
    asked: BTreeSet<u64>,
    /// It failed at taking them: they may be there.
    unsure: BTreeSet<u64>,
}

/// How many records are drained at a time.
const TOGETHER: usize = 100;

impl RecordJournal {
    /// Not opened yet.
    pub fn new(path: &str, megabytes: u64, database: Database) -> RecordJournal {
        RecordJournal {
            path: path.to_owned(),
            bytes_max: megabytes.saturating_mul(1 << 20),
            database,
            next: AtomicU64::new(0),
            depth: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            of_before: AtomicU64::new(0),
            doubts: Mutex::default(),
        }
    }

    /// How many records wait.
    pub fn depth(&self) -> u64 {
        self.depth.load(Ordering::Relaxed)
    }

    fn step(&self, step: JournalStep) -> Request {
        Request::Journal { path: self.path.clone(), step }
    }

    fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_be_written(&self, number: u64) -> bool {
        number < self.of_before.load(Ordering::Relaxed) || self.doubts().unsure.contains(&number)
    }

    /// The database has failed at taking them.
    fn failed<'a>(&self, numbers: impl Iterator<Item = &'a u64>) {
        let mut doubts = self.doubts();
        for number in numbers {
            doubts.asked.remove(number);
            doubts.unsure.insert(*number);
        }
    }

    /// Records are in the database, or given up: nothing knows of them any more.
    fn forget(&self, numbers: &[u64]) {
        let mut doubts = self.doubts();
        for number in numbers {
            doubts.asked.remove(number);
            doubts.unsure.remove(number);
        }
        self.depth.fetch_sub(numbers.len() as u64, Ordering::Relaxed);
    }
}

/// Notes on the disk that records are done with, then goes on.
fn done(acc: Arc<Acc>, numbers: Vec<u64>, then: impl FnOnce(&mut Env<'_>, Arc<Acc>) -> Job + Send + 'static) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    let request = journal.step(JournalStep::Done { numbers: numbers.clone() });
    Job::wait(request, move |env, answer| {
        // Should the disk fail here, the records are looked for at the next start.
        if let Err(fault) = answer.journaled() {
            env.log().error(format!("acc: {fault}"));
        }
        if let Some(journal) = &acc.journal {
            journal.forget(&numbers);
        }
        then(env, acc)
    })
}

/// At the start: what waits from before is drained while the server runs.
pub fn open(acc: Arc<Acc>) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    let request = journal.step(JournalStep::Open { bytes_max: journal.bytes_max });
    Job::wait(request, move |env, answer| match answer.journaled() {
        Ok(Journaled::Opened { waiting, next }) => {
            let Some(journal) = &acc.journal else { return Job::DONE };
            journal.next.store(next, Ordering::Relaxed);
            journal.of_before.store(next, Ordering::Relaxed);
            journal.depth.store(waiting, Ordering::Relaxed);
            if waiting > 0 {
                env.log().warning(format!("acc: {waiting} records of before the start are written now"));
                begin_draining(env, &acc, Duration::ZERO);
            }
            Job::DONE
        }
        Ok(_) => Job::Done(Err(Fault::us("a journal gave an answer to something else"))),
        Err(fault) => Job::Done(Err(Fault::backend(StartError::param("spool_file", fault.text).to_string()))),
    })
}

/// Writes a record to the disk, then to the database. `otherwise` has it where the disk does not take it.
pub fn write(
    env: &mut Env<'_>,
    acc: &Arc<Acc>,
    journal: &RecordJournal,
    entry: Entry,
    otherwise: impl FnOnce(&mut Env<'_>, &Fault) -> Job + Send + 'static,
) {
    let number = journal.next.fetch_add(1, Ordering::Relaxed);
    let request = journal.step(JournalStep::Add { number, entry: entry.encode(), after: None });
    let acc = Arc::clone(acc);
    env.start(Job::wait(request, move |env, answer| {
        let Some(journal) = &acc.journal else { return Job::DONE };
        if let Err(fault) = answer.journaled() {
            return otherwise(env, &fault);
        }
        journal.depth.fetch_add(1, Ordering::Relaxed);
        // Under the lock, so that whoever drains either sees that it is asked for, or is seen.
        let mut doubts = journal.doubts();
        if journal.draining.load(Ordering::SeqCst) {
            return Job::DONE;
        }
        doubts.asked.insert(number);
        drop(doubts);
        insert(&acc, number, entry)
    }));
}

/// Inserts a record as soon as the disk has it.
fn insert(acc: &Arc<Acc>, number: u64, entry: Entry) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    let mut query = Query::batch(journal.database, []);
    entry.clone().insert_into(&mut query);
    let acc = Arc::clone(acc);
    Job::wait(query.into(), move |env, answer| {
        let Some(journal) = &acc.journal else { return Job::DONE };
        match answer.rows() {
            Ok(_) => return done(acc, vec![number], |_, _| Job::DONE),
            Err(fault) if fault.whose == Whose::Script => {
                return give_up(env, acc, number, &entry, &fault, |_| Job::DONE);
            }
            Err(fault) => {
                env.log().warning(format!("acc: the database fails ({fault}); records wait on the disk"));
                journal.failed(std::iter::once(&number));
                begin_draining(env, &acc, RETRY);
            }
        }
        Job::DONE
    })
}

/// A record that can never be written is not lost: it goes to the log whole.
fn give_up(
    env: &mut Env<'_>,
    acc: Arc<Acc>,
    number: u64,
    entry: &Entry,
    fault: &Fault,
    then: impl FnOnce(Arc<Acc>) -> Job + Send + 'static,
) -> Job {
    env.log().error(format!("ACC: not in the database ({fault}), the record is: {}", entry.describe()));
    done(acc, vec![number], |_, acc| then(acc))
}

fn begin_draining(env: &mut Env<'_>, acc: &Arc<Acc>, after: Duration) {
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
        let there: BTreeSet<Key> = rows.rows.iter().filter_map(|row| key_of(row)).collect();
        let is_there = |number: &u64, entry: &Entry| {
            journal.may_be_written(*number) && key(entry).is_some_and(|key| there.contains(&key))
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
