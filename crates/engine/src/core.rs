//! What all workers share: services, modules, the tables of transactions and of waiting work, the program.

use crate::counters::{CoreCounters, EngineCounters, StatelessCounters, TransactionCounters};
use crate::desk::Pool;
use crate::dispatch::Dispatch;
use crate::lifecycle::Lifecycle;
use crate::management::Commands;
use crate::orphans::Orphans;
use crate::program::Loaded;
use crate::schedule::Schedule;
use crate::start::Language;
use crate::stateless::to_tag::TagMaker;
use crate::table::Table;
use crate::underway::Underway;
use crate::unfinished::Unfinished;
use crate::waiting::{Promises, WaitingRoom};
use foldhash::fast::FixedState;
use module_api::{
    Gate, Hook, Listeners, Proto, Services, SocketId, Source, State, Time, TimerJob, TransactionSettings, Vars,
};
use sip::{Limits, Message};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// What all workers share.
pub(crate) struct Core {
    pub(crate) services: Services,
    pub(crate) dispatch: Arc<Dispatch>,
    /// Compiles what is known only while the script runs.
    pub(crate) language: Language,
    pub(crate) commands: Commands,
    /// Watchers of transactions.
    pub(crate) hooks: Vec<(State, Hook)>,
    /// What messages go through before the script sees them.
    pub(crate) gates: Vec<Gate>,
    /// Work of modules on a timer.
    pub(crate) timers: Vec<(Duration, TimerJob)>,
    /// How transactions behave.
    pub(crate) times: TransactionSettings,
    /// Whether module `tm` is loaded: without it there are no transactions to look for.
    pub(crate) has_transactions: bool,
    /// Whether module `sl` is loaded: without it `send_reply()` answers in transactions.
    pub(crate) has_sl: bool,
    /// Goes before the table, whose transactions then are lost to nobody.
    pub(crate) orphans: Arc<Orphans>,
    /// Work for the ticks.
    pub(crate) unfinished: Unfinished,
    pub(crate) table: Table,
    pub(crate) tags: TagMaker,
    /// Makes the branches of requests forwarded without a transaction.
    pub(crate) branch_hasher: FixedState,
    pub(crate) waiting: WaitingRoom,
    /// Requests that wait before they have a transaction.
    pub(crate) underway: Arc<Underway>,
    pub(crate) promises: Promises,
    pub(crate) schedule: Schedule,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) counters: Counters,
    pub(crate) limits: Limits,
    /// Executions for what goes on after a wait.
    pub(crate) pool: Pool,
    /// `$var`s as module parameters set them.
    pub(crate) first_vars: Vars,
    /// `$var`s as `startup_route` left them.
    pub(crate) vars: OnceLock<Vars>,
    /// What routes without a message see in its place.
    pub(crate) no_message: Arc<Message>,
    pub(crate) program: Mutex<Arc<Loaded>>,
    /// Counts the programs there have been, so that a worker notices a new one without a lock.
    pub(crate) version: AtomicU32,
    /// Reads the script again.
    pub(crate) reloader: Option<Reloader>,
    /// Numbers the workers, for their seeds.
    pub(crate) workers: AtomicU64,
    pub(crate) seed: u64,
}

/// Reads the script again and compiles it; the text says what is wrong with it.
pub type Reloader = Box<dyn Fn() -> Result<Arc<script::program::Program>, String> + Send + Sync>;

/// All counters.
pub(crate) struct Counters {
    pub(crate) core: CoreCounters,
    pub(crate) tm: TransactionCounters,
    pub(crate) stateless: StatelessCounters,
    pub(crate) engine: EngineCounters,
}

impl Core {
    pub(crate) fn program(&self) -> Arc<Loaded> {
        Arc::clone(&self.program.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Which program is the current one.
    pub(crate) fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    /// A program with what the engine makes of it.
    pub(crate) fn load(&self, program: Arc<script::program::Program>) -> Arc<Loaded> {
        Arc::new(Loaded::new(program, &self.dispatch, &self.times, &self.gates, &self.orphans))
    }

    /// Puts a new program in place of the current one. Messages and transactions under way keep theirs.
    pub(crate) fn replace_program(&self, program: Arc<Loaded>) {
        *self.program.lock().unwrap_or_else(PoisonError::into_inner) = program;
        self.version.fetch_add(1, Ordering::Release);
    }

    /// What `$var`s begin with.
    pub(crate) fn initial_vars(&self) -> Vars {
        self.vars.get().unwrap_or(&self.first_vars).clone()
    }
}

impl Core {
    /// How a message came that nobody sent.
    pub(crate) fn no_source(&self, now: Time) -> Source {
        let socket = self.services.sockets.iter().next();
        let local = socket.map_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), |socket| socket.address);
        Source {
            socket: socket.map_or(SocketId(0), |socket| socket.id),
            proto: socket.map_or(Proto::Udp, |socket| socket.proto),
            peer: local,
            local,
            connection: None,
            received_at: now,
            number: 0,
        }
    }
}

impl Listeners for Core {
    fn listens(&self, event: &str) -> bool {
        // A subscription that has run out is noticed when the event is delivered.
        self.program().events.contains_key(event) || self.services.events.is_heard(event, Time::default())
    }
}
