//! `update_stat_series()`: values that count for a while, in a ring of slots.

use super::profile::{Algorithm, Profile};
use super::{ScriptStatistics, names};
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, Statistics, Time};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const UPDATE_STAT_SERIES: Function = Function {
    name: "update_stat_series",
    about: "Feeds a value to a series, which is made if it is new and read as $stat(group:name).",
    args: &[
        Arg::str("profile", "A profile of stat_series_profile."),
        Arg::str("variable", "The name of the series.").judged(names::judge_own),
        Arg::int("value", "The value; for percentage, its sign says what it is and its size how much."),
    ],
    routes: Routes::ALL,
    returns: &[(1, "it was fed"), (-1, "there is no such profile, or there are too many series")],
    examples: &[Example { script: "update_stat_series(\"none\", \"ASR\", 1)", message: "", returns: -1 }],
    run: Run::Now(update_stat_series),
    ..FUNCTION
};

/// All series of all profiles.
pub(super) struct AllSeries {
    profiles: BTreeMap<String, Arc<Profile>>,
    table: Mutex<BTreeMap<(String, String), Arc<Series>>>,
    all: Statistics,
    /// The latest time we were told.
    now: Arc<AtomicU64>,
}

/// Names may come from messages.
const SERIES_MAX: usize = 4096;

/// One series.
struct Series {
    profile: Arc<Profile>,
    slots: Mutex<Vec<Slot>>,
}

/// What was fed during one piece of time.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The number of the piece since 1970; another one's content has expired.
    number: u64,
    sum: i64,
    count: i64,
    positive: i64,
    absolute: i64,
}

impl AllSeries {
    pub(super) fn new(profiles: Vec<Profile>, all: Statistics, now: Time) -> AllSeries {
        let profiles = profiles.into_iter().map(|profile| (profile.name.clone(), Arc::new(profile))).collect();
        AllSeries { profiles, table: Mutex::default(), all, now: Arc::new(AtomicU64::new(now.unix_micros())) }
    }

    /// Takes note of the time.
    pub(super) fn tell(&self, now: Time) {
        self.now.fetch_max(now.unix_micros(), Ordering::Relaxed);
    }

    fn feed(&self, profile: &[u8], name: &[u8], value: i64, now: Time) -> Result<(), Fault> {
        let found = std::str::from_utf8(profile).ok().and_then(|profile| self.profiles.get(profile));
        let Some(profile) = found else {
            let text = String::from_utf8_lossy(profile);
            return Err(Fault::script(format!("there is no stat_series_profile \"{text}\"")));
        };
        let Some((None, name)) = names::split(name) else {
            return Err(Fault::script("a series has a name without group: the group is its profile's"));
        };
        self.tell(now);
        self.series(profile, name)?.feed(value, now.unix_micros());
        Ok(())
    }

    fn series(&self, profile: &Arc<Profile>, name: &str) -> Result<Arc<Series>, Fault> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (profile.name.clone(), name.to_owned());
        if let Some(series) = table.get(&key) {
            return Ok(Arc::clone(series));
        }
        if table.len() >= SERIES_MAX {
            return Err(Fault::us("there are too many series"));
        }
        let series = Arc::new(Series::new(Arc::clone(profile)));
        table.insert(key, Arc::clone(&series));
        let (read, now) = (Arc::clone(&series), Arc::clone(&self.now));
        self.all.computed(&profile.group, name, move || read.value(now.load(Ordering::Relaxed)));
        Ok(series)
    }
}

impl Series {
    fn new(profile: Arc<Profile>) -> Series {
        Series { profile, slots: Mutex::default() }
    }

    fn feed(&self, value: i64, now: u64) {
        let number = self.number_at(now);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.resize(self.length(), Slot::default());
        let Some(slot) = slots.get_mut(self.position(number)) else { return };
        if slot.number != number {
            *slot = Slot { number, ..Slot::default() };
        }
        slot.sum = slot.sum.saturating_add(value);
        slot.count = slot.count.saturating_add(1);
        slot.positive = slot.positive.saturating_add(value.max(0));
        slot.absolute = slot.absolute.saturating_add(value.saturating_abs());
    }

    fn value(&self, now: u64) -> i64 {
        let number = self.number_at(now);
        let oldest = (number + 1).saturating_sub(u64::from(self.profile.slots));
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let live = slots.iter().filter(|slot| (oldest..=number).contains(&slot.number));
        let total = live.fold(Slot::default(), |total, slot| Slot {
            number,
            sum: total.sum.saturating_add(slot.sum),
            count: total.count.saturating_add(slot.count),
            positive: total.positive.saturating_add(slot.positive),
            absolute: total.absolute.saturating_add(slot.absolute),
        });
        match self.profile.algorithm {
            Algorithm::Accumulate => total.sum,
            Algorithm::Average => total.sum.checked_div(total.count).unwrap_or(0),
            Algorithm::Percentage => {
                total.positive.saturating_mul(self.profile.factor).checked_div(total.absolute).unwrap_or(0)
            }
        }
    }

    /// The number of the piece of time at a moment.
    fn number_at(&self, now: u64) -> u64 {
        let piece = u64::from(self.profile.window_s) * 1_000_000 / u64::from(self.profile.slots).max(1);
        now / piece.max(1)
    }

    fn position(&self, number: u64) -> usize {
        usize::try_from(number % u64::from(self.profile.slots).max(1)).unwrap_or(0)
    }

    fn length(&self) -> usize {
        usize::try_from(self.profile.slots).unwrap_or(1)
    }
}

fn update_stat_series(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let state = call.state::<ScriptStatistics>()?;
    state.series.feed(args.str(0)?, args.str(1)?, i64::from(args.int(2)?), call.env.now)?;
    Ok(1)
}
