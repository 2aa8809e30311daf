//! Records in the log: one line of `name=value` pairs.

use super::marks::Backend;
use super::params::Acc;
use super::record::Record;
use module_api::{Env, Level};

/// Writes a record under a heading ("ACC: transaction answered", "ACC: call missed").
pub fn write(env: &Env<'_>, acc: &Acc, heading: &str, record: &Record) {
    let level = Level::of(acc.log_level);
    if env.log().enabled(level) {
        env.log().raw(level, acc.log_facility.as_deref(), &line(acc, heading, record));
    }
}

/// The line of a record.
pub fn line(acc: &Acc, heading: &str, record: &Record) -> Vec<u8> {
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
    for (name, position) in acc.fields.extra.of(Backend::Log) {
        let value = record.extra.get(position).and_then(catalogue::Value::text).unwrap_or_default();
        pair(&mut line, name, &value);
    }
    for leg in &record.legs {
        for (name, position) in acc.fields.leg.of(Backend::Log) {
            let value = leg.get(position).and_then(catalogue::Value::text).unwrap_or_default();
            pair(&mut line, name, &value);
        }
    }
    line
}

/// `;name=value`; what would break the line is left out.
fn pair(line: &mut Vec<u8>, name: &str, value: &[u8]) {
    line.push(b';');
    line.extend_from_slice(name.as_bytes());
    line.push(b'=');
    line.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
}
