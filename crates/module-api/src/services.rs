//! Tables and settings shared by all modules.

use crate::{
    Blacklists, DialogHook, Dialogs, Events, Fault, Hosts, Interned, KeyValueStore, Logger, Process, Settings, Sockets,
    State, Statistics, StatusReports, Time, UnknownProcess, Wall,
};
use std::sync::{Arc, OnceLock};

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
    /// The clock on the wall.
    pub wall: Wall,
    /// The key-value stores that cachedb modules offer, by their identifier (`local`, `local:auth`).
    pub caches: Vec<(String, Arc<dyn KeyValueStore>)>,
    /// The dialogs, where module `dialog` is loaded.
    pub dialogs: Option<Arc<dyn Dialogs>>,
    /// Who watches dialogs.
    pub dialog_hooks: Vec<(State, DialogHook)>,
    /// Where requests must not be sent.
    pub blacklists: Arc<Blacklists>,
    /// The events that can be heard, and who outside hears them.
    pub events: Arc<Events>,
    /// How ready each part of the server is.
    pub reports: Arc<StatusReports>,
    /// Addresses of host names that were looked up.
    pub hosts: Arc<Hosts>,
    /// The process and its connections, as the edges know them.
    pub process: Arc<dyn Process>,
    /// Until when modules may take to stop, once the server stops.
    pub stop_by: OnceLock<Time>,
    /// The management commands of the loaded modules, with their module.
    pub commands: Vec<(&'static str, catalogue::Command<()>)>,
}

impl Services {
    /// What every server has; the rest is empty.
    pub fn new(
        settings: Settings,
        sockets: Sockets,
        names: Arc<Interned>,
        statistics: Statistics,
        log: Logger,
        started_at: Time,
    ) -> Services {
        Services {
            settings,
            sockets,
            names,
            statistics,
            log,
            started_at,
            wall: Wall::default(),
            caches: Vec::new(),
            dialogs: None,
            dialog_hooks: Vec::new(),
            blacklists: Arc::default(),
            events: Arc::default(),
            reports: Arc::default(),
            hosts: Arc::default(),
            process: Arc::new(UnknownProcess),
            stop_by: OnceLock::new(),
            commands: Vec::new(),
        }
    }

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
