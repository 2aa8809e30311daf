//! What is known of a transaction when it is accounted.

use super::functions::common;
use super::marks::{Accounting, Values};
use super::params::Acc;
use bytes::Bytes;
use catalogue::Value;
use module_api::{Call, Routing, Time};
use std::sync::Arc;
use std::time::Duration;

/// A record: what every backend writes, its own way.
#[derive(Clone, Debug)]
pub struct Record {
    /// The method.
    pub method: Bytes,
    /// The From tag.
    pub from_tag: Bytes,
    /// The To tag.
    pub to_tag: Bytes,
    /// The Call-ID.
    pub callid: Bytes,
    /// The code of the final reply.
    pub code: Bytes,
    /// Its reason phrase.
    pub reason: Bytes,
    /// When it came: of a call, when it was answered.
    pub time: Time,
    /// When the request came.
    pub created: Time,
    /// Of a call that has ended, how long it lasted.
    pub duration: Option<Duration>,
    /// The values of `$acc_extra(x)`.
    pub extra: Vec<Value>,
    /// The values of `$acc_leg(x)`, for each leg.
    pub legs: Vec<Vec<Value>>,
}

impl Record {
    /// Of the request at hand and this reply.
    pub fn new(call: &mut Call<'_>, acc: &Acc, code: &[u8], reason: &[u8], to_tag: &[u8]) -> Record {
        let (message, now) = (Arc::clone(&call.msg.message), call.env.wall_time());
        let tag = |address: Result<sip::NameAddr<'_>, sip::HeaderError>| {
            let tag = address.ok().and_then(|address| address.tag().map(Bytes::copy_from_slice));
            tag.unwrap_or_default()
        };
        let request_to_tag = tag(message.to());
        let reply_to_tag = if to_tag.is_empty() { request_to_tag } else { Bytes::copy_from_slice(to_tag) };
        let tags = (tag(message.from()), reply_to_tag);
        let (from_tag, to_tag) = if acc.detect_direction && is_upstream(call.msg) { (tags.1, tags.0) } else { tags };
        let created = Accounting::attached(call).map_or(call.msg.source.received_at, |attached| attached.created);
        let values = common(call, acc).map(|common| common.lock().clone());
        let Values { mut extra, mut legs, .. } = values.unwrap_or_else(|| Values::new(&acc.fields));
        acc.old_fields.read(call, &mut extra, &mut legs);
        Record {
            // Copies: a record may outlive its message by far, which should not stay in memory for it.
            method: Bytes::copy_from_slice(message.method_text()),
            from_tag,
            to_tag,
            callid: message.call_id().map(Bytes::copy_from_slice).unwrap_or_default(),
            code: Bytes::copy_from_slice(code),
            reason: Bytes::copy_from_slice(reason),
            time: now,
            created: call.env.services.wall.at(created),
            duration: None,
            extra,
            legs,
        }
    }

    /// How many milliseconds a call has lasted.
    pub fn ms_duration(&self) -> u64 {
        self.duration.map_or(0, |duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    /// Seconds from the request to the reply.
    pub fn setup_seconds(&self) -> u64 {
        self.time.since(self.created).as_secs()
    }
}

/// Whether a sequential request goes from callee to caller: the `ftag` that we put into the Record-Route is not its From
/// tag.
fn is_upstream(msg: &Routing) -> bool {
    let params = sip::Params::new(&msg.route_set.params);
    let from_tag = msg.message.from().ok().and_then(|from| from.tag());
    params.value(b"ftag").is_some_and(|ftag| Some(ftag) != from_tag)
}
