//! Journals: files of entries that must outlive the process, each with a thread of its own.
//!
//! Invariants: an entry is acknowledged when it is on the disk, not before; one that is not done with is there after any
//! kill, in its order; what is half written at the end of a file is passed over; how many bytes wait is bounded.

mod file;
mod format;
mod journals;

pub use format::fuzz;
pub use journals::Journals;
