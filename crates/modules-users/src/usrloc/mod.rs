//! `usrloc`: where users can be reached. Contacts by address of record, in memory, in SQL, or in both.

mod agents;
mod aor;
mod columns;
mod config;
pub mod contact;
mod domain;
pub mod edit;
pub mod events;
#[cfg(test)]
mod fake_table;
mod flush;
mod id;
mod keys;
mod load;
mod methods;
mod mi;
mod mi_contact;
mod mi_write;
#[cfg(test)]
mod model_tests;
mod params;
mod pings;
mod record;
mod store;
mod sync;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod timer;
mod undo;
mod write;

pub use agents::UserAgents;
pub use aor::AorRules;
pub use config::{Config, Mode};
pub use domain::{Domain, DomainCounters};
pub use methods::Methods;
pub use record::Record;

use catalogue::Statistic;
use columns::{Columns, LOCATION};
use flush::Flush;
use module_api::sql::Database;
use module_api::{Fault, Module, Setup, StartError, State, Statistics};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The module `usrloc`.
pub const MODULE: Module = Module {
    name: "usrloc",
    about: "Keeps where users can be reached.",
    params: params::PARAMS,
    functions: &[keys::UL_ADD_KEY, keys::UL_GET_KEY, keys::UL_DEL_KEY],
    commands: &[
        mi_write::RM,
        mi_write::RM_CONTACT,
        mi::DUMP,
        mi::FLUSH,
        mi_write::ADD,
        mi::SHOW_CONTACT,
        sync::SYNC,
        mi::CLUSTER_SYNC,
    ],
    statistics: STATISTICS,
    events: events::EVENTS,
    tables: &[LOCATION],
    start,
    ..Module::EMPTY
};

/// `<domain>` stands for the name of a table, which is known when it is first used.
const STATISTICS: &[Statistic] = &[REGISTERED_USERS, USERS, CONTACTS, EXPIRES];
const REGISTERED_USERS: Statistic =
    Statistic::level("registered_users", "Addresses of record with contacts, in all tables.");
const USERS: Statistic = Statistic::level("<domain>-users", "Addresses of record with contacts, in a table.");
const CONTACTS: Statistic = Statistic::level("<domain>-contacts", "Contacts in a table.");
const EXPIRES: Statistic = Statistic::counter("<domain>-expires", "Contacts of a table whose time was over.");

/// The state of the module.
pub struct Usrloc {
    /// The settings.
    pub config: Config,
    /// The known user agents.
    pub agents: Arc<UserAgents>,
    /// The database, if there is one.
    pub database: Option<Database>,
    /// How many seconds before a contact ends it must be woken up: `pn_trigger_interval` of the registrar.
    pub refresh_before_s: AtomicU32,
    /// What the registrar's parameters say of addresses of record.
    pub aor_rules: AorRules,
    columns: Columns,
    domains: RwLock<Vec<Arc<Domain>>>,
    statistics: Statistics,
    seed: u64,
    flushing: AtomicBool,
    ticks: AtomicUsize,
}

/// More tables than any script names.
const DOMAINS_MAX: usize = 64;
/// Functions whose first or third argument names a location table.
const DOMAIN_ARGUMENTS: [(&str, usize); 10] = [
    ("save", 0),
    ("lookup", 0),
    ("remove", 0),
    ("remove_ip_port", 2),
    ("is_registered", 0),
    ("is_contact_registered", 0),
    ("is_ip_registered", 0),
    ("ul_add_key", 0),
    ("ul_get_key", 0),
    ("pn_process_purr", 0),
];

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let config = Config::read(setup)?;
    let names = domain_names(setup);
    let database = if config.has_database() { Some(database(setup, &names)?) } else { None };
    let seed = setup.seed.first_chunk().copied().map_or(0, u64::from_le_bytes);
    let usrloc = Arc::new(Usrloc {
        columns: Columns::read(setup),
        config,
        agents: Arc::new(UserAgents::new(seed)),
        database,
        refresh_before_s: AtomicU32::new(0),
        aor_rules: AorRules::default(),
        domains: RwLock::default(),
        statistics: setup.statistics.clone(),
        seed,
        flushing: AtomicBool::new(false),
        ticks: AtomicUsize::new(0),
    });
    for name in &names {
        usrloc.domain(name.as_bytes())?;
    }
    // The statistics are among what the module holds: they must not hold it.
    let counted = Arc::downgrade(&usrloc);
    setup.computed(&REGISTERED_USERS, move || counted.upgrade().map_or(0, |usrloc| usrloc.users()));
    setup.wishes.location = Some(Arc::new(pings::Pings(Arc::clone(&usrloc))));
    schedule(setup, &usrloc);
    Ok(usrloc)
}

fn schedule(setup: &mut Setup<'_>, usrloc: &Arc<Usrloc>) {
    let ticked = Arc::clone(usrloc);
    setup.every(Duration::from_secs(1), move |env| timer::tick(&ticked, env));
    if usrloc.config.loads {
        let loaded = Arc::clone(usrloc);
        setup.at_start(move |env| load::load(&loaded, env));
    }
    if usrloc.config.layout().stored {
        let stopped = Arc::clone(usrloc);
        setup.at_stop(move |env| Flush::last(&stopped, env));
    }
}

/// The tables that the script names; `location` where it names none.
fn domain_names(setup: &Setup<'_>) -> Vec<String> {
    let mut names: Vec<String> = DOMAIN_ARGUMENTS
        .iter()
        .flat_map(|(function, argument)| setup.compiler.constants(function, *argument))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        names.push(LOCATION.name.to_owned());
    }
    names
}

fn database(setup: &mut Setup<'_>, names: &[String]) -> Result<Database, StartError> {
    let database = setup.database(&params::DB_URL, &[])?;
    if let Some(wish) = setup.wishes.databases.get_mut(usize::from(database.0)) {
        wish.tables.extend(names.iter().map(|name| (name.clone(), LOCATION.version)));
    }
    Ok(database)
}

impl Usrloc {
    /// The table of this name, made if it is new.
    ///
    /// # Errors
    /// There are too many.
    pub fn domain(&self, name: &[u8]) -> Result<Arc<Domain>, Fault> {
        if let Some(domain) = self.known_domain(name) {
            return Ok(domain);
        }
        let mut domains = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(domain) = domains.iter().find(|domain| domain.name.as_bytes() == name) {
            return Ok(Arc::clone(domain));
        }
        if domains.len() >= DOMAINS_MAX {
            return Err(Fault::script(format!("there are {DOMAINS_MAX} location tables already")));
        }
        let domain = Arc::new(self.make_domain(&String::from_utf8_lossy(name)));
        domains.push(Arc::clone(&domain));
        Ok(domain)
    }

    /// How many users have contacts, in all tables.
    fn users(&self) -> i64 {
        self.domains().iter().map(|domain| domain.counters.users.get()).sum()
    }

    /// The table of this name, if there is one.
    pub fn known_domain(&self, name: &[u8]) -> Option<Arc<Domain>> {
        let domains = self.domains.read().unwrap_or_else(PoisonError::into_inner);
        domains.iter().find(|domain| domain.name.as_bytes() == name).cloned()
    }

    /// All tables.
    pub fn domains(&self) -> Vec<Arc<Domain>> {
        self.domains.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn make_domain(&self, name: &str) -> Domain {
        let counter = |statistic: Statistic| {
            let name = statistic.name.replace("<domain>", name);
            self.statistics.counter(MODULE.name, &name, statistic.resets)
        };
        let counters = DomainCounters { users: counter(USERS), contacts: counter(CONTACTS), expired: counter(EXPIRES) };
        let mut domain = Domain::new(name, self.config.layout(), Arc::clone(&self.agents), self.seed, counters);
        domain.statements =
            self.database.map(|_| self.columns.statements(name, self.config.use_domain, self.config.delete_max));
        domain
    }
}
