//! `pike`: who floods us, told by source address.
//!
//! How it counts is in `tree`. A script asks with `pike_check_req()`; or `check_route` names a route that runs on
//! everything that comes from the network, and unless it ends with `drop` the source is checked and a flood dropped.

mod functions;
mod management;
#[cfg(test)]
mod tests;
mod tree;

use catalogue::{Event, Param, ParamKind, Statistic, Value};
use module_api::{
    Arriving, Call, Counter, Env, Gate, GateStep, Job, Level, Module, RouteEnd, Setup, StartError, State,
};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tree::{Density, Tree, Verdict};

/// The module.
pub const MODULE: Module = Module {
    name: "pike",
    about: "Finds out which addresses flood the server.",
    params: &[SAMPLING_TIME_UNIT, REQS_DENSITY_PER_UNIT, REMOVE_LATENCY, PIKE_LOG_LEVEL, CHECK_ROUTE],
    functions: &[functions::PIKE_CHECK_REQ],
    commands: &[management::LIST, management::RM],
    statistics: &[BLOCKED, NODES, NODES_REFUSED],
    events: &[E_PIKE_BLOCKED],
    start,
    ..Module::EMPTY
};

const SAMPLING_TIME_UNIT: Param =
    Param::int("sampling_time_unit", 2, "Over how many seconds messages are counted.").within(1, 3600);
const REQS_DENSITY_PER_UNIT: Param = Param::int(
    "reqs_density_per_unit",
    30,
    "How many messages in that time make a flood: once an address is known, so many; before, up to 3 times as many \
     for IPv4, 9 times for IPv6.",
)
.within(1, 1_000_000);
const REMOVE_LATENCY: Param =
    Param::int("remove_latency", 120, "How many seconds an address is remembered after its last message.")
        .within(1, 86_400);
const PIKE_LOG_LEVEL: Param =
    Param::int("pike_log_level", 1, "The level at which blocking and unblocking is logged.").within(-3, 4);
const CHECK_ROUTE: Param = Param::unset(
    "check_route",
    ParamKind::Route,
    "A route that runs on all that comes in: its source is checked unless the route ends with drop.",
);

const BLOCKED: Statistic = Statistic::level("blocked", "Addresses that are floods now.");
const NODES: Statistic = Statistic::level("nodes", "Parts of addresses that are being counted.");
const NODES_REFUSED: Statistic = Statistic::counter(
    "nodes_refused",
    "Parts of addresses for which there was no room: they count with a larger part.",
);

const E_PIKE_BLOCKED: Event =
    Event { name: "E_PIKE_BLOCKED", about: "An address has become a flood.", params: &["ip"] };

/// The module's state.
struct Pike {
    tree: Tree,
    log_level: Level,
    blocked: Counter,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let seconds = |param: &Param| Duration::from_secs(u64::try_from(params.int(param)).unwrap_or(1));
    let unit = seconds(&SAMPLING_TIME_UNIT);
    let density = Density {
        messages: u32::try_from(params.int(&REQS_DENSITY_PER_UNIT)).unwrap_or(1),
        unit,
        latency: seconds(&REMOVE_LATENCY),
    };
    let state = Arc::new(Pike {
        tree: Tree::new(density, tree::NODES_MAX, setup.counter(&NODES), setup.counter(&NODES_REFUSED)),
        log_level: Level::of(params.int(&PIKE_LOG_LEVEL)),
        blocked: setup.counter(&BLOCKED),
    });
    if let Some(route) = params.str(&CHECK_ROUTE).filter(|route| !route.is_empty()) {
        setup.gate(Gate {
            state: Arc::clone(&state) as State,
            messages: Arriving::Everything,
            route: Some(route.to_owned()),
            enter: |_| GateStep::Route,
            routed,
        });
    }
    let timed = Arc::clone(&state);
    setup.every(unit, move |env| {
        timed.sample(env);
        Job::DONE
    });
    Ok(state)
}

/// `check_route` has run: `drop` says that the source is trusted.
fn routed(call: &mut Call<'_>, end: RouteEnd) -> GateStep {
    let Ok(state) = call.state::<Pike>() else { return GateStep::Pass };
    let source = call.msg.source.peer.ip();
    if end.dropped || state.check(&mut call.env, source) == Verdict::Fine {
        return GateStep::Pass;
    }
    GateStep::Stop
}

impl Pike {
    /// Counts a message of an address, and says what it is.
    fn check(&self, env: &mut Env<'_>, address: IpAddr) -> Verdict {
        let verdict = self.tree.count(address, env.now);
        if verdict == Verdict::NewFlood {
            self.blocked.increment();
            env.log().line(self.log_level, format!("pike: {} floods us: it is blocked", address.to_canonical()));
            if env.listens(&E_PIKE_BLOCKED) {
                env.raise(&E_PIKE_BLOCKED, vec![Value::from(address.to_canonical().to_string())]);
            }
        }
        verdict
    }

    /// The end of a sampling time.
    fn sample(&self, env: &mut Env<'_>) {
        for address in self.tree.sample(env.now) {
            self.blocked.decrement();
            env.log().line(self.log_level, format!("pike: {address} floods us no more: it is unblocked"));
        }
    }
}
