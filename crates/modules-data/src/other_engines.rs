//! Modules of database engines that are not inside: stock scripts load them whatever their URLs say, so the line alone
//! is no error, nor is a parameter that tunes the engine. A URL of theirs is one, where the database is opened.

use catalogue::{Event, Param};
use module_api::Module;

/// Why the parameters change nothing.
const NO_ENGINE: &str = "there is no such engine inside; databases are SQLite files";

/// `db_mysql`
pub const DB_MYSQL: Module = Module {
    name: "db_mysql",
    about: "Can be loaded, so that stock scripts start; mysql:// URLs are refused: the engine inside is SQLite.",
    aliases: &["mysql"],
    params: &[
        Param::int("timeout_interval", 2, "Seconds until the server counts as unreachable.").no_effect(NO_ENGINE),
        EXEC_QUERY_THRESHOLD,
        Param::int("max_db_retries", 3, "How often to connect again.").no_effect(NO_ENGINE),
        MAX_DB_QUERIES,
        Param::int("ps_max_col_size", 1024, "Bytes fetched of each column.").no_effect(NO_ENGINE),
        USE_TLS,
    ],
    events: &[Event {
        name: "E_MYSQL_CONNECTION",
        about: "A connection to a MySQL server was lost or is back; never raised without that engine.",
        params: &["url", "status"],
    }],
    ..Module::EMPTY
};

/// `db_postgres`
pub const DB_POSTGRES: Module = Module {
    name: "db_postgres",
    about: "Can be loaded, so that stock scripts start; postgres:// URLs are refused: the engine inside is SQLite.",
    aliases: &["postgres"],
    params: &[
        EXEC_QUERY_THRESHOLD,
        MAX_DB_QUERIES,
        Param::int("timeout", 5, "Seconds until the server counts as unreachable.").no_effect(NO_ENGINE),
        USE_TLS,
    ],
    ..Module::EMPTY
};

const EXEC_QUERY_THRESHOLD: Param =
    Param::int("exec_query_threshold", 0, "Microseconds after which a query is logged as slow.").no_effect(NO_ENGINE);
const MAX_DB_QUERIES: Param = Param::int("max_db_queries", 2, "How often to send a query again.").no_effect(NO_ENGINE);
const USE_TLS: Param = Param::int("use_tls", 0, "Whether connections use TLS.").no_effect(NO_ENGINE);
