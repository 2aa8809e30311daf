//! The simulator's tests: many seeds, that a seed repeats, that the watch sees what it must, that nothing blocks.

mod bench;
mod blocking;
mod mutations;
mod scenarios;
mod seeds;
mod sight;
mod streams;
