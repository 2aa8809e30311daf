//! The parameters of `ratelimit`, and its state.

use super::feedback::Feedback;
use super::functions;
use super::pipe::{Algorithm, Conditions, Rules};
use super::pipes::Pipes;
use super::shared::{Sharing, Store, parts_of};
use super::window::Grain;
use catalogue::{Param, ParamKind, Statistic};
use module_api::{Env, Fault, Job, LoadPeriod, Proto, Setup, StartError, State};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// All of them.
pub(super) const ALL: &[Param] = &[
    TIMER_INTERVAL,
    EXPIRE_TIME,
    HASH_SIZE,
    DEFAULT_ALGORITHM,
    CACHEDB_URL,
    DB_PREFIX,
    REPL_BUFFER_THRESHOLD,
    REPL_TIMER_INTERVAL,
    REPL_TIMER_EXPIRE,
    BRIDGE_REPLICATION,
    BRIDGE_REPL_TIMER_INTERVAL,
    BRIDGE_REPL_TIMER_EXPIRE,
    PIPE_REPLICATION_CLUSTER,
    WINDOW_SIZE,
    SLOT_PERIOD,
    LIMIT_PER_INTERVAL,
];

const NEEDS_CLUSTERER: &str =
    "sharing pipes over a cluster needs the module clusterer, which is not there yet; share them over cachedb_url";
const NO_CLUSTER: &str = "it tunes sharing over a cluster";

const TIMER_INTERVAL: Param =
    Param::int("timer_interval", 10, "How many seconds an interval has: counters begin anew, load is measured.")
        .within(1, 86_400);
const EXPIRE_TIME: Param =
    Param::int("expire_time", 3600, "How many seconds a pipe is kept that nothing comes through.")
        .within(1, 31_536_000);
const HASH_SIZE: Param =
    Param::int("hash_size", 1024, "The size of the table of pipes.").no_effect("the table sizes itself");
const DEFAULT_ALGORITHM: Param = Param::str("default_algorithm", "TAILDROP", "The algorithm of pipes that name none.")
    .one_of(&["TAILDROP", "RED", "SBT", "NETWORK", "FEEDBACK"]);
const CACHEDB_URL: Param =
    Param::unset("cachedb_url", ParamKind::Str, "The store that shares the pipes whose names end with /s.");
const DB_PREFIX: Param = Param::str("db_prefix", "rl_pipe_", "What the keys in that store begin with.");
const REPL_BUFFER_THRESHOLD: Param =
    Param::int("repl_buffer_threshold", 32_767, "Bytes that are sent together.").no_effect(NO_CLUSTER);
const REPL_TIMER_INTERVAL: Param =
    Param::int("repl_timer_interval", 200, "Milliseconds between two exchanges.").no_effect(NO_CLUSTER);
const REPL_TIMER_EXPIRE: Param =
    Param::int("repl_timer_expire", 10, "Seconds that others' counters count.").no_effect(NO_CLUSTER);
const BRIDGE_REPLICATION: Param =
    Param::int("bridge_replication", 0, "Whether pipes are shared between clusters.").unavailable(NEEDS_CLUSTERER);
const BRIDGE_REPL_TIMER_INTERVAL: Param =
    Param::int("bridge_repl_timer_interval", 500, "Milliseconds between two exchanges.").no_effect(NO_CLUSTER);
const BRIDGE_REPL_TIMER_EXPIRE: Param =
    Param::int("bridge_repl_timer_expire", 20, "Seconds that others' counters count.").no_effect(NO_CLUSTER);
const PIPE_REPLICATION_CLUSTER: Param =
    Param::int("pipe_replication_cluster", 0, "The cluster that shares pipes.").unavailable(NEEDS_CLUSTERER);
const WINDOW_SIZE: Param = Param::int("window_size", 10, "How many seconds SBT looks back.").within(1, 3600);
const SLOT_PERIOD: Param =
    Param::int("slot_period", 200, "How many milliseconds a slot of SBT's window has.").within(1, 3_600_000);
const LIMIT_PER_INTERVAL: Param =
    Param::int("limit_per_interval", 0, "Whether limits of TAILDROP and RED are for an interval, not for a second.");

pub(super) const PIPES: Statistic = Statistic::level("pipes", "Pipes there are.");
pub(super) const PIPES_EVICTED: Statistic =
    Statistic::counter("pipes_evicted", "Pipes that were given up for others, as there were too many.");

/// More slots are not worth their memory.
const SLOTS_MAX: usize = 1000;

/// The module's state.
pub(super) struct Ratelimit {
    pub(super) pipes: Pipes,
    pub(super) default_algorithm: Algorithm,
    pub(super) feedback: Mutex<Feedback>,
    pub(super) store: Option<Store>,
    conditions: RwLock<Conditions>,
}

impl Ratelimit {
    pub(super) fn conditions(&self) -> Conditions {
        *self.conditions.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of an interval.
    fn turn(&self, env: &Env<'_>, expire: Duration) {
        let process = &env.services.process;
        let percent = process.load(None, LoadPeriod::Now).clamp(0, 100);
        let load = f64::from(i32::try_from(percent).unwrap_or(0)) / 100.0;
        let drop_rate = self.feedback.lock().unwrap_or_else(PoisonError::into_inner).update(load);
        let network_bytes = [Proto::Udp, Proto::Tcp].map(|proto| process.waiting_bytes(proto)).iter().sum();
        *self.conditions.write().unwrap_or_else(PoisonError::into_inner) = Conditions { network_bytes, drop_rate };
        self.pipes.turn(env.now, expire);
    }
}

/// Makes the state, and checks what the script's constants say of pipes.
pub(super) fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let natural = |param: &Param| u32::try_from(params.int(param)).unwrap_or(1);
    let (window_ms, slot_ms) = (u64::from(natural(&WINDOW_SIZE)) * 1000, u64::from(natural(&SLOT_PERIOD)));
    let slots = usize::try_from(window_ms / slot_ms).unwrap_or(usize::MAX);
    if slots == 0 || slots > SLOTS_MAX {
        let text = format!("window_size has {slots} slots of this length; it may have 1 to {SLOTS_MAX}");
        return Err(StartError::param(SLOT_PERIOD.name, text));
    }
    let rules = Rules {
        interval_s: natural(&TIMER_INTERVAL),
        per_interval: params.is_on(&LIMIT_PER_INTERVAL),
        grain: Grain { slots, period: Duration::from_millis(slot_ms) },
    };
    let [a, b, c, d, e, f, g, h, ..] = setup.seed;
    let seed = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let url = params.str(&CACHEDB_URL).filter(|url| !url.is_empty() && *url != "disabled");
    let store = url.map(|url| Store::new(url, params.text(&DB_PREFIX)));
    let has_store = store.is_some();
    setup.hold(functions::RL_CHECK.name, 0, |name| match parts_of(&name.to_owned().into()).1 {
        Sharing::Store if !has_store => Err(format!("\"{name}\": /s shares the pipe over cachedb_url: set it")),
        _ => Ok(()),
    });
    let state = Arc::new(Ratelimit {
        pipes: Pipes::new(rules, seed, setup.counter(&PIPES), setup.counter(&PIPES_EVICTED)),
        default_algorithm: Algorithm::named(params.text(&DEFAULT_ALGORITHM).as_bytes()).unwrap_or(Algorithm::Taildrop),
        feedback: Mutex::default(),
        store,
        conditions: RwLock::default(),
    });
    let expire = Duration::from_secs(u64::from(natural(&EXPIRE_TIME)));
    let timed = Arc::clone(&state);
    setup.every(Duration::from_secs(u64::from(rules.interval_s)), move |env| {
        timed.turn(env, expire);
        Job::DONE
    });
    let checked = Arc::clone(&state);
    setup.at_start(move |env| Job::Done(store_is_there(&checked, env)));
    Ok(state)
}

/// The modules that offer stores may start after this one.
fn store_is_there(state: &Ratelimit, env: &Env<'_>) -> Result<(), Fault> {
    let Some(store) = &state.store else { return Ok(()) };
    store.of(env.services).map(|_| ()).map_err(|fault| Fault::script(format!("cachedb_url: {}", fault.text)))
}
