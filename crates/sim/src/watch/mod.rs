//! The watch: it sees every datagram that reaches the proxy or leaves it, and says what must not be.
//!
//! It judges by the wire alone, from the proxy's side: what was lost on the way is no fault of the proxy.

mod accounts;
mod bindings;
mod branches;
mod replies;
mod wire;

use crate::database::Database;
use crate::phone::text;
use crate::script::{Mode, Variant};
use bindings::Bindings;
use branches::Branch;
use bytes::Bytes;
use module_api::Time;
use replies::Asked;
use sip::{HeaderName, Limits, Message, Method};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What was broken, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When.
    pub at: Time,
    /// What.
    pub what: String,
    /// The call or registration it is about.
    pub call_id: String,
}

/// What the proxy has been asked: by whom, branch, method.
type AskKey = (IpAddr, String, String);

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The address.
    pub address: SocketAddr,
    /// The connection, where there is one.
    pub connection: Option<u64>,
}

/// By which transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Udp,
    Tcp,
}

impl Hop {
    const fn way(self) -> Way {
        if self.connection.is_some() { Way::Tcp } else { Way::Udp }
    }
}

/// The watch.
#[derive(Debug)]
pub struct Watch {
    variant: Variant,
    /// Who is there: phones, and strangers.
    phones: BTreeSet<IpAddr>,
    strangers: BTreeSet<IpAddr>,
    /// Counts the lives of the proxy.
    era: u32,
    asked: BTreeMap<AskKey, Asked>,
    /// The calls that have not been forwarded yet when they were last looked at, by whom they are for.
    calls: BTreeMap<String, Vec<AskKey>>,
    branches: BTreeMap<String, Branch>,
    bindings: Bindings,
    /// Whether answers of the database get lost after it has done what it was asked.
    pub is_unsure: bool,
    /// Whether the database has failed in the last while: until when to be lenient with writing behind.
    pub troubled_until: Time,
    /// How far the clock was set back, all times together: what ends by the clock on the wall may end so much later.
    pub set_back: Duration,
    /// The first thing that was broken.
    pub broken: Option<Violation>,
    /// What was seen, for figures.
    pub seen: Seen,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Messages to the proxy.
    pub received: u64,
    /// Messages from it.
    pub sent: u64,
    /// INVITEs answered with 2xx.
    pub answered: u64,
    /// INVITEs refused.
    pub refused: u64,
    /// REGISTERs acknowledged.
    pub registered: u64,
    /// Connections opened.
    pub connections: u64,
}

impl Seen {
    /// Adds what was seen elsewhere.
    pub fn add(&mut self, other: Seen) {
        self.received += other.received;
        self.sent += other.sent;
        self.answered += other.answered;
        self.refused += other.refused;
        self.registered += other.registered;
        self.connections += other.connections;
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { received, sent, answered, refused, registered, connections } = self;
        let calls = format!("{answered} calls answered and {refused} tries refused, {registered} registrations");
        write!(out, "{received} messages to the proxy and {sent} from it, {connections} connections, {calls}")
    }
}

impl Watch {
    /// Over a proxy with this script.
    pub fn new(variant: Variant) -> Watch {
        Watch {
            variant,
            phones: BTreeSet::new(),
            strangers: BTreeSet::new(),
            era: 0,
            asked: BTreeMap::new(),
            calls: BTreeMap::new(),
            branches: BTreeMap::new(),
            bindings: Bindings::default(),
            is_unsure: false,
            troubled_until: Time::default(),
            set_back: Duration::ZERO,
            broken: None,
            seen: Seen::default(),
        }
    }

    /// Somebody is at this address.
    pub fn know(&mut self, address: IpAddr, is_stranger: bool) {
        if is_stranger {
            self.strangers.insert(address)
        } else {
            self.phones.insert(address)
        };
    }

    /// The proxy gets a message.
    pub fn received(&mut self, now: Time, peer: Hop, bytes: &Bytes) {
        self.seen.received += 1;
        let Ok(message) = Message::parse(bytes.clone(), &Limits::default()) else { return };
        if message.is_request() { self.asks(now, peer, &message) } else { self.replies(now, peer.address, &message) }
    }

    /// The proxy sends a message.
    pub fn sent(&mut self, now: Time, way: Way, to: SocketAddr, bytes: &Bytes) {
        self.seen.sent += 1;
        // Who sends half a request is told so with what there was of it.
        if self.strangers.contains(&to.ip()) && wire::refuses_half_a_request(bytes) {
            return;
        }
        let message = match wire::check(bytes, way) {
            Ok(message) => message,
            Err(wrong) => return self.breach(now, wrong, ""),
        };
        let call_id = text::header(&message, HeaderName::CallId);
        if !self.phones.contains(&to.ip()) && !self.strangers.contains(&to.ip()) {
            let what = format!("{} goes to {to}, where nobody is", label(&message));
            return self.breach(now, what, &call_id);
        }
        if message.is_request() { self.forwards(now, way, to, &message) } else { self.answers(now, way, to, &message) }
    }

    /// A request comes in: the first time, or again.
    fn asks(&mut self, now: Time, peer: Hop, message: &Message) {
        let Some(branch) = text::branch(message) else { return };
        let method = String::from_utf8_lossy(message.method_text()).into_owned();
        let is_stranger = self.strangers.contains(&peer.address.ip());
        if message.method() == Method::Register && !is_stranger {
            self.bindings.asked(now, message);
            self.forget_expected(message);
        }
        let key = (peer.address.ip(), branch, method);
        if let Some(asked) = self.asked.get_mut(&key) {
            return asked.again(now, peer, self.era);
        }
        let mut asked = Asked::new(now, peer, message, is_stranger, self.era);
        if asked.is_call {
            asked.expected = self.bindings.certain(&asked.user, now);
            self.calls.entry(asked.user.clone()).or_default().push(key.clone());
        }
        if message.method() == Method::Cancel {
            let invite = (key.0, key.1.clone(), "INVITE".to_owned());
            asked.is_stray = self
                .asked
                .get(&invite)
                .is_none_or(|invite| invite.era != self.era || invite.is_loose || invite.is_forgotten(now));
            if let Some(invite) = self.asked.get_mut(&invite) {
                invite.cancelled_at.get_or_insert(now);
            }
        }
        self.asked.insert(key, asked);
    }

    /// Notes what was broken, the first time.
    pub fn breach(&mut self, at: Time, what: impl Into<String>, call_id: &str) {
        if self.broken.is_none() {
            self.broken = Some(Violation { at, what: what.into(), call_id: call_id.to_owned() });
        }
    }

    /// The proxy is gone, and what it had promised must be in the database. `is_clean`: it could write first.
    pub fn ended(&mut self, now: Time, clock: Time, database: &Database, is_clean: bool) {
        self.era += 1;
        let is_strict = match self.variant.mode {
            Mode::WriteThrough | Mode::SqlOnly => true,
            Mode::WriteBack => is_clean && self.troubled_until < now,
        };
        let behind = if is_strict || self.troubled_until >= now { None } else { Some(bindings::BEHIND) };
        let returns = self.variant.mode == Mode::WriteBack;
        if let Err(what) = self.bindings.persisted(now, clock, database, is_strict, behind, returns) {
            self.breach(now, what, "");
        }
        for asked in self.asked.values_mut() {
            asked.expected.clear();
        }
    }

    /// The proxy stops: what it acknowledges later than this is promised no more where it is written behind.
    pub fn stopping(&mut self, until: Time) {
        if self.variant.mode == Mode::WriteBack {
            self.bindings.promises_until = until;
        }
    }

    /// The clock of the next life is so many seconds from that of the last, where rows were written by the latest clock.
    pub fn clock_moved(&mut self, seconds: i64) {
        self.bindings.clock_moved(seconds);
        if seconds < 0 {
            self.set_back += Duration::from_secs(seconds.unsigned_abs());
        }
        // Calls under way may find them gone.
        self.asked.values_mut().for_each(|asked| asked.expected.clear());
    }

    /// All is over: what must have happened by now?
    pub fn finish(&mut self, now: Time, clock: Time, database: &Database) {
        self.all_answered(now);
        self.all_acknowledged(now);
        self.accounted(now, database);
        self.ended(now, clock, database, false);
    }

    /// When the last contact that there may be is over.
    pub fn last_contact_until(&self) -> Time {
        self.bindings.last_until()
    }

    /// The contacts of a user that the proxy has promised to know.
    pub fn promised(&self, user: &str, now: Time) -> Vec<String> {
        self.bindings.certain(user, now)
    }
}

/// What a message is, in short.
pub fn label(message: &Message) -> String {
    if message.is_request() {
        return String::from_utf8_lossy(message.method_text()).into_owned();
    }
    match message.method() {
        Method::Invite => message.status().to_string(),
        method => format!("{} {}", message.status(), method.as_str()),
    }
}
