//! Records in the log: one line of `name=value` pairs.

use super::marks::Backend;
use super::params::Acc;
use super::record::Record;
use catalogue::Value;
use module_api::{Env, Level};

/// Writes a record under a heading ("ACC: transaction answered", "ACC: call missed").
pub fn write(env: &Env<'_>, acc: &Acc, heading: &str, record: &Record) {
    let level = Level::of(acc.log_level);
    if env.log().enabled(level) {
        env.log().raw(level, acc.log_facility.as_deref(), &line(acc, heading, record));
    }
}

/// The line of a record: what every record has, and the fields of the backend "log".
fn line(acc: &Acc, heading: &str, record: &Record) -> Vec<u8> {
    let mut line = fixed(heading, record);
    fields(&mut line, acc.fields.extra.of(Backend::Log), &record.extra);
    for leg in &record.legs {
        fields(&mut line, acc.fields.leg.of(Backend::Log), leg);
    }
    line
}

/// The same with every field there is, under its tag: nothing of the record is missing.
pub fn whole(acc: &Acc, heading: &str, record: &Record) -> Vec<u8> {
    let mut line = fixed(heading, record);
    if record.duration.is_none() {
        pair(&mut line, "created", record.created.unix_seconds().to_string().as_bytes());
    }
    fields(&mut line, acc.fields.extra.all(), &record.extra);
    for leg in &record.legs {
        fields(&mut line, acc.fields.leg.all(), leg);
    }
    line
}

fn fixed(heading: &str, record: &Record) -> Vec<u8> {
    let mut line = format!("{heading}: timestamp={}", record.time.unix_seconds()).into_bytes();
    let fixed = [
        ("method", &record.method),
        ("from_tag", &record.from_tag),
        ("to_tag", &record.to_tag),
        ("call_id", &record.callid),
        ("code", &record.code),
        ("reason", &record.reason),
    ];
    for (name, value) in fixed {
        pair(&mut line, name, value);
    }
    let Some(duration) = record.duration else { return line };
    let figures = [
        ("setuptime", record.setup_seconds()),
        ("created", record.created.unix_seconds()),
        ("duration", duration.as_secs()),
        ("ms_duration", record.ms_duration()),
    ];
    for (name, value) in figures {
        pair(&mut line, name, value.to_string().as_bytes());
    }
    line
}

fn fields<'a>(line: &mut Vec<u8>, fields: impl Iterator<Item = (&'a str, usize)>, values: &[Value]) {
    for (name, position) in fields {
        let value = values.get(position).and_then(Value::text).unwrap_or_default();
        pair(line, name, &value);
    }
}

/// `;name=value`; what would break the line is left out.
fn pair(line: &mut Vec<u8>, name: &str, value: &[u8]) {
    line.push(b';');
    line.extend_from_slice(name.as_bytes());
    line.push(b'=');
    line.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
}
