//! Work that made more work than one event may cost: it goes on with the ticks, so that a script that makes work of work
//! without end (an event route that raises its own event) keeps no thread.

use module_api::{Answer, Raised, ThenJob};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Work that goes on once the step at hand is finished.
pub(crate) enum Work {
    /// Something to go on with.
    Resumed(ThenJob, Answer),
    /// An event to tell.
    Event(Raised),
}

/// What is left of it, for the ticks.
#[derive(Default)]
pub(crate) struct Unfinished(Mutex<VecDeque<Work>>);

/// How much may be left; beyond it events are dropped and nothing more is launched.
const LEFT_MAX: usize = 50_000;

impl Unfinished {
    /// Keeps work for later; whether there was room. What holds a message is always kept: there are not more of those
    /// than messages that wait.
    pub(crate) fn keep(&self, work: Work) -> bool {
        let mut left = self.lock();
        if left.len() >= LEFT_MAX && matches!(work, Work::Event(_)) {
            return false;
        }
        left.push_back(work);
        true
    }

    /// Whether so much is left that nothing new should be begun.
    pub(crate) fn is_full(&self) -> bool {
        self.lock().len() >= LEFT_MAX
    }

    /// How much is left.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Takes so much of it at most.
    pub(crate) fn take(&self, most: usize) -> Vec<Work> {
        let mut left = self.lock();
        let count = most.min(left.len());
        left.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
