//! A dialog: who takes part, where it stands, what scripts have attached to it.

use super::id::DialogId;
use super::keeper::Keeper;
use super::leg::Leg;
use super::options::Options;
use super::state::{Action, Input, State, step};
use bytes::Bytes;
use catalogue::Value;
use module_api::{DialogLeg, DialogTimes, Direction, Time};
use sip::Message;
use smallvec::SmallVec;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// A dialog. What never changes is outside the lock; nobody holds the lock while anything waits or a script runs.
#[derive(Debug)]
pub struct Dialog {
    /// What tells it from all others.
    pub id: DialogId,
    /// Its Call-ID.
    pub call_id: Box<[u8]>,
    /// The URI of the INVITE's From.
    pub from_uri: Box<[u8]>,
    /// The URI of the INVITE's To.
    pub to_uri: Box<[u8]>,
    /// When it was made.
    pub created: Time,
    /// Who keeps it.
    pub keeper: Weak<Keeper>,
    /// The rest.
    inner: Mutex<Inner>,
}

/// The names that a dialog's INVITE has.
#[derive(Clone, Debug)]
pub struct Names {
    /// Its Call-ID.
    pub call_id: Box<[u8]>,
    /// The URI of its From.
    pub from_uri: Box<[u8]>,
    /// The URI of its To.
    pub to_uri: Box<[u8]>,
}

/// What changes in the life of a dialog.
#[derive(Debug)]
pub struct Inner {
    /// Where it stands.
    pub state: State,
    /// Who called.
    pub caller: Leg,
    /// Who was called: one for each phone that has answered anything.
    pub callees: SmallVec<[Leg; 1]>,
    /// The callee that has the call.
    pub chosen: usize,
    /// The CSeq number of the INVITE.
    pub first_cseq: u32,
    /// Its transaction, while it is not answered.
    pub transaction: Option<Box<str>>,
    /// What `create_dialog()` asked for.
    pub options: Options,
    /// Its lifetime from the answer on.
    pub lifetime: Duration,
    /// When its time is over; from the answer on.
    pub expires: Time,
    /// It is over, and the timeout route runs, which may prolong it.
    pub is_expiring: bool,
    /// When it was answered.
    pub answered: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// Why it ended.
    pub end_reason: Option<&'static str>,
    /// Its caller has cancelled it.
    pub was_cancelled: bool,
    /// When it is ended because a CANCEL and a 2xx have crossed.
    pub race_ends: Option<Time>,
    /// Until it has a transaction: when it is looked at whether its message is still under way.
    pub next_check: Option<Time>,
    /// How long it stays in the table once it has ended.
    pub delete_delay: Duration,
    /// When each party is pinged next: the caller, the callee.
    pub next_pings: [Option<Time>; 2],
    /// When the timer looks at it next.
    pub due: Option<Time>,
    /// The flags of the script, by name.
    pub flags: SmallVec<[Box<str>; 2]>,
    /// The values of scripts and modules, by name.
    pub values: Vec<(Box<[u8]>, Value)>,
    /// The profiles it is in, by number, with its value in each.
    pub profiles: Vec<(usize, Box<[u8]>)>,
    /// The routes that run on events of it.
    pub routes: Routes,
    /// What the database knows of it.
    pub row: Row,
}

/// The routes that run on events of a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// When it is answered.
    pub answer: Option<Box<str>>,
    /// When its time is over.
    pub timeout: Option<Box<str>>,
    /// When it has ended.
    pub hangup: Option<Box<str>>,
}

/// What the database knows of a dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// It has a row.
    pub is_there: bool,
    /// The row is not of today.
    pub is_old: bool,
    /// Its CSeq numbers are not: they go with the next writing.
    pub has_old_numbers: bool,
    /// A statement has failed: it may have been done all the same.
    pub is_doubtful: bool,
    /// The database has refused it when it was tried alone.
    pub is_refused: bool,
    /// A statement is under way: the next waits for it, so that none overtakes another.
    pub is_busy: bool,
}

/// More values than any script sets.
const VALUES_MAX: usize = 128;
/// More flags than the script language has.
const FLAGS_MAX: usize = 32;
/// More phones than a call forks to.
pub const CALLEES_MAX: usize = 32;

impl Dialog {
    /// A dialog with these names.
    pub fn new(id: DialogId, names: &Names, created: Time, keeper: Weak<Keeper>, inner: Inner) -> Dialog {
        let Names { call_id, from_uri, to_uri } = names.clone();
        Dialog { id, call_id, from_uri, to_uri, created, keeper, inner: Mutex::new(inner) }
    }

    /// What changes in it.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// A party, as other modules see it.
    pub fn leg(&self, which: Direction) -> DialogLeg {
        let inner = self.lock();
        let uri = if which == Direction::Upstream { &self.from_uri } else { &self.to_uri };
        let empty = Leg::default();
        let leg = inner.target(which).unwrap_or(&empty);
        let copied = |text: &[u8]| Bytes::copy_from_slice(text);
        DialogLeg {
            uri: copied(uri),
            tag: copied(&leg.tag),
            contact: copied(&leg.contact),
            routes: copied(&leg.routes),
            socket: leg.socket,
        }
    }

    /// Its times.
    pub fn times(&self) -> DialogTimes {
        let inner = self.lock();
        DialogTimes { created: self.created, answered: inner.answered, ended: inner.ended, expires: inner.expires }
    }

    /// Which way a request with these tags goes; `None` if it is not of this dialog.
    pub fn direction(&self, from_tag: &[u8], to_tag: &[u8]) -> Option<Direction> {
        let inner = self.lock();
        let is_callee = |tag: &[u8]| inner.callees.iter().any(|leg| *leg.tag == *tag);
        if *inner.caller.tag == *from_tag && is_callee(to_tag) {
            return Some(Direction::Downstream);
        }
        (*inner.caller.tag == *to_tag && is_callee(from_tag)).then_some(Direction::Upstream)
    }
}

impl Inner {
    /// A dialog that begins.
    pub fn new(caller: Leg, lifetime: Duration, expires: Time, delete_delay: Duration) -> Inner {
        Inner {
            state: State::Unconfirmed,
            caller,
            callees: SmallVec::new(),
            chosen: 0,
            first_cseq: 0,
            transaction: None,
            options: Options::default(),
            lifetime,
            expires,
            is_expiring: false,
            answered: None,
            ended: None,
            end_reason: None,
            was_cancelled: false,
            race_ends: None,
            next_check: None,
            delete_delay,
            next_pings: [None; 2],
            due: None,
            flags: SmallVec::new(),
            values: Vec::new(),
            profiles: Vec::new(),
            routes: Routes::default(),
            row: Row::default(),
        }
    }

    /// Takes a step: where it stood, where it stands, what follows.
    pub fn step(&mut self, input: Input) -> Option<(State, State, Option<Action>)> {
        let before = self.state;
        let (next, action) = step(before, input)?;
        self.state = next;
        Some((before, next, action))
    }

    /// The party that requests of this direction go to.
    pub fn target(&self, which: Direction) -> Option<&Leg> {
        self.side(which, self.chosen)
    }

    /// The party that requests of this direction go to.
    pub fn target_mut(&mut self, which: Direction) -> Option<&mut Leg> {
        self.side_mut(which, self.chosen)
    }

    /// Which callee a request inside the dialog goes to, or comes from: before one has answered there may be several, and
    /// later those that answered too late.
    pub fn callee_of(&self, direction: Direction, request: &Message) -> usize {
        let tag = match direction {
            Direction::Downstream => request.to_tag(),
            Direction::Upstream => request.from().ok().and_then(|from| from.tag()),
        };
        tag.and_then(|tag| self.callee_tagged(tag)).unwrap_or(self.chosen)
    }

    /// The party that requests of this direction go to, where it is this callee's call.
    pub fn side(&self, which: Direction, callee: usize) -> Option<&Leg> {
        match which {
            Direction::Upstream => Some(&self.caller),
            Direction::Downstream => self.callees.get(callee),
        }
    }

    /// The same.
    pub fn side_mut(&mut self, which: Direction, callee: usize) -> Option<&mut Leg> {
        match which {
            Direction::Upstream => Some(&mut self.caller),
            Direction::Downstream => self.callees.get_mut(callee),
        }
    }

    /// Room for a callee that has answered: of those that lost or ring on, the oldest goes.
    pub fn make_room(&mut self) {
        if self.callees.len() < CALLEES_MAX {
            return;
        }
        let may_go = |position: &usize| *position != self.chosen || !self.is_confirmed();
        if let Some(oldest) = (0..self.callees.len()).find(may_go) {
            self.callees.remove(oldest);
            self.chosen -= usize::from(self.chosen > oldest);
        }
    }

    /// CSeq numbers have changed.
    pub fn numbers_changed(&mut self) {
        self.row.has_old_numbers |= self.is_confirmed();
    }

    /// The callee with this tag.
    pub fn callee_tagged(&self, tag: &[u8]) -> Option<usize> {
        self.callees.iter().position(|leg| *leg.tag == *tag)
    }

    /// Whether it was answered and has not ended.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.state, State::ConfirmedNoAck | State::Confirmed)
    }

    /// A value.
    pub fn value(&self, name: &[u8]) -> Option<&Value> {
        self.values.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// Sets a value, NULL removes it; false if there are too many.
    pub fn set_value(&mut self, name: &[u8], value: Value) -> bool {
        if value.is_null() {
            self.values.retain(|(known, _)| **known != *name);
            return true;
        }
        // A copy: a value should not keep the message in memory that it comes from.
        let value = match value {
            Value::Str(text) => Value::copied(&text),
            other => other,
        };
        if let Some((_, known)) = self.values.iter_mut().find(|(known, _)| **known == *name) {
            *known = value;
            return true;
        }
        if self.values.len() >= VALUES_MAX {
            return false;
        }
        self.values.push((name.into(), value));
        true
    }

    /// Whether a flag is set.
    pub fn has_flag(&self, name: &str) -> bool {
        self.flags.iter().any(|known| **known == *name)
    }

    /// Sets a flag or resets it; false if there are too many.
    pub fn set_flag(&mut self, name: &str, on: bool) -> bool {
        if !on {
            self.flags.retain(|known| **known != *name);
            return true;
        }
        if self.has_flag(name) {
            return true;
        }
        if self.flags.len() >= FLAGS_MAX {
            return false;
        }
        self.flags.push(name.into());
        true
    }

    /// When the timer must look at it next.
    pub fn next_due(&self) -> Option<Time> {
        if self.state == State::Deleted {
            return self.ended.map(|ended| ended + self.delete_delay);
        }
        let pings = self.next_pings.iter().flatten().copied();
        pings.chain(self.race_ends).chain(self.next_check).chain((!self.is_expiring).then_some(self.expires)).min()
    }
}
