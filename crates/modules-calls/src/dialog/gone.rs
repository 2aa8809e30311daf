//! Rows whose dialogs have ended: those still to be deleted, those whose deletion is under way, and while rows are loaded
//! also those that were deleted meanwhile. None of them comes back.

use super::id::DialogId;
use module_api::Counter;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The rows of dialogs that have ended.
#[derive(Default)]
pub struct Gone {
    sets: Mutex<Sets>,
    forgotten: Counter,
}

#[derive(Default)]
struct Sets {
    /// To be deleted.
    waiting: BTreeSet<DialogId>,
    /// A statement that deletes them is under way, or follows one that is.
    leaving: BTreeSet<DialogId>,
    /// Deleted since the oldest of the loads that are under way began: its rows may have them still.
    left: BTreeSet<DialogId>,
    /// Loads under way.
    loads: usize,
}

/// More rows to delete than a database misses for long.
const ROWS_MAX: usize = 1_000_000;

impl Gone {
    /// None so far; the counter is for those that there is no room for.
    pub fn new(forgotten: Counter) -> Gone {
        Gone { sets: Mutex::default(), forgotten }
    }

    /// A row is to be deleted later.
    pub fn add(&self, id: DialogId) {
        let mut sets = self.sets();
        sets.leaving.remove(&id);
        if sets.waiting.len() >= ROWS_MAX {
            return self.forgotten.increment();
        }
        sets.waiting.insert(id);
    }

    /// Takes rows to delete, so many at most; [`Gone::done`] or [`Gone::add`] follows.
    pub fn take(&self, most: usize) -> Vec<DialogId> {
        let mut sets = self.sets();
        let mut some = Vec::new();
        while some.len() < most {
            let Some(id) = sets.waiting.pop_first() else { break };
            sets.leaving.insert(id);
            some.push(id);
        }
        some
    }

    /// The deletion of a row is under way.
    pub fn leaves(&self, id: DialogId) {
        self.sets().leaving.insert(id);
    }

    /// A row is deleted, or was never there.
    pub fn done(&self, id: DialogId) {
        let mut sets = self.sets();
        if sets.leaving.remove(&id) && sets.loads > 0 && sets.left.len() < ROWS_MAX {
            sets.left.insert(id);
        }
    }

    /// Whether a row that was read is of a dialog that has ended.
    pub fn has(&self, id: DialogId) -> bool {
        let sets = self.sets();
        sets.waiting.contains(&id) || sets.leaving.contains(&id) || sets.left.contains(&id)
    }

    /// Rows are going to be read; [`Gone::load_ended`] follows.
    pub fn load_begins(&self) {
        self.sets().loads += 1;
    }

    /// They are.
    pub fn load_ended(&self) {
        let mut sets = self.sets();
        sets.loads = sets.loads.saturating_sub(1);
        if sets.loads == 0 {
            sets.left.clear();
        }
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{DialogId, Gone};
    use module_api::Counter;

    #[test]
    fn what_was_deleted_while_rows_are_read_is_known_until_they_are() {
        let gone = Gone::new(Counter::default());
        let [one, other] = [1, 2].map(|number| DialogId { entry: 0, number });
        gone.add(one);
        assert_eq!(gone.take(5), [one]);
        gone.leaves(other);
        gone.load_begins();
        gone.load_begins();
        gone.done(one);
        gone.done(other);
        gone.load_ended();
        assert!(gone.has(one) && gone.has(other));
        gone.load_ended();
        assert!(!gone.has(one) && !gone.has(other));
        // What could not be deleted waits again.
        gone.leaves(one);
        gone.add(one);
        assert_eq!((gone.has(one), gone.take(5), gone.take(5)), (true, vec![one], vec![]));
    }
}
