//! Work that waits for an answer: messages that a script function has put aside, jobs, management commands. Each waits
//! under a token; whichever worker gets the answer goes on with it.

use crate::budget::Budget;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use module_api::{Counter, ThenJob, Time};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names a piece of work that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// All the work that waits.
pub(crate) struct WaitingRoom {
    shards: Box<[Mutex<Shard>]>,
    next: AtomicU64,
    room: usize,
    /// What messages may hold that wait.
    budget: Arc<Budget>,
    waiting: Counter,
    refused: Counter,
}

type Shard = HashMap<u64, Waiter, FixedState>;

struct Waiter {
    then: ThenJob,
    deadline: Time,
}

const SHARDS: usize = 64;

impl WaitingRoom {
    pub(crate) fn new(room: usize, budget: Arc<Budget>, waiting: Counter, refused: Counter) -> WaitingRoom {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::with_hasher(FixedState::with_seed(0)))).collect();
        WaitingRoom { shards, next: AtomicU64::new(1), room, budget, waiting, refused }
    }

    /// Keeps work until its answer comes.
    ///
    /// # Errors
    /// There is no room; the work comes back.
    pub(crate) fn keep(&self, then: ThenJob, deadline: Time) -> Result<Token, ThenJob> {
        if usize::try_from(self.waiting.get()).unwrap_or(0) >= self.room || self.budget.is_spent() {
            self.refused.increment();
            return Err(then);
        }
        Ok(self.keep_always(then, deadline))
    }

    /// The same, whether there is room or not.
    pub(crate) fn keep_always(&self, then: ThenJob, deadline: Time) -> Token {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        self.shard(token).insert(token, Waiter { then, deadline });
        self.waiting.increment();
        Token(token)
    }

    /// Takes the work of a token; `None` if its answer has come already, or its deadline.
    pub(crate) fn take(&self, token: Token) -> Option<ThenJob> {
        let waiter = self.shard(token.0).remove(&token.0)?;
        self.waiting.decrement();
        Some(waiter.then)
    }

    /// Takes the work whose deadline is over, oldest first.
    pub(crate) fn overdue(&self, now: Time) -> Vec<ThenJob> {
        let mut overdue = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            overdue.extend(shard.extract_if(|_, waiter| waiter.deadline <= now));
        }
        overdue.sort_unstable_by_key(|(token, _)| *token);
        self.waiting.add(-i64::try_from(overdue.len()).unwrap_or(0));
        overdue.into_iter().map(|(_, waiter)| waiter.then).collect()
    }

    /// Drops all that waits; how much that was.
    pub(crate) fn clear(&self) -> usize {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(shard.lock().unwrap_or_else(PoisonError::into_inner).drain());
        }
        self.waiting.add(-i64::try_from(all.len()).unwrap_or(0));
        all.len()
    }

    /// How much waits.
    pub(crate) fn count(&self) -> usize {
        usize::try_from(self.waiting.get()).unwrap_or(0)
    }

    fn shard(&self, token: u64) -> MutexGuard<'_, Shard> {
        let number = usize::try_from(token % SHARDS as u64).unwrap_or(0);
        self.shards[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers that work waits for and other work fulfils.
#[derive(Default)]
pub(crate) struct Promises {
    next: AtomicU64,
    state: Mutex<HashMap<u64, Promise, FixedState>>,
}

enum Promise {
    /// Somebody waits under this token.
    Awaited(Token),
    /// It was fulfilled before anybody waited.
    Fulfilled,
}

/// More promises than can sensibly be open.
const PROMISES_MAX: usize = 1_000_000;

impl Promises {
    pub(crate) fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Waits for a promise under this token; true if it is fulfilled already.
    pub(crate) fn wait(&self, number: u64, token: Token) -> bool {
        let mut state = self.lock();
        if matches!(state.get(&number), Some(Promise::Fulfilled)) {
            state.remove(&number);
            return true;
        }
        state.insert(number, Promise::Awaited(token));
        false
    }

    /// Fulfils a promise: the token of who waits for it.
    pub(crate) fn fulfil(&self, number: u64) -> Option<Token> {
        let mut state = self.lock();
        match state.remove(&number) {
            Some(Promise::Awaited(token)) => Some(token),
            _ if state.len() < PROMISES_MAX => {
                state.insert(number, Promise::Fulfilled);
                None
            }
            _ => None,
        }
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Promise, FixedState>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Promises, Token, WaitingRoom};
    use module_api::{Counter, Job, Time};

    fn room(places: usize) -> WaitingRoom {
        WaitingRoom::new(places, Budget::new(1, Counter::default()), Counter::default(), Counter::default())
    }

    #[test]
    fn an_answer_finds_its_work_once() {
        let room = room(1);
        let token = room.keep(Box::new(|_, _| Job::DONE), Time(5)).unwrap_or(Token(0));
        assert!(room.keep(Box::new(|_, _| Job::DONE), Time(5)).is_err());
        assert!(room.take(token).is_some());
        assert!(room.take(token).is_none());
        assert_eq!(room.count(), 0);
    }

    #[test]
    fn what_waits_too_long_is_given_up() {
        let room = room(9);
        for deadline in [5, 7] {
            assert!(room.keep(Box::new(|_, _| Job::DONE), Time(deadline)).is_ok());
        }
        assert_eq!(room.overdue(Time(6)).len(), 1);
        assert_eq!(room.count(), 1);
    }

    #[test]
    fn a_promise_may_be_fulfilled_before_it_is_awaited() {
        let promises = Promises::default();
        let (first, second) = (promises.next(), promises.next());
        assert_eq!(promises.fulfil(first), None);
        assert!(promises.wait(first, Token(1)));
        assert!(!promises.wait(second, Token(2)));
        assert_eq!(promises.fulfil(second), Some(Token(2)));
    }
}
