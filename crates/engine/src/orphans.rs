//! Transactions whose owner was lost to an internal error. Their callers are answered, their pending branches cancelled,
//! and their timers bring them to the end that all transactions have.

use crate::desk::Desk;
use crate::transaction::{self, Transaction, Upstream};
use module_api::{Env, Kind, ReplyContent, Routing};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Transactions that nobody has, though the table shows that somebody does.
#[derive(Default)]
pub(crate) struct Orphans {
    /// How many there are, so that the search for them takes no lock.
    count: AtomicUsize,
    #[allow(clippy::vec_box, reason = "transactions are moved by their pointer")]
    list: Mutex<Vec<Box<Transaction>>>,
}

/// How often a transaction may lose its owner before it goes without a word: what is done for it may be what fails.
const LOSSES_MAX: u8 = 2;

impl Orphans {
    /// Takes a transaction in. There are never more than the table holds.
    pub(crate) fn adopt(&self, transaction: Box<Transaction>) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(transaction);
        self.count.store(list.len(), Ordering::Release);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    #[allow(clippy::vec_box, reason = "transactions are moved by their pointer")]
    fn take(&self) -> Vec<Box<Transaction>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.count.store(0, Ordering::Release);
        std::mem::take(&mut *list)
    }
}

impl Desk<'_> {
    /// Ends the transactions that have lost their owners.
    pub(crate) fn settle_orphans(&self, env: &mut Env<'_>) {
        for mut orphan in self.core.orphans.take() {
            self.core.counters.engine.orphans.increment();
            if orphan.losses > LOSSES_MAX {
                orphan.is_over = true;
                self.core.table.remove(orphan.id);
                continue;
            }
            self.own(env, orphan, |desk, env, msg| desk.settle_orphan(env, msg));
        }
    }

    fn settle_orphan(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let transaction = transaction::of(&mut msg)?;
        if transaction.is_answered() {
            return Some(msg);
        }
        if matches!(transaction.upstream, Upstream::Own(_)) {
            self.own_failed(env, &mut msg, 500);
            self.cancel_pending(env, &mut msg, None);
            return Some(msg);
        }
        let reply = ReplyContent::new(500, crate::flow::reason_for(500));
        if let Err(fault) = self.answer_locally(env, &mut msg, Kind::Request, &reply) {
            env.log().error(format!("a caller could not be answered after an internal error: {fault}"));
        }
        Some(msg)
    }
}
