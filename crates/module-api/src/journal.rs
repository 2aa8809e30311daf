//! Entries that must outlive the process: written to a file before anything else is done with them, until they are done.

use bytes::Bytes;

/// What is asked of a journal, which is a file of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalStep {
    /// Opens it, making it where there is none: the answer is how many entries wait from before, and the number after
    /// all that were ever used in it.
    Open {
        /// How many bytes may wait; more are refused.
        bytes_max: u64,
    },
    /// Takes an entry: the answer comes when it is on the disk.
    Add {
        /// Its number, greater than that of all before.
        number: u64,
        /// What it says.
        entry: Bytes,
        /// The entry that was held until this one: it is done with in the same stroke.
        after: Option<u64>,
    },
    /// Takes an entry that does not wait to be worked off: it is there for a start after a kill, until another is added after
    /// it or it is done with. The answer comes when it is on the disk. A number that is held already has this entry from
    /// now on.
    Hold {
        /// Its number, greater than that of all before.
        number: u64,
        /// What it says.
        entry: Bytes,
    },
    /// The oldest entries that wait and have at least this number.
    Read {
        /// The first number.
        from: u64,
        /// How many at most.
        count: usize,
    },
    /// The same of those that are held.
    ReadHeld {
        /// The first number.
        from: u64,
        /// How many at most.
        count: usize,
    },
    /// Entries are done with.
    Done {
        /// Their numbers.
        numbers: Vec<u64>,
    },
}

/// What a journal answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Journaled {
    /// To [`JournalStep::Open`].
    Opened {
        /// How many entries wait.
        waiting: u64,
        /// The first number that was never used.
        next: u64,
    },
    /// To [`JournalStep::Read`] and [`JournalStep::ReadHeld`]: numbers and entries, the oldest first.
    Entries(Vec<(u64, Bytes)>),
    /// To the others.
    Done,
}
