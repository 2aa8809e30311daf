//! What goes wrong with the proxy and around it.

use super::World;
use crate::agenda::{Fault, Happening};
use crate::buffers::Buffers;
use crate::proxy::Proxy;
use crate::script::{Mode, compile};
use engine::Event;
use std::time::Duration;

/// How long a stop waits for what is under way: a registration that is acknowledged later may be written no more.
const GRACE: Duration = Duration::from_secs(4);

/// How many seconds a clock is set forward or back at most.
pub const FARTHEST_STEP: u64 = 4000;

impl World {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.trace.note(5, self.now, &[fault as u8]);
        match fault {
            Fault::Kill => self.kill(),
            Fault::Stop => self.stop(),
            Fault::Boot if self.proxy.is_none() => self.boot_proxy(),
            Fault::Boot => {}
            Fault::Stall => {
                if !self.is_calm {
                    self.stalled_until = self.now + self.chance.duration(100, 6000);
                }
            }
            Fault::Cut => {
                let phones: Vec<_> = self.phones.iter().map(|phone| phone.address.ip()).collect();
                let cut: Vec<_> = phones.into_iter().filter(|_| self.chance.happens(400)).collect();
                self.network.cut(cut);
                let after = self.chance.duration(1000, 20_000);
                self.agenda.add(self.now + after, Happening::Fault(Fault::Mend));
            }
            Fault::Mend => self.network.mend(),
            Fault::DatabaseDown => {
                self.database.is_down = true;
                let after = self.chance.duration(1000, 20_000);
                self.agenda.add(self.now + after, Happening::Fault(Fault::DatabaseUp));
            }
            Fault::DatabaseUp => self.database.is_down = false,
            Fault::Calm => self.calm(),
            Fault::RollCall => self.call_roll(),
            Fault::Quiet => self.quiet(),
            Fault::End => self.end(),
            Fault::Silence => self.nothing_is_left(),
            // No timer and no lifetime moves, whatever day it is; the rows of contacts are written anew, as the next
            // process counts lifetimes that it finds in the database from what the clock says then. Who keeps contacts in
            // the database alone goes by the clock at once: that is not judged here.
            Fault::ClockStep => {
                let step =
                    i64::try_from(self.chance.below(2 * FARTHEST_STEP)).unwrap_or(0) - FARTHEST_STEP.cast_signed();
                self.skew = self.chance.pick(&[self.skew + step, self.skew + step / 60, 0]).unwrap_or(0);
                if self.swarm.variant.mode != Mode::SqlOnly {
                    self.set_clock_of_proxy();
                }
            }
        }
    }

    fn set_clock_of_proxy(&mut self) {
        let Some(proxy) = &mut self.proxy else { return };
        proxy.set_clock(self.now, self.skew);
        let (least, most) = (*self.seen_skew.start(), *self.seen_skew.end());
        // What it is still loading it takes for written by the clock of now.
        if !proxy.is_running() {
            self.watch.clock_moved(self.skew - most);
        }
        self.seen_skew = least.min(self.skew)..=most.max(self.skew);
    }

    pub(super) fn boot_proxy(&mut self) {
        self.boot += 1;
        let same = self.skew..=self.skew;
        if self.seen_skew != same {
            self.watch.clock_moved(self.skew - self.seen_skew.end());
            self.seen_skew = same;
        }
        // What a process held is gone with it.
        self.buffers = Buffers::default();
        let compiled = compile(&self.swarm.variant.text());
        let seed = self.chance.seed();
        self.proxy = Some(Proxy::boot(compiled, seed, self.now, self.skew, self.swarm.streams.aliases, &self.log));
        self.feed(Event::Start, || "the start".to_owned());
        self.agenda.add(self.now, Happening::Tick { boot: self.boot });
    }

    /// All memory is gone.
    pub(super) fn kill(&mut self) {
        let Some(proxy) = self.proxy.take() else { return };
        self.watch.ended(self.now, proxy.clock(self.now), &self.database, false);
        self.streams_of_proxy_end();
        self.boot += 1;
        self.come_back();
    }

    /// It writes what it must, then ends.
    pub(super) fn stop(&mut self) {
        if self.proxy.is_none() {
            return;
        }
        self.feed(Event::Stop, || "the stop".to_owned());
        // What it still wants of the database is done before the process ends, each with its fate.
        let mut later = Vec::new();
        self.stalled_until = self.now;
        self.watch.stopping(self.now + GRACE);
        while let Some((at, happening)) = self.agenda.next() {
            self.now = self.now.max(at);
            match happening {
                Happening::Query { .. } | Happening::Answer { .. } => self.happens(happening),
                other => later.push((at, other)),
            }
            if self.proxy.as_ref().is_none_or(Proxy::is_stopped) {
                break;
            }
        }
        for (at, happening) in later {
            self.agenda.add(at, happening);
        }
        let Some(proxy) = self.proxy.take() else { return };
        self.watch.ended(self.now, proxy.clock(self.now), &self.database, true);
        self.streams_of_proxy_end();
        self.boot += 1;
        self.come_back();
    }

    pub(super) fn come_back(&mut self) {
        let after = self.chance.duration(50, 8000);
        if self.swarm.clock_jumps {
            self.skew = i64::try_from(self.chance.below(8000)).unwrap_or(0) - 4000;
        }
        self.agenda.add(self.now + after, Happening::Fault(Fault::Boot));
    }
}
