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

/// What a request costs that is kept: its bytes, those of what is made of it (a request for the next hop, replies), and
/// what stands around them.
const AROUND: usize = 6 * 1024;
const COPIES: usize = 3;

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
        self.used.add(cost(request));
    }

    /// Counts one that is kept no longer.
    pub(crate) fn release(&self, request: &Message) {
        self.used.add(-cost(request));
    }
}

fn cost(request: &Message) -> i64 {
    i64::try_from(request.bytes().len().saturating_mul(COPIES).saturating_add(AROUND)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Budget;
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
        budget.release(&message);
        budget.release(&message);
        assert!(!budget.is_spent() && shown.get() == 0);
    }
}
