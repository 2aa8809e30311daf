//! A part of the transaction table: slots, their index and their timers under one lock.

use super::id::Id;
use super::key::{Key, Relation, Rfc2543};
use super::mail::{Mail, Mailbox};
use super::wheel::Wheel;
use crate::budget::Keeping;
use crate::transaction::Transaction;
use hashbrown::HashTable;
use module_api::{Sending, Time};
use sip::Message;
use std::sync::Arc;

/// A part of the table.
pub(crate) struct Shard {
    number: u8,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Slots by the hash of their request.
    index: HashTable<u32>,
    wheel: Wheel,
    /// What the generations of new slots begin with.
    first_generation: u32,
    /// How many transactions it has had.
    made: u64,
}

/// A transaction's place.
struct Slot {
    generation: u32,
    hash: u64,
    request: Option<Arc<Message>>,
    shown: Shown,
    keeping: Keeping,
    tenant: Tenant,
}

/// Who has the transaction.
enum Tenant {
    Nobody,
    /// The table.
    Idle(Box<Transaction>),
    /// A worker, or a message that waits for a backend.
    Busy(Mailbox),
}

/// What can be seen of a transaction whoever has it.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    /// Its last reply, for retransmissions of its request.
    pub(crate) answer: Option<Sending>,
    /// The code of that reply.
    pub(crate) code: u16,
}

/// What [`Shard::lookup`] found.
pub(crate) enum Match {
    None,
    /// The request once more, and the reply to send again.
    Retransmission(Option<Sending>),
    /// The ACK of this hop.
    HopAck(Id),
    /// The INVITE that this CANCEL cancels.
    Cancel(Id),
    /// The INVITE whose 2xx this ACK acknowledges.
    Acknowledges(Id),
}

/// What became of an event.
pub(crate) enum Taken {
    /// The transaction is the caller's now.
    Owned(Box<Transaction>, Mail),
    /// It is in the mailbox.
    Posted,
    /// The mailbox is full; the event is lost.
    Full,
    /// There is no such transaction.
    Gone,
}

/// Why no slot was given.
pub(crate) enum Refused {
    /// The request has a transaction: this is its reply, to be sent again.
    Known(Option<Sending>),
    /// There is no room.
    Full,
}

impl Shard {
    pub(crate) fn new(number: u8, first_generation: u32, now: Time) -> Shard {
        Shard {
            number,
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            wheel: Wheel::new(now),
            first_generation,
            made: 0,
        }
    }

    /// How many timers are armed.
    pub(crate) const fn timers(&self) -> usize {
        self.wheel.armed()
    }

    /// What a request means for the transactions there are.
    pub(crate) fn lookup(&self, key: &Key<'_>, rules: Rfc2543) -> Match {
        let mut acknowledged = None;
        for slot in self.candidates(key.hash) {
            let Some((position, slot, request)) = slot else { continue };
            let id = self.id(position, slot);
            match key.relation(request, rules) {
                Some(Relation::Retransmission) => return Match::Retransmission(slot.shown.answer.clone()),
                Some(Relation::Cancel) => return Match::Cancel(id),
                // Some send the ACK to a 2xx with the branch of the INVITE: it still goes end to end.
                Some(Relation::HopAck) if slot.shown.code >= 300 => return Match::HopAck(id),
                _ if key.acknowledges(request) => acknowledged = Some(id),
                _ => {}
            }
        }
        acknowledged.map_or(Match::None, Match::Acknowledges)
    }

    /// Makes a slot for a request that has none; its transaction is busy until it is put.
    pub(crate) fn insert(
        &mut self,
        key: &Key<'_>,
        request: &Arc<Message>,
        shown: Shown,
        rules: Rfc2543,
    ) -> Result<Id, Refused> {
        if let Match::Retransmission(answer) = self.lookup(key, rules) {
            return Err(Refused::Known(answer));
        }
        self.insert_new(key.hash, request, shown).ok_or(Refused::Full)
    }

    /// The same for a request of our own, which nobody can have sent before.
    pub(crate) fn insert_new(&mut self, hash: u64, request: &Arc<Message>, shown: Shown) -> Option<Id> {
        let position = match self.free.pop() {
            Some(position) => position,
            None => self.grow()?,
        };
        self.made += 1;
        let slots = &self.slots;
        self.index.insert_unique(hash, position, |known| slot_at(slots, *known).map_or(0, |slot| slot.hash));
        let slot = self.slots.get_mut(at(position))?;
        slot.hash = hash;
        slot.request = Some(Arc::clone(request));
        slot.shown = shown;
        slot.keeping = Keeping::Whole;
        slot.tenant = Tenant::Busy(Mailbox::default());
        Some(Id { shard: self.number, slot: position, generation: slot.generation })
    }

    /// Gives the transaction to who has an event for it, or keeps the event for who has the transaction.
    pub(crate) fn take(&mut self, id: Id, mail: Mail) -> Taken {
        let Some(slot) = self.slot_mut(id) else { return Taken::Gone };
        if let Tenant::Busy(mailbox) = &mut slot.tenant {
            return if mailbox.post(mail) { Taken::Posted } else { Taken::Full };
        }
        match std::mem::replace(&mut slot.tenant, Tenant::Busy(Mailbox::default())) {
            Tenant::Idle(transaction) => {
                self.wheel.cancel(id.slot);
                Taken::Owned(transaction, mail)
            }
            _ => Taken::Gone,
        }
    }

    /// Puts a transaction back, unless there is mail for it: then its owner gets both.
    pub(crate) fn put(&mut self, transaction: Box<Transaction>, shown: Shown) -> Option<(Box<Transaction>, Mail)> {
        let id = transaction.id;
        let slot = self.slot_mut(id)?;
        slot.shown = shown;
        slot.keeping = transaction.keeping;
        if let Tenant::Busy(mailbox) = &mut slot.tenant
            && let Some(mail) = mailbox.take()
        {
            return Some((transaction, mail));
        }
        let deadline = transaction.next_deadline();
        slot.tenant = Tenant::Idle(transaction);
        if let Some(deadline) = deadline {
            self.wheel.arm(id.slot, deadline);
        }
        None
    }

    /// Shows another reply of a busy transaction.
    pub(crate) fn show(&mut self, id: Id, shown: Shown) {
        if let Some(slot) = self.slot_mut(id) {
            slot.shown = shown;
        }
    }

    /// Whether a CANCEL for this busy transaction has come.
    pub(crate) fn is_cancelled(&self, id: Id) -> bool {
        let slot = slot_at(&self.slots, id.slot).filter(|slot| slot.generation == id.generation);
        slot.is_some_and(|slot| matches!(&slot.tenant, Tenant::Busy(mailbox) if mailbox.has_cancel()))
    }

    /// Of the branches from this number on that a busy transaction has sent, `count` in all: those that could not be
    /// delivered, if they are all of them. Its mailbox then holds no word of it.
    pub(crate) fn take_undelivered(&mut self, id: Id, from: usize, count: usize) -> Option<Vec<usize>> {
        let Tenant::Busy(mailbox) = &mut self.slot_mut(id)?.tenant else { return None };
        let branches = mailbox.undelivered(from);
        if branches.len() < count {
            return None;
        }
        mailbox.forget_undelivered(&branches);
        Some(branches)
    }

    /// Frees the slot of a transaction that is over; its request, and what that was kept for.
    pub(crate) fn remove(&mut self, id: Id) -> Option<(Arc<Message>, Keeping)> {
        self.wheel.cancel(id.slot);
        let slot = self.slot_mut(id)?;
        let hash = slot.hash;
        slot.generation = slot.generation.wrapping_add(1);
        slot.tenant = Tenant::Nobody;
        let request = slot.request.take().map(|request| (request, slot.keeping));
        slot.shown = Shown::default();
        if let Ok(entry) = self.index.find_entry(hash, |position| *position == id.slot) {
            entry.remove();
        }
        self.free.push(id.slot);
        request
    }

    /// Takes the transactions that have a deadline behind them; they are busy.
    #[allow(clippy::vec_box, reason = "transactions are moved by their pointer")]
    pub(crate) fn due(&mut self, now: Time, taken: &mut Vec<Box<Transaction>>) {
        let slots = &mut self.slots;
        self.wheel.advance(now, |position| {
            let Some(slot) = slots.get_mut(at(position)) else { return };
            match std::mem::replace(&mut slot.tenant, Tenant::Busy(Mailbox::default())) {
                Tenant::Idle(transaction) => taken.push(transaction),
                other => slot.tenant = other,
            }
        });
    }

    /// The INVITEs of a Call-ID that wait, and their CSeq numbers; all requests where `hash` is given.
    pub(crate) fn find(&self, hash: Option<u64>, fits: impl Fn(&Message) -> bool) -> Option<Id> {
        let mut slots = (0u32..).zip(&self.slots);
        slots.find_map(|(position, slot)| {
            let request = slot.request.as_ref()?;
            let fits = hash.is_none_or(|hash| hash == slot.hash) && fits(request);
            fits.then(|| self.id(position, slot))
        })
    }

    /// How many transactions there have been.
    pub(crate) const fn made(&self) -> u64 {
        self.made
    }

    /// How many transactions there are.
    pub(crate) fn count(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether this transaction is still there.
    pub(crate) fn holds(&self, id: Id) -> bool {
        slot_at(&self.slots, id.slot)
            .is_some_and(|slot| slot.generation == id.generation && !matches!(slot.tenant, Tenant::Nobody))
    }

    /// The request of this transaction.
    pub(crate) fn request(&self, id: Id) -> Option<Arc<Message>> {
        let slot = slot_at(&self.slots, id.slot).filter(|slot| slot.generation == id.generation)?;
        slot.request.clone()
    }

    fn grow(&mut self) -> Option<u32> {
        let position = u32::try_from(self.slots.len()).ok().filter(|position| *position < Id::SLOTS_MAX)?;
        // Slots begin at different generations, so that the branches of one shard do not look alike.
        let generation = self.first_generation.wrapping_add(position.wrapping_mul(0x9e37_79b9));
        let (shown, keeping) = (Shown::default(), Keeping::default());
        self.slots.push(Slot { generation, hash: 0, request: None, shown, keeping, tenant: Tenant::Nobody });
        Some(position)
    }

    fn candidates(&self, hash: u64) -> impl Iterator<Item = Option<(u32, &Slot, &Message)>> {
        self.index.iter_hash(hash).map(move |position| {
            let slot = slot_at(&self.slots, *position).filter(|slot| slot.hash == hash)?;
            Some((*position, slot, &**slot.request.as_ref()?))
        })
    }

    fn id(&self, position: u32, slot: &Slot) -> Id {
        Id { shard: self.number, slot: position, generation: slot.generation }
    }

    fn slot_mut(&mut self, id: Id) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(at(id.slot))?;
        let is_it = slot.generation == id.generation && !matches!(slot.tenant, Tenant::Nobody);
        is_it.then_some(slot)
    }
}

fn slot_at(slots: &[Slot], position: u32) -> Option<&Slot> {
    slots.get(at(position))
}

fn at(position: u32) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
