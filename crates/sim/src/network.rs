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
        let mut arrivals = vec![now + self.delay()];
        if self.chance.happens(weather.doubled) {
            arrivals.push(now + self.delay());
        }
        arrivals
    }

    fn delay(&mut self) -> Duration {
        if self.chance.happens(self.weather.late) {
            return self.chance.duration(200, 3000);
        }
        Duration::from_micros(self.chance.between(100, self.weather.delay_ms.max(1) * 1000))
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
