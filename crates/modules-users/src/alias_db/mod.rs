//! `alias_db`: other names of users, from a table that is asked each time.

mod lookup;
#[cfg(test)]
mod tests;

use crate::statements::Statements;
use catalogue::{Column, Param, ParamKind, Table};
use module_api::sql::Database;
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module `alias_db`.
pub const MODULE: Module = Module {
    name: "alias_db",
    about: "Finds the user behind an alias, in a table of the database.",
    params: &[
        DB_URL,
        USER_COLUMN,
        DOMAIN_COLUMN,
        ALIAS_USER_COLUMN,
        ALIAS_DOMAIN_COLUMN,
        DOMAIN_PREFIX,
        APPEND_BRANCHES,
    ],
    functions: &[lookup::ALIAS_DB_LOOKUP, lookup::ALIAS_DB_FIND],
    tables: &[DBALIASES],
    start,
    ..Module::EMPTY
};

const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const USER_COLUMN: Param = Param::str("user_column", "username", "The column of user names.");
const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "The column of users' domains.");
const ALIAS_USER_COLUMN: Param = Param::str("alias_user_column", "alias_username", "The column of aliases' names.");
const ALIAS_DOMAIN_COLUMN: Param = Param::str("alias_domain_column", "alias_domain", "The column of aliases' domains.");
const DOMAIN_PREFIX: Param = Param::unset(
    "domain_prefix",
    ParamKind::Str,
    "What is taken off the beginning of a domain before it is looked up.",
);
const APPEND_BRANCHES: Param =
    Param::int("append_branches", 0, "Whether all users behind an alias are taken, not the first alone.");

const DBALIASES: Table = Table {
    name: "dbaliases",
    version: 2,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "alias_username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "alias_domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
    ],
    indexes: &[
        ("alias_idx", &["alias_username", "alias_domain"], true),
        ("target_idx", &["username", "domain"], false),
    ],
};

/// The state of the module.
struct AliasDb {
    database: Database,
    user: String,
    domain: String,
    alias_user: String,
    alias_domain: String,
    domain_prefix: String,
    appends_branches: bool,
    statements: Statements<lookup::Way>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    // A table of another name is the operator's own, whose version is theirs.
    let functions = ["alias_db_lookup", "alias_db_find"];
    let mut named = functions.iter().flat_map(|function| setup.compiler.constants(function, 0));
    let used: &[&Table] = if named.any(|name| name == DBALIASES.name) { &[&DBALIASES] } else { &[] };
    let text = |param| setup.params.text(param).to_owned();
    let module = AliasDb {
        user: text(&USER_COLUMN),
        domain: text(&DOMAIN_COLUMN),
        alias_user: text(&ALIAS_USER_COLUMN),
        alias_domain: text(&ALIAS_DOMAIN_COLUMN),
        domain_prefix: text(&DOMAIN_PREFIX),
        appends_branches: setup.params.is_on(&APPEND_BRANCHES),
        statements: Statements::default(),
        database: setup.database(&DB_URL, used)?,
    };
    Ok(Arc::new(module))
}
