//! Pipes that servers share: their counters are in a key-value store.
//!
//! Each interval has a key of its own, which all servers add to and which runs out by itself. So nobody need set it
//! back, and servers whose clocks agree count the same.

use super::pipe::Rules;
use bytes::Bytes;
use module_api::{CacheOperation, CacheReply, Call, Fault, Flow, KeyValueStore, Services, Time};
use std::sync::Arc;

/// The store, as parameters name it.
pub(super) struct Store {
    /// Its name among those that cachedb modules offer.
    name: String,
    prefix: String,
}

/// How a pipe is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// It is this server's own. With the suffix `/b` it would be shared over a cluster, and without one it is not.
    Local,
    /// `/s`
    Store,
}

/// A pipe's name without its suffix, and what that says.
pub(super) fn parts_of(name: &Bytes) -> (Bytes, Sharing) {
    // Upstream's documentation has /r for the store in one place and /s in another.
    for (suffix, sharing) in [("/s", Sharing::Store), ("/r", Sharing::Store), ("/b", Sharing::Local)] {
        if name.ends_with(suffix.as_bytes()) {
            return (name.slice(..name.len() - suffix.len()), sharing);
        }
    }
    (name.clone(), Sharing::Local)
}

/// What a store answers to an operation.
pub(super) type Reply = Result<Option<Bytes>, Fault>;

impl Store {
    /// `redis:group://user:password@host/` is the store `redis:group`.
    pub(super) fn new(url: &str, prefix: &str) -> Store {
        let name = url.split_once("://").map_or(url, |(name, _)| name).trim_end_matches(':');
        Store { name: name.to_owned(), prefix: prefix.to_owned() }
    }

    /// The store itself.
    ///
    /// # Errors
    /// No module offers it.
    pub(super) fn of<'s>(&self, services: &'s Services) -> Result<&'s Arc<dyn KeyValueStore>, Fault> {
        services.cache(self.name.as_bytes())
    }

    /// The key of a pipe for an interval.
    pub(super) fn key(&self, pipe: &[u8], interval: u64) -> Bytes {
        [self.prefix.as_bytes(), pipe, format!(":{interval}").as_bytes()].concat().into()
    }

    /// Asks the store, and goes on with its answer.
    pub(super) fn ask(
        &self,
        call: &mut Call<'_>,
        operation: CacheOperation,
        then: impl FnOnce(&mut Call<'_>, Reply) -> Flow + Send + 'static,
    ) -> Flow {
        let store = match self.of(call.env.services) {
            Ok(store) => store,
            Err(fault) => return then(call, Err(fault)),
        };
        match store.run(operation, call.env.now) {
            CacheReply::Now(reply) => then(call, reply),
            CacheReply::Wait(request, read) => Flow::wait(request, move |call, answer| then(call, read(answer))),
        }
    }
}

/// The number of the interval.
pub(super) fn interval_of(rules: &Rules, now: Time) -> u64 {
    now.unix_seconds() / u64::from(rules.interval_s.max(1))
}

/// Adds to the counter of the interval, which lives until the next one has ended.
pub(super) fn add(key: Bytes, amount: i32, rules: &Rules) -> CacheOperation {
    CacheOperation::Add { key, amount, expires_s: rules.interval_s.saturating_mul(2) }
}

/// The number in an answer; none where the key is not there.
pub(super) fn number(reply: Reply) -> Result<Option<u64>, Fault> {
    let Some(text) = reply? else { return Ok(None) };
    let number: Option<i64> = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
    let number = number.ok_or(Fault::backend("the store's value is no number"))?;
    Ok(Some(u64::try_from(number).unwrap_or(0)))
}
