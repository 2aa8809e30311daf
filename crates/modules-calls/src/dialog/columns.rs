//! The table `dialog` in SQL: its columns under the names that the script gives them, and its statements.

use super::column_params::COLUMN_PARAMS;
use catalogue::{Column, Table};
use module_api::Params;
use module_api::sql::Statement;
use std::sync::Arc;

const fn column(name: &'static str, sql: &'static str) -> Column {
    Column { name, sql }
}

/// The table.
pub const DIALOG: Table = Table {
    name: "dialog",
    version: 12,
    columns: &[
        column("dlg_id", "BIGINT UNSIGNED PRIMARY KEY NOT NULL"),
        column("callid", "CHAR(255) NOT NULL"),
        column("from_uri", "CHAR(255) NOT NULL"),
        column("from_tag", "CHAR(64) NOT NULL"),
        column("to_uri", "CHAR(255) NOT NULL"),
        column("to_tag", "CHAR(64) NOT NULL"),
        column("mangled_from_uri", "CHAR(255) DEFAULT NULL"),
        column("mangled_to_uri", "CHAR(255) DEFAULT NULL"),
        column("caller_cseq", "CHAR(11) NOT NULL"),
        column("callee_cseq", "CHAR(11) NOT NULL"),
        column("caller_ping_cseq", "INTEGER UNSIGNED NOT NULL"),
        column("callee_ping_cseq", "INTEGER UNSIGNED NOT NULL"),
        column("caller_route_set", "TEXT(512) DEFAULT NULL"),
        column("callee_route_set", "TEXT(512) DEFAULT NULL"),
        column("caller_contact", "CHAR(255) DEFAULT NULL"),
        column("callee_contact", "CHAR(255) DEFAULT NULL"),
        column("caller_sock", "CHAR(64) NOT NULL"),
        column("callee_sock", "CHAR(64) NOT NULL"),
        column("state", "INTEGER UNSIGNED NOT NULL"),
        column("start_time", "INTEGER UNSIGNED NOT NULL"),
        column("timeout", "INTEGER UNSIGNED NOT NULL"),
        column("vars", "BLOB(4096) DEFAULT NULL"),
        column("profiles", "TEXT(512) DEFAULT NULL"),
        column("script_flags", "CHAR(255) DEFAULT NULL"),
        column("module_flags", "INTEGER UNSIGNED DEFAULT 0 NOT NULL"),
        column("flags", "INTEGER UNSIGNED DEFAULT 0 NOT NULL"),
        column("rt_on_answer", "CHAR(64) DEFAULT NULL"),
        column("rt_on_timeout", "CHAR(64) DEFAULT NULL"),
        column("rt_on_hangup", "CHAR(64) DEFAULT NULL"),
    ],
    indexes: &[],
};

/// How many rows are read at a time.
pub const CHUNK_ROWS: usize = 500;

/// How long a text in this column may be: CHAR has characters, the kinds of TEXT and BLOB that these are have bytes.
pub fn length_max(column: &Column) -> Option<usize> {
    let (kind, rest) = column.sql.split_once('(')?;
    let size = rest.split(')').next()?.parse().ok()?;
    Some(if kind == "CHAR" { size } else { usize::from(u16::MAX) })
}

/// The statements of the table.
#[derive(Clone, Debug)]
pub struct Statements {
    /// The table's name.
    pub table: String,
    /// The rows after an identifier, a chunk of them.
    pub load: Arc<Statement>,
    /// A new row.
    pub insert: Arc<Statement>,
    /// A row's values, by identifier.
    pub update: Arc<Statement>,
    /// A row, by identifier.
    pub delete: Arc<Statement>,
    /// Several rows, by identifier.
    pub delete_some: Arc<Statement>,
    /// All rows.
    pub clear: Arc<Statement>,
    /// How many rows `delete_some` deletes.
    pub some: usize,
}

impl Statements {
    /// With the names that the script gives.
    pub fn new(table: &str, given: &Params<'_>, some: usize) -> Statements {
        let named = |column: &Column| {
            let param = COLUMN_PARAMS.iter().find(|param| given_default(param) == column.name);
            param.map_or(column.name, |param| given.text(param)).to_owned()
        };
        let columns: Vec<String> = DIALOG.columns.iter().map(named).collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let key = names.first().copied().unwrap_or("dlg_id");
        let rest = names.get(1..).unwrap_or_default();
        let clean = |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect() };
        let list = vec!["?"; some.max(1)].join(", ");
        let load = Statement::raw(format!(
            "SELECT {} FROM {} WHERE {key} > ? ORDER BY {key} LIMIT {CHUNK_ROWS}",
            names.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", "),
            clean(table),
            key = clean(key),
        ));
        let delete_some = format!("DELETE FROM {} WHERE {} IN ({list})", clean(table), clean(key));
        Statements {
            table: table.to_owned(),
            load,
            insert: Statement::insert(table, &names),
            update: Statement::update(table, rest, &[key]),
            delete: Statement::delete(table, &[key]),
            delete_some: Statement::raw(delete_some),
            clear: Statement::delete(table, &[]),
            some: some.max(1),
        }
    }
}

fn given_default(param: &catalogue::Param) -> &'static str {
    match param.default {
        catalogue::Default::Str(name) => name,
        catalogue::Default::Int(_) | catalogue::Default::Unset => "",
    }
}
