//! A collection: keys with values and lifetimes, in parts with a lock each.

use bytes::Bytes;
use module_api::{CacheOperation, CacheReply, Counter, Fault, KeyValueStore, Time};
use posix_regex::glob;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A store in memory.
pub struct Collection {
    parts: Vec<Mutex<Part>>,
    /// What its entries hold.
    bytes: AtomicUsize,
    bytes_max: usize,
    /// Keys that found no room.
    refused: Counter,
}

type Part = BTreeMap<Bytes, Entry>;

struct Entry {
    value: Bytes,
    /// `None`: for ever.
    expires: Option<Time>,
}

/// How much all entries may hold: past it, nothing more is stored until some have expired. Scripts store what phones send.
const BYTES_MAX: usize = 1 << 30;
/// What an entry holds besides its key and value.
const AROUND: usize = 128;
/// One lock for so many keys at a time that two workers seldom meet.
const PARTS: usize = 64;

impl Default for Collection {
    fn default() -> Collection {
        Collection::new(Counter::default())
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
    /// An empty one; `refused` counts what finds no room.
    pub fn new(refused: Counter) -> Collection {
        let parts = std::iter::repeat_with(Mutex::default).take(PARTS).collect();
        Collection { parts, bytes: AtomicUsize::new(0), bytes_max: BYTES_MAX, refused }
    }

    /// The value of a key that has not expired.
    pub fn fetch(&self, key: &[u8], now: Time) -> Option<Bytes> {
        self.part(key).get(key).filter(|entry| entry.is_alive(now)).map(|entry| entry.value.clone())
    }

    /// Sets a key.
    ///
    /// # Errors
    /// The store is full.
    pub fn store(&self, key: Bytes, value: Bytes, expires: Option<Time>) -> Result<(), Fault> {
        self.put(&mut self.part(&key), &key, &value, expires)
    }

    fn put(&self, part: &mut Part, key: &[u8], value: &[u8], expires: Option<Time>) -> Result<(), Fault> {
        let before = part.get(key).map_or(0, |entry| cost(key, entry));
        // Copies: what was given may be a part of a whole message, and keep that.
        let entry = Entry { value: Bytes::copy_from_slice(value), expires };
        let after = cost(key, &entry);
        let used = self.bytes.load(Ordering::Relaxed);
        if after > before && used.saturating_add(after - before) > self.bytes_max {
            self.refused.increment();
            return Err(Fault::us("the local cache is full"));
        }
        self.bytes.fetch_add(after, Ordering::Relaxed);
        self.bytes.fetch_sub(before, Ordering::Relaxed);
        match part.get_mut(key) {
            Some(known) => *known = entry,
            None => {
                part.insert(Bytes::copy_from_slice(key), entry);
            }
        }
        Ok(())
    }

    /// Deletes a key and gives its value.
    pub fn remove(&self, key: &[u8]) -> Option<Bytes> {
        let entry = self.part(key).remove(key)?;
        self.bytes.fetch_sub(cost(key, &entry), Ordering::Relaxed);
        Some(entry.value)
    }

    /// Deletes the keys that match a pattern; how many they were.
    pub fn remove_matching(&self, pattern: &[u8]) -> usize {
        let removed = self.parts.iter().map(|part| self.retain(&mut lock(part), |key, _| !glob(pattern, key)));
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
            self.retain(&mut lock(part), |_, entry| entry.is_alive(now));
        }
    }

    /// Drops the entries that fail the test; how many they were.
    fn retain(&self, part: &mut Part, keeps: impl Fn(&[u8], &Entry) -> bool) -> usize {
        let before = part.len();
        part.retain(|key, entry| {
            let stays = keeps(key, entry);
            if !stays {
                self.bytes.fetch_sub(cost(key, entry), Ordering::Relaxed);
            }
            stays
        });
        before - part.len()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).len()).sum()
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
        self.put(&mut part, &key, &decimal(sum), expires)?;
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

fn cost(key: &[u8], entry: &Entry) -> usize {
    key.len() + entry.value.len() + AROUND
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

#[cfg(test)]
mod tests {
    use super::{AROUND, Collection};
    use module_api::{Counter, Time};
    use std::sync::atomic::Ordering;

    #[test]
    fn what_is_stored_is_bounded_in_bytes_and_gives_its_room_back() {
        let refused = Counter::default();
        let collection = Collection { bytes_max: 3 * (AROUND + 20), ..Collection::new(refused.clone()) };
        let store = |key: &str, value: &str, expires| {
            collection.store(key.to_owned().into(), value.to_owned().into(), expires).is_ok()
        };
        assert!(store("a", "0123456789", None) && store("b", "1", Some(Time(5))) && store("c", "2", None));
        assert!(store("a", "0", None) && !store("d", &"x".repeat(100), None) && !store("a", &"x".repeat(100), None));
        assert_eq!(refused.get(), 2);
        (0..Collection::turns()).for_each(|turn| collection.sweep(turn, Time(6)));
        assert!(store("d", &"x".repeat(30), None));
        assert_eq!(collection.fetch(b"a", Time(6)).as_deref(), Some(&b"0"[..]));
        assert!(collection.remove(b"a").is_some());
        assert_eq!(collection.remove_matching(b"*"), 2);
        assert_eq!(collection.bytes.load(Ordering::Relaxed), 0);
    }
}
