//! `benchmark`: how long pieces of a script take, in microseconds.

mod functions;
mod management;
mod timers;

use catalogue::Param;
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;
use timers::Timers;

/// The module.
pub const MODULE: Module = Module {
    name: "benchmark",
    about: "Measures how long pieces of a script take.",
    params: &[ENABLE, GRANULARITY, LOGLEVEL],
    functions: &[functions::BM_START_TIMER, functions::BM_LOG_TIMER],
    variables: &[functions::BM_TIME_DIFF],
    commands: &[
        management::ENABLE_GLOBAL,
        management::ENABLE_TIMER,
        management::GRANULARITY,
        management::LOGLEVEL,
        management::POLL_RESULTS,
    ],
    start,
    ..Module::EMPTY
};

const ENABLE: Param =
    Param::int("enable", 0, "Which timers run: 1 all, 0 those that benchmark:enable_timer enables, -1 none.")
        .within(-1, 1);
const GRANULARITY: Param = Param::int(
    "granularity",
    100,
    "After how many measurements a timer is logged; 0: never, for benchmark:poll_results.",
)
.within(0, i32::MAX);
const LOGLEVEL: Param = Param::int("loglevel", 3, "The level of its log lines.").within(-3, 4);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let timers = Timers::new(params.int(&ENABLE), params.int(&GRANULARITY), params.int(&LOGLEVEL));
    Ok(Arc::new(timers))
}
