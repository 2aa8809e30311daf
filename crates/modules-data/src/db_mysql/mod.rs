//! `db_mysql`: MySQL and MariaDB, `mysql://user:password@host/database`. The engine itself is the crate `edge-sql`; here are
//! its parameters.

use crate::server_params::{self, EXEC_QUERY_THRESHOLD, MAX_DB_QUERIES, READERS_MAX, USE_TLS};
use catalogue::Param;
use module_api::{Module, Setup, StartError, State};

/// The module.
pub const MODULE: Module = Module {
    name: "db_mysql",
    about: "MySQL and MariaDB databases: db_url \"mysql://user:password@host:port/database\".",
    aliases: &["mysql"],
    params: &[
        TIMEOUT_INTERVAL,
        EXEC_QUERY_THRESHOLD,
        MAX_DB_RETRIES,
        MAX_DB_QUERIES,
        PS_MAX_COL_SIZE,
        USE_TLS,
        READERS_MAX,
    ],
    start,
    ..Module::EMPTY
};

const TIMEOUT_INTERVAL: Param = Param::int(
    "timeout_interval",
    2,
    "Three times as many seconds may connecting take, and a query wait for its turn, and as many run.",
)
.within(1, 1200);
const MAX_DB_RETRIES: Param =
    Param::int("max_db_retries", 3, "How often to connect in a row before a query is answered with an error.")
        .within(1, 100);
const PS_MAX_COL_SIZE: Param =
    Param::int("ps_max_col_size", 1024, "Bytes fetched of each column.").no_effect("columns are fetched whole");

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let timeout = setup.params.int(&TIMEOUT_INTERVAL) * 3;
    server_params::start(setup, "db_mysql", timeout, &[&MAX_DB_RETRIES])
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use module_api::ParamSetting;
    use testkit::Fixture;

    #[test]
    fn its_parameters_reach_the_engine() {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        fixture.start(&MODULE, &[("timeout_interval", ParamSetting::Int(4))]);
        let (edge, params) = &fixture.wishes.edges[0];
        assert_eq!((*edge, params["timeout"].as_str(), params["max_db_retries"].as_str()), ("db_mysql", "12", "3"));
    }
}
