//! Records as events.

use super::marks::Backend;
use super::params::Acc;
use super::record::Record;
use catalogue::{Event, Value};
use module_api::{Env, Raised};

const FIXED: &[&str] = &["method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time"];

/// A call with its duration: raised with the flag "cdr".
pub const CDR: Event = Event {
    name: "E_ACC_CDR",
    about: "A call ended; extra and leg fields follow, then duration, ms_duration, setuptime and created.",
    params: FIXED,
};

/// An accounted transaction.
pub const ACCOUNTED: Event =
    Event { name: "E_ACC_EVENT", about: "A transaction was accounted; extra and leg fields follow.", params: FIXED };

/// A missed call.
pub const MISSED: Event = Event {
    name: "E_ACC_MISSED_EVENT",
    about: "A call was missed; extra and leg fields follow, then created and setuptime.",
    params: FIXED,
};

/// The event of a transaction that was answered with this code: without success, or without any, it was missed.
pub fn of_code(code: &[u8]) -> &'static Event {
    let is_success = matches!(code, [b'1' | b'2', _, _]);
    if is_success { &ACCOUNTED } else { &MISSED }
}

/// Raises a record, once for each leg.
pub fn raise(env: &mut Env<'_>, acc: &Acc, event: &Event, record: &Record) {
    for leg in &record.legs {
        let mut params = fixed(record);
        let named = |(name, value): (&str, Option<&Value>)| (name.to_owned(), value.cloned().unwrap_or_default());
        let extra = acc.fields.extra.of(Backend::Event).map(|(name, position)| (name, record.extra.get(position)));
        params.extend(extra.map(named));
        params.extend(acc.fields.leg.of(Backend::Event).map(|(name, position)| (name, leg.get(position))).map(named));
        if let Some(duration) = record.duration {
            params.push(("duration".to_owned(), Value::number(duration.as_secs())));
            params.push(("ms_duration".to_owned(), Value::number(record.ms_duration())));
            params.push(("setuptime".to_owned(), Value::number(record.setup_seconds())));
            params.push(("created".to_owned(), Value::number(record.created.unix_seconds())));
        }
        if event.name == MISSED.name {
            params.push(("created".to_owned(), Value::number(record.created.unix_seconds())));
            params.push(("setuptime".to_owned(), Value::number(record.setup_seconds())));
        }
        env.out.raise(Raised { event: event.name.to_owned(), params });
        if acc.fields.leg.tags.is_empty() {
            break;
        }
    }
}

fn fixed(record: &Record) -> Vec<(String, Value)> {
    let texts = [&record.method, &record.from_tag, &record.to_tag, &record.callid, &record.code, &record.reason];
    let values = texts.into_iter().map(|text| Value::Str(text.clone()));
    let values = values.chain([Value::number(record.time.unix_seconds())]);
    FIXED.iter().map(|name| (*name).to_owned()).zip(values).collect()
}
