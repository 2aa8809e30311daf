//! Programs that scripts run: `/bin/sh -c`, each in a process group of its own.
//!
//! Invariants: no thread waits for a program; how many run at once and how much they may write is bounded, and what a
//! bound refused is counted; a program whose time is over is ended with all that it has started in its group.

mod kill;
mod pipes;
mod programs;
#[cfg(test)]
mod tests;

pub use programs::{Limits, Programs};
