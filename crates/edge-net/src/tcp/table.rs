//! The connections of a socket, by their numbers and by whom they lead to.

use super::connection::Connection;
use super::sharded::Sharded;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::sync::Arc;

/// The connections.
#[derive(Default)]
pub(super) struct Table {
    by_number: Sharded<u64, Arc<Connection>>,
    /// The last one from a peer, the only one to it, or the one that stands for a port (RFC 5923).
    by_peer: Sharded<SocketAddr, Arc<Connection>>,
}

impl Table {
    /// The connection with this number.
    pub(super) fn numbered(&self, number: u64) -> Option<Arc<Connection>> {
        self.by_number.get(&number)
    }

    /// The connection that leads there.
    pub(super) fn to(&self, peer: SocketAddr) -> Option<Arc<Connection>> {
        self.by_peer.get(&peer)
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Connection>> {
        self.by_number.values()
    }

    /// Adds one that was accepted.
    pub(super) fn insert(&self, connection: &Arc<Connection>) {
        if let Some(mut part) = self.by_number.write(&connection.number) {
            part.insert(connection.number, Arc::clone(connection));
        }
        if let Some(mut part) = self.by_peer.write(&connection.peer) {
            part.insert(connection.peer, Arc::clone(connection));
        }
    }

    /// Adds one that is to be opened.
    ///
    /// # Errors
    /// There is one already.
    pub(super) fn insert_first(&self, connection: &Arc<Connection>) -> Result<(), Arc<Connection>> {
        if let Some(mut part) = self.by_peer.write(&connection.peer) {
            match part.entry(connection.peer) {
                Entry::Occupied(known) if !known.get().has_ended() => return Err(Arc::clone(known.get())),
                Entry::Occupied(mut known) => drop(known.insert(Arc::clone(connection))),
                Entry::Vacant(place) => drop(place.insert(Arc::clone(connection))),
            }
        }
        if let Some(mut part) = self.by_number.write(&connection.number) {
            part.insert(connection.number, Arc::clone(connection));
        }
        Ok(())
    }

    /// Lets a connection stand for another port of its peer, if none does.
    pub(super) fn alias(&self, connection: &Arc<Connection>, port: u16) {
        let place = SocketAddr::new(connection.peer.ip(), port);
        let Some(mut part) = self.by_peer.write(&place) else { return };
        if let Entry::Vacant(place) = part.entry(place)
            && connection.add_alias(port)
        {
            place.insert(Arc::clone(connection));
        }
    }

    /// Removes one, and what it stands for.
    pub(super) fn remove(&self, connection: &Arc<Connection>) {
        if let Some(mut part) = self.by_number.write(&connection.number) {
            part.remove(&connection.number);
        }
        for port in connection.aliases().into_iter().chain([connection.peer.port()]) {
            let place = SocketAddr::new(connection.peer.ip(), port);
            let Some(mut part) = self.by_peer.write(&place) else { continue };
            if let Entry::Occupied(known) = part.entry(place)
                && Arc::ptr_eq(known.get(), connection)
            {
                known.remove();
            }
        }
    }
}
