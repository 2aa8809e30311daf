//! The events that can be heard, and who outside the server hears them (`evi:*`).

use crate::{Env, Fault, Job, Raised, Time};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// Brings events to subscribers: one for each `event_*` module.
pub trait EventTransport: Send + Sync {
    /// What its addresses begin with: `udp`, `unix`, `jsonrpc`.
    fn protocol(&self) -> &str;
    /// Whether an address, without the protocol, can be reached; `events` knows the other ways.
    fn accepts(&self, events: &Events, address: &str) -> bool;
    /// Brings an event to an address: the job is done when it is there, or a fault if it cannot be brought.
    fn deliver(&self, env: &mut Env<'_>, address: &str, event: &Raised) -> Job;
}

/// Someone outside who hears an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// How to reach it: `udp:127.0.0.1:8888`.
    pub socket: String,
    /// How long it listens after each subscription; `None` for ever.
    pub lifetime: Option<Duration>,
    /// Until when it listens.
    pub until: Option<Time>,
}

/// An event with its subscribers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedEvent {
    /// Its name.
    pub name: String,
    /// Who hears it.
    pub subscribers: Vec<Subscriber>,
}

/// Why nobody was subscribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscribeError {
    /// The socket is not `protocol:address`.
    BadSocket,
    /// No loaded module brings events to such sockets.
    UnknownProtocol,
    /// The event has as many subscribers as it may.
    Full,
}

/// All events that were published, and the ways to their subscribers.
#[derive(Default)]
pub struct Events {
    published: RwLock<Vec<PublishedEvent>>,
    transports: RwLock<Vec<Arc<dyn EventTransport>>>,
}

/// More events than all modules and scripts have.
const EVENTS_MAX: usize = 4096;
/// More subscribers than an event is worth.
const SUBSCRIBERS_MAX: usize = 1024;

impl Events {
    /// Makes an event known; its number is its place among them. `None`: there are too many.
    pub fn publish(&self, name: &str) -> Option<usize> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        let mut published = self.write();
        if published.len() >= EVENTS_MAX {
            return None;
        }
        published.push(PublishedEvent { name: name.to_owned(), subscribers: Vec::new() });
        Some(published.len() - 1)
    }

    /// The number of a known event.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.read().iter().position(|event| event.name == name)
    }

    /// All events, by number.
    pub fn all(&self) -> Vec<PublishedEvent> {
        self.read().clone()
    }

    /// Offers a way to subscribers.
    pub fn offer_transport(&self, transport: Arc<dyn EventTransport>) {
        self.transports.write().unwrap_or_else(PoisonError::into_inner).push(transport);
    }

    /// Subscribes a socket to an event, which is published if it is new; again for a socket that is there prolongs.
    ///
    /// # Errors
    /// The socket cannot be reached, or there are too many.
    pub fn subscribe(
        &self,
        name: &str,
        socket: &str,
        lifetime: Option<Duration>,
        now: Time,
    ) -> Result<(), SubscribeError> {
        self.check(socket)?;
        let number = self.publish(name).ok_or(SubscribeError::Full)?;
        let mut published = self.write();
        let event = published.get_mut(number).ok_or(SubscribeError::Full)?;
        event.subscribers.retain(|known| known.socket != socket && known.listens(now));
        if event.subscribers.len() >= SUBSCRIBERS_MAX {
            return Err(SubscribeError::Full);
        }
        let until = lifetime.map(|lifetime| now + lifetime);
        event.subscribers.push(Subscriber { socket: socket.to_owned(), lifetime, until });
        Ok(())
    }

    /// Ends a socket's subscription to an event, if it has one.
    pub fn unsubscribe(&self, name: &str, socket: &str) {
        let mut published = self.write();
        if let Some(event) = published.iter_mut().find(|event| event.name == name) {
            event.subscribers.retain(|known| known.socket != socket);
        }
    }

    /// Whether a socket can be reached by one of the ways there are.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, socket: &str) -> Result<(), SubscribeError> {
        let (protocol, address) = split(socket).ok_or(SubscribeError::BadSocket)?;
        let transport = self.transport(protocol).ok_or(SubscribeError::UnknownProtocol)?;
        if transport.accepts(self, address) { Ok(()) } else { Err(SubscribeError::BadSocket) }
    }

    /// Whether anybody outside hears an event.
    pub fn is_heard(&self, name: &str, now: Time) -> bool {
        let published = self.read();
        let event = published.iter().find(|event| event.name == name);
        event.is_some_and(|event| event.subscribers.iter().any(|subscriber| subscriber.listens(now)))
    }

    /// Sends a raised event to all who hear it. The engine calls this for each event it drains.
    pub fn deliver(&self, env: &mut Env<'_>, event: &Raised) {
        let sockets: Vec<String> = {
            let published = self.read();
            let Some(known) = published.iter().find(|known| known.name == event.event) else { return };
            let listening = known.subscribers.iter().filter(|subscriber| subscriber.listens(env.now));
            listening.map(|subscriber| subscriber.socket.clone()).collect()
        };
        for socket in sockets {
            let job = self.bring(env, &socket, event);
            env.start(job);
        }
    }

    /// Brings an event to one socket.
    pub fn bring(&self, env: &mut Env<'_>, socket: &str, event: &Raised) -> Job {
        let way = split(socket).and_then(|(protocol, address)| Some((self.transport(protocol)?, address)));
        match way {
            Some((transport, address)) => transport.deliver(env, address, event),
            None => Job::Done(Err(Fault::us(format!("no loaded module brings events to {socket}")))),
        }
    }

    fn transport(&self, protocol: &str) -> Option<Arc<dyn EventTransport>> {
        let transports = self.transports.read().unwrap_or_else(PoisonError::into_inner);
        transports.iter().find(|transport| transport.protocol() == protocol).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<PublishedEvent>> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<PublishedEvent>> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Protocol and address of a socket. A path alone is that of a UNIX socket.
fn split(socket: &str) -> Option<(&str, &str)> {
    if socket.starts_with('/') {
        return Some(("unix", socket));
    }
    socket.split_once(':')
}

impl Subscriber {
    /// What its socket speaks: `udp`, `unix`, `tcp`.
    pub fn protocol(&self) -> &str {
        split(&self.socket).map_or("", |(protocol, _)| protocol)
    }

    /// Whether its subscription has not run out.
    pub fn listens(&self, now: Time) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            SubscribeError::BadSocket => "the socket is not protocol:address, or the address is of no use",
            SubscribeError::UnknownProtocol => "no loaded module brings events to such sockets (event_datagram …)",
            SubscribeError::Full => "there are too many events or subscribers",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{EventTransport, Events, SubscribeError};
    use crate::{Env, Job, Raised, Time};
    use std::sync::Arc;
    use std::time::Duration;

    struct Udp;

    impl EventTransport for Udp {
        fn protocol(&self) -> &str {
            "udp"
        }

        fn accepts(&self, _: &Events, address: &str) -> bool {
            address.contains(':')
        }

        fn deliver(&self, _: &mut Env<'_>, _: &str, _: &Raised) -> Job {
            Job::DONE
        }
    }

    #[test]
    fn subscriptions_run_out() {
        let (events, now, minute) = (Events::default(), Time::from_unix_seconds(1000), Duration::from_secs(60));
        let subscribe = |socket| events.subscribe("E_X", socket, Some(minute), now);
        assert_eq!(subscribe("udp:127.0.0.1:1"), Err(SubscribeError::UnknownProtocol));
        events.offer_transport(Arc::new(Udp));
        assert_eq!(subscribe("udp"), Err(SubscribeError::BadSocket));
        assert_eq!(subscribe("udp:nowhere"), Err(SubscribeError::BadSocket));
        assert_eq!(subscribe("udp:127.0.0.1:1"), Ok(()));
        assert_eq!(subscribe("udp:127.0.0.1:1"), Ok(()));
        assert_eq!(events.all()[0].subscribers.len(), 1);
        assert!(events.is_heard("E_X", now) && !events.is_heard("E_X", now + minute));
        events.unsubscribe("E_X", "udp:127.0.0.1:2");
        assert!(events.is_heard("E_X", now));
        events.unsubscribe("E_X", "udp:127.0.0.1:1");
        assert!(!events.is_heard("E_X", now));
    }
}
