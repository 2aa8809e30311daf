//! The agenda: what happens when. Of two things at the same moment the one written down first happens first.

use crate::phone::Alarm;
use crate::stream::Side;
use bytes::Bytes;
use engine::Token;
use module_api::{Answer, Time, sql};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Something that happens.
#[derive(Debug)]
pub enum Happening {
    /// A datagram reaches the proxy.
    AtProxy { from: SocketAddr, bytes: Bytes },
    /// A datagram reaches whoever is at this address.
    AtPeer { to: SocketAddr, bytes: Bytes },
    /// A connection that was begun is answered, or is not.
    Opening { number: u64 },
    /// Something arrives at an end of a connection.
    Stream { number: u64, side: Side },
    /// A connection has been silent for long, perhaps.
    Idle { number: u64 },
    /// A message in a connection has not come to its end, perhaps.
    Partial { number: u64 },
    /// A query reaches the database; its answer comes back later.
    Query { boot: u32, token: Token, query: Box<sql::Query>, fate: Fate },
    /// A question of this life of the proxy is answered.
    Answer { boot: u32, token: Token, answer: Answer },
    /// The proxy looks at its timers.
    Tick { boot: u32 },
    /// A phone's alarm rings, set in this life of the phone.
    Alarm { phone: usize, life: u32, alarm: Alarm },
    /// A stranger tries something.
    Mischief { vandal: usize },
    /// The weather turns.
    Fault(Fault),
}

/// What becomes of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done and answered.
    Done,
    /// It is not done, and answered with a fault.
    Refused,
    /// It is done, and answered with a fault.
    DoneUnheard,
}

/// What goes wrong, or right again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The proxy loses all memory and starts again after a while.
    Kill,
    /// It stops cleanly and starts again after a while.
    Stop,
    /// It starts.
    Boot,
    /// It stands still for a while; what comes in waits.
    Stall,
    /// A part of the network is cut off for a while.
    Cut,
    /// It is whole again.
    Mend,
    /// The database is out of reach for a while.
    DatabaseDown,
    /// It is back.
    DatabaseUp,
    /// No more faults.
    Calm,
    /// Everybody is called once.
    RollCall,
    /// Nobody begins anything more.
    Quiet,
    /// The wall clock is set.
    ClockStep,
    /// Nothing of what was under way may be left.
    End,
    /// Nothing may be left at all.
    Silence,
}

/// The agenda.
#[derive(Debug, Default)]
pub struct Agenda {
    list: BTreeMap<(Time, u64), Happening>,
    count: u64,
}

impl Agenda {
    /// Writes something down.
    pub fn add(&mut self, at: Time, happening: Happening) {
        self.count += 1;
        self.list.insert((at, self.count), happening);
    }

    /// What comes next, and when.
    pub fn next(&mut self) -> Option<(Time, Happening)> {
        self.list.pop_first().map(|((at, _), happening)| (at, happening))
    }
}
