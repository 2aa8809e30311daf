//! The parameters of `cachedb_local`, and the collections they make.

use super::collection::Collection;
use super::restart;
use catalogue::{Alias, Param, ParamKind, Statistic};
use module_api::{Job, KeyValueStore, Setup, StartError, State};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// All of them.
pub const ALL: &[Param] =
    &[CLEAN_PERIOD, EXEC_THRESHOLD, COLLECTIONS, URL, CLUSTER_ID, CLUSTER_PERSISTENCY, RESTART_PERSISTENCY, TABLE_SIZE];

/// What is counted.
pub const REFUSED: Statistic =
    Statistic::counter("refused_keys", "Values that were not stored because a collection is full.");

const NEEDS_CLUSTERER: &str = "sharing a cache needs the module clusterer, which is not there yet";

pub const CLEAN_PERIOD: Param =
    Param::int("cache_clean_period", 600, "Seconds in which everything that has expired is dropped once.")
        .within(1, 86_400);
pub const EXEC_THRESHOLD: Param = Param::int("exec_threshold", 0, "Microseconds after which an operation is slow.")
    .no_effect("an operation in memory takes less than any threshold");
pub const COLLECTIONS: Param =
    Param::unset("cache_collections", ParamKind::Str, "The collections: \"name = log2size; name/r = log2size\".")
        .repeats();
pub const URL: Param = Param::unset(
    "cachedb_url",
    ParamKind::Str,
    "A name for a collection: \"local:group:///collection\" is \"local:group\" in scripts.",
)
.repeats();
pub const CLUSTER_ID: Param =
    Param::int("cluster_id", 0, "The cluster that shares the cache.").unavailable(NEEDS_CLUSTERER);
pub const CLUSTER_PERSISTENCY: Param =
    Param::str("cluster_persistency", "sync-from-cluster", "How the cache is filled after a restart.")
        .unavailable(NEEDS_CLUSTERER);
pub const RESTART_PERSISTENCY: Param = Param::int(
    "enable_restart_persistency",
    0,
    "Whether what is there at a clean stop is there again after the start.",
)
.within(0, 1);
pub const TABLE_SIZE: Param = Param::int("cache_table_size", 9, "The size of the table, as a power of 2.")
    .no_effect("tables grow with what is in them")
    .aliases(&[Alias::old("hash_size", "2.1")]);

/// What is in the collections.
pub const ENTRIES: Statistic =
    Statistic::level("entries", "Keys in all collections; those that have expired go within cache_clean_period.");

/// The collection that is there without being declared.
pub const DEFAULT: &str = "default";

/// The module's state: the collections by name.
pub struct Caches {
    collections: BTreeMap<String, Arc<Collection>>,
}

impl Caches {
    /// A collection; the default one where none is named.
    pub fn collection(&self, name: Option<&str>) -> Option<&Arc<Collection>> {
        self.collections.get(name.unwrap_or(DEFAULT))
    }
}

/// Makes the collections and offers them under their URLs' names.
pub fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let refused = setup.counter(&REFUSED);
    let mut collections = BTreeMap::from([(DEFAULT.to_owned(), Arc::new(Collection::new(refused.clone())))]);
    for list in setup.params.strs(&COLLECTIONS) {
        for name in collection_names(list).map_err(|error| error.value(list))? {
            collections.insert(name, Arc::new(Collection::new(refused.clone())));
        }
    }
    // A URL of the same name overwrites an earlier one.
    let mut offered: BTreeMap<String, Arc<Collection>> = BTreeMap::new();
    for url in setup.params.strs(&URL) {
        let (name, collection) = parse_url(url).map_err(|error| error.value(url))?;
        let store = collections.get(&collection).ok_or_else(|| {
            let wrong = format!("\"{url}\": there is no collection \"{collection}\" in cache_collections");
            StartError::param(URL.name, wrong).value(url)
        })?;
        offered.insert(name, Arc::clone(store));
    }
    if offered.is_empty()
        && let Some(store) = collections.get(DEFAULT)
    {
        offered.insert("local".to_owned(), Arc::clone(store));
    }
    for (name, store) in offered {
        setup.offer_cache(name, store as Arc<dyn KeyValueStore>);
    }
    if setup.params.is_on(&RESTART_PERSISTENCY) {
        restart::keep(setup, &collections);
    }
    let counted: Vec<Arc<Collection>> = collections.values().cloned().collect();
    setup.computed(&ENTRIES, move || {
        let count = counted.iter().map(|collection| collection.len()).sum::<usize>();
        i64::try_from(count).unwrap_or(i64::MAX)
    });
    sweep_in_turns(setup, &collections);
    Ok(Arc::new(Caches { collections }))
}

/// Spreads each round of dropping over the whole period.
fn sweep_in_turns(setup: &mut Setup<'_>, collections: &BTreeMap<String, Arc<Collection>>) {
    let period = Duration::from_secs(u64::try_from(setup.params.int(&CLEAN_PERIOD)).unwrap_or(600));
    let turns = Collection::turns();
    let interval = period / u32::try_from(turns).unwrap_or(1);
    let all: Vec<Arc<Collection>> = collections.values().cloned().collect();
    let turn = AtomicUsize::new(0);
    setup.every(interval, move |env| {
        let now = turn.fetch_add(1, Ordering::Relaxed);
        all.iter().for_each(|collection| collection.sweep(now, env.now));
        Job::DONE
    });
}

/// The names in `"name = 10; other/r = 8; third"`.
fn collection_names(list: &str) -> Result<Vec<String>, StartError> {
    let entries = list.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    let names = entries.map(|entry| {
        let (name, size) = entry.split_once('=').map_or((entry, None), |(name, size)| (name, Some(size.trim())));
        if size.is_some_and(|size| size.parse::<u8>().is_err()) {
            return Err(StartError::param(
                COLLECTIONS.name,
                format!("\"{entry}\": the size is a power of 2, \"name = 10\""),
            ));
        }
        let (name, replicated) =
            name.trim().strip_suffix("/r").map_or((name.trim(), false), |name| (name.trim(), true));
        if replicated {
            return Err(StartError::param(COLLECTIONS.name, format!("\"{entry}\": {NEEDS_CLUSTERER}")));
        }
        Ok(name.to_owned())
    });
    names.collect()
}

/// `local:group:///collection` → (`local:group`, `collection`); `local://` → (`local`, the default one).
fn parse_url(url: &str) -> Result<(String, String), StartError> {
    let parts = url.split_once("://").filter(|(scheme, _)| *scheme == "local" || scheme.starts_with("local:"));
    let (name, path) = parts.ok_or_else(|| {
        StartError::param(URL.name, format!("\"{url}\": it is written \"local:group:///collection\""))
    })?;
    let collection = path.trim_start_matches('/');
    let collection = if collection.is_empty() { DEFAULT } else { collection };
    Ok((name.trim_end_matches(':').to_owned(), collection.to_owned()))
}
