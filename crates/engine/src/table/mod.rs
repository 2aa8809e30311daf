//! The table of transactions, in shards of a lock each. A transaction is owned by one worker at a time: the table has
//! it, or shows that somebody else does and keeps its mail. No lock is held while a script runs or anything waits.

mod id;
mod key;
mod mail;
mod shard;
mod wheel;

pub(crate) use id::{COOKIE, Id, loop_mark, print_decimal};
pub(crate) use key::{Key, Rfc2543};
pub(crate) use mail::Mail;
pub(crate) use shard::{Match, Refused, Shown, Taken};

use crate::budget::{Budget, Keeping};
use crate::transaction::Transaction;
use foldhash::fast::FixedState;
use module_api::{Counter, Time};
use shard::Shard;
use sip::Message;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Transactions taken because they are due. Should the work on one of them fail, the others go back.
struct Due<'a> {
    table: &'a Table,
    #[allow(clippy::vec_box, reason = "transactions are moved by their pointer")]
    list: Vec<Box<Transaction>>,
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        for transaction in self.list.drain(..) {
            let mut next = Some(transaction);
            while let Some(transaction) = next {
                // What has come for it in this moment is lost, as if on the way; it will come again.
                next = self.table.put(transaction).map(|(transaction, _)| {
                    self.table.lost_mail.increment();
                    transaction
                });
            }
        }
    }
}

/// Enough that two workers seldom want the same one.
const SHARDS: usize = 256;

/// The table.
pub(crate) struct Table {
    shards: Box<[Mutex<Shard>]>,
    hasher: FixedState,
    rules: Rfc2543,
    live: AtomicUsize,
    /// How many transactions there may be.
    max: usize,
    /// How much they may hold.
    budget: Arc<Budget>,
    /// `tm:inuse_transactions`
    in_use: Counter,
    /// What found no room.
    refused: Counter,
    /// Events that found their transaction's mailbox full.
    lost_mail: Counter,
}

impl Table {
    pub(crate) fn new(
        seed: u64,
        now: Time,
        max: usize,
        budget: Arc<Budget>,
        rules: Rfc2543,
        in_use: Counter,
        refused: Counter,
        lost_mail: Counter,
    ) -> Table {
        let generation = |number: u8| (seed >> 16) as u32 ^ u32::from(number).wrapping_mul(0x85eb_ca6b);
        let shards = (0..=u8::MAX).take(SHARDS).map(|number| Mutex::new(Shard::new(number, generation(number), now)));
        Table {
            shards: shards.collect(),
            hasher: FixedState::with_seed(seed),
            rules,
            live: AtomicUsize::new(0),
            max,
            budget,
            in_use,
            refused,
            lost_mail,
        }
    }

    /// The key of a request; `None` if it lacks what a key needs.
    pub(crate) fn key<'a>(&self, request: &'a Message) -> Option<Key<'a>> {
        Key::of(request, &self.hasher).ok()
    }

    /// What a request means for the transactions there are.
    pub(crate) fn lookup(&self, key: &Key<'_>) -> Match {
        self.shard_of_hash(key.hash).lookup(key, self.rules)
    }

    /// Makes a slot for a request that has none.
    pub(crate) fn insert(&self, key: &Key<'_>, request: &Arc<Message>, shown: Shown) -> Result<Id, Refused> {
        self.has_room().ok_or(Refused::Full)?;
        let id = self.shard_of_hash(key.hash).insert(key, request, shown, self.rules)?;
        self.count_in(request);
        Ok(id)
    }

    /// Makes a slot for a request of our own.
    pub(crate) fn insert_own(&self, request: &Arc<Message>) -> Option<Id> {
        self.has_room()?;
        let key = self.key(request)?;
        let id = self.shard_of_hash(key.hash).insert_new(key.hash, request, Shown::default())?;
        self.count_in(request);
        Some(id)
    }

    /// Gives the transaction to who has an event for it, or keeps the event for who has the transaction.
    pub(crate) fn take(&self, id: Id, mail: Mail) -> Taken {
        let taken = self.shard(id).take(id, mail);
        if matches!(taken, Taken::Full) {
            self.lost_mail.increment();
        }
        taken
    }

    /// Puts a transaction back, unless there is mail for it.
    pub(crate) fn put(&self, mut transaction: Box<Transaction>) -> Option<(Box<Transaction>, Mail)> {
        if transaction.keeping == Keeping::Whole && transaction.is_settled() {
            transaction.keeping = Keeping::Settled;
            self.budget.settle(&transaction.request);
        }
        let shown = transaction.shown();
        self.shard(transaction.id).put(transaction, shown)
    }

    /// Shows another reply of a busy transaction.
    pub(crate) fn show(&self, id: Id, shown: Shown) {
        self.shard(id).show(id, shown);
    }

    /// Whether a CANCEL for this busy transaction has come.
    pub(crate) fn is_cancelled(&self, id: Id) -> bool {
        self.shard(id).is_cancelled(id)
    }

    /// Of the branches from this number on that a busy transaction has sent, `count` in all: those that could not be
    /// delivered, if they are all of them. Then nobody else hears of it.
    pub(crate) fn take_undelivered(&self, id: Id, from: usize, count: usize) -> Option<Vec<usize>> {
        self.shard(id).take_undelivered(id, from, count)
    }

    /// Frees the slot of a transaction that is over.
    pub(crate) fn remove(&self, id: Id) {
        let removed = self.shard(id).remove(id);
        removed.inspect(|(request, keeping)| self.budget.release(request, *keeping));
        self.live.fetch_sub(1, Ordering::Relaxed);
        self.in_use.decrement();
    }

    /// Takes the transactions that have a deadline behind them.
    pub(crate) fn due(&self, now: Time, mut work: impl FnMut(Box<Transaction>)) {
        if self.live.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut taken = Due { table: self, list: Vec::new() };
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).due(now, &mut taken.list);
            taken.list.reverse();
            while let Some(transaction) = taken.list.pop() {
                work(transaction);
            }
        }
    }

    /// The transaction of a request with this Call-ID that fits; found at once where its CSeq number is known.
    pub(crate) fn find(&self, call_id: &[u8], cseq: Option<u32>, fits: impl Fn(&Message) -> bool) -> Option<Id> {
        let fits = |request: &Message| {
            request.call_id().ok() == Some(call_id)
                && cseq.is_none_or(|cseq| request.cseq().is_ok_and(|known| known.number == cseq))
                && fits(request)
        };
        if let Some(cseq) = cseq {
            let hash = key::hash(&self.hasher, call_id, cseq);
            return self.shard_of_hash(hash).find(Some(hash), fits);
        }
        self.shards.iter().find_map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).find(None, fits))
    }

    /// How many transactions each shard holds, and has held since the start.
    pub(crate) fn load(&self) -> Vec<(usize, u64)> {
        let load = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            (shard.count(), shard.made())
        };
        self.shards.iter().map(load).collect()
    }

    /// Whether this transaction is still there.
    pub(crate) fn holds(&self, id: Id) -> bool {
        self.shard(id).holds(id)
    }

    /// The request of this transaction.
    pub(crate) fn request(&self, id: Id) -> Option<Arc<Message>> {
        self.shard(id).request(id)
    }

    /// How many transactions there are.
    pub(crate) fn count(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// How many timers are armed.
    pub(crate) fn timers(&self) -> usize {
        let lock = |shard: &Mutex<Shard>| shard.lock().unwrap_or_else(PoisonError::into_inner).timers();
        self.shards.iter().map(lock).sum()
    }

    /// Whether there are no transactions at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.load(Ordering::Relaxed) == 0
    }

    /// Whether no transaction more can be taken.
    pub(crate) fn is_full(&self) -> bool {
        self.live.load(Ordering::Relaxed) >= self.max || self.budget.is_spent()
    }

    fn has_room(&self) -> Option<()> {
        if !self.is_full() {
            return Some(());
        }
        self.refused.increment();
        None
    }

    fn count_in(&self, request: &Message) {
        self.budget.keep(request);
        self.live.fetch_add(1, Ordering::Relaxed);
        self.in_use.increment();
    }

    fn shard(&self, id: Id) -> MutexGuard<'_, Shard> {
        self.lock(usize::from(id.shard))
    }

    fn shard_of_hash(&self, hash: u64) -> MutexGuard<'_, Shard> {
        self.lock((hash >> 56) as usize)
    }

    fn lock(&self, number: usize) -> MutexGuard<'_, Shard> {
        // There are as many shards as a byte has values.
        self.shards[number % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
