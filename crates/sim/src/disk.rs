//! The proxy's journal: entries that outlive it.

use bytes::Bytes;
use module_api::{JournalStep, Journaled};
use std::collections::BTreeMap;

/// A disk with one journal.
#[derive(Debug, Default)]
pub struct Disk {
    entries: BTreeMap<u64, Bytes>,
    next: u64,
}

impl Disk {
    /// Does what is asked.
    pub fn step(&mut self, step: JournalStep) -> Journaled {
        match step {
            JournalStep::Open { .. } => {
                return Journaled::Opened { waiting: self.entries.len() as u64, next: self.next };
            }
            JournalStep::Add { number, entry } => {
                self.next = self.next.max(number + 1);
                self.entries.insert(number, entry);
            }
            JournalStep::Done { numbers } => self.entries.retain(|number, _| !numbers.contains(number)),
            JournalStep::Read { from, count } => {
                let entries = self.entries.range(from..).take(count).map(|(number, entry)| (*number, entry.clone()));
                return Journaled::Entries(entries.collect());
            }
        }
        Journaled::Done
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.entries.len()
    }
}
