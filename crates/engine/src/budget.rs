//! How much memory messages may hold that a transaction or a wait keeps: what outsiders send decides how large that gets,
//! so it has a ceiling in bytes, not only in pieces.

use module_api::Counter;
use sip::Message;
use std::sync::Arc;

/// What is held, and how much may be.
pub(crate) struct Budget {
    /// `engine:held_bytes`
    used: Counter,
    most: usize,
}

/// What a request is kept for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Its script waits, or its branches are pending.
    #[default]
    Whole,
    /// It is answered: only repetitions are to come.
    Settled,
}

impl Keeping {
    /// How often a request's bytes are held, in the request itself and in what is made of it (a request for the next hop,
    /// replies), and how much stands around that.
    const fn cost(self) -> (usize, usize) {
        match self {
            Keeping::Whole => (3, 6 * 1024),
            Keeping::Settled => (2, 2 * 1024),
        }
    }
}

impl Budget {
    pub(crate) fn new(most: usize, used: Counter) -> Arc<Budget> {
        Arc::new(Budget { used, most })
    }

    /// Whether nothing more may be kept.
    pub(crate) fn is_spent(&self) -> bool {
        usize::try_from(self.used.get()).unwrap_or(0) >= self.most
    }

    /// Counts a request that is kept.
    pub(crate) fn keep(&self, request: &Message) {
        self.used.add(cost(request, Keeping::Whole));
    }

    /// A request that is kept is settled.
    pub(crate) fn settle(&self, request: &Message) {
        self.used.add(cost(request, Keeping::Settled) - cost(request, Keeping::Whole));
    }

    /// Counts one that is kept no longer.
    pub(crate) fn release(&self, request: &Message, keeping: Keeping) {
        self.used.add(-cost(request, keeping));
    }
}

fn cost(request: &Message, keeping: Keeping) -> i64 {
    let (copies, around) = keeping.cost();
    i64::try_from(request.bytes().len().saturating_mul(copies).saturating_add(around)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Budget, Keeping};
    use module_api::Counter;
    use sip::{Limits, Message};

    #[test]
    fn what_is_kept_and_released_leaves_nothing() {
        let text = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
                    Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
        let message = Message::parse(text.into(), &Limits::OWN).unwrap();
        let shown = Counter::default();
        let budget = Budget::new(10_000, shown.clone());
        assert!(!budget.is_spent());
        budget.keep(&message);
        budget.keep(&message);
        assert!(budget.is_spent() && shown.get() > 10_000);
        budget.settle(&message);
        assert!(!budget.is_spent());
        budget.release(&message, Keeping::Settled);
        budget.release(&message, Keeping::Whole);
        assert!(!budget.is_spent() && shown.get() == 0);
    }
}
