//! A collection: keys with values and lifetimes, in parts with a lock each.

use bytes::Bytes;
use module_api::{CacheOperation, CacheReply, Fault, KeyValueStore, Time};
use posix_regex::glob;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A store in memory.
pub struct Collection {
    parts: Vec<Mutex<Part>>,
}

type Part = BTreeMap<Bytes, Entry>;

struct Entry {
    value: Bytes,
    /// `None`: for ever.
    expires: Option<Time>,
}

/// How many entries a part takes: past it, new keys are refused.
const ENTRIES_MAX: usize = 1_000_000;
/// One lock for so many keys at a time that two workers seldom meet.
const PARTS: usize = 64;

impl Default for Collection {
    fn default() -> Collection {
        Collection { parts: std::iter::repeat_with(Mutex::default).take(PARTS).collect() }
    }
}

impl KeyValueStore for Collection {
    fn run(&self, operation: CacheOperation, now: Time) -> CacheReply {
        CacheReply::Now(match operation {
            CacheOperation::Fetch(key) => Ok(self.fetch(&key, now)),
            CacheOperation::Store { key, value, expires_s } => {
                self.store(key, value, lifetime(expires_s, now)).map(|()| None)
            }
            CacheOperation::Remove(key) => Ok(self.remove(&key)),
            CacheOperation::FetchCounter(key) => self.counter(&key, now).map(|number| number.map(decimal)),
            CacheOperation::Add { key, amount, expires_s } => {
                self.add(key, amount, expires_s, now).map(decimal).map(Some)
            }
            CacheOperation::Raw(_) => Err(Fault::script("cachedb_local has no query language")),
        })
    }
}

impl Collection {
    /// The value of a key that has not expired.
    pub fn fetch(&self, key: &[u8], now: Time) -> Option<Bytes> {
        self.part(key).get(key).filter(|entry| entry.is_alive(now)).map(|entry| entry.value.clone())
    }

    /// Sets a key.
    ///
    /// # Errors
    /// The store is full.
    pub fn store(&self, key: Bytes, value: Bytes, expires: Option<Time>) -> Result<(), Fault> {
        let mut part = self.part(&key);
        if part.len() >= ENTRIES_MAX && !part.contains_key(&key) {
            return Err(Fault::us("the local cache is full"));
        }
        part.insert(key, Entry { value, expires });
        Ok(())
    }

    /// Deletes a key and gives its value.
    pub fn remove(&self, key: &[u8]) -> Option<Bytes> {
        self.part(key).remove(key).map(|entry| entry.value)
    }

    /// Deletes the keys that match a pattern; how many they were.
    pub fn remove_matching(&self, pattern: &[u8]) -> usize {
        let removed = self.parts.iter().map(|part| {
            let mut part = lock(part);
            let before = part.len();
            part.retain(|key, _| !glob(pattern, key));
            before - part.len()
        });
        removed.sum()
    }

    /// The keys and values that match a pattern, sorted by key.
    pub fn matching(&self, pattern: &[u8], now: Time) -> BTreeMap<Bytes, Bytes> {
        let mut found = BTreeMap::new();
        for part in &self.parts {
            let part = lock(part);
            let alive = part.iter().filter(|(key, entry)| entry.is_alive(now) && glob(pattern, key));
            found.extend(alive.map(|(key, entry)| (key.clone(), entry.value.clone())));
        }
        found
    }

    /// Shows each entry that has not expired: key, value, and when it ends.
    pub fn for_each(&self, now: Time, mut show: impl FnMut(&[u8], &[u8], Option<Time>)) {
        for part in &self.parts {
            let part = lock(part);
            let alive = part.iter().filter(|(_, entry)| entry.is_alive(now));
            alive.for_each(|(key, entry)| show(key, &entry.value, entry.expires));
        }
    }

    /// Drops what has expired in one part of the store; the parts take turns, so that no sweep is long.
    pub fn sweep(&self, turn: usize, now: Time) {
        if let Some(part) = self.parts.get(turn % PARTS) {
            lock(part).retain(|_, entry| entry.is_alive(now));
        }
    }

    /// How many sweeps go round once.
    pub const fn turns() -> usize {
        PARTS
    }

    fn counter(&self, key: &[u8], now: Time) -> Result<Option<i32>, Fault> {
        self.fetch(key, now).map(|value| number(key, &value)).transpose()
    }

    fn add(&self, key: Bytes, amount: i32, expires_s: u32, now: Time) -> Result<i32, Fault> {
        let mut part = self.part(&key);
        let old = part.get(&key).filter(|entry| entry.is_alive(now));
        let (sum, expires) = match old {
            Some(entry) => {
                (number(&key, &entry.value)?.wrapping_add(amount), lifetime(expires_s, now).or(entry.expires))
            }
            None => (amount, lifetime(expires_s, now)),
        };
        if part.len() >= ENTRIES_MAX && !part.contains_key(&key) {
            return Err(Fault::us("the local cache is full"));
        }
        part.insert(key, Entry { value: decimal(sum), expires });
        Ok(sum)
    }

    fn part(&self, key: &[u8]) -> MutexGuard<'_, Part> {
        // FNV-1a: keys are the operator's, and each part is an ordered map, so nobody gains by making them collide.
        let hash = key
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        let position = usize::try_from(hash >> 32).unwrap_or_default() % PARTS;
        lock(&self.parts[position])
    }
}

impl Entry {
    fn is_alive(&self, now: Time) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 0 seconds: for ever.
fn lifetime(expires_s: u32, now: Time) -> Option<Time> {
    (expires_s > 0).then(|| now + Duration::from_secs(u64::from(expires_s)))
}

fn number(key: &[u8], value: &[u8]) -> Result<i32, Fault> {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| Fault::script(format!("the value of \"{}\" is no number", String::from_utf8_lossy(key))))
}

fn decimal(number: i32) -> Bytes {
    Bytes::from(number.to_string())
}
