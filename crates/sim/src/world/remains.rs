//! What is left when all is over: first nothing of what was under way, then, once every lifetime has passed in silence,
//! nothing at all.

use super::World;
use crate::agenda::{Fault, Happening};
use crate::script::Mode;
use std::time::Duration;

/// Longer than phones register for in the end, and than all that the scripts keep for a while. Where the clock has been
/// set, contacts may stay for longer.
const SILENCE: Duration = Duration::from_secs(3900);
/// How often the proxy looks at its timers meanwhile.
pub const SILENT_TICK: Duration = Duration::from_secs(30);

/// What modules count of what they hold for a while: none of it may be there after that while. `ratelimit` keeps its
/// pipes, which the script names; `auth` has a ring of a fixed size, and no table of nonces.
const LEVELS: [&str; 11] = [
    "tm:inuse_transactions",
    "engine:waiting",
    "engine:held_bytes",
    "engine:mail_lost",
    "engine:transactions_refused",
    "acc:waiting_records",
    "acc:open_calls",
    "usrloc:registered_users",
    "usrloc:location-contacts",
    "pike:nodes",
    "cachedb_local:entries",
];
/// How many of these are counted as soon as nothing is under way.
const AT_ONCE: usize = 6;

impl World {
    /// Nothing that was under way may be left. Then everybody is silent.
    pub(super) fn nothing_is_under_way(&mut self) {
        let Some(proxy) = &self.proxy else { return self.watch.breach(self.now, "the proxy is not there", "") };
        let held = proxy.engine.held().into_iter().find(|held| held.count > 0);
        let left = held.map(|held| format!("{} {}", held.count, held.what)).or_else(|| self.level_left(AT_ONCE));
        let left = left.or_else(|| {
            let (known, held) = self.streams.holding()?;
            Some(format!("{held} bytes or parts for {}", self.name_at(known.far)))
        });
        if let Some(left) = left {
            return self.watch.breach(self.now, format!("at the end there is still: {left}"), "");
        }
        self.is_silent = true;
        let over_at = (self.now + SILENCE + self.watch.set_back).max(self.watch.last_contact_until() + SILENT_TICK * 3);
        self.agenda.add(over_at, Happening::Fault(Fault::Silence));
    }

    /// While everybody is there: what is to be gone in the end must be seen now.
    pub(super) fn is_counted(&mut self) {
        let Some(proxy) = &self.proxy else { return };
        let variant = self.swarm.variant;
        let mut seen = Vec::new();
        if variant.mode != Mode::SqlOnly {
            seen.extend(["usrloc:location-contacts", "usrloc:registered_users"]);
        }
        if variant.has_guards {
            seen.extend(["pike:nodes", "cachedb_local:entries"]);
        }
        if let Some(name) = seen.into_iter().find(|name| proxy.count(name) == 0) {
            self.watch.breach(self.now, format!("nothing is counted by {name}"), "");
        }
    }

    /// Every lifetime has passed: nothing may be left at all.
    pub(super) fn nothing_is_left(&mut self) {
        self.is_over = true;
        self.watch.calls_recorded(self.now, &self.database);
        let rows = self.database.rows("location", ["contact"]).len();
        let kept = [
            ("contacts in the database", rows),
            ("buffers", self.buffers.count()),
            ("records on the disk", self.disk.waiting()),
            ("calls held on the disk", self.disk.held()),
        ];
        let kept = kept.into_iter().find(|(_, count)| *count > 0);
        let left = kept.map(|(what, count)| format!("{count} {what}")).or_else(|| self.level_left(LEVELS.len()));
        if let Some(left) = left {
            self.watch.breach(self.now, format!("long after the end there is still: {left}"), "");
        }
    }

    fn level_left(&self, how_many: usize) -> Option<String> {
        let proxy = self.proxy.as_ref()?;
        let mut levels = LEVELS.iter().take(how_many).map(|name| (name, proxy.count(name)));
        levels.find(|(_, value)| *value != 0).map(|(name, value)| format!("{name} {value}"))
    }
}
