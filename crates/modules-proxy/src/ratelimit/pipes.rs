//! All pipes, in parts by their names, each with a lock.

use super::pipe::{Algorithm, Pipe, Rules};
use bytes::Bytes;
use foldhash::fast::FixedState;
use module_api::{Counter, Time};
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The table of pipes.
pub(super) struct Pipes {
    rules: Rules,
    parts: Vec<Mutex<Part>>,
    hasher: FixedState,
    count: Counter,
    evicted: Counter,
}

type Part = BTreeMap<Bytes, Pipe>;

const PARTS: usize = 64;
/// Names come from messages. A part that is full gives up what counts nothing, else what was used longest ago.
const PIPES_OF_PART_MAX: usize = 1024;

impl Pipes {
    pub(super) fn new(rules: Rules, seed: u64, count: Counter, evicted: Counter) -> Pipes {
        let parts = std::iter::repeat_with(Mutex::default).take(PARTS).collect();
        Pipes { rules, parts, hasher: FixedState::with_seed(seed), count, evicted }
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Does something with a pipe, made if it is new; its limit is this from now on.
    pub(super) fn with_new<T>(
        &self,
        name: &Bytes,
        algorithm: Algorithm,
        limit: i32,
        now: Time,
        work: impl FnOnce(&mut Pipe) -> T,
    ) -> T {
        let mut part = self.part(name);
        if let Some(pipe) = part.get_mut(name) {
            pipe.limit = limit;
            return work(pipe);
        }
        if part.len() >= PIPES_OF_PART_MAX {
            self.make_room(&mut part, now);
        }
        let mut pipe = Pipe::new(algorithm, limit, &self.rules, now);
        let done = work(&mut pipe);
        // A copy, for the name may be a slice of a message that would be kept with it.
        part.insert(Bytes::copy_from_slice(name), pipe);
        self.count.increment();
        done
    }

    /// Does something with a pipe, if there is one of this name.
    pub(super) fn with<T>(&self, name: &[u8], work: impl FnOnce(&mut Pipe) -> T) -> Option<T> {
        self.part(name).get_mut(name).map(work)
    }

    /// An interval ends; pipes that were not used for long go.
    pub(super) fn turn(&self, now: Time, expire: Duration) {
        for part in &self.parts {
            let mut part = lock(part);
            let before = part.len();
            part.retain(|_, pipe| now.since(pipe.used) < expire);
            part.values_mut().for_each(Pipe::turn);
            self.count.add(-i64::try_from(before - part.len()).unwrap_or(0));
        }
    }

    /// All pipes, by name.
    pub(super) fn all(&self) -> BTreeMap<Bytes, Pipe> {
        let mut all = BTreeMap::new();
        for part in &self.parts {
            all.extend(lock(part).iter().map(|(name, pipe)| (name.clone(), pipe.clone())));
        }
        all
    }

    fn make_room(&self, part: &mut Part, now: Time) {
        let before = part.len();
        part.retain(|_, pipe| !pipe.is_idle(now));
        if part.len() >= PIPES_OF_PART_MAX
            && let Some(oldest) = part.iter().min_by_key(|(_, pipe)| pipe.used).map(|(name, _)| name.clone())
        {
            part.remove(&oldest);
            self.evicted.increment();
        }
        self.count.add(-i64::try_from(before - part.len()).unwrap_or(0));
    }

    fn part(&self, name: &[u8]) -> MutexGuard<'_, Part> {
        let position = usize::try_from(self.hasher.hash_one(name) >> 32).unwrap_or_default() % PARTS;
        lock(&self.parts[position])
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
