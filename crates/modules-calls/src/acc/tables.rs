//! The tables of `acc`, as upstream's schema has them.

use catalogue::{Column, Table};

const fn column(name: &'static str, sql: &'static str) -> Column {
    Column { name, sql }
}

/// Accounted transactions.
pub const ACC: Table = Table {
    name: "acc",
    version: 7,
    columns: &[
        column("id", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"),
        column("method", "CHAR(16) DEFAULT '' NOT NULL"),
        column("from_tag", "CHAR(64) DEFAULT '' NOT NULL"),
        column("to_tag", "CHAR(64) DEFAULT '' NOT NULL"),
        column("callid", "CHAR(64) DEFAULT '' NOT NULL"),
        column("sip_code", "CHAR(3) DEFAULT '' NOT NULL"),
        column("sip_reason", "CHAR(32) DEFAULT '' NOT NULL"),
        column("time", "DATETIME NOT NULL"),
        column("duration", "INTEGER DEFAULT 0 NOT NULL"),
        column("ms_duration", "INTEGER DEFAULT 0 NOT NULL"),
        column("setuptime", "INTEGER DEFAULT 0 NOT NULL"),
        column("created", "DATETIME DEFAULT NULL"),
    ],
    indexes: &[("acc_callid_idx", &["callid"], false)],
};

/// Missed calls.
pub const MISSED_CALLS: Table = Table {
    name: "missed_calls",
    version: 5,
    columns: &[
        column("id", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"),
        column("method", "CHAR(16) DEFAULT '' NOT NULL"),
        column("from_tag", "CHAR(64) DEFAULT '' NOT NULL"),
        column("to_tag", "CHAR(64) DEFAULT '' NOT NULL"),
        column("callid", "CHAR(64) DEFAULT '' NOT NULL"),
        column("sip_code", "CHAR(3) DEFAULT '' NOT NULL"),
        column("sip_reason", "CHAR(32) DEFAULT '' NOT NULL"),
        column("time", "DATETIME NOT NULL"),
        column("setuptime", "INTEGER DEFAULT 0 NOT NULL"),
        column("created", "DATETIME DEFAULT NULL"),
    ],
    indexes: &[("missed_calls_callid_idx", &["callid"], false)],
};
