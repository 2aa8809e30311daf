//! How often each line of a script ran: hot lines, and lines never reached.

use crate::program::Line;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters by worker and line.
#[derive(Debug, Default)]
pub struct Coverage {
    /// One row for each worker, so that counting on one core does not slow another.
    workers: Box<[Box<[AtomicU64]>]>,
}

impl Coverage {
    pub(crate) fn new(workers: usize, lines: usize) -> Coverage {
        let row = || (0..lines).map(|_| AtomicU64::new(0)).collect();
        Coverage { workers: (0..workers.max(1)).map(|_| row()).collect() }
    }

    /// The row of a worker. Two workers that share a row may lose a count now and then.
    pub(crate) fn row(&self, worker: usize) -> &[AtomicU64] {
        self.workers.get(worker % self.workers.len().max(1)).map_or(&[], |row| row)
    }

    /// Counts a line: a load and a store, because an atomic addition would cost more than the statement.
    pub(crate) fn count(row: &[AtomicU64], place: u32) {
        if let Some(counter) = row.get(place as usize) {
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// How often each line ran, in the order of the text.
    pub(crate) fn totals(&self, lines: &[Line]) -> Vec<(Line, u64)> {
        let total = |place: usize| {
            let counters = self.workers.iter().filter_map(|row| row.get(place));
            counters.map(|counter| counter.load(Ordering::Relaxed)).sum()
        };
        let mut totals: Vec<_> = lines.iter().enumerate().map(|(place, line)| (*line, total(place))).collect();
        totals.sort_unstable();
        totals
    }
}
