//! How much may wait for all peers together, and for one of them.

use super::options::QueueMax;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The room for what waits.
pub(super) struct Room {
    max: QueueMax,
    /// The bytes that wait for all peers.
    used: AtomicUsize,
}

impl Room {
    pub(super) const fn new(max: QueueMax) -> Room {
        Room { max, used: AtomicUsize::new(0) }
    }

    /// How many messages may wait for one peer.
    pub(super) fn chunks_max(&self) -> usize {
        self.max.chunks.unwrap_or(usize::MAX)
    }

    /// How many bytes may wait for one peer at present.
    pub(super) fn bytes_max(&self) -> usize {
        let free = self.max.shared_bytes.saturating_sub(self.used.load(Ordering::Relaxed));
        self.max.bytes.max(free / 4)
    }

    /// From how many bytes on a peer should read before it asks for more.
    pub(super) const fn bytes_least(&self) -> usize {
        self.max.bytes
    }

    pub(super) fn take(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::Room;
    use crate::tcp::QueueMax;

    #[test]
    fn one_peer_gets_a_quarter_of_what_is_free_and_never_less_than_its_own() {
        let room = Room::new(QueueMax { chunks: None, bytes: 10, shared_bytes: 400 });
        assert_eq!(room.bytes_max(), 100);
        room.take(200);
        assert_eq!(room.bytes_max(), 50);
        room.take(500);
        assert_eq!(room.bytes_max(), 10);
        room.give_back(700);
        assert_eq!(room.bytes_max(), 100);
    }
}
