//! What the modules of database servers have in common: parameters, and how they reach the engine.

use catalogue::Param;
use module_api::{Setup, StartError, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `exec_query_threshold`
pub const EXEC_QUERY_THRESHOLD: Param =
    Param::int("exec_query_threshold", 0, "Microseconds after which a query is counted as slow and logged; 0: never.")
        .within(0, i32::MAX);
/// `max_db_queries`
pub const MAX_DB_QUERIES: Param = Param::int(
    "max_db_queries",
    2,
    "How often a query is begun whose connection is lost. One that the server may have kept is never begun again.",
)
.within(1, 100);
/// `use_tls`
pub const USE_TLS: Param =
    Param::int("use_tls", 0, "Whether connections use TLS, with domains of tls_mgm.").within(0, 1);
/// `readers_max`
pub const READERS_MAX: Param =
    Param::int("readers_max", 10, "How many connections to each database read at once; one more writes.")
        .within(1, 1_000);

/// Hands the module's numbers to the engine; a time in seconds for connecting and for each query with them.
///
/// # Errors
/// TLS is wanted.
pub fn start(
    setup: &mut Setup<'_>,
    edge: &'static str,
    timeout: i32,
    own: &[&'static Param],
) -> Result<State, StartError> {
    if setup.params.int(&USE_TLS) != 0 {
        // Going on without it would send in the clear what is meant to be hidden.
        let text = "the domains that it names are those of module tls_mgm, which is not there yet";
        return Err(StartError::param(USE_TLS.name, text));
    }
    let mut params = BTreeMap::from([("timeout", timeout.to_string())]);
    for param in [&EXEC_QUERY_THRESHOLD, &MAX_DB_QUERIES, &READERS_MAX].into_iter().chain(own.iter().copied()) {
        params.insert(param.name, setup.params.int(param).to_string());
    }
    setup.start_edge(edge, params);
    Ok(Arc::new(()))
}
