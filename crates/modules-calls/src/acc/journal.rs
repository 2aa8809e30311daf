//! Records on the disk before they go to the database, until they are there: a record survives a kill of the server, and a
//! database that is away for as long as the disk has room.
//!
//! A call that was answered is held there until it has its record, which takes its place in one stroke.
//!
//! While the database answers, each record is inserted as soon as the disk has it. When it fails, one job drains what
//! waits, the oldest first, and new records queue behind. A record whose insert may have happened (its answer never came,
//! or the server was killed before it noted it) is looked for before it is inserted again.

use super::database::{Before, RETRY};
use super::drain::begin_draining;
use super::entry::Entry;
use super::params::Acc;
use super::{call, opening};
use bytes::Bytes;
use module_api::sql::{Database, Query};
use module_api::{Env, Fault, Job, JournalStep, Journaled, Request, StartError, Whose};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The journal of the module.
#[derive(Debug)]
pub struct RecordJournal {
    path: String,
    bytes_max: u64,
    /// Where records go.
    pub(super) database: Database,
    next: AtomicU64,
    /// How many records are on the disk and not known to be in the database.
    depth: AtomicU64,
    /// A job drains what waits: new records queue behind.
    pub(super) draining: AtomicBool,
    /// All records before this number are of before the start: they may be in the database.
    of_before: AtomicU64,
    doubts: Mutex<Doubts>,
}

/// Records that are not only on the disk.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// The database has been asked to take them and has not answered.
    pub(super) asked: BTreeSet<u64>,
    /// It failed at taking them, or was asked by a server that was killed: they may be there.
    unsure: BTreeSet<u64>,
}

/// How many calls of before the start are read at a time.
const CALLS_TOGETHER: usize = 1000;

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

    /// The number of a new entry.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// What is asked of the disk.
    pub(super) fn step(&self, step: JournalStep) -> Request {
        Request::Journal { path: self.path.clone(), step }
    }

    pub(super) fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the database may have a record already.
    pub(super) fn may_be_written(&self, number: u64) -> bool {
        number < self.of_before.load(Ordering::Relaxed) || self.doubts().unsure.contains(&number)
    }

    /// The database has failed at taking them.
    pub(super) fn failed<'a>(&self, numbers: impl Iterator<Item = &'a u64>) {
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
pub fn done(
    acc: Arc<Acc>,
    numbers: Vec<u64>,
    then: impl FnOnce(&mut Env<'_>, Arc<Acc>) -> Job + Send + 'static,
) -> Job {
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
            read_calls(acc, 0)
        }
        Ok(_) => Job::Done(Err(Fault::us("a journal gave an answer to something else"))),
        Err(fault) => Job::Done(Err(Fault::backend(StartError::param("spool_file", fault.text).to_string()))),
    })
}

/// The calls that are held.
fn read_calls(acc: Arc<Acc>, from: u64) -> Job {
    let Some(journal) = &acc.journal else { return Job::DONE };
    let request = journal.step(JournalStep::ReadHeld { from, count: CALLS_TOGETHER });
    Job::wait(request, move |env, answer| {
        let entries = match answer.journaled() {
            Ok(Journaled::Entries(entries)) => entries,
            Ok(_) => return Job::Done(Err(Fault::us("a journal gave an answer to something else"))),
            Err(fault) => return Job::Done(Err(fault)),
        };
        let Some((last, _)) = entries.last() else { return Job::DONE };
        let next = last.saturating_add(1);
        for (held, text) in entries {
            match opening::decode(&text, &acc.fields) {
                Some((number, answered, values)) => call::restore(env, &acc, number, held, answered, values),
                None => {
                    env.log()
                        .error(format!("acc: entry {held} of the spool file is no call of ours; it is passed over"));
                    release(env, &acc, held);
                }
            }
        }
        read_calls(acc, next)
    })
}

/// Has the disk hold a call, or what is known of it now; goes on when it does, or with the fault.
pub fn hold(
    env: &mut Env<'_>,
    journal: &RecordJournal,
    held: u64,
    text: Bytes,
    then: impl FnOnce(&mut Env<'_>, Result<(), Fault>) + Send + 'static,
) {
    let request = journal.step(JournalStep::Hold { number: held, entry: text });
    env.start(Job::wait(request, move |env, answer| {
        then(env, answer.journaled().map(|_| ()));
        Job::DONE
    }));
}

/// A call is held no more.
pub fn release(env: &mut Env<'_>, acc: &Acc, held: u64) {
    if let Some(journal) = &acc.journal {
        env.post(journal.step(JournalStep::Done { numbers: vec![held] }));
    }
}

/// Writes a record to the disk, then to the database. `otherwise` has it where the disk does not take it.
pub fn write(
    env: &mut Env<'_>,
    acc: &Arc<Acc>,
    journal: &RecordJournal,
    entry: Entry,
    before: Before,
    otherwise: impl FnOnce(&mut Env<'_>, &Fault) -> Job + Send + 'static,
) {
    let number = journal.number();
    {
        // Whoever drains may find it on the disk before we hear that it is there, and leaves it to us.
        let mut doubts = journal.doubts();
        doubts.asked.insert(number);
        if before.is_doubtful {
            doubts.unsure.insert(number);
        }
    }
    let request = journal.step(JournalStep::Add { number, entry: entry.encode(), after: before.held });
    let acc = Arc::clone(acc);
    env.start(Job::wait(request, move |env, answer| {
        let Some(journal) = &acc.journal else { return Job::DONE };
        if let Err(fault) = answer.journaled() {
            let mut doubts = journal.doubts();
            doubts.asked.remove(&number);
            doubts.unsure.remove(&number);
            drop(doubts);
            return otherwise(env, &fault);
        }
        journal.depth.fetch_add(1, Ordering::Relaxed);
        // Under the lock, so that whoever drains either sees that it is asked for, or is seen.
        let mut doubts = journal.doubts();
        if journal.draining.load(Ordering::SeqCst) {
            doubts.asked.remove(&number);
            return Job::DONE;
        }
        if before.is_doubtful {
            doubts.asked.remove(&number);
            drop(doubts);
            begin_draining(env, &acc, Duration::ZERO);
            return Job::DONE;
        }
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
pub fn give_up(
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
