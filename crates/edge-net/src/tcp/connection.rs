//! A connection, as its task and all who send by it share it.

use super::batch;
use super::outgoing::{Ending, Outgoing, Sent};
use super::places::Place;
use super::room::Room;
use bytes::Bytes;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A connection. Its times are counted from when all connections' times are.
pub(super) struct Connection {
    /// Its number, which no other has had.
    pub(super) number: u64,
    /// Who is at the other end.
    pub(super) peer: SocketAddr,
    /// Its place among those there may be.
    pub(super) place: Place,
    outgoing: Mutex<Outgoing>,
    /// When something last came or left, in ms.
    active_ms: AtomicU64,
    /// Until when it stays open though nothing passes, in ms.
    keep_ms: AtomicU64,
    /// The ports of the peer that it stands for besides its own (RFC 5923).
    aliases: Mutex<Vec<u16>>,
}

/// A phone has one port to listen on; a connection that stands for more is after somebody else's calls.
const ALIASES_MAX: usize = 4;

impl Connection {
    /// One that is not open yet.
    pub(super) fn new(number: u64, peer: SocketAddr, place: Place, room: Arc<Room>) -> Connection {
        Connection {
            number,
            peer,
            place,
            outgoing: Mutex::new(Outgoing::new(room)),
            active_ms: AtomicU64::new(0),
            keep_ms: AtomicU64::new(0),
            aliases: Mutex::default(),
        }
    }

    /// Sends a message.
    pub(super) fn send(self: &Arc<Self>, message: Bytes) -> Sent {
        let mut outgoing = self.outgoing();
        if !batch::is_running() {
            return outgoing.send(message);
        }
        let is_first = outgoing.is_empty();
        let sent = outgoing.keep(message);
        drop(outgoing);
        // Where something waited before, who left it there writes this too.
        if is_first && sent == Sent::Taken {
            batch::add(self);
        }
        sent
    }

    /// Writes what waits.
    pub(super) fn flush(&self) {
        self.outgoing().flush();
    }

    /// Ends it after what waits has been written.
    pub(super) fn close(&self) {
        self.outgoing().end(Ending::Orderly);
    }

    /// Ends it at once.
    pub(super) fn abort(&self) {
        self.outgoing().end(Ending::Abrupt);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.outgoing().ending().is_some()
    }

    pub(super) fn is_opening(&self) -> bool {
        self.outgoing().is_opening()
    }

    /// Its sending side.
    pub(super) fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What did not leave, once it has ended.
    pub(super) fn take_unsent(&self) -> VecDeque<Bytes> {
        let mut outgoing = self.outgoing();
        outgoing.end(Ending::Abrupt);
        outgoing.take_unsent()
    }

    /// Something has passed.
    pub(super) fn touch(&self, now: Duration) {
        self.active_ms.store(ms(now), Ordering::Relaxed);
    }

    /// Keeps it open until then, or for longer if that was said before.
    pub(super) fn keep_until(&self, until: Duration) {
        self.keep_ms.fetch_max(ms(until), Ordering::Relaxed);
    }

    /// When it ends if nothing passes.
    pub(super) fn idle_at(&self, idle: Duration) -> Duration {
        let active = Duration::from_millis(self.active_ms.load(Ordering::Relaxed));
        active.saturating_add(idle).max(Duration::from_millis(self.keep_ms.load(Ordering::Relaxed)))
    }

    /// The ports it stands for besides its own.
    pub(super) fn aliases(&self) -> Vec<u16> {
        self.lock_aliases().clone()
    }

    /// Lets it stand for one more port; whether it may.
    pub(super) fn add_alias(&self, port: u16) -> bool {
        let mut aliases = self.lock_aliases();
        if aliases.len() >= ALIASES_MAX {
            return false;
        }
        aliases.push(port);
        true
    }

    fn lock_aliases(&self) -> MutexGuard<'_, Vec<u16>> {
        self.aliases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
