//! Status and reports: how ready each part of the server is, and what happened to it (`status_report:*`).

use crate::{Env, Time};
use catalogue::{Event, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// What the parts of the server report of themselves, by group (a module's name) and identifier (a partition).
#[derive(Debug, Default)]
pub struct StatusReports {
    groups: RwLock<BTreeMap<String, BTreeMap<String, Identifier>>>,
}

/// The state of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    /// Positive: ready; negative: not.
    pub status: i32,
    /// A word or two about it.
    pub details: Option<String>,
    /// What happened, the oldest first.
    pub reports: VecDeque<Report>,
}

/// Something that happened to a part of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
}

/// The identifier of a group with only one.
pub const MAIN: &str = "main";

/// Raised when the status of a part changes.
pub const STATUS_CHANGED: Event = Event {
    name: "E_CORE_SR_STATUS_CHANGED",
    about: "A part of the server became ready or stopped being so.",
    params: &["group", "identifier", "status", "details", "old_status"],
};

/// As many reports as upstream's modules keep; the oldest goes.
const REPORTS_MAX: usize = 200;
/// More identifiers than any configuration has partitions.
const IDENTIFIERS_MAX: usize = 4096;

impl StatusReports {
    /// Makes a part known, or changes its status; a change is an event.
    pub fn set(&self, env: &mut Env<'_>, group: &str, identifier: &str, status: i32, details: Option<&str>) {
        let Some(old) = self.change(group, identifier, status, details) else { return };
        if old == status {
            return;
        }
        let text = |text: &str| Value::copied(text.as_bytes());
        let details = details.map_or(Value::Null, text);
        env.raise(&STATUS_CHANGED, vec![text(group), text(identifier), status.into(), details, old.into()]);
    }

    /// Notes what happened to a part.
    pub fn report(&self, now: Time, group: &str, identifier: &str, text: impl Into<String>) {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = groups.get_mut(group).and_then(|group| group.get_mut(identifier)) else { return };
        if known.reports.len() >= REPORTS_MAX {
            known.reports.pop_front();
        }
        known.reports.push_back(Report { at: now, text: text.into() });
    }

    /// One part.
    pub fn get(&self, group: &str, identifier: &str) -> Option<Identifier> {
        self.read().get(group)?.get(identifier).cloned()
    }

    /// The parts of a group.
    pub fn group(&self, group: &str) -> Option<BTreeMap<String, Identifier>> {
        self.read().get(group).cloned()
    }

    /// All groups.
    pub fn all(&self) -> BTreeMap<String, BTreeMap<String, Identifier>> {
        self.read().clone()
    }

    /// The status of one part, or of a whole group for the identifier `all`: 1 when every part is ready, else -1.
    pub fn status(&self, group: &str, identifier: &str) -> Option<i32> {
        let groups = self.read();
        let group = groups.get(group)?;
        if identifier != "all" {
            return group.get(identifier).map(|known| known.status);
        }
        Some(if group.values().all(|known| known.status >= 0) { 1 } else { -1 })
    }

    /// The old status; 0 where the part is new, `None` where there are too many.
    fn change(&self, group: &str, identifier: &str, status: i32, details: Option<&str>) -> Option<i32> {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let identifiers: usize = groups.values().map(BTreeMap::len).sum();
        let is_new = !groups.get(group).is_some_and(|group| group.contains_key(identifier));
        if is_new && identifiers >= IDENTIFIERS_MAX {
            return None;
        }
        let known = groups.entry(group.to_owned()).or_default().entry(identifier.to_owned()).or_default();
        known.details = details.map(str::to_owned);
        Some(std::mem::replace(&mut known.status, status))
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, BTreeMap<String, Identifier>>> {
        self.groups.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{REPORTS_MAX, StatusReports};
    use crate::Time;

    #[test]
    fn a_group_is_ready_when_all_its_parts_are() {
        let reports = StatusReports::default();
        assert_eq!(reports.status("drouting", "all"), None);
        assert_eq!(reports.change("drouting", "pstn", 1, Some("data available")), Some(0));
        assert_eq!(reports.status("drouting", "all"), Some(1));
        assert_eq!(reports.change("drouting", "sip", -2, None), Some(0));
        assert_eq!(reports.change("drouting", "sip", -1, None), Some(-2));
        assert_eq!(
            ["all", "pstn", "sip", "x"].map(|name| reports.status("drouting", name)),
            [Some(-1), Some(1), Some(-1), None]
        );
    }

    #[test]
    fn the_oldest_report_goes() {
        let reports = StatusReports::default();
        reports.change("core", "main", 1, None);
        for number in 0..=REPORTS_MAX {
            reports.report(Time(0), "core", "main", number.to_string());
        }
        let kept = reports.get("core", "main").unwrap().reports;
        assert_eq!((kept.len(), kept.front().unwrap().text.as_str()), (REPORTS_MAX, "1"));
    }
}
