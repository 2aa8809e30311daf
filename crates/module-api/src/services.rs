//! Tables and settings shared by all modules.

use crate::{Fault, Interned, KeyValueStore, Logger, Settings, Sockets, Statistics, Time};
use std::sync::Arc;

/// What every module can reach.
pub struct Services {
    /// Global parameters.
    pub settings: Settings,
    /// Sockets and own names.
    pub sockets: Sockets,
    /// Names of AVPs, variables and flags.
    pub names: Arc<Interned>,
    /// Counters and levels.
    pub statistics: Statistics,
    /// The log.
    pub log: Logger,
    /// When the server started.
    pub started_at: Time,
    /// The key-value stores that cachedb modules offer, by their identifier (`local`, `local:auth`).
    pub caches: Vec<(String, Arc<dyn KeyValueStore>)>,
}

impl Services {
    /// The key-value store that a script names.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn cache(&self, name: &[u8]) -> Result<&Arc<dyn KeyValueStore>, Fault> {
        let found = self.caches.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, store)| store);
        found.ok_or_else(|| {
            Fault::script(format!("no cachedb module offers the storage \"{}\"", String::from_utf8_lossy(name)))
        })
    }
}
