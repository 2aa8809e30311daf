//! A phone: it registers, calls, is called, and now and then crashes or misbehaves. Its transactions are RFC 3261's and
//! RFC 6026's own, written without a look at the server's.

mod calls;
mod client;
mod dialog;
mod digest;
mod registration;
mod server;
pub mod text;

use crate::chance::Chance;
use crate::swarm::Manners;
use bytes::Bytes;
use client::{Client, ClientKey};
use dialog::{Call, Dialog};
use module_api::Time;
use registration::Registration;
use server::{Server, ServerKey};
use sip::{Limits, Message};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A phone.
#[derive(Debug)]
pub struct Phone {
    /// Its number.
    pub number: usize,
    /// Whose it is.
    pub user: String,
    /// The user's password.
    password: String,
    /// Where it is.
    pub address: SocketAddr,
    /// Whether it speaks TCP with the proxy, else UDP.
    pub speaks_tcp: bool,
    /// Whether it lets its connections stand for where it listens.
    is_alias: bool,
    /// What its Contact says of where it is.
    host: String,
    manners: Manners,
    chance: Chance,
    /// Counts its lives: a crash ends one.
    pub life: u32,
    /// Whether it is there at all.
    pub is_up: bool,
    /// What it may still begin by itself.
    pub mood: Mood,
    registration: Registration,
    clients: BTreeMap<ClientKey, Client>,
    servers: BTreeMap<ServerKey, Server>,
    calls: BTreeMap<u64, Call>,
    dialogs: BTreeMap<u64, Dialog>,
    challenge: Option<digest::Challenge>,
    /// Counts what needs a name of its own.
    count: u64,
    /// Requests it has sent, for sending them again when nobody expects it.
    sent: Vec<Bytes>,
    /// What became of the calls of the roll call: code and callee.
    pub outcomes: Vec<(String, u16)>,
}

/// What a phone may begin by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Anything, misbehaviour too.
    Wild,
    /// Only what keeps it registered; it ends its calls.
    Calm,
    /// It answers calls at once, and ends them.
    Obliging,
    /// Nothing.
    Quiet,
}

/// What a phone has set an alarm for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Timer A or E.
    Resend(ClientKey),
    /// Timer B or F.
    GiveUp(ClientKey),
    /// Timer D, K or M.
    Forget(ClientKey),
    /// Timer G, or a 2xx sent again.
    Repeat(ServerKey),
    /// Timer H, I, J or L.
    ForgetServer(ServerKey),
    /// The callee does the next thing it means to.
    Next(ServerKey),
    /// The caller has waited long enough.
    Cancel(u64),
    /// One side has talked enough.
    HangUp(u64),
    /// The call is changed.
    Reinvite(u64),
    /// It is time to register.
    Register,
    /// It is time to remove the contact.
    Unregister,
    /// It is time to call somebody.
    Call,
    /// It is time to do something wrong.
    Misbehave,
    /// It loses power.
    Crash,
    /// It has power again.
    Revive,
}

/// What a phone does.
#[derive(Debug)]
pub enum Act {
    /// Sends to the proxy; by this connection, if there is one and it is still there.
    Send(Bytes, Option<u64>),
    /// Has got what no proxy may send: what, and in which call.
    Complain(String, String),
    /// Sets an alarm.
    Wake(Time, Alarm),
}

/// What a phone does things with.
pub struct Hand<'a> {
    /// Now.
    pub now: Time,
    /// The users there are.
    pub users: &'a [String],
    /// What it does.
    pub acts: Vec<Act>,
}

impl Hand<'_> {
    fn send(&mut self, bytes: impl Into<Bytes>) {
        self.acts.push(Act::Send(bytes.into(), None));
    }

    fn send_by(&mut self, bytes: Bytes, connection: Option<u64>) {
        self.acts.push(Act::Send(bytes, connection));
    }

    fn wake(&mut self, after: Duration, alarm: Alarm) {
        self.acts.push(Act::Wake(self.now + after, alarm));
    }
}

/// RFC 3261's T1, T2 and T4.
pub const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const T4: Duration = Duration::from_secs(5);
/// Requests kept for misbehaving.
const SENT_MAX: usize = 8;

impl Phone {
    /// A phone that is off.
    pub fn new(number: usize, user: &str, password: &str, manners: Manners, mut chance: Chance) -> Phone {
        let address = SocketAddr::new(ip_of(number), 5060);
        let host = if chance.happens(manners.names) { name_of(number) } else { address.ip().to_string() };
        Phone {
            number,
            user: user.to_owned(),
            password: password.to_owned(),
            address,
            speaks_tcp: false,
            is_alias: false,
            host,
            manners,
            chance,
            life: 0,
            is_up: false,
            mood: Mood::Wild,
            registration: Registration::default(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            calls: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            challenge: None,
            count: 0,
            sent: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// The same phone speaking TCP.
    pub fn by_tcp(self, is_alias: bool) -> Phone {
        Phone { speaks_tcp: true, is_alias, ..self }
    }

    /// It gets power, and sets its alarms.
    pub fn begin(&mut self, hand: &mut Hand<'_>) {
        self.life += 1;
        self.is_up = true;
        self.registration = Registration::new(self.fresh("reg"));
        hand.wake(self.chance.duration(0, 2000), Alarm::Register);
        if self.mood != Mood::Wild {
            return;
        }
        hand.wake(self.chance.duration(500, self.manners.pause_s * 1000), Alarm::Call);
        if self.manners.mischief > 0 {
            hand.wake(self.chance.duration(1000, 20_000), Alarm::Misbehave);
        }
        if self.chance.happens(self.manners.crashes) {
            hand.wake(self.chance.duration(1000, 60_000), Alarm::Crash);
        }
        if self.chance.happens(self.manners.unregisters) {
            hand.wake(self.chance.duration(5000, 60_000), Alarm::Unregister);
        }
    }

    /// A message comes; by a connection, if there is one.
    pub fn receive(&mut self, bytes: Bytes, connection: Option<u64>, hand: &mut Hand<'_>) {
        if !self.is_up {
            return;
        }
        let Ok(message) = Message::parse(bytes, &Limits::default()) else { return };
        let message = Arc::new(message);
        if message.is_request() { self.request(&message, connection, hand) } else { self.reply(&message, hand) }
    }

    /// An alarm rings.
    pub fn ring(&mut self, alarm: Alarm, hand: &mut Hand<'_>) {
        if !self.is_up {
            if alarm == Alarm::Revive {
                self.begin(hand);
            }
            return;
        }
        match alarm {
            Alarm::Resend(key) => self.resend(&key, hand),
            Alarm::GiveUp(key) => self.give_up(&key, hand),
            Alarm::Forget(key) => {
                self.clients.remove(&key);
            }
            Alarm::Repeat(key) => self.repeat(&key, hand),
            Alarm::ForgetServer(key) => self.forget_server(&key, hand),
            Alarm::Next(key) => self.next_step(&key, hand),
            Alarm::Cancel(call) => self.cancel(call, hand),
            Alarm::HangUp(dialog) => self.hang_up(dialog, hand),
            Alarm::Reinvite(dialog) => self.reinvite(dialog, hand),
            Alarm::Register => self.register(false, hand),
            Alarm::Unregister => self.unregister(hand),
            Alarm::Call => self.call_somebody(hand),
            Alarm::Misbehave => self.misbehave(hand),
            Alarm::Crash => self.crash(hand),
            Alarm::Revive => {}
        }
    }

    /// All memory is lost; later it comes back, perhaps at another port.
    fn crash(&mut self, hand: &mut Hand<'_>) {
        if self.mood != Mood::Wild {
            return;
        }
        self.turn_off();
        if self.chance.happens(300) {
            self.address.set_port(self.address.port() + 2);
        }
        hand.wake(self.chance.duration(2000, 30_000), Alarm::Revive);
    }

    fn turn_off(&mut self) {
        self.life += 1;
        self.is_up = false;
        self.clients.clear();
        self.servers.clear();
        self.calls.clear();
        self.dialogs.clear();
        self.challenge = None;
        self.sent.clear();
    }

    /// Sends something again that nobody expects any more, or something that is wrong.
    fn misbehave(&mut self, hand: &mut Hand<'_>) {
        if self.mood != Mood::Wild {
            return;
        }
        hand.wake(self.chance.duration(2000, 20_000), Alarm::Misbehave);
        if !self.chance.happens(self.manners.mischief * 10) {
            return;
        }
        let place = usize::try_from(self.chance.below(self.sent.len() as u64)).unwrap_or(0);
        let Some(old) = self.sent.get(place).cloned() else { return };
        match self.chance.below(3) {
            0 => hand.send(old),
            which => {
                let branch = format!("z9hG4bKwrong{}", self.fresh("w"));
                let old = text::replaced(&old, "branch=", &branch);
                hand.send(if which == 1 { text::replaced(&old, "CSeq: ", "1") } else { old });
            }
        }
    }

    /// From now on it does only what is asked of it in this phase.
    pub fn calm_down(&mut self, mood: Mood, hand: &mut Hand<'_>) {
        self.mood = mood;
        if !self.is_up {
            self.begin(hand);
        }
        let calls: Vec<u64> = self.calls.keys().copied().collect();
        calls.into_iter().for_each(|call| self.cancel(call, hand));
        let dialogs: Vec<u64> = self.dialogs.keys().copied().collect();
        dialogs.into_iter().for_each(|dialog| self.hang_up(dialog, hand));
        if mood == Mood::Calm {
            self.register(false, hand);
        }
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.clients.is_empty() && self.servers.is_empty() && self.calls.is_empty() && self.dialogs.is_empty()
    }

    /// What is under way, for people.
    pub fn describe(&self) -> String {
        let Phone { clients, servers, calls, dialogs, .. } = self;
        format!("{}: {:?} {:?} {:?} {:?}", self.name(), clients.keys(), servers.keys(), calls.keys(), dialogs.keys())
    }

    /// Whether it holds itself to be registered.
    pub fn is_registered(&self, now: Time) -> bool {
        self.registration.until > now
    }

    /// `alice#3`
    pub fn name(&self) -> String {
        format!("{}#{}", self.user, self.number)
    }

    /// Its Contact URI.
    pub fn contact(&self) -> String {
        let transport = if self.speaks_tcp { ";transport=tcp" } else { "" };
        format!("sip:{}@{}:{}{transport}", self.user, self.host, self.address.port())
    }

    /// What its Via says.
    fn sender(&self) -> text::Sender {
        let transport = if self.speaks_tcp { "TCP" } else { "UDP" };
        text::Sender { address: self.address, transport, is_alias: self.is_alias }
    }

    /// A word that nobody else has.
    fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}{}x{}x{}x{:x}", self.number, self.life, self.count, self.chance.below(1 << 32))
    }
}

/// The host name of a phone.
fn name_of(number: usize) -> String {
    format!("phone{number}.example.net")
}

/// The phone of a host name.
pub fn number_of(host: &str) -> Option<usize> {
    host.strip_prefix("phone")?.strip_suffix(".example.net")?.parse().ok()
}

/// The phone at an address.
pub fn place_of(address: IpAddr) -> Option<usize> {
    let IpAddr::V4(address) = address else { return None };
    let [10, 7, high, low] = address.octets() else { return None };
    usize::from(u16::from_be_bytes([high, low])).checked_sub(10)
}

/// The address of a phone by its number.
pub fn ip_of(number: usize) -> IpAddr {
    let [low, high, ..] = u32::try_from(number + 10).unwrap_or(0).to_le_bytes();
    IpAddr::from([10, 7, high, low])
}
