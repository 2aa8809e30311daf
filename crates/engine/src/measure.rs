//! How long messages take (`exec_msg_threshold`), and which functions of the script took most of it.

use crate::desk::Desk;
use bytes::Bytes;
use catalogue::{FunctionId, Value};
use module_api::{Env, Routing, THRESHOLD};
use script::program::Line;
use std::fmt::Write;
use std::time::Duration;

/// Attached to a message whose processing is measured.
pub(crate) struct Measured {
    began: Duration,
    /// The calls that took longest, the longest first.
    calls: Vec<(FunctionId, Line, Duration)>,
}

/// How many calls are told of.
const CALLS_MAX: usize = 5;

impl Measured {
    /// Notes how long a call took.
    pub(crate) fn note(&mut self, function: FunctionId, line: Line, took: Duration) {
        let place = self.calls.partition_point(|(_, _, known)| *known >= took);
        if place < CALLS_MAX {
            self.calls.truncate(CALLS_MAX - 1);
            self.calls.insert(place, (function, line, took));
        }
    }
}

impl Desk<'_> {
    /// The stopwatch, where messages are measured.
    pub(crate) fn stopwatch(&self) -> Option<Duration> {
        let services = &self.core.services;
        services.settings.exec_msg_threshold.map(|_| services.process.stopwatch())
    }

    /// Begins to measure a message, where they are measured.
    pub(crate) fn measure(&self, msg: &mut Routing) {
        if let Some(began) = self.stopwatch() {
            msg.extensions.set(Measured { began, calls: Vec::new() });
        }
    }

    /// Ends the measuring of a message: what took too long is logged, and an event.
    pub(crate) fn measured(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let Some(measured) = msg.extensions.take::<Measured>() else { return };
        self.compare(env, measured.began, msg.message.bytes(), &measured.calls);
    }

    /// The same for a message that began then.
    pub(crate) fn compare(
        &self,
        env: &mut Env<'_>,
        began: Duration,
        message: &Bytes,
        calls: &[(FunctionId, Line, Duration)],
    ) {
        let (Some(limit), Some(now)) = (self.core.services.settings.exec_msg_threshold, self.stopwatch()) else {
            return;
        };
        let took = now.saturating_sub(began);
        if took <= limit {
            return;
        }
        let (micros, limit) = (took.as_micros(), limit.as_micros());
        let mut text = format!("threshold exceeded: processing a message took {micros} of {limit} µs");
        for (function, line, took) in calls {
            let name = self.core.dispatch.name(*function);
            let (file, line, took) = (self.program.program.file(*line), line.line, took.as_micros());
            // Writing to a String cannot fail.
            let _ = write!(text, "; {name}() at {file}:{line}: {took} µs");
        }
        let head = message.split(|byte| *byte == b'\n').take_while(|line| line.len() > 1);
        let head = head.collect::<Vec<_>>().join(&b'\n');
        let _ = write!(text, "; the message:\n{}", String::from_utf8_lossy(&head));
        env.log().warning(text);
        let time = i32::try_from(micros).unwrap_or(i32::MAX);
        env.raise(&THRESHOLD, vec![Value::fixed("core"), Value::Int(time), Value::Str(message.clone())]);
    }
}
