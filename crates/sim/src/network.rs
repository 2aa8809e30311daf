//! The network: datagrams are lost, doubled, late, overtake each other; a part of the addresses is cut off for a while.

use crate::chance::Chance;
use crate::swarm::NetworkWeather;
use module_api::Time;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

/// The network between the proxy and everybody else.
#[derive(Debug)]
pub struct Network {
    weather: NetworkWeather,
    chance: Chance,
    cut_off: BTreeSet<IpAddr>,
}

/// What a delay is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Something that is not lost.
    Usual,
    /// A part of a stream: what is lost is sent again, and so late.
    OfStream,
}

impl Network {
    /// In this weather.
    pub fn new(weather: NetworkWeather, chance: Chance) -> Network {
        Network { weather, chance, cut_off: BTreeSet::new() }
    }

    /// When a datagram to or from this address arrives: not at all, once, twice.
    pub fn carry(&mut self, now: Time, peer: IpAddr) -> Vec<Time> {
        let weather = self.weather;
        if self.cut_off.contains(&peer) || self.chance.happens(weather.lost) {
            return Vec::new();
        }
        let mut arrivals = vec![now + self.delay(Delay::Usual)];
        if self.chance.happens(weather.doubled) {
            arrivals.push(now + self.delay(Delay::Usual));
        }
        arrivals
    }

    /// How long something is under way.
    pub fn delay(&mut self, of: Delay) -> Duration {
        if of == Delay::OfStream && self.chance.happens(self.weather.lost) {
            return self.chance.duration(200, 1500);
        }
        if self.chance.happens(self.weather.late) {
            return self.chance.duration(200, 3000);
        }
        Duration::from_micros(self.chance.between(100, self.weather.delay_ms.max(1) * 1000))
    }

    /// Whether this address is cut off.
    pub fn is_cut(&self, address: IpAddr) -> bool {
        self.cut_off.contains(&address)
    }

    /// Cuts these addresses off.
    pub fn cut(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.cut_off.extend(addresses);
    }

    /// Connects everybody again.
    pub fn mend(&mut self) {
        self.cut_off.clear();
    }

    /// From now on nothing goes wrong.
    pub fn calm(&mut self) {
        self.mend();
        self.weather = NetworkWeather { delay_ms: 20, ..NetworkWeather::default() };
    }
}
