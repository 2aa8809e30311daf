//! `core`: what a script can use without loading a module.

mod commands;
mod events;
mod functions;
mod join;
mod judge;
mod share;
mod statistics;
mod transformations;
mod uri_parts;
mod variables;

pub use transformations::fuzz_transformations;
pub use variables::fuzz_variables;

use module_api::{Counter, Job, Module, Setup, StartError, State};
use std::sync::Arc;
use transformations::Substitutions;

/// The module.
pub const MODULE: Module = Module {
    name: "core",
    about: "What a script can use without loading a module.",
    functions: functions::ALL,
    variables: variables::ALL,
    transformations: transformations::ALL,
    commands: commands::ALL,
    statistics: statistics::ALL,
    events: events::ALL,
    start,
    judge: judge::judge,
    ..Module::EMPTY
};

/// What the module keeps.
struct Core {
    /// `cdb:cdb_total_queries`
    cache_queries: Counter,
    /// The expressions of `{re.subst}`.
    substitutions: Substitutions,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    statistics::register(setup);
    setup.at_start(|env| {
        statistics::register_process(env);
        Job::DONE
    });
    setup.every(statistics::TASKS_INTERVAL, |env| {
        statistics::register_tasks(env);
        Job::DONE
    });
    let (group, name) = statistics::split(&statistics::CACHE_QUERIES);
    let cache_queries = setup.statistics.counter(group, name, true);
    Ok(Arc::new(Core { cache_queries, substitutions: Substitutions::default() }))
}
