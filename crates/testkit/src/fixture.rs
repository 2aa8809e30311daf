//! A message with everything a function can reach.

use crate::simple_compiler::{SimpleCompiler, WithConstants};
use crate::{Recorder, SentRequest, text};
use bytes::Bytes;
use catalogue::Value;
use module_api::{
    Answer, ArgValue, Args, Call, Compiler, Env, Fault, Flow, Function, Index, Interned, Job, Json, Kind, Level,
    LogSink, Logger, Management, MiFlow, MiParams, MiReply, MiRun, Module, Operator, Outbox, ParamSetting, Params,
    Proto, Request, Routing, Run, Services, Settings, Setup, Sockets, Source, StartError, State, Statistics, Time,
    Variable, VariableHandle, VariableName, WhenAnswered, Where, Wishes,
};
use rand_core::RngCore;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A message, and around it services, time, randomness and an engine that writes down what it is asked.
pub struct Fixture {
    /// Settings, sockets (`udp:192.0.2.1:5060`, `tcp:192.0.2.1:5060`; alias `example.com`), names, statistics, log.
    pub services: Services,
    /// The message and what has been decided about it.
    pub msg: Routing,
    /// The kind of route.
    pub kind: Kind,
    /// The time.
    pub now: Time,
    /// What goes out.
    pub out: Outbox,
    /// What modules asked for at start.
    pub wishes: Wishes,
    /// The constants that the script passes to functions, as modules find them at start: of which function, as which
    /// argument.
    pub constants: Vec<(&'static str, usize, String)>,
    /// Answers requests; a test sets it. Without it a request fails the test.
    pub answer: Box<dyn FnMut(&Request) -> Answer>,
    /// The modules that the script is said to load.
    pub loaded: Vec<&'static str>,
    operations: Recorder,
    random: Counting,
    started: BTreeMap<&'static str, State>,
    log: Arc<MemoryLog>,
}

/// Randomness that repeats.
struct Counting(u64);

/// Log lines kept in memory.
#[derive(Default)]
struct MemoryLog(Mutex<Vec<String>>);

impl LogSink for MemoryLog {
    fn write(&self, level: Level, _: Option<&str>, line: &[u8]) {
        let line = format!("{}: {}", level.word(), String::from_utf8_lossy(line));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl RngCore for Counting {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        // SplitMix64: a plain, repeatable sequence.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[allow(clippy::panic, reason = "a fixture that cannot do what a test wants fails the test")]
impl Fixture {
    /// A request received by UDP from 192.0.2.10:5060; `lines` as [`crate::message`] takes them.
    pub fn request(lines: &str) -> Fixture {
        Fixture::of(lines, Kind::Request)
    }

    /// A reply received by UDP from 192.0.2.20:5060, in `onreply_route`.
    pub fn reply(lines: &str) -> Fixture {
        Fixture::of(lines, Kind::Reply)
    }

    fn of(lines: &str, kind: Kind) -> Fixture {
        let log = Arc::new(MemoryLog::default());
        let mut sockets = Sockets::default();
        let local = std::net::SocketAddr::from(([192, 0, 2, 1], 5060));
        let socket = sockets.add(Proto::Udp, local, None, None, false);
        sockets.add(Proto::Tcp, local, None, None, false);
        sockets.add_alias(None, b"example.com", None, false);
        let last = if kind == Kind::Reply { 20 } else { 10 };
        let now = Time::from_unix_seconds(1_700_000_000);
        let source = Source {
            socket,
            proto: Proto::Udp,
            peer: std::net::SocketAddr::from(([192, 0, 2, last], 5060)),
            local,
            connection: None,
            received_at: now,
            number: 1,
        };
        let logger = Logger::new(4, 4, Arc::clone(&log) as Arc<dyn LogSink>);
        let services = Services::new(
            Settings::default(),
            sockets,
            Arc::new(Interned::default()),
            Statistics::default(),
            logger,
            now,
        );
        Fixture {
            services,
            msg: Routing::new(Arc::new(text::message(lines)), source),
            kind,
            now,
            out: Outbox::default(),
            wishes: Wishes::default(),
            loaded: vec!["tm", "sl"],
            constants: Vec::new(),
            answer: Box::new(|request| panic!("nobody answers {request:?}")),
            operations: Recorder::default(),
            random: Counting(1),
            started: BTreeMap::new(),
            log,
        }
    }

    /// Puts another request in place of the message; everything decided is forgotten.
    pub fn next_request(&mut self, lines: &str) {
        self.msg = Routing::new(Arc::new(text::message(lines)), self.msg.source);
    }

    /// Starts a module; later modules find its state.
    pub fn start(&mut self, module: &Module, params: &[(&'static str, ParamSetting)]) -> State {
        match self.try_start(module, params) {
            Ok(state) => state,
            Err(error) => panic!("{} does not start: {error}", module.name),
        }
    }

    /// Starts a module that may refuse.
    ///
    /// # Errors
    /// Why it did not start.
    pub fn try_start(&mut self, module: &Module, params: &[(&'static str, ParamSetting)]) -> Result<State, StartError> {
        let compiler = SimpleCompiler(Arc::clone(&self.services.names));
        let compiler = WithConstants { compiler, constants: &self.constants };
        let mut setup = Setup {
            name: module.name,
            params: Params::new(params),
            settings: &self.services.settings,
            sockets: &self.services.sockets,
            names: &self.services.names,
            statistics: &self.services.statistics,
            log: &self.services.log,
            now: self.now,
            seed: [7; 32],
            loaded: &self.loaded,
            started: &self.started,
            wishes: &mut self.wishes,
            compiler: &compiler,
        };
        let state = (module.start)(&mut setup)?;
        if let Some((_, error)) = self.wishes.refused.drain(..).next() {
            return Err(error);
        }
        self.started.insert(module.name, Arc::clone(&state));
        self.services.caches.append(&mut self.wishes.caches);
        self.services.dialog_hooks.append(&mut self.wishes.dialog_hooks);
        if let Some(dialogs) = &self.wishes.dialogs {
            self.services.dialogs = Some(Arc::clone(dialogs));
        }
        Ok(state)
    }

    /// A variable to pass as an argument: `$avp(name)` or `$var(name)`.
    pub fn variable(&self, text: &str) -> VariableHandle {
        match SimpleCompiler(Arc::clone(&self.services.names)).variable(text) {
            Ok(variable) => variable,
            Err(error) => panic!("{error}"),
        }
    }

    /// The value of such a variable.
    pub fn value(&mut self, text: &str) -> Value {
        let variable = self.variable(text);
        let nothing: State = Arc::new(());
        self.with_call(&nothing, |call| variable.read(call))
    }

    /// Does something with a call.
    pub fn with_call<T>(&mut self, state: &State, work: impl FnOnce(&mut Call<'_>) -> T) -> T {
        let env = Env {
            now: self.now,
            random: &mut self.random,
            services: &self.services,
            operations: &self.operations,
            out: &mut self.out,
        };
        work(&mut Call { env, msg: &mut self.msg, kind: self.kind, module: state })
    }

    /// Does something outside messages.
    pub fn with_env<T>(&mut self, work: impl FnOnce(&mut Env<'_>) -> T) -> T {
        let nothing: State = Arc::new(());
        self.with_call(&nothing, |call| work(&mut call.env))
    }

    /// Calls a function and answers what it asks for; a fault counts as -1 and is in [`Fixture::log_lines`].
    pub fn call(&mut self, state: &State, function: &Function, args: &[ArgValue]) -> i32 {
        match self.outcome(state, function, args) {
            Ok(code) => code,
            Err(fault) => {
                self.services.log.error(fault.to_string());
                -1
            }
        }
    }

    /// Calls a function and answers what it asks for.
    ///
    /// # Errors
    /// Its fault.
    pub fn outcome(&mut self, state: &State, function: &Function, args: &[ArgValue]) -> Result<i32, Fault> {
        let mut flow = self.with_call(state, |call| match function.run {
            Run::Now(run) => Flow::Done(run(call, Args(args))),
            Run::Wait(run) => run(call, Args(args)),
        });
        loop {
            match flow {
                Flow::Done(outcome) => return outcome,
                Flow::Wait(request, then) => {
                    let answer = (self.answer)(&request);
                    flow = self.with_call(state, |call| then(call, answer));
                }
            }
        }
    }

    /// Reads a variable of a module.
    pub fn read(&mut self, state: &State, variable: &Variable, name: &str, index: Index) -> Value {
        let read = variable.run.read;
        self.with_call(state, |call| {
            let id = call.env.services.names.avps.intern(name.as_bytes());
            read(call, VariableName { text: name.as_bytes(), id, index, index_set: None, place: Where::Here })
        })
    }

    /// Assigns to a variable of a module.
    ///
    /// # Errors
    /// It cannot be assigned, or not with this value.
    pub fn write(
        &mut self,
        state: &State,
        variable: &Variable,
        name: &str,
        operator: Operator,
        value: Value,
    ) -> Result<(), Fault> {
        let Some(write) = variable.run.write else { return Err(Fault::script("it cannot be assigned")) };
        self.with_call(state, |call| {
            let id = call.env.services.names.avps.intern(name.as_bytes());
            let name =
                VariableName { text: name.as_bytes(), id, index: Index::None, index_set: None, place: Where::Here };
            write(call, name, operator, value)
        })
    }

    /// Runs a management command and answers what it asks for.
    ///
    /// # Errors
    /// Its error.
    pub fn command(&mut self, state: &State, run: MiRun, params: &[(&'static str, Json)]) -> MiReply {
        let params = MiParams(params.to_vec());
        let mut flow = self.with_management(state, params.clone(), |management| match run {
            MiRun::Now(run) => MiFlow::Done(run(management)),
            MiRun::Wait(run) => run(management),
        });
        loop {
            match flow {
                MiFlow::Done(reply) => return reply,
                MiFlow::Wait(request, then) => {
                    let answer = (self.answer)(&request);
                    flow = self.with_management(state, params.clone(), |management| then(management, answer));
                }
            }
        }
    }

    fn with_management<T>(
        &mut self,
        state: &State,
        params: MiParams,
        work: impl FnOnce(&mut Management<'_>) -> T,
    ) -> T {
        self.with_env(|env| work(&mut Management { env: env.reborrow(), params, module: state }))
    }

    /// Runs a job to its end and answers what it asks for.
    ///
    /// # Errors
    /// Its fault.
    pub fn run(&mut self, mut job: Job) -> Result<(), Fault> {
        loop {
            match job {
                Job::Done(outcome) => return outcome,
                Job::Wait(request, then) => {
                    let answer = (self.answer)(&request);
                    job = self.with_env(|env| then(env, answer));
                }
            }
        }
    }

    /// Runs the background work that was started, also what it starts itself.
    ///
    /// # Errors
    /// The first fault.
    pub fn run_background(&mut self) -> Result<(), Fault> {
        loop {
            let jobs: Vec<Job> = self.out.drain_jobs().collect();
            if jobs.is_empty() {
                return Ok(());
            }
            for job in jobs {
                self.run(job)?;
            }
        }
    }

    /// Takes what the engine was asked to do, a line each: `reply 200 OK`, `relay sip:…`.
    pub fn journal(&self) -> Vec<String> {
        self.operations.take()
    }

    /// Takes the requests of our own that were sent.
    pub fn sent_requests(&self) -> Vec<SentRequest> {
        self.operations.take_requests()
    }

    /// Answers a request of our own, and runs what comes of that to its end.
    ///
    /// # Errors
    /// Its fault.
    pub fn final_reply(&mut self, done: WhenAnswered, code: u16) -> Result<(), Fault> {
        let job = self.with_env(|env| done(env, code, Bytes::new()));
        self.run(job)
    }

    /// Takes the log lines.
    pub fn log_lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The message with its edits applied, as lines.
    pub fn shown(&self) -> String {
        text::show(&self.msg.message, &self.msg.edits)
    }

    /// The reply that a test's request gets to a database query: these rows.
    pub fn rows(columns: &[&str], rows: Vec<Vec<module_api::sql::Cell>>) -> Answer {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Answer::Sql(Ok(module_api::sql::Rows { columns, rows, ..module_api::sql::Rows::default() }))
    }

    /// Text as shared bytes.
    pub fn bytes(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }
}
