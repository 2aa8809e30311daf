//! The time: of now, and of the start.

use catalogue::{Inner, Value};
use chrono::{DateTime, Local, TimeZone};
use module_api::{Call, Time, VARIABLE, Variable, VariableName, VariableRun};
use std::fmt::Write;

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "Ts",
        about: "The Unix time in seconds.",
        run: VariableRun::read(|call, _| Value::number(call.env.wall_time().unix_seconds())),
        ..VARIABLE
    },
    Variable {
        name: "Tsm",
        about: "The microseconds of the current second.",
        run: VariableRun::read(|call, _| Value::number(call.env.wall_time().subsecond_micros())),
        ..VARIABLE
    },
    Variable {
        name: "TS",
        about: "The Unix time of the server's start.",
        run: VariableRun::read(|call, _| Value::number(start(call).unix_seconds())),
        ..VARIABLE
    },
    Variable {
        name: "Tf",
        about: "The local time as ctime(3) prints it.",
        run: VariableRun::read(|call, _| Value::or_null(formatted(call.env.wall_time(), CTIME))),
        ..VARIABLE
    },
    Variable {
        name: "time",
        about: "The local time in a format of strftime(3).",
        inner: Inner::Name,
        run: VariableRun::read(read_time),
        ..VARIABLE
    },
];

/// `Tue Nov 14 22:13:20 2023`
pub(in crate::core) const CTIME: &str = "%a %b %e %H:%M:%S %Y";

fn start(call: &Call<'_>) -> Time {
    call.env.services.wall.at(call.env.services.started_at)
}

fn read_time(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let format = std::str::from_utf8(name.text).ok();
    Value::or_null(format.and_then(|format| formatted(call.env.wall_time(), format)))
}

/// A moment in local time. `None` for a format that does not exist.
pub(in crate::core) fn formatted(time: Time, format: &str) -> Option<String> {
    let local: DateTime<Local> = Local.timestamp_micros(i64::try_from(time.unix_micros()).ok()?).single()?;
    let mut text = String::new();
    // An unknown conversion makes the formatter fail; `to_string()` would panic on it.
    write!(text, "{}", local.format(format)).ok()?;
    Some(text)
}
