//! A consumer of log lines as management sees it: its level filter, and whether it is muted.

use module_api::Level;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// stderr or syslog.
#[derive(Debug)]
pub struct Consumer {
    muted: AtomicBool,
    filter: AtomicI32,
}

impl Consumer {
    /// Muted or not; a filter of 0 lets everything pass.
    pub const fn new(muted: bool, filter: i32) -> Consumer {
        Consumer { muted: AtomicBool::new(muted), filter: AtomicI32::new(filter) }
    }

    /// Whether a line of this level is for it.
    pub fn takes(&self, level: Level) -> bool {
        let filter = self.filter();
        !self.is_muted() && (filter == 0 || level as i32 <= filter)
    }

    /// Whether it is muted.
    pub fn is_muted(&self) -> bool {
        self.muted.load(Ordering::Relaxed)
    }

    /// Mutes it or lets it speak.
    pub fn mute(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    /// Its level filter.
    pub fn filter(&self) -> i32 {
        self.filter.load(Ordering::Relaxed)
    }

    /// Changes it.
    pub fn set_filter(&self, filter: i32) {
        self.filter.store(filter, Ordering::Relaxed);
    }
}
