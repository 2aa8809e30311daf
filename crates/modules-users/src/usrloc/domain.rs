//! A location table in memory: records by address of record, in shards with a lock each.

use super::agents::UserAgents;
use super::columns::Statements;
use super::contact::{Contact, Need};
use super::edit::{Changes, Edit, EditContext};
use super::id;
use super::record::{Order, Record};
use super::undo::{Undo, take_back};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use module_api::{Counter, Time};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A location table ("domain" upstream): one SQL table's name, and its records.
pub struct Domain {
    /// Its name.
    pub name: String,
    shards: Box<[Mutex<Shard>]>,
    hasher: FixedState,
    layout: Layout,
    agents: Arc<UserAgents>,
    next_label: AtomicU32,
    /// Its statistics.
    pub counters: DomainCounters,
    /// Its statements, where there is a database.
    pub statements: Option<Statements>,
}

/// What all tables have in common.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// How contacts are ordered.
    pub order: Order,
    /// The logarithm of the number of slots in identifiers.
    pub hash_size: u32,
    /// Whether there is a database, from which what is removed must be removed too.
    pub stored: bool,
    /// Whether each change is written at once by who makes it, not by the timer.
    pub written_through: bool,
}

/// The statistics of a table.
#[derive(Clone, Debug, Default)]
pub struct DomainCounters {
    /// Addresses of record.
    pub users: Counter,
    /// Contacts.
    pub contacts: Counter,
    /// Contacts whose time ran out.
    pub expired: Counter,
}

/// A part of a table.
#[derive(Default)]
pub struct Shard {
    // Boxed: a hash table keeps up to as many free places as records, and a pointer is the smallest free place.
    records: HashTable<Box<Record>>,
    /// Contacts to be deleted from the database.
    pub gone: Vec<u64>,
    /// How far the clock on the wall was ahead when the rows of its contacts were last all in step with it, in seconds.
    clock_ahead_s: i64,
}

/// Enough that workers rarely meet in one, few enough that an empty table is small.
const SHARDS: usize = 1024;

impl Domain {
    /// An empty table.
    pub fn new(name: &str, layout: Layout, agents: Arc<UserAgents>, seed: u64, counters: DomainCounters) -> Domain {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        let hasher = FixedState::with_seed(seed);
        // Labels begin anywhere, so that identifiers of before a restart do not come back for other contacts.
        let next_label = AtomicU32::new(u32::try_from(seed >> 33).unwrap_or(0));
        Domain { name: name.to_owned(), shards, hasher, layout, agents, next_label, counters, statements: None }
    }

    /// How many shards there are, for those who go through all of them.
    pub const fn shard_count() -> usize {
        SHARDS
    }

    /// The known user agents.
    pub fn agents(&self) -> &UserAgents {
        &self.agents
    }

    /// The number of slots in identifiers.
    pub fn slots(&self) -> u32 {
        1 << self.layout.hash_size
    }

    /// Reads the record of an address of record.
    pub fn read<T>(&self, aor: &[u8], work: impl FnOnce(Option<&Record>) -> T) -> T {
        let hash = self.hasher.hash_one(aor);
        let shard = self.lock(shard_of(hash));
        work(shard.records.find(hash, |record| record.aor() == aor).map(|record| &**record))
    }

    /// Changes the record of an address of record; one without contacts is made where there is none, and dropped
    /// where none are left.
    pub fn change<T>(&self, aor: &[u8], watched: bool, work: impl FnOnce(&mut Edit<'_>) -> T) -> (T, Changes) {
        let (slot, undoable) = (id::slot(aor, self.layout.hash_size), self.layout.written_through);
        let context = EditContext { agents: &self.agents, order: self.layout.order, slot, watched, undoable };
        let keeps_gone = self.layout.stored && !self.layout.written_through;
        self.with_record(aor, keeps_gone, |record| {
            let mut edit = Edit::new(record, context);
            let result = work(&mut edit);
            (result, edit.finish())
        })
    }

    /// Takes a change back that the database did not take.
    pub fn undo(&self, aor: &[u8], steps: Vec<Undo>) {
        self.with_record(aor, true, |record| ((), take_back(record, steps, self.layout.order)));
    }

    /// Works on the record of an address of record, which is there meanwhile. What goes is kept for the database where
    /// the timer is to remove it.
    fn with_record<T>(
        &self,
        aor: &[u8],
        keeps_gone: bool,
        work: impl FnOnce(&mut Record) -> (T, Changes),
    ) -> (T, Changes) {
        let hash = self.hasher.hash_one(aor);
        let mut shard = self.lock(shard_of(hash));
        let Shard { records, gone, .. } = &mut *shard;
        let (mut place, is_new) = match self.entry(records, hash, aor) {
            Entry::Occupied(place) => (place, false),
            Entry::Vacant(place) => (place.insert(Box::new(Record::new(aor, self.label()))), true),
        };
        let (result, mut changes) = work(place.get_mut());
        let is_empty = place.get().contacts().is_empty();
        if is_empty {
            place.remove();
        }
        changes.aor_inserted = is_new && !is_empty;
        changes.aor_deleted = !is_new && is_empty;
        if keeps_gone {
            gone.extend(&changes.gone);
        }
        self.count(&changes);
        (result, changes)
    }

    /// Changes a record if there is one: for what must not make any.
    pub fn touch<T>(&self, aor: &[u8], work: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let hash = self.hasher.hash_one(aor);
        let mut shard = self.lock(shard_of(hash));
        shard.records.find_mut(hash, |record| record.aor() == aor).map(|record| work(record))
    }

    /// Keeps new identifiers apart from one that is in the database.
    pub fn avoid(&self, id: u64) {
        self.next_label.fetch_max(id::any_record_label(id).wrapping_add(1), Ordering::Relaxed);
    }

    /// Puts a contact in that was loaded from the database.
    pub fn load(&self, aor: &[u8], mut contact: Contact, regenerate: bool) {
        let hash = self.hasher.hash_one(aor);
        let mut shard = self.lock(shard_of(hash));
        let slot = id::slot(aor, self.layout.hash_size);
        let label = id::record_label(contact.id, slot);
        let Shard { records, gone, .. } = &mut *shard;
        let mut place = match self.entry(records, hash, aor) {
            Entry::Occupied(place) => place,
            Entry::Vacant(place) => {
                self.counters.users.increment();
                place.insert(Box::new(Record::new(aor, label.unwrap_or_else(|| self.label()))))
            }
        };
        let record = place.get_mut();
        if let Some(label) = label {
            if label == record.label {
                record.continue_after(contact.id);
            }
        } else if regenerate && self.layout.stored {
            gone.push(contact.id);
            contact.id = record.next_id(slot);
            contact.sync.need = Need::Insert;
        }
        record.insert(contact, self.layout.order);
        self.counters.contacts.increment();
    }

    /// Removes the contacts of a shard whose time is over. `removed` gets each record with what was taken from it.
    pub fn expire(&self, shard: usize, now: Time, watched: bool, mut removed: impl FnMut(&Record, Changes)) {
        let mut shard = self.lock(shard);
        let Shard { records, gone, .. } = &mut *shard;
        records.retain(|record| {
            if record.contacts().iter().all(|contact| contact.is_valid(now)) {
                return true;
            }
            let context =
                EditContext { agents: &self.agents, order: self.layout.order, slot: 0, watched, undoable: false };
            let mut edit = Edit::new(record, context);
            let count = edit.remove_unless(|contact| contact.is_valid(now));
            let mut changes = edit.finish();
            self.counters.expired.add(i64::try_from(count).unwrap_or(0));
            changes.aor_deleted = record.contacts().is_empty();
            if self.layout.stored {
                gone.extend(&changes.gone);
            }
            self.count(&changes);
            let stays = !changes.aor_deleted;
            removed(record, changes);
            stays
        });
    }

    /// Does something with each record of a shard.
    pub fn each(&self, shard: usize, mut work: impl FnMut(&mut Record)) {
        self.lock(shard).records.iter_mut().for_each(|record| work(record));
    }

    /// A shard.
    pub fn lock(&self, shard: usize) -> MutexGuard<'_, Shard> {
        // Shard numbers are taken modulo their count.
        self.shards[shard % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shard of an address of record.
    pub fn shard_of(&self, aor: &[u8]) -> usize {
        shard_of(self.hasher.hash_one(aor))
    }

    fn entry<'a>(&self, records: &'a mut HashTable<Box<Record>>, hash: u64, aor: &[u8]) -> Entry<'a, Box<Record>> {
        records.entry(hash, |record| record.aor() == aor, |record| self.hasher.hash_one(record.aor()))
    }

    fn label(&self) -> u32 {
        self.next_label.fetch_add(1, Ordering::Relaxed)
    }

    fn count(&self, changes: &Changes) {
        if changes.balance != 0 {
            self.counters.contacts.add(changes.balance);
        }
        if changes.aor_inserted {
            self.counters.users.increment();
        }
        if changes.aor_deleted {
            self.counters.users.decrement();
        }
    }
}

impl Shard {
    /// Its records.
    pub fn records_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.records.iter_mut().map(|record| &mut **record)
    }

    /// Has the rows of all contacts written anew where the clock was set: they tell ends by the clock on the wall, which
    /// is what the next start goes by.
    pub fn follow_clock(&mut self, ahead_s: i64) {
        // A second is the noise of rounding.
        if self.clock_ahead_s.abs_diff(ahead_s) <= 1 {
            return;
        }
        self.clock_ahead_s = ahead_s;
        self.records_mut().flat_map(|record| record.contacts_mut()).for_each(|contact| contact.sync.write_again());
    }

    /// How many records it has.
    pub fn count(&self) -> usize {
        self.records.len()
    }
}

/// The hash table inside a shard takes the lowest and the highest bits; these are between.
fn shard_of(hash: u64) -> usize {
    usize::try_from(hash >> 32 & 0xffff).unwrap_or(0) % SHARDS
}
