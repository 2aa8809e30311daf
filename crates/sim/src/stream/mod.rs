//! Connections: who has one with whom, and by which the proxy sends. What its real edge keeps in tables is here as well.

mod connection;

pub use connection::{Connection, Party, Read};

use module_api::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The proxy's.
    Proxy,
    /// That of a phone or a stranger.
    Far,
}

impl Side {
    /// The other one.
    pub const fn other(self) -> Side {
        match self {
            Side::Proxy => Side::Far,
            Side::Far => Side::Proxy,
        }
    }
}

/// All connections.
#[derive(Debug, Default)]
pub struct Streams {
    list: BTreeMap<u64, Connection>,
    /// The proxy's table: the last one from a place, the only one to it, or the one that stands for a port.
    leading: BTreeMap<SocketAddr, u64>,
    /// By phone.
    of_phones: BTreeSet<(usize, u64)>,
    count: u64,
}

impl Streams {
    /// Begins a connection.
    pub fn begin(&mut self, far: SocketAddr, party: Party, opener: Side, boot: u32, now: Time) -> &mut Connection {
        self.count += 1;
        let number = self.count;
        if let Party::Phone { place, .. } = party {
            self.of_phones.insert((place, number));
        }
        if opener == Side::Proxy {
            self.leading.insert(far, number);
        }
        self.list.entry(number).or_insert_with(|| Connection::new(number, far, party, opener, boot, now))
    }

    /// How many there have been.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// One of them.
    pub fn get(&self, number: u64) -> Option<&Connection> {
        self.list.get(&number)
    }

    /// One of them.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Connection> {
        self.list.get_mut(&number)
    }

    /// All of them.
    pub fn numbers(&self) -> Vec<u64> {
        self.list.keys().copied().collect()
    }

    /// The one by which the proxy sends: that named, or one that leads there.
    pub fn for_proxy(&self, named: Option<u64>, to: SocketAddr) -> Option<u64> {
        let is_there = |number: &u64| self.get(*number).is_some_and(|known| !known.is_closed(Side::Proxy));
        named.filter(is_there).or_else(|| self.leading.get(&to).copied().filter(is_there))
    }

    /// The one by which a phone sends: that named, or its last.
    pub fn for_phone(&self, named: Option<u64>, place: usize, life: u32) -> Option<u64> {
        let is_there = |number: &u64| {
            self.get(*number).is_some_and(|known| {
                !known.is_closed(Side::Far)
                    && known.party == Party::Phone { place, life }
                    && (known.is_open || known.opener == Side::Far)
            })
        };
        let own = self.of_phones.range((place, 0)..=(place, u64::MAX)).rev().map(|(_, number)| *number);
        named.into_iter().chain(own).find(is_there)
    }

    /// The proxy has accepted one: what goes to where it comes from goes by it.
    pub fn accepted(&mut self, number: u64) {
        if let Some(known) = self.list.get(&number) {
            self.leading.insert(known.far, number);
        }
    }

    /// It stands for another port of its other end too, unless one does already.
    pub fn alias(&mut self, number: u64, port: u16) {
        let Some(known) = self.list.get_mut(&number) else { return };
        let place = SocketAddr::new(known.far.ip(), port);
        if let std::collections::btree_map::Entry::Vacant(entry) = self.leading.entry(place) {
            entry.insert(number);
            known.aliases.push(port);
        }
    }

    /// An end is over. What both have left is forgotten.
    pub fn close(&mut self, number: u64, side: Side) {
        let Some(known) = self.list.get_mut(&number) else { return };
        known.close(side);
        if side == Side::Proxy {
            for port in known.aliases.iter().copied().chain([known.far.port()]) {
                let place = SocketAddr::new(known.far.ip(), port);
                if self.leading.get(&place) == Some(&number) {
                    self.leading.remove(&place);
                }
            }
        }
        let party = known.party;
        if known.is_over() {
            self.list.remove(&number);
            if let Party::Phone { place, .. } = party {
                self.of_phones.remove(&(place, number));
            }
        }
    }

    /// A connection in which bytes are held, and how many.
    pub fn holding(&self) -> Option<(&Connection, usize)> {
        self.list.values().map(|known| (known, known.held())).find(|(_, held)| *held > 0)
    }
}
