//! The world: the agenda worked off, one happening after the other, until nothing is left to happen.

mod backends;
mod faults;
mod phases;
mod remains;
mod streams;

use crate::agenda::{Agenda, Fault, Happening};
use crate::buffers::Buffers;
use crate::chance::Chance;
use crate::database::Database;
use crate::disk::Disk;
use crate::network::Network;
use crate::phone::{Act, Hand, Phone, place_of, text};
use crate::proxy::{ADDRESS, Deeds, Log, Proxy, TCP, UDP};
use crate::script::{DOMAIN, Text};
use crate::stranger::Stranger;
use crate::stream::{Party, Side, Streams};
use crate::swarm::Swarm;
use crate::trace::Trace;
use crate::watch::{Hop, Watch, Way};
use bytes::Bytes;
use engine::{Event, Received};
use module_api::sql::Cell;
use module_api::{Proto, Time};
use sip::digest::{Algorithm, ha1};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// The world of a seed.
pub struct World {
    /// What the seed has drawn.
    pub swarm: Swarm,
    /// When it began.
    pub start: Time,
    /// Now.
    pub now: Time,
    agenda: Agenda,
    chance: Chance,
    network: Network,
    streams: Streams,
    buffers: Buffers,
    /// What is drawn about connections.
    stream_chance: Chance,
    /// The database.
    pub database: Database,
    /// What outlives the proxy.
    disk: Disk,
    proxy: Option<Proxy>,
    /// Counts the lives of the proxy.
    boot: u32,
    /// How far the wall clock is from the true time, in seconds.
    skew: i64,
    /// The least and the most that it was from it in the proxy's last life: its rows were written by any of these.
    seen_skew: RangeInclusive<i64>,
    stalled_until: Time,
    phones: Vec<Phone>,
    strangers: Vec<Stranger>,
    users: Vec<String>,
    /// What sees all that is wrong.
    pub watch: Watch,
    /// What has happened.
    pub trace: Trace,
    /// What the proxy has logged.
    pub log: Arc<Log>,
    is_calm: bool,
    /// Who was called in the roll call by whom.
    roll: Vec<(usize, String)>,
    /// When all must be over.
    over_by: Time,
    /// Whether everybody is silent until every lifetime has passed.
    is_silent: bool,
    is_over: bool,
}

/// How long after the faults everybody has time to be registered again.
const RECOVERY: Duration = Duration::from_secs(75);
/// How long the roll call may take.
const ROLL_CALL: Duration = Duration::from_secs(20);

impl World {
    /// Of a seed's swarm; nothing has happened yet.
    pub fn new(seed: u64, swarm: Swarm, is_detailed: bool) -> World {
        let start = Time::from_unix_seconds(1_700_000_000);
        let mut watch = Watch::new(swarm.variant);
        watch.is_unsure = swarm.database.unheard > 0;
        let mut users: Vec<String> = (0..swarm.users).map(|number| format!("u{number}")).collect();
        let mut database = Database::new();
        users.iter().for_each(|user| subscribe(&mut database, user));
        let mut stream_chance = Chance::new(seed, 5);
        let owner = |number: u64| format!("u{}", number % swarm.users.max(1));
        let phones = (0..swarm.phones).zip(0usize..).map(|(number, place)| {
            let user = owner(number);
            let phone = Phone::new(place, &user, &password(&user), swarm.manners, Chance::new(seed, 1000 + number));
            let speaks_tcp = stream_chance.happens(swarm.streams.phones);
            if speaks_tcp { phone.by_tcp(swarm.streams.aliases) } else { phone }
        });
        let phones: Vec<Phone> = phones.collect();
        let strangers = (0..swarm.vandals)
            .zip(0usize..)
            .map(|(number, place)| Stranger::new(place, Chance::new(seed, 500 + number)));
        let strangers: Vec<Stranger> = strangers.collect();
        if swarm.variant.text == Text::Residential {
            users.extend((0..swarm.users).map(|number| format!("series-u{number}")));
        }
        phones.iter().for_each(|phone| watch.know(phone.address.ip(), false));
        strangers.iter().for_each(|stranger| watch.know(stranger.address.ip(), true));
        World {
            start,
            now: start,
            agenda: Agenda::default(),
            chance: Chance::new(seed, 2),
            network: Network::new(swarm.network, Chance::new(seed, 3)),
            streams: Streams::default(),
            buffers: Buffers::default(),
            stream_chance,
            database,
            disk: Disk::default(),
            proxy: None,
            boot: 0,
            skew: 0,
            seen_skew: 0..=0,
            stalled_until: start,
            phones,
            strangers,
            users,
            watch,
            trace: Trace::new(is_detailed),
            log: Arc::default(),
            is_calm: false,
            roll: Vec::new(),
            over_by: start,
            is_silent: false,
            is_over: false,
            swarm,
        }
    }

    /// Lets everything happen, until something is broken or all is over.
    pub fn run(&mut self) {
        self.plan();
        while let Some((at, happening)) = self.agenda.next() {
            self.now = self.now.max(at);
            self.happens(happening);
            if self.watch.broken.is_some() || self.is_over {
                return;
            }
        }
    }

    fn plan(&mut self) {
        self.boot_proxy();
        for place in 0..self.phones.len() {
            let after = self.chance.duration(100, 5000);
            let Some(phone) = self.phones.get(place) else { continue };
            let alarm = crate::phone::Alarm::Revive;
            self.agenda.add(self.now + after, Happening::Alarm { phone: place, life: phone.life, alarm });
        }
        for vandal in 0..self.strangers.len() {
            self.agenda.add(self.now + Duration::from_secs(3), Happening::Mischief { vandal });
        }
        let Swarm { network, database, kills, stops, stalls, clock_steps, faults_for, .. } = self.swarm.clone();
        let faults = [
            (kills, Fault::Kill),
            (stops, Fault::Stop),
            (stalls, Fault::Stall),
            (network.cuts, Fault::Cut),
            (database.downs, Fault::DatabaseDown),
            (clock_steps, Fault::ClockStep),
        ];
        for (count, fault) in faults {
            for _ in 0..count {
                let after = self.chance.duration(5000, u64::try_from(faults_for.as_millis()).unwrap_or(0));
                self.agenda.add(self.now + after, Happening::Fault(fault));
            }
        }
        let calm = self.now + faults_for;
        self.agenda.add(calm, Happening::Fault(Fault::Calm));
        self.agenda.add(calm + RECOVERY, Happening::Fault(Fault::RollCall));
        self.agenda.add(calm + RECOVERY + ROLL_CALL, Happening::Fault(Fault::Quiet));
    }

    fn happens(&mut self, happening: Happening) {
        let is_for_proxy = matches!(
            happening,
            Happening::AtProxy { .. }
                | Happening::Answer { .. }
                | Happening::Tick { .. }
                | Happening::Stream { side: Side::Proxy, .. }
                | Happening::Opening { .. }
        );
        if is_for_proxy && self.stalled_until > self.now {
            return self.agenda.add(self.stalled_until, happening);
        }
        match happening {
            Happening::AtProxy { from, bytes } => {
                let received =
                    Received { bytes, socket: UDP, proto: Proto::Udp, peer: from, local: ADDRESS, connection: None };
                self.at_proxy(Hop { address: from, connection: None }, received);
            }
            Happening::AtPeer { to, bytes } => self.at_peer(to, bytes),
            Happening::Opening { number } => self.opening(number),
            Happening::Stream { number, side } => self.arrived(number, side),
            Happening::Idle { number } => self.idle(number),
            Happening::Partial { number } => self.partial(number),
            Happening::Query { boot, token, query, fate } => self.query(boot, token, &query, fate),
            Happening::Answer { boot, token, answer } if boot == self.boot => {
                self.trace.note(3, self.now, &token.0.to_le_bytes());
                self.feed(Event::Answer { token, answer }, || "an answer".to_owned());
            }
            Happening::Answer { .. } => {}
            Happening::Tick { boot } if boot == self.boot => self.tick(),
            Happening::Tick { .. } => {}
            Happening::Alarm { phone, life, alarm } => self.alarm(phone, life, alarm),
            Happening::Mischief { vandal } => self.mischief(vandal),
            Happening::Fault(fault) => self.fault(fault),
        }
    }

    fn at_proxy(&mut self, from: Hop, mut received: Received) {
        if !self.proxy.as_ref().is_some_and(Proxy::is_running) {
            return;
        }
        self.trace.note(1, self.now, &received.bytes);
        if self.trace.is_detailed {
            self.trace.arrow(self.now, &self.name_at(from.address), "proxy", &received.bytes);
        }
        self.watch.received(self.now, from, &received.bytes);
        let text = received.bytes.clone();
        received.bytes = self.buffers.counted(&text);
        self.feed(Event::Received(received), || describe(&text));
    }

    fn at_peer(&mut self, to: SocketAddr, bytes: Bytes) {
        self.trace.note(2, self.now, &bytes);
        let place = place_of(to.ip()).filter(|place| self.phones.get(*place).is_some_and(|phone| phone.address == to));
        if let Some(place) = place {
            self.with_phone(place, |phone, hand| phone.receive(bytes, None, hand));
        }
    }

    fn alarm(&mut self, place: usize, life: u32, alarm: crate::phone::Alarm) {
        if self.phones.get(place).is_some_and(|phone| phone.life == life) {
            self.with_phone(place, |phone, hand| phone.ring(alarm, hand));
        }
    }

    fn with_phone(&mut self, place: usize, work: impl FnOnce(&mut Phone, &mut Hand<'_>)) {
        let Some(phone) = self.phones.get_mut(place) else { return };
        let mut hand = Hand { now: self.now, users: &self.users, acts: Vec::new() };
        work(phone, &mut hand);
        let (life, from, speaks_tcp, acts) = (phone.life, phone.address, phone.speaks_tcp, hand.acts);
        for act in acts {
            match act {
                Act::Send(bytes, connection) if speaks_tcp => self.stream_from_phone(place, connection, bytes),
                Act::Send(bytes, _) => self.carry_to_proxy(from, &bytes),
                Act::Complain(what, call_id) => self.watch.breach(self.now, what, &call_id),
                Act::Wake(at, alarm) => self.agenda.add(at, Happening::Alarm { phone: place, life, alarm }),
            }
        }
    }

    fn carry_to_proxy(&mut self, from: SocketAddr, bytes: &Bytes) {
        for at in self.network.carry(self.now, from.ip()) {
            self.agenda.add(at, Happening::AtProxy { from, bytes: bytes.clone() });
        }
    }

    /// Who is at an address.
    fn name_at(&self, address: SocketAddr) -> String {
        let phone = place_of(address.ip()).and_then(|place| self.phones.get(place));
        phone.map_or_else(|| address.ip().to_string(), Phone::name)
    }

    /// A phone's name.
    fn name_of(&self, place: usize) -> String {
        self.phones.get(place).map(Phone::name).unwrap_or_default()
    }

    /// Gives the proxy an event, and carries what comes of it.
    fn feed(&mut self, event: Event, what: impl Fn() -> String) {
        let now = self.now;
        let Some(proxy) = &mut self.proxy else { return };
        let before = self.trace.is_detailed.then(|| proxy.program.line_counts());
        let deeds = proxy.handle(event, now);
        if let Some(before) = before {
            let after = proxy.program.line_counts();
            let ran = before.iter().zip(&after).filter(|((_, before), (_, after))| after > before);
            let lines: Vec<String> = ran.map(|(_, (line, _))| line.line.to_string()).collect();
            if !lines.is_empty() {
                self.trace.ran(now, what(), lines.join(" "));
            }
        }
        if proxy.has_failed() {
            // Whoever watches over the process starts it again.
            self.proxy = None;
            let after = self.chance.duration(500, 3000);
            return self.agenda.add(now + after, Happening::Fault(Fault::Boot));
        }
        self.carry_out(deeds);
    }

    fn carry_out(&mut self, deeds: Deeds) {
        for sending in deeds.sends {
            self.trace.note(4, self.now, &sending.bytes);
            if self.trace.is_detailed {
                self.trace.arrow(self.now, "proxy", &self.name_at(sending.to), &sending.bytes);
            }
            if sending.socket == TCP {
                self.watch.sent(self.now, Way::Tcp, sending.to, &sending.bytes);
                self.stream_from_proxy(sending);
                continue;
            }
            self.watch.sent(self.now, Way::Udp, sending.to, &sending.bytes);
            for at in self.network.carry(self.now, sending.to.ip()) {
                self.agenda.add(at, Happening::AtPeer { to: sending.to, bytes: sending.bytes.clone() });
            }
        }
        for (number, port) in deeds.aliases {
            self.streams.alias(number, port);
        }
        for (token, request) in deeds.requests {
            self.ask(token, request);
        }
    }

    fn tick(&mut self) {
        self.feed(Event::Tick, || "a tick".to_owned());
        let is_idle = self.proxy.as_ref().is_none_or(Proxy::is_idle);
        let step = match () {
            () if self.is_silent => remains::SILENT_TICK,
            () if is_idle => Duration::from_millis(200),
            () => self.swarm.tick,
        };
        self.agenda.add(self.now + step, Happening::Tick { boot: self.boot });
    }

    fn mischief(&mut self, vandal: usize) {
        if self.is_calm {
            return;
        }
        let is_marked = self.swarm.variant.marks_dialogs();
        let by_stream = self.stream_chance.happens(self.swarm.streams.strangers);
        let Some(stranger) = self.strangers.get_mut(vandal) else { return };
        let transport = if by_stream { "TCP" } else { "UDP" };
        let (from, bytes) = (stranger.address, stranger.next(&self.users, is_marked, transport));
        if by_stream {
            self.stream_from(from, Party::Stranger, bytes);
        } else {
            self.carry_to_proxy(from, &bytes);
        }
        let after = self.chance.duration(50, 4000);
        self.agenda.add(self.now + after, Happening::Mischief { vandal });
    }
}

/// A user that the database knows.
fn subscribe(database: &mut Database, user: &str) {
    let hash = ha1(Algorithm::Md5, user.as_bytes(), DOMAIN.as_bytes(), password(user).as_bytes());
    let row = [("username", Cell::text(user)), ("domain", Cell::text(DOMAIN)), ("ha1", Cell::text(hash.as_bytes()))];
    database.insert("subscriber", &row);
}

fn password(user: &str) -> String {
    format!("secret of {user}")
}

/// `INVITE callid`
fn describe(bytes: &Bytes) -> String {
    let Ok(message) = sip::Message::parse(bytes.clone(), &sip::Limits::default()) else { return "garbage".to_owned() };
    format!("{} {}", crate::watch::label(&message), text::header(&message, sip::HeaderName::CallId))
}
