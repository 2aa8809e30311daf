//! Connections in the world: opened, written to, read from, broken. At the proxy's end they behave as the real edge's do:
//! what cannot be written any more comes back as unsent, what was written and then lost does not.

use super::World;
use crate::agenda::Happening;
use crate::network::Delay;
use crate::phone::place_of;
use crate::proxy::{ADDRESS, Proxy, TCP};
use crate::stream::{Party, Read, Side};
use crate::watch::Hop;
use bytes::Bytes;
use engine::{Event, Received};
use module_api::{Proto, Sending, Time};
use std::net::SocketAddr;
use std::time::Duration;

/// `tcp_connect_timeout` where a seed has not drawn a longer one, and for phones.
const PHONE_CONNECTS_WITHIN: Duration = Duration::from_secs(10);
/// `tcp_max_msg_time`
const MESSAGE_WITHIN: Duration = Duration::from_secs(4);
/// How long a silent connection is kept in the end.
const CALM_IDLE: Duration = Duration::from_secs(3600);
/// How long a system waits before it sends again what was not acknowledged.
const AGAIN_AFTER: Duration = Duration::from_millis(700);

impl World {
    /// The proxy sends by a connection.
    pub(super) fn stream_from_proxy(&mut self, sending: Sending) {
        if let Some(number) = self.streams.for_proxy(sending.connection, sending.to) {
            return self.write(number, Side::Proxy, sending.bytes);
        }
        let (boot, now) = (self.boot, self.now);
        let party = place_of(sending.to.ip()).map_or(Party::Stranger, |place| Party::Phone { place, life: 0 });
        let opened = self.streams.begin(sending.to, party, Side::Proxy, boot, now);
        opened.waiting.push(sending.bytes);
        let number = opened.number;
        let trip = self.network.delay(Delay::Usual) + self.network.delay(Delay::Usual);
        let at = now + trip.min(self.swarm.streams.connects_within);
        self.agenda.add(at, Happening::Opening { number });
    }

    /// A phone sends by a connection: the one named if it is still there, else any of its own, else a new one.
    pub(super) fn stream_from_phone(&mut self, place: usize, named: Option<u64>, bytes: Bytes) {
        let Some(phone) = self.phones.get(place) else { return };
        let (life, ip) = (phone.life, phone.address.ip());
        if let Some(number) = self.streams.for_phone(named, place, life) {
            return self.write(number, Side::Far, bytes);
        }
        self.stream_from(SocketAddr::new(ip, 0), Party::Phone { place, life }, bytes);
    }

    /// Somebody opens a connection to say this.
    pub(super) fn stream_from(&mut self, from: SocketAddr, party: Party, bytes: Bytes) {
        let port = u16::try_from(20_000 + self.streams.count() % 40_000).unwrap_or(20_000);
        let (boot, now) = (self.boot, self.now);
        let opened = self.streams.begin(SocketAddr::new(from.ip(), port), party, Side::Far, boot, now);
        opened.waiting.push(bytes);
        let number = opened.number;
        let trip = self.network.delay(Delay::Usual) + self.network.delay(Delay::Usual);
        self.agenda.add(now + trip, Happening::Opening { number });
    }

    /// One that was begun is answered, or is not.
    pub(super) fn opening(&mut self, number: u64) {
        let Some(known) = self.streams.get(number) else { return };
        let (opener, far, party, began, boot) = (known.opener, known.far, known.party, known.began, known.boot);
        let is_cut = self.network.is_cut(far.ip());
        let is_refused = !self.is_calm && self.stream_chance.happens(self.swarm.streams.refused);
        let within = if opener == Side::Proxy { self.swarm.streams.connects_within } else { PHONE_CONNECTS_WITHIN };
        let is_late = began + within <= self.now;
        let is_there = match (opener, party) {
            (Side::Far, Party::Phone { place, life }) => {
                if self.phones.get(place).is_none_or(|phone| phone.life != life) {
                    return self.forget_stream(number);
                }
                self.proxy.as_ref().is_some_and(Proxy::is_running)
            }
            (Side::Far, Party::Stranger) => self.proxy.as_ref().is_some_and(Proxy::is_running),
            (Side::Proxy, _) if boot != self.boot => return self.forget_stream(number),
            (Side::Proxy, Party::Phone { place, .. }) => {
                self.phones.get(place).is_some_and(|phone| phone.is_up && phone.address == far)
            }
            (Side::Proxy, Party::Stranger) => false,
        };
        match () {
            () if is_late => self.not_opened(number),
            () if is_cut => {
                self.agenda.add((self.now + AGAIN_AFTER).min(began + within), Happening::Opening { number })
            }
            () if !is_there || is_refused => self.not_opened(number),
            () => self.opened(number),
        }
    }

    fn opened(&mut self, number: u64) {
        let (now, boot) = (self.now, self.boot);
        let Some(known) = self.streams.get_mut(number) else { return };
        known.is_open = true;
        known.boot = boot;
        known.active = now;
        if let Party::Phone { place, life } = &mut known.party {
            *life = self.phones.get(*place).map_or(0, |phone| phone.life);
        }
        let (opener, waiting) = (known.opener, std::mem::take(&mut known.waiting));
        if opener == Side::Far {
            self.streams.accepted(number);
        }
        self.watch.seen.connections += 1;
        self.agenda.add(now + self.swarm.streams.idle, Happening::Idle { number });
        for bytes in waiting {
            self.write(number, opener, bytes);
        }
    }

    /// Refused, or nobody has answered: what waited does not leave.
    fn not_opened(&mut self, number: u64) {
        let Some(known) = self.streams.get_mut(number) else { return };
        let (waiting, opener, to, party) = (std::mem::take(&mut known.waiting), known.opener, known.far, known.party);
        self.forget_stream(number);
        for bytes in waiting {
            match (opener, party) {
                (Side::Proxy, _) => {
                    let unsent = Sending {
                        socket: TCP,
                        to,
                        connection: Some(number),
                        reuse_only: false,
                        bytes,
                        otherwise: None,
                    };
                    self.feed(Event::SendFailed(unsent), || "a refused connection".to_owned());
                }
                (Side::Far, Party::Phone { place, .. }) => {
                    self.with_phone(place, |phone, hand| phone.undelivered(&bytes, hand));
                }
                (Side::Far, Party::Stranger) => {}
            }
        }
    }

    fn forget_stream(&mut self, number: u64) {
        self.streams.close(number, Side::Far);
        self.streams.close(number, Side::Proxy);
    }

    /// One end writes. What it writes may arrive in parts, or together with what comes after it.
    fn write(&mut self, number: u64, from: Side, bytes: Bytes) {
        let now = self.now;
        let Some(known) = self.streams.get_mut(number) else { return };
        if !known.is_open {
            return known.waiting.push(bytes);
        }
        if from == Side::Proxy {
            known.active = now;
        }
        let weather = self.swarm.streams;
        let breaks = !self.is_calm && self.stream_chance.happens(weather.breaks);
        if breaks && self.stream_chance.happens(500) {
            return self.break_stream(number);
        }
        for part in self.parts(&bytes) {
            let delay = self.network.delay(Delay::OfStream);
            let Some(known) = self.streams.get_mut(number) else { return };
            let at = known.carry(from.other(), now + delay, part);
            self.agenda.add(at, Happening::Stream { number, side: from.other() });
        }
        if breaks {
            self.break_stream(number);
        }
    }

    fn parts(&mut self, bytes: &Bytes) -> Vec<Bytes> {
        let splits = !self.is_calm && self.stream_chance.happens(self.swarm.streams.splits);
        let (mut rest, mut parts) = (bytes.clone(), Vec::new());
        for _ in 0..if splits { self.stream_chance.between(1, 3) } else { 0 } {
            let place = usize::try_from(self.stream_chance.below(rest.len() as u64)).unwrap_or(0);
            parts.push(rest.split_to(place));
        }
        parts.push(rest);
        parts
    }

    /// Something ends a connection: both ends hear of it, or one does, or a far end has closed it.
    fn break_stream(&mut self, number: u64) {
        let told: &[Side] = match self.stream_chance.below(4) {
            0 => &[Side::Proxy, Side::Far],
            1 => &[Side::Proxy],
            2 => &[Side::Far],
            _ => {
                self.tell(number, Side::Proxy, false);
                return self.streams.close(number, Side::Far);
            }
        };
        told.iter().for_each(|side| self.tell(number, *side, true));
    }

    /// An end will hear that it is over: after what is on the way to it, or instead of that.
    fn tell(&mut self, number: u64, side: Side, is_abrupt: bool) {
        let at = self.now + self.network.delay(Delay::Usual);
        let Some(known) = self.streams.get_mut(number).filter(|known| !known.is_closed(side)) else { return };
        let at = if is_abrupt { known.break_for(side, at) } else { known.carry_end(side, at) };
        self.agenda.add(at, Happening::Stream { number, side });
    }

    /// Something has arrived at an end.
    pub(super) fn arrived(&mut self, number: u64, side: Side) {
        let Some(known) = self.streams.get(number) else { return };
        if self.network.is_cut(known.far.ip()) {
            return self.agenda.add(self.now + AGAIN_AFTER, Happening::Stream { number, side });
        }
        match (side, known.party) {
            (Side::Proxy, _) => self.arrived_at_proxy(number),
            (Side::Far, Party::Stranger) => self.arrived_at_stranger(number),
            (Side::Far, Party::Phone { place, life }) => self.arrived_at_phone(number, place, life),
        }
    }

    fn arrived_at_proxy(&mut self, number: u64) {
        let now = self.now;
        let Some(known) = self.streams.get_mut(number) else { return };
        if known.is_closed(Side::Proxy) || known.boot != self.boot {
            // Its system knows of no such connection.
            self.streams.close(number, Side::Proxy);
            return self.tell(number, Side::Far, true);
        }
        known.active = now;
        let address = known.far;
        let reads = known.read(Side::Proxy, now);
        if known.partial_since(Side::Proxy) == Some(now) {
            self.agenda.add(now + MESSAGE_WITHIN, Happening::Partial { number });
        }
        for read in reads {
            let received = |bytes| Received {
                bytes,
                socket: TCP,
                proto: Proto::Tcp,
                peer: address,
                local: ADDRESS,
                connection: Some(number),
            };
            match read {
                Read::Message(bytes) => {
                    self.at_proxy(Hop { address, connection: Some(number) }, received(bytes));
                }
                Read::Unframed(head, offence) => {
                    if let Some(head) = head {
                        self.feed(Event::Unframed(received(head), offence), || "an endless message".to_owned());
                    }
                    return self.closed_by_proxy(number);
                }
                Read::Ended => return self.streams.close(number, Side::Proxy),
            }
        }
    }

    fn closed_by_proxy(&mut self, number: u64) {
        self.streams.close(number, Side::Proxy);
        self.tell(number, Side::Far, false);
    }

    fn arrived_at_stranger(&mut self, number: u64) {
        let now = self.now;
        let Some(known) = self.streams.get_mut(number) else { return };
        if known.read(Side::Far, now).contains(&Read::Ended) {
            self.streams.close(number, Side::Far);
        }
    }

    fn arrived_at_phone(&mut self, number: u64, place: usize, life: u32) {
        let now = self.now;
        let Some(phone) = self.phones.get(place) else { return };
        if !phone.is_up {
            // Nobody says anything: the other system sends again.
            return self.agenda.add(now + AGAIN_AFTER, Happening::Stream { number, side: Side::Far });
        }
        let Some(known) = self.streams.get_mut(number) else { return };
        if phone.life != life || known.is_closed(Side::Far) {
            self.streams.close(number, Side::Far);
            return self.tell(number, Side::Proxy, true);
        }
        for read in known.read(Side::Far, now) {
            match read {
                Read::Message(bytes) => {
                    self.trace.note(2, now, &bytes);
                    self.with_phone(place, |phone, hand| phone.receive(bytes, Some(number), hand));
                }
                Read::Unframed(_, offence) => {
                    let what = format!("the stream to {} cannot be followed: {offence:?}", self.name_of(place));
                    return self.watch.breach(now, what, "");
                }
                Read::Ended => return self.streams.close(number, Side::Far),
            }
        }
    }

    /// A message has not come to its end, perhaps.
    pub(super) fn partial(&mut self, number: u64) {
        let since = self.streams.get(number).and_then(|known| known.partial_since(Side::Proxy));
        if since.is_some_and(|since| since + MESSAGE_WITHIN <= self.now) {
            self.closed_by_proxy(number);
        }
    }

    /// It has been silent for long, perhaps.
    pub(super) fn idle(&mut self, number: u64) {
        let Some(known) = self.streams.get(number) else { return };
        if known.is_closed(Side::Proxy) {
            return;
        }
        // What is said just when the other end closes is lost: that is no fault, and not for the end.
        let idle = if self.is_calm { CALM_IDLE } else { self.swarm.streams.idle };
        let due: Time = known.active + idle;
        if due > self.now {
            return self.agenda.add(due, Happening::Idle { number });
        }
        self.closed_by_proxy(number);
    }

    /// The proxy's system ends all connections of a process that is gone.
    pub(super) fn streams_of_proxy_end(&mut self) {
        for number in self.streams.numbers() {
            let Some(known) = self.streams.get(number) else { continue };
            match (known.is_open, known.opener) {
                (true, _) => {
                    self.streams.close(number, Side::Proxy);
                    self.tell(number, Side::Far, true);
                }
                (false, Side::Proxy) => self.forget_stream(number),
                (false, Side::Far) => {}
            }
        }
    }

    /// Whoever still has a connection that its other end has lost hears of it, as keep-alives would have it.
    pub(super) fn half_open_streams_end(&mut self) {
        for number in self.streams.numbers() {
            let Some(known) = self.streams.get(number).filter(|known| known.is_open) else { continue };
            if let Party::Phone { place, life } = known.party
                && self.phones.get(place).is_none_or(|phone| phone.life != life)
            {
                self.streams.close(number, Side::Far);
            }
            for side in [Side::Proxy, Side::Far] {
                let other = side.other();
                if self.streams.get(number).is_some_and(|known| known.is_ending(other) && !known.is_ending(side)) {
                    self.tell(number, side, true);
                }
            }
        }
    }
}
