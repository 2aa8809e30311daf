//! Requests whose script waits. What comes again before it has a transaction ends here: both would run, and the caller
//! might get two different replies.

use crate::budget::{Budget, Keeping};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use sip::Message;
use std::hash::{BuildHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// All of them. There are never more than messages that wait, which are bounded.
pub(crate) struct Underway {
    marks: Mutex<HashMap<u64, u32, FixedState>>,
    /// So that most requests take no lock.
    count: AtomicUsize,
    hasher: FixedState,
    /// What they may hold.
    budget: Arc<Budget>,
}

/// One of them, for as long as this lives.
pub(crate) struct Mark {
    of: Arc<Underway>,
    mark: u64,
    request: Arc<Message>,
}

impl Underway {
    pub(crate) fn new(seed: u64, budget: Arc<Budget>) -> Arc<Underway> {
        let marks = Mutex::new(HashMap::with_hasher(FixedState::with_seed(0)));
        Arc::new(Underway { marks, count: AtomicUsize::new(0), hasher: FixedState::with_seed(seed), budget })
    }

    /// Whether this very request, from the same address, is under way. By another connection it is the same still.
    pub(crate) fn holds(&self, request: &Message, peer: SocketAddr) -> bool {
        if self.is_empty() {
            return false;
        }
        let mark = self.mark(request, peer);
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&mark)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// A request begins to wait.
    pub(crate) fn enter(self: &Arc<Self>, request: &Arc<Message>, peer: SocketAddr) -> Mark {
        let mark = self.mark(request, peer);
        *self.marks.lock().unwrap_or_else(PoisonError::into_inner).entry(mark).or_default() += 1;
        self.count.fetch_add(1, Ordering::Relaxed);
        self.budget.keep(request);
        Mark { of: Arc::clone(self), mark, request: Arc::clone(request) }
    }

    /// A retransmission is the same to the last byte (RFC 3261 section 17.1.1.2).
    fn mark(&self, request: &Message, peer: SocketAddr) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        peer.ip().hash(&mut hasher);
        hasher.write(request.bytes());
        hasher.finish()
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let mut marks = self.of.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = marks.get_mut(&self.mark) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                marks.remove(&self.mark);
            }
        }
        self.of.count.fetch_sub(1, Ordering::Relaxed);
        self.of.budget.release(&self.request, Keeping::Whole);
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Underway};
    use module_api::Counter;
    use sip::{Limits, Message};

    #[test]
    fn a_request_is_known_while_it_waits() {
        let message = |cseq: u8| {
            let text = format!(
                "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
                 Call-ID: 1\r\nCSeq: {cseq} OPTIONS\r\n\r\n"
            );
            std::sync::Arc::new(Message::parse(text.into(), &Limits::OWN).unwrap())
        };
        let [here, reconnected, there] =
            ["192.0.2.1:40000", "192.0.2.1:40001", "192.0.2.2:40000"].map(|peer| peer.parse().unwrap());
        let underway = Underway::new(1, Budget::new(1, Counter::default()));
        let mark = underway.enter(&message(1), here);
        let again = underway.enter(&message(1), here);
        assert!(underway.holds(&message(1), here) && underway.holds(&message(1), reconnected));
        assert!(!underway.holds(&message(2), here) && !underway.holds(&message(1), there));
        drop(mark);
        assert!(underway.holds(&message(1), here));
        drop(again);
        assert!(!underway.holds(&message(1), here));
    }
}
