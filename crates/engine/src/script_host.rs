//! The world of a running script: functions, variables, the log.

use crate::desk::Desk;
use crate::measure::Measured;
use crate::variable::World;
use catalogue::{FunctionId, ModuleId, TransformationId, Value};
use module_api::{
    ArgValue, Args, Call, Env, Fault, Flow, Kind, Level, Request, Routing, Run, ScriptTrace, State, Then, Time,
};
use script::host::{self, Action, Assign, Called, Host, Reading, Rejected, ScriptFault, StepTrace};
use script::program::{Line, RouteIndex};
use smallvec::SmallVec;
use std::fmt::Display;
use std::time::Duration;

/// The host of one run.
pub(crate) struct ScriptHost<'a> {
    desk: &'a Desk<'a>,
    world: World<'a>,
    /// What the script waits for, after a call that must wait.
    pub(crate) waiting: Option<Waits>,
    /// Until when an `async()` waits.
    async_deadline: Option<Time>,
}

/// Attached to what `event_route[E_CORE_LOG]` runs on.
pub(crate) struct OfLogLine;

/// A call that waits.
pub(crate) struct Waits {
    pub(crate) request: Request,
    pub(crate) then: Then,
    pub(crate) module: ModuleId,
    pub(crate) deadline: Option<Time>,
    pub(crate) line: Line,
    /// The function that waits and when it began, where it is measured.
    pub(crate) measured: Option<(FunctionId, Duration)>,
}

/// The evaluated arguments of a call.
pub(crate) type Arguments = SmallVec<[ArgValue; 4]>;

impl<'a> ScriptHost<'a> {
    pub(crate) fn new(desk: &'a Desk<'a>, env: Env<'a>, msg: &'a mut Routing, kind: Kind) -> ScriptHost<'a> {
        let world = World { dispatch: &desk.core.dispatch, env, msg, kind };
        ScriptHost { desk, world, waiting: None, async_deadline: None }
    }

    /// Takes what a function, or the rest of one that waited, came to.
    pub(crate) fn follow(&mut self, flow: Flow, module: ModuleId, deadline: Option<Time>, line: Line) -> Called {
        match flow {
            Flow::Done(Ok(code)) => Called::Done(code),
            Flow::Done(Err(fault)) => {
                self.note(fault, line);
                Called::Done(-1)
            }
            Flow::Wait(request, then) => {
                let deadline = deadline.or(self.async_deadline.take());
                self.waiting = Some(Waits { request, then, module, deadline, line, measured: None });
                Called::Wait
            }
        }
    }

    /// Notes how long a call took, or, while it waits, when it began.
    pub(crate) fn measured(&mut self, called: Called, measured: Option<(FunctionId, Duration)>, line: Line) -> Called {
        let Some((function, began)) = measured else { return called };
        match (called, &mut self.waiting) {
            (Called::Wait, Some(waits)) => waits.measured = measured,
            _ => {
                let now = self.desk.stopwatch().unwrap_or(began);
                if let Some(known) = self.world.msg.extensions.get_mut::<Measured>() {
                    known.note(function, line, now.saturating_sub(began));
                }
            }
        }
        called
    }

    /// Goes on with a function that waited.
    pub(crate) fn call_again(&mut self, then: Then, module: ModuleId, answer: module_api::Answer) -> Flow {
        then(&mut self.in_module(module), answer)
    }

    fn in_module(&mut self, module: ModuleId) -> Call<'_> {
        let state: &State = self.world.dispatch.state(module);
        Call { env: self.world.env.reborrow(), msg: &mut *self.world.msg, kind: self.world.kind, module: state }
    }

    /// Logs and counts a fault with its line, and keeps it for `sl_reply_error()`.
    fn note(&mut self, fault: Fault, line: Line) {
        self.desk.core.counters.engine.faults.increment();
        self.log_place(Level::Error, line, &fault);
        self.world.msg.fault = Some(Box::new(fault));
    }

    /// Logs something about a place of the script.
    fn log_place(&self, level: Level, line: Line, what: &dyn Display) {
        if self.world.env.log().enabled(level) {
            let text = format!("{}:{}: {what}", self.desk.program.program.file(line), line.line);
            self.log(level, text.as_bytes());
        }
    }

    /// Logs a line of the script. What is logged about a line of the log is no event again.
    fn log(&self, level: Level, text: &[u8]) {
        let log = self.world.env.log();
        match self.world.msg.extensions.get::<OfLogLine>() {
            None => log.raw(level, None, text),
            Some(OfLogLine) => log.raw_quietly(level, text),
        }
    }

    fn arguments(&self, args: &[host::ArgValue]) -> Arguments {
        args.iter().map(|arg| self.desk.program.argument(&self.desk.core.dispatch, arg)).collect()
    }

    fn call_with(&mut self, function: FunctionId, args: &[ArgValue], line: Line) -> Called {
        let Some((run, module)) = self.world.dispatch.function(function) else { return Called::Done(-1) };
        let measured = self.desk.stopwatch().map(|began| (function, began));
        let flow = call_function(run, &mut self.in_module(module), Args(args));
        let called = self.follow(flow, module, None, line);
        self.measured(called, measured, line)
    }
}

/// Calls a function.
pub(crate) fn call_function(run: Run, call: &mut Call<'_>, args: Args<'_>) -> Flow {
    match run {
        Run::Now(function) => Flow::Done(function(call, args)),
        Run::Wait(function) => function(call, args),
    }
}

impl Host for ScriptHost<'_> {
    fn call(&mut self, function: FunctionId, args: &[host::ArgValue], line: Line) -> Called {
        let args = self.arguments(args);
        self.call_with(function, &args, line)
    }

    fn call_fixed(&mut self, site: u32, function: FunctionId, args: &[host::ArgValue], line: Line) -> Called {
        let desk = self.desk;
        match desk.program.fixed(site) {
            Some(args) => self.call_with(function, args, line),
            None => self.call(function, args, line),
        }
    }

    fn launch(
        &mut self,
        function: FunctionId,
        args: &[host::ArgValue],
        then: Option<RouteIndex>,
        param: Value,
        _: Line,
    ) {
        let args = self.arguments(args);
        self.desk.launch(&mut self.world.env, self.world.msg, self.world.kind, function, &args, then, param);
    }

    fn begin_async(&mut self, timeout_s: Option<i32>) {
        let timeout = timeout_s.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
        self.async_deadline = timeout.map(|seconds| self.world.env.now + Duration::from_secs(seconds));
        if self.world.kind != Kind::Request || !self.desk.core.has_transactions {
            return;
        }
        let desk = self.desk;
        let state = self.world.dispatch.nothing();
        let mut call =
            Call { env: self.world.env.reborrow(), msg: &mut *self.world.msg, kind: self.world.kind, module: state };
        // An ACK has no transaction and needs none; for others the function says what is wrong.
        if let Err(fault) = desk.create_transaction(&mut call) {
            call.msg.fault = Some(Box::new(fault));
        }
    }

    fn read(&mut self, variable: &Reading<'_>) -> Value {
        self.world.read(variable)
    }

    fn write(&mut self, variable: &Reading<'_>, operator: Assign, value: Value) -> Result<(), Rejected> {
        self.world.write(variable, operator, value)
    }

    fn transform(&mut self, transformation: TransformationId, value: Value, args: &[Value]) -> Value {
        self.world.transform(transformation, value, args)
    }

    fn allow_asking(&mut self) {
        self.world.env.out.allow_asking();
    }

    fn has_asked(&mut self, line: Line) -> bool {
        let Some(question) = self.world.env.out.end_asking() else { return false };
        let request = Request::Resolve(question.clone());
        let flow = Flow::wait(request, move |call, answer| {
            call.env.services.hosts.learn(&question, answer, call.env.now);
            Flow::done(1)
        });
        self.follow(flow, ModuleId(0), None, line) == Called::Wait
    }

    fn log_level(&self) -> i32 {
        self.world.log_level()
    }

    fn xlog_level(&self) -> i32 {
        self.world.xlog_level()
    }

    fn print(&mut self, level: i32, text: &[u8], _: Line) {
        self.log(Level::of(level), text);
    }

    fn warn(&mut self, fault: ScriptFault, line: Line) {
        self.desk.core.counters.engine.faults.increment();
        self.log_place(Level::Warning, line, &fault);
    }

    fn assert_failed(&mut self, text: &[u8], line: Line) {
        let fault = Fault::script(format!("assertion failed: {}", String::from_utf8_lossy(text)));
        self.note(fault, line);
        let services = self.world.env.services;
        if services.settings.abort_on_assert {
            services.log.line(Level::Critical, "an assertion failed and abort_on_assert is set: stopping");
            services.process.stop();
        }
    }

    fn print_bytes_max(&self) -> usize {
        self.world.print_bytes_max()
    }

    fn is_tracing(&self) -> bool {
        self.world.msg.extensions.get::<ScriptTrace>().is_some()
    }

    fn step(&mut self, step: StepTrace<'_>) {
        let Some(trace) = self.world.msg.extensions.get::<ScriptTrace>().cloned() else { return };
        let state = self.world.dispatch.nothing();
        let mut call =
            Call { env: self.world.env.reborrow(), msg: &mut *self.world.msg, kind: self.world.kind, module: state };
        let values = trace.format.as_ref().map(|format| format.print(&mut call)).unwrap_or_default();
        let action = match step.action {
            Action::Statement(words) => words.to_owned(),
            Action::Call(function) => {
                let of = self.world.dispatch.function(function).map_or(ModuleId(0), |(_, module)| module);
                let kind = if of == ModuleId(0) { "core" } else { "module" };
                format!("{kind} {}", self.world.dispatch.name(function))
            }
        };
        let line = trace.line(step.line.line, &action, &values);
        self.world.env.log().raw(trace.level, None, &line);
    }
}
