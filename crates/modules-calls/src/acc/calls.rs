//! The calls that have a record when they end, by the numbers of their dialogs: from `do_accounting()` to the record. Whoever
//! takes a call out writes its record, so there is one.

use super::marks::{Common, Values};
use bytes::Bytes;
use module_api::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All of them. There are no more than dialogs, and calls that a disk had room for.
#[derive(Debug, Default)]
pub struct Calls(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    calls: BTreeMap<u64, CallAccount>,
    /// Calls that are over but for the reply to their BYE, by the time that is waited until.
    ending: BTreeSet<(Time, u64)>,
    /// Calls of before the start, by the time (on the wall) when they are over at the latest.
    lasting: BTreeSet<(Time, u64)>,
    /// The same by Call-ID: the disk may know them where their dialogs are not there.
    by_call_id: BTreeMap<Bytes, u64>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct CallAccount {
    /// The values of its record, and where that goes.
    pub common: Common,
    /// What is known of it since it was answered.
    pub answered: Option<Answered>,
    /// The disk is writing what is known of it: the record waits for that, so that none overtakes the other.
    is_busy: bool,
    /// It is to have its record as soon as the disk has written.
    is_over: bool,
    /// When the reply to its BYE is not waited for any more.
    ends_by: Option<Time>,
}

/// What is known of a call that was answered. Its times are those of the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The caller's tag.
    pub from_tag: Bytes,
    /// The callee's tag.
    pub to_tag: Bytes,
    /// The Call-ID.
    pub callid: Bytes,
    /// The code of the answer.
    pub code: u16,
    /// Its reason phrase.
    pub reason: Bytes,
    /// When the INVITE came.
    pub created: Time,
    /// When it was answered.
    pub at: Time,
    /// When it is over at the latest.
    pub expires: Time,
    /// When it has ended.
    pub ended: Option<Time>,
    /// The number of its entry on the disk.
    pub held: Option<u64>,
    /// It was answered before the server was started.
    pub is_of_before: bool,
}

impl Calls {
    /// A call is to have a record.
    pub fn arm(&self, number: u64, common: Common) {
        let account = CallAccount { common, answered: None, is_busy: false, is_over: false, ends_by: None };
        self.lock().calls.entry(number).or_insert(account);
    }

    /// The values of a call.
    pub fn common(&self, number: u64) -> Option<Common> {
        Some(self.lock().calls.get(&number)?.common.clone())
    }

    /// A call was answered; from here on the disk is writing it if `is_busy`.
    pub fn answer(&self, number: u64, answered: Answered, is_busy: bool) {
        if let Some(call) = self.lock().calls.get_mut(&number) {
            (call.answered, call.is_busy) = (Some(answered), is_busy);
        }
    }

    /// A call has ended by a BYE, whose reply is waited for until then. What is known of it, if the disk is to have that.
    pub fn end(&self, number: u64, ended: Time, ends_by: Time) -> Option<(Answered, Values)> {
        let table = &mut *self.lock();
        let call = table.calls.get_mut(&number)?;
        let answered = call.answered.as_mut().filter(|answered| answered.ended.is_none())?;
        answered.ended = Some(ended);
        call.ends_by = Some(ends_by);
        table.ending.insert((ends_by, number));
        // What the disk is writing at this moment will not say when it ended; that is seldom, and lost only by a kill.
        if call.is_busy || answered.held.is_none() {
            return None;
        }
        call.is_busy = true;
        Some((answered.clone(), call.common.lock().clone()))
    }

    /// The disk has written what is known of a call, or could not and has no entry of it. Whether the record is due now.
    pub fn settle(&self, number: u64, is_held: bool) -> bool {
        let table = &mut *self.lock();
        let Some(call) = table.calls.get_mut(&number) else { return false };
        call.is_busy = false;
        if let Some(answered) = call.answered.as_mut().filter(|_| !is_held) {
            answered.held = None;
        }
        call.is_over
    }

    /// Takes a call out, whose record is then due. `None` if there is none, or the disk is writing: then `settle` says so.
    pub fn take(&self, number: u64, ended: Time) -> Option<CallAccount> {
        let table = &mut *self.lock();
        let call = table.calls.get_mut(&number)?;
        if let Some(answered) = &mut call.answered {
            answered.ended.get_or_insert(ended);
        }
        if call.is_busy {
            call.is_over = true;
            return None;
        }
        table.remove(number)
    }

    /// Whether a call has ended and waits for the reply to its BYE.
    pub fn is_ending(&self, number: u64) -> bool {
        self.lock().calls.get(&number).is_some_and(|call| call.ends_by.is_some())
    }

    /// A call of before the start, from the disk or with its dialog; what the disk knows is the newer.
    pub fn restore(&self, number: u64, answered: Answered, values: Values) {
        let table = &mut *self.lock();
        if table.calls.get(&number).is_some_and(|known| answered.held.is_none() || known.answered.is_none()) {
            return;
        }
        table.lasting.insert((answered.expires, number));
        table.by_call_id.insert(answered.callid.clone(), number);
        let common = Common::of(values);
        let answered = Some(answered);
        table.calls.insert(number, CallAccount { common, answered, is_busy: false, is_over: false, ends_by: None });
    }

    /// A call of before the start with this Call-ID and these tags, either way round.
    pub fn of_before(&self, call_id: &[u8], tags: (&[u8], &[u8])) -> Option<u64> {
        let table = self.lock();
        let number = *table.by_call_id.get(call_id)?;
        let answered = table.calls.get(&number)?.answered.as_ref()?;
        let (from, to) = (&answered.from_tag[..], &answered.to_tag[..]);
        (tags == (from, to) || tags == (to, from)).then_some(number)
    }

    /// A call that was answered anew: the caller, who has sent its INVITE again, never heard the answer that the server knew
    /// when it was killed. That answer is taken out.
    pub fn forget_before(&self, now: &Answered) -> Option<Answered> {
        let table = &mut *self.lock();
        let number = *table.by_call_id.get(&now.callid)?;
        let before = table.calls.get(&number)?.answered.as_ref()?;
        if before.from_tag != now.from_tag {
            return None;
        }
        table.remove(number)?.answered
    }

    /// Calls whose BYE has waited too long for its reply.
    pub fn overdue(&self, now: Time) -> Vec<u64> {
        let table = &mut *self.lock();
        let later = table.ending.split_off(&(now, u64::MAX));
        std::mem::replace(&mut table.ending, later).into_iter().map(|(_, number)| number).collect()
    }

    /// Calls of before the start whose time is over: when that was, and their Call-IDs.
    pub fn outlasted(&self, wall: Time) -> Vec<(Time, u64, Bytes)> {
        let table = &mut *self.lock();
        let later = table.lasting.split_off(&(wall, u64::MAX));
        let over = std::mem::replace(&mut table.lasting, later).into_iter();
        let call_id = |number: &u64| Some(table.calls.get(number)?.answered.as_ref()?.callid.clone());
        over.filter_map(|(over, number)| Some((over, number, call_id(&number)?))).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().calls.len()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn remove(&mut self, number: u64) -> Option<CallAccount> {
        let call = self.calls.remove(&number)?;
        if let Some(ends_by) = call.ends_by {
            self.ending.remove(&(ends_by, number));
        }
        if let Some(answered) = call.answered.as_ref().filter(|answered| answered.is_of_before) {
            self.lasting.remove(&(answered.expires, number));
            if self.by_call_id.get(&answered.callid) == Some(&number) {
                self.by_call_id.remove(&answered.callid);
            }
        }
        Some(call)
    }
}
