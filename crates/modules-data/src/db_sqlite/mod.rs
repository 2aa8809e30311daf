//! `db_sqlite`: SQLite databases, `sqlite:///path`. The engine itself is the crate `edge-sql`; here are its parameters.

use catalogue::{Param, ParamKind};
use module_api::{Module, Setup, StartError, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "db_sqlite",
    about: "SQLite databases: db_url \"sqlite:///path/to/file\".",
    params: &[ALLOC_LIMIT, BUSY_TIMEOUT, LOAD_EXTENSION, EXEC_PRAGMA, READERS_MAX, QUERY_TIMEOUT],
    start,
    ..Module::EMPTY
};

const ALLOC_LIMIT: Param =
    Param::int("alloc_limit", 10, "Rows allocated at once.").no_effect("results grow with their rows");
const BUSY_TIMEOUT: Param =
    Param::int("busy_timeout", 500, "Milliseconds to wait for a lock that another program holds.").within(0, 600_000);
const LOAD_EXTENSION: Param = Param::unset(
    "load_extension",
    ParamKind::Str,
    "An extension to load when a database is opened: \"file\" or \"file;entry\".",
)
.repeats();
const EXEC_PRAGMA: Param =
    Param::unset("exec_pragma", ParamKind::Str, "A PRAGMA to run when a database is opened: \"cache_size=2000\".")
        .repeats();

const READERS_MAX: Param = Param::int(
    "readers_max",
    1_000,
    "How many queries that wait for something (a disk, an extension that asks elsewhere) may read at once.",
)
.within(1, 10_000);

const QUERY_TIMEOUT: Param =
    Param::int("query_timeout", 10, "How many seconds a query may wait for its turn, and as many run.").within(1, 3600);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = BTreeMap::from([
        (BUSY_TIMEOUT.name, setup.params.int(&BUSY_TIMEOUT).to_string()),
        (QUERY_TIMEOUT.name, setup.params.int(&QUERY_TIMEOUT).to_string()),
        (READERS_MAX.name, setup.params.int(&READERS_MAX).to_string()),
        (LOAD_EXTENSION.name, setup.params.strs(&LOAD_EXTENSION).join("\n")),
        (EXEC_PRAGMA.name, setup.params.strs(&EXEC_PRAGMA).join("\n")),
    ]);
    setup.start_edge("db_sqlite", params);
    Ok(Arc::new(()))
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use module_api::ParamSetting;
    use testkit::Fixture;

    #[test]
    fn its_parameters_reach_the_engine() {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        let pragma = |text: &str| ("exec_pragma", ParamSetting::Str(text.to_owned()));
        fixture.start(&MODULE, &[pragma("cache_size=2000"), pragma("synchronous=OFF")]);
        let (edge, params) = &fixture.wishes.edges[0];
        assert_eq!((*edge, params["exec_pragma"].as_str()), ("db_sqlite", "cache_size=2000\nsynchronous=OFF"));
        assert_eq!(params["busy_timeout"], "500");
    }
}
