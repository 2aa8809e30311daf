//! `db_postgres`: PostgreSQL, `postgres://user:password@host/database`. The engine itself is the crate `edge-sql`; here are
//! its parameters.

use crate::server_params::{self, EXEC_QUERY_THRESHOLD, MAX_DB_QUERIES, READERS_MAX, USE_TLS};
use catalogue::Param;
use module_api::{Module, Setup, StartError, State};

/// The module.
pub const MODULE: Module = Module {
    name: "db_postgres",
    about: "PostgreSQL databases: db_url \"postgres://user:password@host:port/database\".",
    aliases: &["postgres"],
    params: &[EXEC_QUERY_THRESHOLD, MAX_DB_QUERIES, TIMEOUT, USE_TLS, READERS_MAX],
    start,
    ..Module::EMPTY
};

const TIMEOUT: Param = Param::int(
    "timeout",
    5,
    "How many seconds connecting may take, and a query wait for its turn, and as many run. Less than 1 is 1: nothing blocks.",
)
.within(-1, 3600);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let timeout = setup.params.int(&TIMEOUT).max(1);
    server_params::start(setup, "db_postgres", timeout, &[])
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use module_api::ParamSetting;
    use testkit::Fixture;

    #[test]
    fn its_parameters_reach_the_engine() {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        fixture.start(&MODULE, &[("timeout", ParamSetting::Int(3)), ("max_db_queries", ParamSetting::Int(4))]);
        let (edge, params) = &fixture.wishes.edges[0];
        assert_eq!((*edge, params["timeout"].as_str(), params["max_db_queries"].as_str()), ("db_postgres", "3", "4"));
    }
}
