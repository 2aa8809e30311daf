//! From declarations, parameters and a program to a running engine.

mod catalogue;
mod compiler;

pub use self::catalogue::catalogue_of;

use crate::budget::Budget;
use crate::core::{Core, Counters, Reloader};
use crate::counters::{CoreCounters, EngineCounters, StatelessCounters, TransactionCounters};
use crate::desk::Pool;
use crate::dispatch::Dispatch;
use crate::engine::Engine;
use crate::lifecycle::Lifecycle;
use crate::management::Commands;
use crate::program::Loaded;
use crate::schedule::Schedule;
use crate::stateless::to_tag::TagMaker;
use crate::table::{Rfc2543, Table};
use crate::underway::Underway;
use crate::unfinished::Unfinished;
use crate::waiting::{Promises, WaitingRoom};
use ::catalogue::{Catalogue, ModuleId};
use bytes::Bytes;
pub(crate) use compiler::Language;
use compiler::ParameterCompiler;
use foldhash::fast::FixedState;
use module_api::{
    DatabaseSet, DatabaseWish, Interned, Logger, Module, ParamSetting, Params, Process, Services, Settings, Setup,
    Sockets, StartError, State, Statistics, Time, Vars, Wishes,
};
use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use script::program::Program;
use sip::{Limits, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock};

/// What an engine is made of.
pub struct Blueprint<'a> {
    /// All modules there are, as given to [`catalogue_of`].
    pub modules: &'a [&'static Module],
    /// What was made of them.
    pub catalogue: Arc<Catalogue>,
    /// The modules that the script loads, in its order. The first one, `core`, is always loaded.
    pub loaded: Vec<ModuleId>,
    /// Their parameters in the order of the script, checked.
    pub params: Vec<(ModuleId, &'static str, ParamSetting)>,
    /// The script.
    pub program: Arc<Program>,
    /// The different constants that the script passes to a function as this argument.
    pub constants: Constants,
    /// Reads the script again (`core:reload_routes`).
    pub reloader: Option<Reloader>,
    /// Global parameters.
    pub settings: Settings,
    /// Sockets and own names.
    pub sockets: Sockets,
    /// The names that the program was compiled with.
    pub names: Arc<Interned>,
    /// The log.
    pub log: Logger,
    /// The process, as the edges know it.
    pub process: Arc<dyn Process>,
    /// What is bounded.
    pub bounds: Bounds,
    /// The source of all randomness.
    pub seed: [u8; 32],
    /// The time.
    pub now: Time,
}

/// Tells the different constants that the script passes to a function as an argument.
pub type Constants = Box<dyn Fn(&str, usize) -> Vec<String>>;

/// How much the engine keeps at most; what comes on top is refused and counted.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Transactions.
    pub transactions: usize,
    /// Messages and jobs that wait for an answer.
    pub waiting: usize,
    /// Bytes that all these may hold together.
    pub held_bytes: usize,
    /// A message's size, headers and lines.
    pub message: Limits,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { transactions: 1_000_000, waiting: 100_000, held_bytes: 1 << 30, message: Limits::default() }
    }
}

/// An engine, and what it wants from the edges.
pub struct Started {
    /// The engine.
    pub engine: Engine,
    /// Databases by number.
    pub databases: Vec<DatabaseWish>,
    /// Databases that stand together behind a virtual one.
    pub database_sets: Vec<Arc<DatabaseSet>>,
    /// Edges to start: management transports, HTTP servers, with their parameters.
    pub edges: Vec<(&'static str, BTreeMap<&'static str, String>)>,
}

/// Why a module did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFailure {
    /// Which.
    pub module: &'static str,
    /// Why.
    pub error: StartError,
}

impl fmt::Display for StartFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "module {}: {}", self.module, self.error)
    }
}

/// Starts all modules and makes the engine.
pub(crate) fn start(blueprint: Blueprint<'_>) -> Result<Started, Vec<StartFailure>> {
    let dispatch = Arc::new(Dispatch::new(blueprint.modules));
    let statistics = Statistics::default();
    let mut random = Xoshiro256PlusPlus::from_seed(blueprint.seed);
    let mut wishes = start_modules(&blueprint, &dispatch, &statistics, &mut random)?;
    let databases = std::mem::take(&mut wishes.databases);
    let database_sets = std::mem::take(&mut wishes.database_sets);
    let edges = std::mem::take(&mut wishes.edges);
    let engine = Engine { core: Arc::new(make_core(blueprint, dispatch, statistics, wishes, &mut random)) };
    Ok(Started { engine, databases, database_sets, edges })
}

/// Starts the modules, those that others depend on first. All that is wrong is reported at once.
fn start_modules(
    blueprint: &Blueprint<'_>,
    dispatch: &Arc<Dispatch>,
    statistics: &Statistics,
    random: &mut Xoshiro256PlusPlus,
) -> Result<Wishes, Vec<StartFailure>> {
    let compiler = ParameterCompiler {
        catalogue: &blueprint.catalogue,
        loaded: blueprint.loaded.iter().copied().collect::<BTreeSet<_>>(),
        names: &blueprint.names,
        dispatch,
        constants: &*blueprint.constants,
    };
    let loaded = blueprint.loaded.iter().filter_map(|id| module_at(blueprint, *id)).map(|module| module.name);
    let loaded: Vec<&'static str> = loaded.collect();
    let mut started: BTreeMap<&'static str, State> = BTreeMap::new();
    let mut wishes = Wishes::default();
    let mut failures = Vec::new();
    for id in in_order(blueprint) {
        let Some(module) = module_at(blueprint, id) else { continue };
        let params: Vec<(&'static str, ParamSetting)> = blueprint
            .params
            .iter()
            .filter(|(of, _, _)| *of == id)
            .map(|(_, name, value)| (*name, value.clone()))
            .collect();
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        let mut setup = Setup {
            name: module.name,
            params: Params::new(&params),
            settings: &blueprint.settings,
            sockets: &blueprint.sockets,
            names: &blueprint.names,
            statistics,
            log: &blueprint.log,
            now: blueprint.now,
            seed,
            loaded: &loaded,
            started: &started,
            wishes: &mut wishes,
            compiler: &compiler,
        };
        match (module.start)(&mut setup) {
            Ok(state) => {
                dispatch.set_state(id, Arc::clone(&state));
                started.insert(module.name, state);
            }
            Err(error) => failures.push(StartFailure { module: module.name, error }),
        }
    }
    failures.extend(wishes.refused.drain(..).map(|(module, error)| StartFailure { module, error }));
    if failures.is_empty() { Ok(wishes) } else { Err(failures) }
}

/// The loaded modules, each after those it depends on and those it wants to start after.
fn in_order(blueprint: &Blueprint<'_>) -> Vec<ModuleId> {
    let mut order = Vec::new();
    let mut stack: Vec<ModuleId> = blueprint.loaded.iter().rev().copied().collect();
    // A module waits on the stack until its dependencies are in the order; a circle of them ends by the bound.
    let mut steps_left = (stack.len() + 1) * (stack.len() + 1) * 4;
    while let Some(id) = stack.pop() {
        steps_left = steps_left.saturating_sub(1);
        if order.contains(&id) {
            continue;
        }
        let before = module_at(blueprint, id).into_iter().flat_map(|module| module.depends.iter().chain(module.after));
        let missing: Vec<ModuleId> = before
            .filter_map(|name| blueprint.catalogue.module_named(name))
            .filter(|other| blueprint.loaded.contains(other) && !order.contains(other) && *other != id)
            .collect();
        if missing.is_empty() || steps_left == 0 {
            order.push(id);
            continue;
        }
        stack.push(id);
        stack.extend(missing);
    }
    order
}

fn module_at(blueprint: &Blueprint<'_>, id: ModuleId) -> Option<&'static Module> {
    blueprint.modules.get(usize::from(id.0)).copied()
}

fn make_core(
    blueprint: Blueprint<'_>,
    dispatch: Arc<Dispatch>,
    statistics: Statistics,
    wishes: Wishes,
    random: &mut Xoshiro256PlusPlus,
) -> Core {
    let counters = Counters {
        core: CoreCounters::new(&statistics),
        tm: TransactionCounters::new(&statistics),
        stateless: StatelessCounters::new(&statistics),
        engine: EngineCounters::new(&statistics),
    };
    let loaded = || {
        let with_id = |id: &ModuleId| Some((*id, blueprint.modules.get(usize::from(id.0))?));
        blueprint.loaded.iter().filter_map(with_id)
    };
    let commands = Commands::new(loaded());
    let mut services = Services::new(
        blueprint.settings,
        blueprint.sockets,
        Arc::clone(&blueprint.names),
        statistics,
        blueprint.log,
        blueprint.now,
    );
    services.process = blueprint.process;
    services.caches = wishes.caches;
    services.dialogs = wishes.dialogs;
    services.dialog_hooks = wishes.dialog_hooks;
    for (_, module) in loaded() {
        services.commands.extend(module.commands.iter().map(|command| (module.name, command.declaration())));
        for event in module.events {
            // The table of events is far larger than all modules together.
            let _ = services.events.publish(event.name);
        }
    }
    let has_transactions = wishes.transactions.is_some();
    let has_sl = loaded().any(|(_, module)| module.name == "sl");
    let times = wishes.transactions.unwrap_or_default();
    let orphans = Arc::default();
    let program = Arc::new(Loaded::new(blueprint.program, &dispatch, &times, &wishes.gates, &orphans));
    let rules = Rfc2543 { match_request_uri: times.match_request_uri, match_via: times.match_via };
    let engine = &counters.engine;
    let mut first_vars = Vars::default();
    for (name, value) in wishes.variables {
        first_vars.set(name, value);
    }
    let (now, bounds) = (blueprint.now, blueprint.bounds);
    let language = Language { catalogue: blueprint.catalogue, loaded: blueprint.loaded.iter().copied().collect() };
    let budget = Budget::new(bounds.held_bytes, engine.held_bytes.clone());
    Core {
        language,
        orphans,
        unfinished: Unfinished::default(),
        table: Table::new(
            random.next_u64(),
            now,
            bounds.transactions,
            Arc::clone(&budget),
            rules,
            counters.tm.in_use.clone(),
            engine.transactions_refused.clone(),
            engine.mail_lost.clone(),
        ),
        tags: TagMaker::new(random.next_u64()),
        branch_hasher: FixedState::with_seed(random.next_u64()),
        waiting: WaitingRoom::new(
            bounds.waiting,
            Arc::clone(&budget),
            engine.waiting.clone(),
            engine.waiting_refused.clone(),
        ),
        underway: Underway::new(random.next_u64(), budget),
        promises: Promises::default(),
        schedule: Schedule::new(wishes.timers.iter().map(|(every, _)| *every), &program, now),
        lifecycle: Lifecycle::new(wishes.at_start, wishes.at_stop),
        limits: bounds.message,
        pool: Pool::new(0),
        first_vars,
        vars: OnceLock::new(),
        no_message: Arc::new(no_message()),
        program: Mutex::new(program),
        version: AtomicU32::new(1),
        reloader: blueprint.reloader,
        workers: AtomicU64::new(0),
        seed: random.next_u64(),
        services,
        dispatch,
        commands,
        hooks: wishes.hooks,
        gates: wishes.gates,
        timers: wishes.timers,
        times,
        has_transactions,
        has_sl,
        counters,
    }
}

/// What routes without a message see in its place: a request from nobody to nobody.
fn no_message() -> Message {
    const TEXT: &[u8] = b"OPTIONS sip:nobody@localhost SIP/2.0\r\nVia: SIP/2.0/UDP localhost\r\n\
        From: <sip:nobody@localhost>\r\nTo: <sip:nobody@localhost>\r\nCall-ID: none\r\nCSeq: 1 OPTIONS\r\n\
        Content-Length: 0\r\n\r\n";
    let parsed = Message::parse(Bytes::from_static(TEXT), &Limits::OWN);
    #[allow(clippy::unreachable, reason = "a constant, and every test reads it")]
    parsed.unwrap_or_else(|_| unreachable!("the message from nobody can be read"))
}
