//! `domain`: which domains are ours, from a table that is asked each time or kept in memory.

mod cache;
mod functions;
mod mi;
#[cfg(test)]
mod tests;

use cache::Cache;
use catalogue::{Alias, Column, Param, ParamKind, Table};
use module_api::sql::{Database, Statement};
use module_api::{Module, Setup, StartError, State};
use std::sync::{Arc, PoisonError, RwLock};

/// The module `domain`.
pub const MODULE: Module = Module {
    name: "domain",
    about: "Knows which domains are ours.",
    params: &[DB_URL, DB_MODE, DOMAIN_TABLE, DOMAIN_COL, ATTRS_COL, ACCEPT_SUBDOMAIN_COL],
    functions: &[functions::IS_FROM_LOCAL, functions::IS_URI_HOST_LOCAL, functions::IS_DOMAIN_LOCAL],
    commands: &[mi::RELOAD, mi::DUMP],
    tables: &[DOMAIN],
    start,
    ..Module::EMPTY
};

const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const DB_MODE: Param =
    Param::int("db_mode", 0, "0: the table is asked each time; 1: it is read at start and by domain:reload.")
        .within(0, 1);
const DOMAIN_TABLE: Param = Param::str("domain_table", "domain", "The table of domains.");
const DOMAIN_COL: Param = Param::str("domain_col", "domain", "The column of domains.");
const ATTRS_COL: Param = Param::str("attrs_col", "attrs", "The column of their attributes.");
const ACCEPT_SUBDOMAIN_COL: Param = Param::str(
    "accept_subdomain_col",
    "accept_subdomain",
    "The column that says whether domains below it are ours, too.",
)
.aliases(&[Alias::old("subdomain_col", "")]);

const DOMAIN: Table = Table {
    name: "domain",
    version: 4,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "attrs", sql: "CHAR(255) DEFAULT NULL" },
        Column { name: "accept_subdomain", sql: "INTEGER DEFAULT 0 NOT NULL" },
        Column { name: "last_modified", sql: "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL" },
    ],
    indexes: &[("domain_idx", &["domain"], true)],
};

/// The state of the module.
struct Domains {
    database: Database,
    table: String,
    columns: [String; 3],
    /// What is in memory, with `db_mode` 1: a reload puts another in its place, whole.
    cache: Option<RwLock<Arc<Cache>>>,
    /// Reads the whole table.
    load: Arc<Statement>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let text = |param| setup.params.text(param).to_owned();
    let (table, columns) = (text(&DOMAIN_TABLE), [text(&DOMAIN_COL), text(&ATTRS_COL), text(&ACCEPT_SUBDOMAIN_COL)]);
    let wanted: Vec<&str> = columns.iter().map(String::as_str).collect();
    let load = Statement::select(&table, &wanted, &[], "");
    let is_cached = setup.params.is_on(&DB_MODE);
    let database = setup.database(&DB_URL, &[])?;
    if let Some(wish) = setup.wishes.databases.get_mut(usize::from(database.0)) {
        wish.tables.push((table.clone(), DOMAIN.version));
    }
    let module = Arc::new(Domains { database, table, columns, cache: is_cached.then(RwLock::default), load });
    if is_cached {
        let loaded = Arc::clone(&module);
        setup.at_start(move |_| cache::load_at_start(loaded));
    }
    Ok(module)
}

impl Domains {
    /// What is in memory now.
    fn cached(&self) -> Option<Arc<Cache>> {
        let cache = self.cache.as_ref()?;
        Some(Arc::clone(&cache.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn replace(&self, loaded: Cache) {
        if let Some(cache) = &self.cache {
            *cache.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        }
    }
}
