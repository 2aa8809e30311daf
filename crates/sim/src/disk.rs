//! The proxy's journal: entries that outlive it.

use bytes::Bytes;
use module_api::{JournalStep, Journaled};
use std::collections::BTreeMap;

/// A disk with one journal.
#[derive(Debug, Default)]
pub struct Disk {
    entries: BTreeMap<u64, Bytes>,
    held: BTreeMap<u64, Bytes>,
    next: u64,
}

impl Disk {
    /// Does what is asked.
    pub fn step(&mut self, step: JournalStep) -> Journaled {
        match step {
            JournalStep::Open { .. } => {
                return Journaled::Opened { waiting: self.entries.len() as u64, next: self.next };
            }
            JournalStep::Add { number, entry, after } => {
                self.next = self.next.max(number + 1);
                self.entries.insert(number, entry);
                after.inspect(|after| drop(self.held.remove(after)));
            }
            JournalStep::Hold { number, entry } => {
                self.next = self.next.max(number + 1);
                self.held.insert(number, entry);
            }
            JournalStep::Done { numbers } => {
                self.entries.retain(|number, _| !numbers.contains(number));
                self.held.retain(|number, _| !numbers.contains(number));
            }
            JournalStep::Read { from, count } => return some(&self.entries, from, count),
            JournalStep::ReadHeld { from, count } => return some(&self.held, from, count),
        }
        Journaled::Done
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.entries.len()
    }

    /// How many entries are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

fn some(entries: &BTreeMap<u64, Bytes>, from: u64, count: usize) -> Journaled {
    Journaled::Entries(entries.range(from..).take(count).map(|(number, entry)| (*number, entry.clone())).collect())
}
