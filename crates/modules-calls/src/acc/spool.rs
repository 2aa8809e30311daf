//! Records that wait because the database fails.

use super::record::Record;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many records wait at most.
const RECORDS_MAX: usize = 100_000;

/// The records that wait, by number.
#[derive(Debug, Default)]
pub struct Spool(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    records: BTreeMap<u64, Arc<Record>>,
    next: u64,
    /// The server stops: nothing waits any more.
    is_closed: bool,
}

impl Spool {
    /// Has a record wait, under this number; `None` if there is no room, or no time.
    pub fn put(&self, record: &Arc<Record>) -> Option<u64> {
        let mut waiting = self.lock();
        if waiting.is_closed || waiting.records.len() >= RECORDS_MAX {
            return None;
        }
        let number = waiting.next;
        waiting.next += 1;
        waiting.records.insert(number, Arc::clone(record));
        Some(number)
    }

    /// Takes a record out, to be written again; `None` if it has been given up.
    pub fn take(&self, number: u64) -> Option<Arc<Record>> {
        self.lock().records.remove(&number)
    }

    /// Takes all records out, and no more in.
    pub fn close(&self) -> Vec<Arc<Record>> {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        std::mem::take(&mut waiting.records).into_values().collect()
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.lock().records.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
