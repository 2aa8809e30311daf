//! The table of user preferences, as upstream's schema has it.

use catalogue::{Column, Table};

/// `usr_preferences`
pub const TABLE: Table = Table {
    name: "usr_preferences",
    version: 3,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "uuid", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT 0 NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "attribute", sql: "CHAR(32) DEFAULT '' NOT NULL" },
        Column { name: "type", sql: "INTEGER DEFAULT 0 NOT NULL" },
        Column { name: "value", sql: "CHAR(128) DEFAULT '' NOT NULL" },
        Column { name: "last_modified", sql: "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL" },
    ],
    indexes: &[
        ("usr_preferences_ua_idx", &["uuid", "attribute"], false),
        ("usr_preferences_uda_idx", &["username", "domain", "attribute"], false),
        ("usr_preferences_value_idx", &["value"], false),
    ],
};
