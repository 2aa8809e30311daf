//! Programs that a script runs (`exec()`).

use bytes::Bytes;
use std::time::Duration;

/// A program to run by `/bin/sh -c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The command line.
    pub command: Bytes,
    /// What it reads; nothing if empty.
    pub input: Bytes,
    /// Variables of its environment, besides the server's own.
    pub environment: Vec<(String, Bytes)>,
    /// Whether its standard output is wanted.
    pub wants_output: bool,
    /// Whether its standard error is wanted.
    pub wants_errors: bool,
    /// How long it may run; then it is ended, with all that it has started. `None`: for as long as it likes.
    pub time_to_kill: Option<Duration>,
    /// How long its output is waited for. Without wanted output the answer comes as soon as it runs.
    pub answer_within: Duration,
}

/// What a program wrote until it closed what it writes to; it may still be running.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramOutput {
    /// Its standard output, empty unless wanted.
    pub output: Bytes,
    /// Its standard error, empty unless wanted.
    pub errors: Bytes,
}
