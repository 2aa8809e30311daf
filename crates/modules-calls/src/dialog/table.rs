//! All dialogs: by identifier, by Call-ID, and by when the timer must look at them.

use super::id::DialogId;
use super::record::Dialog;
use foldhash::quality::FixedState;
use module_api::{Counter, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The table. A message touches one part by identifier and one by Call-ID.
pub struct Table {
    parts: Box<[Mutex<Part>]>,
    call_ids: Box<[Mutex<CallIds>]>,
    /// Call-IDs come from outside: nobody may choose which fall together.
    hasher: FixedState,
    entries: u32,
    count: AtomicUsize,
    dialogs_max: usize,
    refused: Counter,
}

#[derive(Default)]
struct Part {
    dialogs: BTreeMap<DialogId, Arc<Dialog>>,
    due: BTreeSet<(Time, DialogId)>,
}

/// Hashes of Call-IDs with the dialogs that have them.
type CallIds = BTreeSet<(u64, DialogId)>;

/// How many parts there are.
const PARTS: usize = 128;

impl Table {
    /// For so many dialogs at most, with so many hash slots.
    pub fn new(seed: u64, entries: u32, dialogs_max: usize, refused: Counter) -> Table {
        Table {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            call_ids: (0..PARTS).map(|_| Mutex::default()).collect(),
            hasher: FixedState::with_seed(seed),
            entries: entries.max(1),
            count: AtomicUsize::new(0),
            dialogs_max,
            refused,
        }
    }

    /// The hash slot of a Call-ID.
    pub fn entry(&self, call_id: &[u8]) -> u32 {
        u32::try_from(self.hash(call_id) % u64::from(self.entries)).unwrap_or(0)
    }

    /// Puts a dialog in: `make` gets numbers until it makes one that is not there. `None` if the table is full.
    pub fn insert(&self, mut make: impl FnMut() -> Dialog) -> Option<Arc<Dialog>> {
        if self.count.load(Ordering::Relaxed) >= self.dialogs_max {
            self.refused.increment();
            return None;
        }
        // With 2^32 numbers for each slot, more than one attempt is rare.
        for _ in 0..8 {
            let dialog = Arc::new(make());
            if self.put(&dialog) {
                return Some(dialog);
            }
        }
        self.refused.increment();
        None
    }

    /// Puts a dialog in under the identifier it has; false if there is one of this identifier.
    pub fn put(&self, dialog: &Arc<Dialog>) -> bool {
        {
            let mut part = self.part(dialog.id);
            if part.dialogs.contains_key(&dialog.id) {
                return false;
            }
            part.dialogs.insert(dialog.id, Arc::clone(dialog));
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let hash = self.hash(&dialog.call_id);
        self.by_call_id(hash).insert((hash, dialog.id));
        true
    }

    /// A dialog.
    pub fn get(&self, id: DialogId) -> Option<Arc<Dialog>> {
        self.part(id).dialogs.get(&id).cloned()
    }

    /// The dialogs with this Call-ID, those that have ended last.
    pub fn with_call_id(&self, call_id: &[u8]) -> Vec<Arc<Dialog>> {
        let hash = self.hash(call_id);
        let least = DialogId { entry: 0, number: 0 };
        let greatest = DialogId { entry: u32::MAX, number: u32::MAX };
        let ids: Vec<DialogId> =
            self.by_call_id(hash).range((hash, least)..=(hash, greatest)).map(|(_, id)| *id).collect();
        let found = ids.into_iter().filter_map(|id| self.get(id)).filter(|dialog| *dialog.call_id == *call_id);
        let mut found: Vec<Arc<Dialog>> = found.collect();
        found.sort_by_key(|dialog| dialog.lock().ended.is_some());
        found
    }

    /// Takes a dialog out; false if it was not there.
    pub fn remove(&self, dialog: &Dialog) -> bool {
        let due = dialog.lock().due.take();
        {
            let mut part = self.part(dialog.id);
            if part.dialogs.remove(&dialog.id).is_none() {
                return false;
            }
            if let Some(due) = due {
                part.due.remove(&(due, dialog.id));
            }
        }
        self.count.fetch_sub(1, Ordering::Relaxed);
        let hash = self.hash(&dialog.call_id);
        self.by_call_id(hash).remove(&(hash, dialog.id));
        true
    }

    /// Has the timer look at a dialog when it says so itself.
    pub fn schedule(&self, dialog: &Dialog) {
        let (before, now) = {
            let mut inner = dialog.lock();
            let next = inner.next_due();
            (std::mem::replace(&mut inner.due, next), next)
        };
        if before == now {
            return;
        }
        let mut part = self.part(dialog.id);
        if let Some(before) = before {
            part.due.remove(&(before, dialog.id));
        }
        if let (Some(now), true) = (now, part.dialogs.contains_key(&dialog.id)) {
            part.due.insert((now, dialog.id));
        }
    }

    /// Takes the dialogs of one part whose time has come, so many at most.
    pub fn due(&self, part: usize, now: Time, most: usize) -> Vec<Arc<Dialog>> {
        let mut found = Vec::new();
        {
            let Some(part) = self.parts.get(part) else { return found };
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            while found.len() < most {
                let Some(first) = part.due.first().copied().filter(|(due, _)| *due <= now) else { break };
                part.due.remove(&first);
                found.extend(part.dialogs.get(&first.1).cloned());
            }
        }
        found.iter().for_each(|dialog| dialog.lock().due = None);
        found
    }

    /// How many parts it has.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The dialogs of one part.
    pub fn of_part(&self, part: usize) -> Vec<Arc<Dialog>> {
        let Some(part) = self.parts.get(part) else { return Vec::new() };
        part.lock().unwrap_or_else(PoisonError::into_inner).dialogs.values().cloned().collect()
    }

    /// All dialogs, part by part.
    pub fn all(&self) -> impl Iterator<Item = Arc<Dialog>> {
        (0..self.parts.len()).flat_map(|part| self.of_part(part))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn hash(&self, call_id: &[u8]) -> u64 {
        self.hasher.hash_one(call_id)
    }

    fn part(&self, id: DialogId) -> MutexGuard<'_, Part> {
        let spread = u64::from(id.entry) ^ u64::from(id.number);
        let part = usize::try_from(spread % self.parts.len() as u64).unwrap_or(0);
        // The remainder is below the length.
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn by_call_id(&self, hash: u64) -> MutexGuard<'_, CallIds> {
        let part = usize::try_from(hash % self.call_ids.len() as u64).unwrap_or(0);
        self.call_ids[part].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
