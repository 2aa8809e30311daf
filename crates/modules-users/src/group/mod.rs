//! `group`: which groups users are in: by name in a table that is asked each time, or by expressions kept in memory.

mod member;
mod patterns;
#[cfg(test)]
mod tests;
mod who;

use catalogue::{Alias, Column, Param, ParamKind, Table};
use module_api::sql::{Database, Statement};
use module_api::{Module, Setup, StartError, State};
use patterns::Patterns;
use std::sync::{Arc, OnceLock};

/// The module `group`.
pub const MODULE: Module = Module {
    name: "group",
    about: "Knows which groups users are in.",
    params: &[
        AAA_URL,
        DB_URL,
        TABLE,
        USER_COLUMN,
        DOMAIN_COLUMN,
        GROUP_COLUMN,
        USE_DOMAIN,
        RE_TABLE,
        RE_EXP_COLUMN,
        RE_GID_COLUMN,
        MULTIPLE_GID,
    ],
    functions: &[member::DB_IS_USER_IN, patterns::DB_GET_USER_GROUP, member::AAA_IS_USER_IN],
    tables: &[GRP, RE_GRP],
    start,
    ..Module::EMPTY
};

const NEEDS_AAA: &str = "it needs an AAA module, and there is none yet";
const AAA_URL: Param = Param::unset("aaa_url", ParamKind::Str, "The AAA server.").unavailable(NEEDS_AAA);
const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const TABLE: Param = Param::str("table", "grp", "The table of groups and their members.");
const USER_COLUMN: Param = Param::str("user_column", "username", "Its column of user names.");
const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "Its column of domains.");
const GROUP_COLUMN: Param = Param::str("group_column", "grp", "Its column of groups.");
const USE_DOMAIN: Param = Param::int("use_domain", 1, "Whether members are told apart by domain too.");
const RE_TABLE: Param =
    Param::unset("re_table", ParamKind::Str, "The table of expressions; without it there is no db_get_user_group().");
const RE_EXP_COLUMN: Param =
    Param::str("re_exp_column", "reg_exp", "Its column of expressions.").aliases(&[Alias::old("reg_exp_column", "")]);
const RE_GID_COLUMN: Param = Param::str("re_gid_column", "group_id", "Its column of group numbers.");
const MULTIPLE_GID: Param =
    Param::int("multiple_gid", 1, "Whether all groups of a user are found, not the first alone.");

const GRP: Table = Table {
    name: "grp",
    version: 3,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "grp", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "last_modified", sql: "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL" },
    ],
    indexes: &[("account_group_idx", &["username", "domain", "grp"], true)],
};

const RE_GRP: Table = Table {
    name: "re_grp",
    version: 2,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "reg_exp", sql: "CHAR(128) DEFAULT '' NOT NULL" },
        Column { name: "group_id", sql: "INTEGER DEFAULT 0 NOT NULL" },
    ],
    indexes: &[("group_idx", &["group_id"], false)],
};

/// The state of the module.
struct Groups {
    database: Database,
    uses_domain: bool,
    is_member: Arc<Statement>,
    finds_all: bool,
    /// The expressions, once they are loaded; `None` without a table of them.
    patterns: Option<OnceLock<Patterns>>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let text = |param| setup.params.text(param).to_owned();
    let (table, group) = (text(&TABLE), text(&GROUP_COLUMN));
    let (user, domain) = (text(&USER_COLUMN), text(&DOMAIN_COLUMN));
    let uses_domain = setup.params.is_on(&USE_DOMAIN);
    let keys = [&*user, &*group, &*domain];
    let keys = keys.get(..if uses_domain { 3 } else { 2 }).unwrap_or_default();
    let is_member = Statement::select(&table, &[&group], keys, "");
    let re_table = text(&RE_TABLE);
    let load = (!re_table.is_empty())
        .then(|| Statement::select(&re_table, &[&text(&RE_EXP_COLUMN), &text(&RE_GID_COLUMN)], &[], ""));
    let finds_all = setup.params.is_on(&MULTIPLE_GID);
    let is_asked = !setup.compiler.constants(member::DB_IS_USER_IN.name, 0).is_empty();
    let database = setup.database(&DB_URL, &[])?;
    if let Some(wish) = setup.wishes.databases.get_mut(usize::from(database.0)) {
        // Only what is used must be there.
        if is_asked || load.is_none() {
            wish.tables.push((table, GRP.version));
        }
        if load.is_some() {
            wish.tables.push((re_table.clone(), RE_GRP.version));
        }
    }
    let patterns = load.is_some().then(OnceLock::new);
    let module = Arc::new(Groups { database, uses_domain, is_member, finds_all, patterns });
    if let Some(load) = load {
        let loaded = Arc::clone(&module);
        setup.at_start(move |_| patterns::load(loaded, &load, re_table));
    }
    Ok(module)
}
