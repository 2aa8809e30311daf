//! After the faults: everybody recovers, every user is called once, everything ends, and nothing is left.

use super::World;
use crate::agenda::{Fault, Happening};
use crate::phone::{Mood, Phone};
use crate::proxy::Proxy;
use std::time::Duration;

/// How long after that all transactions are over: the longest timers are those of a call that rings, and of its CANCEL.
const QUIET: Duration = Duration::from_secs(400);
/// How often to look whether they are.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl World {
    /// No more faults.
    pub(super) fn calm(&mut self) {
        self.is_calm = true;
        self.network.calm();
        self.half_open_streams_end();
        self.database.is_down = false;
        self.stalled_until = self.now;
        if self.proxy.is_none() {
            self.boot_proxy();
        }
        for place in 0..self.phones.len() {
            self.with_phone(place, |phone, hand| phone.calm_down(Mood::Calm, hand));
        }
    }

    /// Everybody is registered, and every user is called.
    pub(super) fn call_roll(&mut self) {
        let (now, start) = (self.now, self.start);
        if let Some(phone) = self.phones.iter().find(|phone| !phone.is_registered(now)) {
            let what =
                format!("{} is not registered {:.0} s after the start", phone.name(), now.since(start).as_secs_f64());
            return self.watch.breach(now, what, "");
        }
        for place in 0..self.phones.len() {
            self.with_phone(place, |phone, hand| phone.calm_down(Mood::Obliging, hand));
        }
        for place in 0..self.phones.len() {
            let next = format!("u{}", (place as u64 + 1) % self.swarm.users.max(1));
            self.roll.push((place, next.clone()));
            self.with_phone(place, |phone, hand| {
                phone.call(&next, hand);
            });
        }
    }

    /// The roll has been called; nobody begins anything more.
    pub(super) fn quiet(&mut self) {
        for (place, callee) in std::mem::take(&mut self.roll) {
            let Some(phone) = self.phones.get(place) else { continue };
            let code = phone.outcomes.iter().find(|(known, _)| *known == callee).map(|(_, code)| *code);
            if code != Some(200) {
                let what = format!("{} calls {callee} in the end, and gets {code:?}", phone.name());
                return self.watch.breach(self.now, what, "");
            }
        }
        for place in 0..self.phones.len() {
            self.with_phone(place, |phone, hand| phone.calm_down(Mood::Quiet, hand));
        }
        self.is_counted();
        self.over_by = self.now + QUIET;
        self.agenda.add(self.now + LOOK_EVERY, Happening::Fault(Fault::End));
    }

    /// All that was begun is over.
    pub(super) fn end(&mut self) {
        let is_busy = !self.proxy.as_ref().is_some_and(Proxy::is_idle)
            || !self.phones.iter().all(Phone::is_idle)
            || self.streams.holding().is_some();
        if is_busy && self.now < self.over_by {
            return self.agenda.add(self.now + LOOK_EVERY, Happening::Fault(Fault::End));
        }
        if let Some(phone) = self.phones.iter().find(|phone| !phone.is_idle()) {
            return self.watch.breach(self.now, format!("a phone has something under way: {}", phone.describe()), "");
        }
        let Some(proxy) = &self.proxy else { return self.watch.breach(self.now, "the proxy is not there", "") };
        let clock = proxy.clock(self.now);
        self.watch.finish(self.now, clock, &self.database);
        self.nothing_is_under_way();
    }
}
