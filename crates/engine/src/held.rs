//! What the engine holds at a moment: all of it must be gone when nobody has anything under way.

use crate::engine::Engine;

/// How much there is of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of what.
    pub what: &'static str,
    /// How much.
    pub count: usize,
}

impl Engine {
    /// Drops all that waits for an answer, as the end of a process would. What waits may hold the engine: without this, one
    /// that is dropped meanwhile never goes, which matters to who starts many of them.
    pub fn abandon(&self) {
        self.core.waiting.clear();
    }

    /// Everything that is held for something under way, each kind with how much there is. What hangs on a transaction or a
    /// suspended message (branches, AVPs, armed routes, their mail) goes with it.
    pub fn held(&self) -> Vec<Held> {
        let core = &self.core;
        [
            ("transactions", core.table.count()),
            ("timers", core.table.timers()),
            ("suspended messages", core.waiting.count()),
            ("requests that wait without a transaction", core.underway.count()),
            ("promises", core.promises.count()),
            ("unfinished work", core.unfinished.count()),
            ("transactions without an owner", core.orphans.count()),
        ]
        .map(|(what, count)| Held { what, count })
        .to_vec()
    }
}
