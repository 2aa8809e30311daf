//! Whole scripts against a small catalogue and a host in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod catalogue;
mod check;
mod language;
mod listing;
mod random;
mod standalone;
mod world;
