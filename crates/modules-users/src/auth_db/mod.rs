//! `auth_db`: credentials checked against a table of subscribers, and tables of who may use which user name.

mod authorize;
mod settings;
#[cfg(test)]
mod tests;
mod uri;

use catalogue::{Column, Param, ParamKind, Table};
use module_api::Module;

/// The module `auth_db`.
pub const MODULE: Module = Module {
    name: "auth_db",
    about: "Checks credentials against a table of subscribers.",
    depends: &["auth"],
    params: &[
        DB_URL,
        USER_COLUMN,
        DOMAIN_COLUMN,
        PASSWORD_COLUMN,
        PASSWORD_COLUMN_2,
        HASH_COLUMN_SHA256,
        HASH_COLUMN_SHA512T256,
        URI_USER_COLUMN,
        URI_DOMAIN_COLUMN,
        URI_URIUSER_COLUMN,
        CALCULATE_HA1,
        USE_DOMAIN,
        LOAD_CREDENTIALS,
        SKIP_VERSION_CHECK,
    ],
    functions: &[
        authorize::WWW_AUTHORIZE,
        authorize::PROXY_AUTHORIZE,
        uri::DB_DOES_URI_EXIST,
        uri::DB_IS_TO_AUTHORIZED,
        uri::DB_IS_FROM_AUTHORIZED,
        uri::DB_GET_AUTH_ID,
    ],
    tables: &[SUBSCRIBER, URI],
    start: settings::start,
    ..Module::EMPTY
};

const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const USER_COLUMN: Param = Param::str("user_column", "username", "The column of user names.");
const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "The column of domains.");
const PASSWORD_COLUMN: Param =
    Param::str("password_column", "ha1", "The column of MD5 hashes, or of passwords with calculate_ha1.");
const PASSWORD_COLUMN_2: Param = Param::unset(
    "password_column_2",
    ParamKind::Str,
    "The column of MD5 hashes for user names that phones send with @domain; password_column where not set.",
);
const HASH_COLUMN_SHA256: Param = Param::str("hash_column_sha256", "ha1_sha256", "The column of SHA-256 hashes.");
const HASH_COLUMN_SHA512T256: Param =
    Param::str("hash_column_sha512t256", "ha1_sha512t256", "The column of SHA-512/256 hashes.");
const URI_USER_COLUMN: Param =
    Param::str("uri_user_column", "username", "The uri table's column of credentials' users.");
const URI_DOMAIN_COLUMN: Param = Param::str("uri_domain_column", "domain", "The uri table's column of domains.");
const URI_URIUSER_COLUMN: Param =
    Param::str("uri_uriuser_column", "uri_user", "The uri table's column of users in URIs.");
const CALCULATE_HA1: Param =
    Param::int("calculate_ha1", 0, "Whether password_column holds passwords rather than their hashes.");
const USE_DOMAIN: Param = Param::int("use_domain", 1, "Whether users are told apart by domain too.");
const LOAD_CREDENTIALS: Param = Param::str(
    "load_credentials",
    "",
    "Columns to load when credentials are right, separated by \";\": column, or $avp(name)=column.",
);
const SKIP_VERSION_CHECK: Param = Param::int("skip_version_check", 0, "Whether the tables' versions go unchecked.");

const SUBSCRIBER: Table = Table {
    name: "subscriber",
    version: 8,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "password", sql: "CHAR(25) DEFAULT '' NOT NULL" },
        Column { name: "ha1", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "ha1_sha256", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "ha1_sha512t256", sql: "CHAR(64) DEFAULT '' NOT NULL" },
    ],
    indexes: &[("account_idx", &["username", "domain"], true), ("username_idx", &["username"], false)],
};

const URI: Table = Table {
    name: "uri",
    version: 2,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "uri_user", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "last_modified", sql: "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL" },
    ],
    indexes: &[("account_idx", &["username", "domain", "uri_user"], true)],
};
