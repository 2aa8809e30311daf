//! What happens at regular times: timers of modules, timer routes, the search for waits that took too long.

use crate::program::Loaded;
use module_api::Time;
use script::program::RouteIndex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// When what is due next.
pub(crate) struct Schedule {
    /// The earliest of all, so that most ticks take no lock.
    next: AtomicU64,
    timers: Mutex<Vec<Periodic<usize>>>,
    routes: Mutex<TimerRoutes>,
}

struct Periodic<T> {
    what: T,
    every: Duration,
    next: Time,
}

/// The timer routes of the program that was current at the last tick.
struct TimerRoutes {
    of: Arc<Loaded>,
    list: Vec<Periodic<RouteIndex>>,
}

/// How often waits are looked through; their deadlines are far longer.
const RESOLUTION: Duration = Duration::from_millis(100);

impl Schedule {
    pub(crate) fn new(timers: impl Iterator<Item = Duration>, program: &Arc<Loaded>, now: Time) -> Schedule {
        let timers = timers.enumerate().map(|(what, every)| Periodic { what, every, next: now + every });
        Schedule {
            next: AtomicU64::new(now.0),
            timers: Mutex::new(timers.collect()),
            routes: Mutex::new(TimerRoutes::new(program, now)),
        }
    }

    /// Whether anything may be due. Of several threads that ask at a time, one is told so.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let is_due = next <= now.0;
        let later = (now + RESOLUTION).0;
        is_due && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The numbers of the modules' timers that are due.
    pub(crate) fn due_timers(&self, now: Time) -> Vec<usize> {
        let mut timers = self.timers.lock().unwrap_or_else(PoisonError::into_inner);
        timers.iter_mut().filter_map(|timer| timer.take(now)).collect()
    }

    /// The timer routes that are due; those of a new program begin now.
    pub(crate) fn due_routes(&self, now: Time, program: &Arc<Loaded>) -> Vec<RouteIndex> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&routes.of, program) {
            *routes = TimerRoutes::new(program, now);
        }
        routes.list.iter_mut().filter_map(|route| route.take(now)).collect()
    }
}

impl TimerRoutes {
    fn new(program: &Arc<Loaded>, now: Time) -> TimerRoutes {
        let list =
            program.timers.iter().map(|(what, every)| Periodic { what: *what, every: *every, next: now + *every });
        TimerRoutes { of: Arc::clone(program), list: list.collect() }
    }
}

impl<T: Copy> Periodic<T> {
    /// It, if it is due; what was missed is not made up for.
    fn take(&mut self, now: Time) -> Option<T> {
        if self.next > now {
            return None;
        }
        self.next = (self.next + self.every).max(now);
        Some(self.what)
    }
}
