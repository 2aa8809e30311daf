//! Messages that were taken and are in the table still, since the database does not delete them: nobody gets them again.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Their numbers.
#[derive(Default)]
pub struct Taken(Mutex<BTreeSet<i64>>);

/// Past so many it is better to send one twice than to use up the memory.
const TAKEN_MAX: usize = 100_000;

impl Taken {
    /// A message was taken.
    pub fn insert(&self, id: i64) {
        let mut taken = self.lock();
        if taken.len() < TAKEN_MAX {
            taken.insert(id);
        }
    }

    /// Whether it was.
    pub fn contains(&self, id: i64) -> bool {
        self.lock().contains(&id)
    }

    /// It is gone from the table.
    pub fn remove(&self, id: i64) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
