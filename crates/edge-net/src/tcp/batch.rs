//! Messages that were read together: what is sent while they are handled leaves together too, one write for each
//! connection instead of one for each message.

use super::connection::Connection;
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// The connections for which something waits, while there is a batch on this thread.
    static WAITING: RefCell<Option<Vec<Arc<Connection>>>> = const { RefCell::new(None) };
}

/// How many messages may be handled before what they send leaves: the first must not wait long for the last.
const MESSAGES_MAX: u32 = 16;

/// A batch of messages being handled on this thread.
#[derive(Default)]
pub(super) struct Batch {
    messages: u32,
}

impl Batch {
    /// Another message comes; `is_last`: nothing is known to come after it. One message alone makes no batch.
    pub(super) fn next(&mut self, is_last: bool) {
        self.messages += 1;
        if self.messages == 1 && is_last {
            return;
        }
        if self.messages.is_multiple_of(MESSAGES_MAX) {
            self.flush();
        }
        WAITING.with_borrow_mut(|waiting| {
            if waiting.is_none() {
                *waiting = Some(Vec::new());
            }
        });
    }

    fn flush(&self) {
        let waiting = WAITING.take();
        waiting.into_iter().flatten().for_each(|connection| connection.flush());
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Whether what is sent now on this thread waits for the end of a batch.
pub(super) fn is_running() -> bool {
    WAITING.with_borrow(Option::is_some)
}

/// Has this connection written to when the batch ends.
pub(super) fn add(connection: &Arc<Connection>) {
    WAITING.with_borrow_mut(|waiting| {
        if let Some(waiting) = waiting {
            waiting.push(Arc::clone(connection));
        }
    });
}
