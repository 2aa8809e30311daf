//! A map that many threads look into at once: each key belongs to one of several parts with a lock of its own.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The map. Its keys come from outside, so where they lie is random.
pub(super) struct Sharded<K, V> {
    parts: [RwLock<HashMap<K, V>>; PARTS],
    hasher: RandomState,
}

const PARTS: usize = 32;

impl<K, V> Default for Sharded<K, V> {
    fn default() -> Self {
        Sharded { parts: std::array::from_fn(|_| RwLock::default()), hasher: RandomState::new() }
    }
}

impl<K: Eq + Hash, V: Clone> Sharded<K, V> {
    /// The value of a key.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        read(self.part(key)?).get(key).cloned()
    }

    /// The part of a key, to be changed.
    pub(super) fn write(&self, key: &K) -> Option<RwLockWriteGuard<'_, HashMap<K, V>>> {
        Some(self.part(key)?.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// All values.
    pub(super) fn values(&self) -> Vec<V> {
        self.parts.iter().flat_map(|part| read(part).values().cloned().collect::<Vec<_>>()).collect()
    }

    fn part(&self, key: &K) -> Option<&RwLock<HashMap<K, V>>> {
        let place = self.hasher.hash_one(key) as usize % PARTS;
        self.parts.get(place)
    }
}

fn read<K, V>(part: &RwLock<HashMap<K, V>>) -> RwLockReadGuard<'_, HashMap<K, V>> {
    part.read().unwrap_or_else(PoisonError::into_inner)
}
