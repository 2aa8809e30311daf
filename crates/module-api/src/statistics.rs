//! Statistics: counters and levels by group and name.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A counter or level that its owner changes without a lock.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicI64>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Takes one away.
    pub fn decrement(&self) {
        self.add(-1);
    }

    /// Adds.
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Sets.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The value now.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A statistic of the table.
#[derive(Clone)]
pub struct Entry {
    /// Its group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Whether a reset sets it to zero.
    pub resets: bool,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Counter(Counter),
    Computed(Arc<dyn Fn() -> i64 + Send + Sync>),
}

impl Entry {
    /// The value now.
    pub fn value(&self) -> i64 {
        match &self.source {
            Source::Counter(counter) => counter.get(),
            Source::Computed(compute) => compute(),
        }
    }

    /// Sets it to zero, if it resets.
    pub fn reset(&self) {
        if let (true, Source::Counter(counter)) = (self.resets, &self.source) {
            counter.set(0);
        }
    }

    /// The counter behind it, unless it is computed.
    pub fn counter(&self) -> Option<&Counter> {
        match &self.source {
            Source::Counter(counter) => Some(counter),
            Source::Computed(_) => None,
        }
    }

    /// Whether it is computed when read.
    pub fn is_computed(&self) -> bool {
        matches!(self.source, Source::Computed(_))
    }
}

/// All statistics.
#[derive(Clone, Default)]
pub struct Statistics {
    table: Arc<RwLock<BTreeMap<(String, String), Entry>>>,
}

impl Statistics {
    /// The counter of this name, made if it is new.
    pub fn counter(&self, group: &str, name: &str, resets: bool) -> Counter {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let key = (group.to_owned(), name.to_owned());
        if let Some(counter) = table.get(&key).and_then(Entry::counter) {
            return counter.clone();
        }
        let counter = Counter::default();
        let source = Source::Counter(counter.clone());
        table.insert(key, Entry { group: group.to_owned(), name: name.to_owned(), resets, source });
        counter
    }

    /// A statistic that is computed when it is read.
    pub fn computed(&self, group: &str, name: &str, compute: impl Fn() -> i64 + Send + Sync + 'static) {
        let source = Source::Computed(Arc::new(compute));
        let entry = Entry { group: group.to_owned(), name: name.to_owned(), resets: false, source };
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.insert((group.to_owned(), name.to_owned()), entry);
    }

    /// The statistic `group:name`, or the first one called `name`.
    pub fn find(&self, name: &str) -> Option<Entry> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((group, name)) = name.split_once(':') {
            return table.get(&(group.to_owned(), name.to_owned())).cloned();
        }
        table.values().find(|entry| entry.name == name).cloned()
    }

    /// All statistics, sorted by group and name; those of one group if named.
    pub fn list(&self, group: Option<&str>) -> Vec<Entry> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.values().filter(|entry| group.is_none_or(|group| entry.group == group)).cloned().collect()
    }
}

impl std::fmt::Debug for Statistics {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_map().entries(self.list(None).iter().map(|e| (format!("{}:{}", e.group, e.name), e.value()))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Statistics;

    #[test]
    fn names_with_and_without_group() {
        let statistics = Statistics::default();
        statistics.counter("tm", "received_replies", true).add(3);
        statistics.computed("core", "timestamp", || 7);
        assert_eq!(statistics.find("received_replies").unwrap().value(), 3);
        assert_eq!(statistics.find("core:timestamp").unwrap().value(), 7);
        assert!(statistics.find("tm:timestamp").is_none());
        statistics.find("tm:received_replies").unwrap().reset();
        assert_eq!(statistics.list(Some("tm"))[0].value(), 0);
    }
}
