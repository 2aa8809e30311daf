//! The journals of the server: each has a thread that writes what has gathered, has it on the disk once for all of it, and
//! then answers.

use crate::file::Journal;
use crate::format::Record;
use bytes::Bytes;
use module_api::{Answer, Fault, JournalStep, Journaled, Logger, Request};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Reply = Box<dyn FnOnce(Answer) + Send>;
type Step = (JournalStep, Reply);

/// All journals, by path.
#[derive(Clone)]
pub struct Journals {
    threads: Arc<Mutex<BTreeMap<String, SyncSender<Step>>>>,
    log: Logger,
}

/// How many steps wait for a journal's thread.
const STEPS_MAX: usize = 65_536;
/// How many are done together.
const TOGETHER_MAX: usize = 1024;
/// How many journals there are at most.
const JOURNALS_MAX: usize = 64;

impl Journals {
    /// None yet.
    pub fn new(log: Logger) -> Journals {
        Journals { threads: Arc::default(), log }
    }

    /// Asks; `reply` gets the answer on the journal's thread. A request that is not ours comes back.
    ///
    /// # Errors
    /// The request and what should get its answer, where it is of another kind.
    pub fn ask<R>(&self, request: Request, reply: R) -> Result<(), (Request, R)>
    where
        R: FnOnce(Answer) + Send + 'static,
    {
        let Request::Journal { path, step } = request else { return Err((request, reply)) };
        let refused = match self.thread(&path) {
            Ok(thread) => match thread.try_send((step, Box::new(reply))) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full((_, reply))) => (reply, "too many entries wait for the disk"),
                Err(TrySendError::Disconnected((_, reply))) => (reply, "its thread has ended"),
            },
            Err(why) => (Box::new(reply) as Reply, why),
        };
        let (reply, why) = refused;
        reply(Answer::Journal(Err(Fault::backend(format!("{path}: {why}")))));
        Ok(())
    }

    fn thread(&self, path: &str) -> Result<SyncSender<Step>, &'static str> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = threads.get(path) {
            return Ok(known.clone());
        }
        if threads.len() >= JOURNALS_MAX {
            return Err("there are too many journals");
        }
        let (sender, receiver) = sync_channel(STEPS_MAX);
        let (name, log) = (path.to_owned(), self.log.clone());
        let thread = thread::Builder::new().name("journal".to_owned());
        thread.spawn(move || Writer::new(name, log).run(&receiver)).map_err(|_| "it can have no thread")?;
        threads.insert(path.to_owned(), sender.clone());
        Ok(sender)
    }
}

/// A journal's thread.
struct Writer {
    path: String,
    log: Logger,
    journal: Option<Journal>,
}

impl Writer {
    fn new(path: String, log: Logger) -> Writer {
        Writer { path, log, journal: None }
    }

    fn run(&mut self, steps: &Receiver<Step>) {
        while let Ok(first) = steps.recv() {
            let mut together = vec![first];
            together.extend(steps.try_iter().take(TOGETHER_MAX - 1));
            self.work(together);
        }
    }

    fn work(&mut self, steps: Vec<Step>) {
        let (mut out, mut added) = (Vec::new(), Vec::new());
        for (step, reply) in steps {
            match step {
                JournalStep::Add { number, entry, after } => {
                    let record = match after {
                        Some(after) => Record::AddedAfter(number, after, &entry),
                        None => Record::Added(number, &entry),
                    };
                    self.add(record, reply, &mut out, &mut added);
                }
                JournalStep::Hold { number, entry } => {
                    self.add(Record::Held(number, &entry), reply, &mut out, &mut added);
                }
                // Nobody waits for these to be on the disk: one that is lost is done once more, which whoever does it
                // has to bear anyway.
                JournalStep::Done { numbers } => {
                    let done = numbers.into_iter().try_for_each(|number| self.put(Record::Done(number), &mut out));
                    reply(Answer::Journal(done.map(|()| Journaled::Done)));
                }
                JournalStep::Open { bytes_max } => reply(Answer::Journal(self.open(bytes_max))),
                JournalStep::Read { from, count } => {
                    // What is to be read may not be written yet.
                    self.write(&mut out, &mut added);
                    reply(Answer::Journal(self.read(|journal| journal.read(from, count))));
                }
                JournalStep::ReadHeld { from, count } => {
                    self.write(&mut out, &mut added);
                    reply(Answer::Journal(self.read(|journal| journal.read_held(from, count))));
                }
            }
        }
        self.write(&mut out, &mut added);
        if let Some(Err(error)) = self.journal.as_mut().map(Journal::shrink) {
            self.log.warning(format!("{}: it cannot be written anew, and grows: {error}", self.path));
        }
    }

    fn open(&mut self, bytes_max: u64) -> Result<Journaled, Fault> {
        if self.journal.is_none() {
            let journal = Journal::open(Path::new(&self.path), bytes_max).map_err(|error| self.fault(&error))?;
            if journal.torn_bytes > 0 {
                let (path, torn) = (&self.path, journal.torn_bytes);
                self.log.warning(format!("{path}: the last {torn} bytes were not whole and are passed over"));
            }
            self.journal = Some(journal);
        }
        let (waiting, next) = self.journal.as_ref().map_or((0, 0), |journal| (journal.waiting(), journal.next()));
        Ok(Journaled::Opened { waiting, next })
    }

    /// Takes a record whose answer comes when it is on the disk.
    fn add(&mut self, record: Record<'_>, reply: Reply, out: &mut Vec<u8>, added: &mut Vec<Reply>) {
        match self.put(record, out) {
            Ok(()) => added.push(reply),
            Err(fault) => reply(Answer::Journal(Err(fault))),
        }
    }

    fn put(&mut self, record: Record<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(journal) = &mut self.journal else { return Err(self.fault(&"it is not open")) };
        journal.put(record, out).map_err(|error| self.fault(&error))
    }

    fn write(&mut self, out: &mut Vec<u8>, added: &mut Vec<Reply>) {
        let written = match &mut self.journal {
            Some(journal) if !out.is_empty() => journal.write(out, !added.is_empty()),
            _ => Ok(()),
        };
        out.clear();
        let answer = written.map(|()| Journaled::Done).map_err(|error| self.fault(&error));
        added.drain(..).for_each(|reply| reply(Answer::Journal(answer.clone())));
    }

    fn read(&self, entries: impl FnOnce(&Journal) -> io::Result<Vec<(u64, Bytes)>>) -> Result<Journaled, Fault> {
        let Some(journal) = &self.journal else { return Err(self.fault(&"it is not open")) };
        entries(journal).map(Journaled::Entries).map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &dyn std::fmt::Display) -> Fault {
        Fault::backend(format!("{}: {error}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use module_api::{Level, LogSink};
    use std::sync::mpsc::channel;

    struct Nowhere;

    impl LogSink for Nowhere {
        fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
    }

    fn ask(journals: &Journals, path: &str, step: JournalStep) -> Result<Journaled, Fault> {
        let (sender, receiver) = channel();
        let request = Request::Journal { path: path.to_owned(), step };
        assert!(journals.ask(request, move |answer| sender.send(answer.journaled()).unwrap()).is_ok());
        receiver.recv().unwrap()
    }

    #[test]
    fn entries_are_acknowledged_read_and_forgotten() {
        let path = std::env::temp_dir().join(format!("edge-journal-thread-{}", std::process::id()));
        let path = path.display().to_string();
        let _ = std::fs::remove_file(&path);
        let journals = Journals::new(Logger::new(4, 4, Arc::new(Nowhere)));
        let add = |number| JournalStep::Add { number, entry: Bytes::from(format!("entry {number}")), after: None };
        assert!(ask(&journals, &path, add(0)).unwrap_err().text.contains("it is not open"));
        let opened = |waiting, next| Ok(Journaled::Opened { waiting, next });
        assert_eq!(ask(&journals, &path, JournalStep::Open { bytes_max: 1000 }), opened(0, 0));
        for number in 0..3 {
            assert_eq!(ask(&journals, &path, add(number)), Ok(Journaled::Done));
        }
        assert_eq!(ask(&journals, &path, JournalStep::Done { numbers: vec![0, 2] }), Ok(Journaled::Done));
        let left = Journaled::Entries(vec![(1, Bytes::from("entry 1"))]);
        assert_eq!(ask(&journals, &path, JournalStep::Read { from: 0, count: 9 }), Ok(left));
        assert_eq!(ask(&journals, &path, JournalStep::Open { bytes_max: 1000 }), opened(1, 3));
        assert_eq!(
            ask(&journals, &path, JournalStep::Hold { number: 3, entry: Bytes::from("held") }),
            Ok(Journaled::Done)
        );
        let held = Journaled::Entries(vec![(3, Bytes::from("held"))]);
        assert_eq!(ask(&journals, &path, JournalStep::ReadHeld { from: 0, count: 9 }), Ok(held));
        std::fs::remove_file(&path).unwrap();
        assert!(ask(&journals, "/nonexistent/journal", JournalStep::Open { bytes_max: 1 }).is_err());
    }
}
