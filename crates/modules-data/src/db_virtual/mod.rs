//! `db_virtual`: several databases behind one URL, `virtual://name`. The databases themselves are asked by the crate
//! `edge-sql`; here is what the script says of them, and the commands.

mod commands;
mod sets;

use catalogue::{Param, ParamKind};
use module_api::{DatabaseSet, Module, Setup, StartError, State};
use std::sync::Arc;
use std::time::Duration;

/// The module.
pub const MODULE: Module = Module {
    name: "db_virtual",
    about: "Several databases behind one: db_url \"virtual://name\".",
    params: &[DB_URLS, DB_PROBE_TIME, DB_MAX_CONSEC_RETRYS],
    commands: &[commands::GET, commands::SET],
    start,
    ..Module::EMPTY
};

const DB_URLS: Param = Param::unset(
    "db_urls",
    ParamKind::Str,
    "\"define NAME FAILOVER\" (or PARALLEL, ROUND) begins a set; each URL after it is one of its databases.",
)
.repeats();
const DB_PROBE_TIME: Param =
    Param::int("db_probe_time", 10, "Seconds after which a database that failed is asked whether it is back.")
        .within(1, 86_400);
const DB_MAX_CONSEC_RETRYS: Param = Param::int(
    "db_max_consec_retrys",
    10,
    "How often in a row a database may say that it is back and fail all the same; then db_virtual:set must call it back.",
)
.within(0, i32::MAX);

/// The state of the module.
struct Sets(Vec<Arc<DatabaseSet>>);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let seconds = u64::try_from(setup.params.int(&DB_PROBE_TIME)).unwrap_or(1);
    let retries = u32::try_from(setup.params.int(&DB_MAX_CONSEC_RETRYS)).unwrap_or(0);
    let sets = sets::read(&setup.params.strs(&DB_URLS), Duration::from_secs(seconds), retries)
        .map_err(|error| StartError::param(DB_URLS.name, error.text).value(error.line))?;
    let sets: Vec<Arc<DatabaseSet>> = sets.into_iter().map(Arc::new).collect();
    sets.iter().for_each(|set| setup.offer_database_set(set));
    Ok(Arc::new(Sets(sets)))
}
