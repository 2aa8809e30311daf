//! How many connections there may be, and how many from one source.

use super::connection::Connection;
use super::options::PerSource;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The places for connections.
pub(super) struct Places {
    /// How many may be accepted, and as many opened.
    max: usize,
    per_source: PerSource,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    accepted: usize,
    opened: usize,
    by_source: HashMap<IpAddr, usize>,
    /// The accepted ones that have brought no message yet, the oldest first: when there is no room they go.
    silent: BTreeMap<u64, Weak<Connection>>,
}

/// Who began a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The peer.
    Accepted,
    /// We.
    Opened,
}

/// A place, free again when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    direction: Direction,
    source: IpAddr,
    is_given_up: AtomicBool,
}

/// There is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoPlace;

impl Places {
    pub(super) fn new(max: usize, per_source: PerSource) -> Places {
        Places { max, per_source, taken: Mutex::default() }
    }

    /// Takes a place. When all are taken, a newcomer gets that of who has been connected the longest without a word:
    /// so connections that send nothing keep nobody out.
    pub(super) fn enter(self: &Arc<Self>, peer: SocketAddr, direction: Direction) -> Result<Place, NoPlace> {
        let source = source(peer.ip());
        let mut taken = self.lock();
        match direction {
            Direction::Opened if taken.opened >= self.max => return Err(NoPlace),
            Direction::Opened => taken.opened += 1,
            Direction::Accepted => {
                let there = taken.by_source.get(&source).copied().unwrap_or_default();
                if self.per_source.limit(peer.ip(), self.max).is_some_and(|limit| there >= limit) {
                    return Err(NoPlace);
                }
                if taken.accepted >= self.max {
                    taken.put_out_a_silent_one()?;
                }
                taken.accepted += 1;
                *taken.by_source.entry(source).or_default() += 1;
            }
        }
        Ok(Place { places: Arc::clone(self), direction, source, is_given_up: AtomicBool::new(false) })
    }

    /// An accepted connection has not said anything yet.
    pub(super) fn is_silent(&self, connection: &Arc<Connection>) {
        self.lock().silent.insert(connection.number, Arc::downgrade(connection));
    }

    /// It has brought its first message, or has ended.
    pub(super) fn is_heard(&self, number: u64) {
        self.lock().silent.remove(&number);
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn put_out_a_silent_one(&mut self) -> Result<(), NoPlace> {
        while let Some((_, connection)) = self.silent.pop_first() {
            let Some(connection) = connection.upgrade() else { continue };
            if !connection.place.give_up() {
                continue;
            }
            self.release(connection.place.direction, connection.place.source);
            connection.abort();
            return Ok(());
        }
        Err(NoPlace)
    }

    fn release(&mut self, direction: Direction, source: IpAddr) {
        if direction == Direction::Opened {
            self.opened = self.opened.saturating_sub(1);
            return;
        }
        self.accepted = self.accepted.saturating_sub(1);
        if let Some(count) = self.by_source.get_mut(&source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_source.remove(&source);
            }
        }
    }
}

impl Place {
    /// Marks it as given up; whether it was not before.
    fn give_up(&self) -> bool {
        !self.is_given_up.swap(true, Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.give_up() {
            self.places.lock().release(self.direction, self.source);
        }
    }
}

/// What counts as one source: an address, or the network that a provider gives to one customer of IPv6.
fn source(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, NoPlace, Places};
    use crate::tcp::PerSource;
    use std::sync::Arc;

    /// How many of these peers get in.
    fn admitted(per_source: PerSource, peers: &[&str]) -> usize {
        let places = Arc::new(Places::new(6, per_source));
        let enter = |peer: &&str| places.enter(peer.parse().unwrap(), Direction::Accepted).ok();
        peers.iter().filter_map(enter).collect::<Vec<_>>().len()
    }

    #[test]
    fn one_source_gets_half_of_the_places_or_what_is_set() {
        let peers = ["192.0.2.1:1"; 8];
        assert_eq!(admitted(PerSource::Half, &peers), 3);
        assert_eq!(admitted(PerSource::Half, &["127.0.0.1:1"; 8]), 6);
        assert_eq!(admitted(PerSource::AtMost(2), &["127.0.0.1:1"; 8]), 2);
        assert_eq!(admitted(PerSource::Any, &peers), 6);
        assert_eq!(admitted(PerSource::AtMost(1), &["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8:0:1::1]:1"]), 2);
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let places = Arc::new(Places::new(1, PerSource::Any));
        let enter = |direction| places.enter("192.0.2.1:1".parse().unwrap(), direction).map(Some);
        let first = enter(Direction::Accepted).unwrap();
        assert_eq!(enter(Direction::Accepted).err(), Some(NoPlace));
        let opened = enter(Direction::Opened).unwrap();
        assert_eq!(enter(Direction::Opened).err(), Some(NoPlace));
        drop((first, opened));
        assert!(enter(Direction::Accepted).is_ok() && enter(Direction::Opened).is_ok());
    }
}
