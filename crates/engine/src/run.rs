//! Running routes: to their end, or until they wait; and going on with what waited, on whichever worker has the answer.

use crate::desk::Desk;
use crate::flow::ReplyRoute;
use crate::receive::Passage;
use crate::script_host::{Arguments, ScriptHost, Waits, call_function};
use crate::transaction;
use crate::underway::Mark;
use catalogue::{FunctionId, ModuleId, Value};
use module_api::{
    Answer, Args, Call, Env, Fault, Flow, Job, Kind, Operations, Request, Routing, Then, ThenJob, Time, Waiting,
};
use script::host::Called;
use script::program::{Line, RouteIndex};
use script::vm::{Execution, Finished, Outcome, Parameter, Start};
use std::sync::Arc;
use std::time::Duration;

/// How a route ended.
pub(crate) type Ending = Finished;

/// What happens when a route that was put aside has ended.
pub(crate) enum After {
    /// The main route, or one that went on for it; the mark keeps copies of its request away once it has waited.
    Request(Option<Mark>),
    /// `error_route`
    Error,
    /// `failure_route`
    Failure,
    /// `onreply_route` of a transaction, and which comes next.
    Reply { branch: usize, next: ReplyRoute },
    /// The `onreply_route` for all replies.
    AnyReply,
    /// `local_route`
    Local,
    /// `startup_route`
    Startup,
    /// The route of a gate.
    Gate(Passage),
    /// Nothing: the message was only there for the route.
    Nothing,
    /// The same, and somebody waits for the promise of this number.
    Promised(u64),
}

/// What became of a route.
pub(crate) enum Ran {
    Finished(Ending),
    Waits(Request, Resumption),
}

/// A script that waits.
pub(crate) struct Resumption {
    execution: Box<Execution>,
    then: Then,
    module: ModuleId,
    deadline: Option<Time>,
    line: Line,
    /// The function that waits and when it began, where it is measured.
    measured: Option<(FunctionId, Duration)>,
}

/// How long a script waits for an answer when the backend's own deadline fails it.
const PATIENCE: Duration = Duration::from_secs(120);

impl Desk<'_> {
    /// Runs a route on a message that somebody else has: what waits is theirs to keep.
    pub(crate) fn run_nested(&self, env: &mut Env<'_>, msg: &mut Routing, kind: Kind, route: u16) -> Ran {
        self.run_with(env, msg, kind, RouteIndex(route), Start::default())
    }

    fn run_with(&self, env: &mut Env<'_>, msg: &mut Routing, kind: Kind, route: RouteIndex, start: Start) -> Ran {
        let mut execution = self.pool.take();
        let mut host = ScriptHost::new(self, env.reborrow(), msg, kind);
        let outcome = execution.start_with(Arc::clone(&self.program.program), route, start, &mut host);
        let waits = host.waiting.take();
        self.ran(execution, outcome, waits)
    }

    /// Goes on with a script that waited.
    pub(crate) fn resume_nested(
        &self,
        env: &mut Env<'_>,
        msg: &mut Routing,
        kind: Kind,
        resumption: Resumption,
        answer: Answer,
    ) -> Ran {
        let Resumption { mut execution, then, module, deadline, line, measured } = resumption;
        if let Some(transaction) = transaction::of(msg) {
            transaction.cancel_waits = self.core.table.is_cancelled(transaction.id);
        }
        let mut host = ScriptHost::new(self, env.reborrow(), msg, kind);
        let flow = host.call_again(then, module, answer);
        let called = host.follow(flow, module, deadline, line);
        let outcome = match host.measured(called, measured, line) {
            Called::Done(code) => execution.resume(&mut host, code),
            Called::Wait => Outcome::Waiting,
        };
        let waits = host.waiting.take();
        self.ran(execution, outcome, waits)
    }

    fn ran(&self, execution: Box<Execution>, outcome: Outcome, waits: Option<Waits>) -> Ran {
        match (outcome, waits) {
            (Outcome::Waiting, Some(Waits { request, then, module, deadline, line, measured })) => {
                Ran::Waits(request, Resumption { execution, then, module, deadline, line, measured })
            }
            (Outcome::Finished(ending), _) => {
                self.pool.give(execution);
                Ran::Finished(ending)
            }
            (Outcome::Waiting, None) => Ran::Finished(Ending::default()),
        }
    }

    /// Runs a route on a message of its own. It comes back at once, or later by way of `after`.
    pub(crate) fn run_or_park(
        &self,
        env: &mut Env<'_>,
        msg: Box<Routing>,
        kind: Kind,
        route: u16,
        after: After,
    ) -> Option<(Box<Routing>, Ending)> {
        self.start_or_park(env, msg, kind, RouteIndex(route), Start::default(), after)
    }

    fn start_or_park(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        kind: Kind,
        route: RouteIndex,
        start: Start,
        after: After,
    ) -> Option<(Box<Routing>, Ending)> {
        match self.run_with(env, &mut msg, kind, route, start) {
            Ran::Finished(ending) => Some((msg, ending)),
            Ran::Waits(request, resumption) => {
                self.park(env, msg, kind, request, resumption, after);
                None
            }
        }
    }

    /// Puts a message aside until the answer is there.
    fn park(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        kind: Kind,
        request: Request,
        resumption: Resumption,
        mut after: After,
    ) {
        if let After::Request(mark @ None) = &mut after {
            *mark = Some(self.core.underway.enter(&msg.message, msg.source.peer));
        }
        if let Some(transaction) = transaction::of(&mut msg) {
            // Retransmissions are answered from what the table shows.
            self.core.table.show(transaction.id, transaction.shown());
        }
        let deadline = resumption.deadline;
        self.put_aside(env, request, deadline, move |desk, env, answer| {
            match desk.resume_nested(env, &mut msg, kind, resumption, answer) {
                Ran::Finished(ending) => desk.finish(env, msg, ending, after),
                Ran::Waits(request, resumption) => desk.park(env, msg, kind, request, resumption, after),
            }
        });
    }

    /// Puts work aside until the answer is there; it goes on with a desk of its own, on whichever worker has the answer.
    pub(crate) fn put_aside(
        &self,
        env: &mut Env<'_>,
        request: Request,
        deadline: Option<Time>,
        go_on: impl FnOnce(&Desk<'_>, &mut Env<'_>, Answer) + Send + 'static,
    ) {
        let then = self.later(go_on);
        env.out.wait(Waiting { request, then, deadline });
    }

    /// Goes on with work once the step at hand is finished.
    fn go_on_later(&self, env: &mut Env<'_>, go_on: impl FnOnce(&Desk<'_>, &mut Env<'_>) + Send + 'static) {
        let then = self.later(|desk, env, _| go_on(desk, env));
        env.out.resume(then, Answer::Done(Ok(())));
    }

    /// Work for later, with a desk of its own.
    fn later(&self, go_on: impl FnOnce(&Desk<'_>, &mut Env<'_>, Answer) + Send + 'static) -> ThenJob {
        let desk = self.owned();
        Box::new(move |env: &mut Env<'_>, answer: Answer| {
            let desk = desk.desk();
            let mut env = env.reborrow();
            env.operations = &desk;
            go_on(&desk, &mut env, answer);
            Job::DONE
        })
    }

    /// What was put aside is done.
    fn finish(&self, env: &mut Env<'_>, msg: Box<Routing>, ending: Ending, after: After) {
        let transaction = match after {
            After::Request(_mark) => return self.request_routed(env, msg),
            After::Error => return self.release(env, msg),
            After::AnyReply => return self.any_reply_routed(env, msg, ending),
            After::Startup => return self.startup_routed(env, msg),
            After::Gate(passage) => return self.gate_routed(env, msg, passage, ending),
            After::Nothing => return,
            After::Promised(number) => return self.fulfil(env, number),
            After::Failure => self.failure_routed(env, msg),
            After::Reply { branch, next } => self.reply_routed(env, msg, branch, next, ending),
            After::Local => self.local_routed(env, msg, ending),
        };
        if let Some(msg) = transaction {
            self.put_back(env, msg);
        }
    }

    /// Runs a route on a message that is only there for it: timers, events, what was launched.
    pub(crate) fn run_detached(
        &self,
        env: &mut Env<'_>,
        msg: Box<Routing>,
        kind: Kind,
        route: RouteIndex,
        start: Start,
    ) {
        self.start_or_park(env, msg, kind, route, start, After::Nothing);
    }

    /// The same once the step at hand is finished: what runs it may be in the midst of a route.
    pub(crate) fn run_detached_later(
        &self,
        env: &mut Env<'_>,
        msg: Box<Routing>,
        kind: Kind,
        route: RouteIndex,
        after: After,
    ) {
        let number = if let After::Promised(number) = after { Some(number) } else { None };
        if self.core.unfinished.is_full() {
            self.core.counters.engine.launches_refused.increment();
            return number.into_iter().for_each(|number| self.fulfil(env, number));
        }
        self.go_on_later(env, move |desk, env| {
            let finished = desk.start_or_park(env, msg, kind, route, Start::default(), after);
            if finished.is_some() {
                number.into_iter().for_each(|number| desk.fulfil(env, number));
            }
        });
    }

    /// `launch()`: the function runs on a copy of the message, its route when it is done.
    pub(crate) fn launch(
        &self,
        env: &mut Env<'_>,
        msg: &mut Routing,
        kind: Kind,
        function: FunctionId,
        args: &Arguments,
        then: Option<RouteIndex>,
        param: Value,
    ) {
        let Some((run, module)) = self.core.dispatch.function(function) else { return };
        let mut copy = Box::new(Routing::new(Arc::clone(&msg.message), msg.source));
        copy.vars = msg.vars.clone();
        copy.dialog = msg.dialog.clone();
        let flow = {
            let state = self.core.dispatch.state(module);
            // What the script has prepared for this call is prepared on the message at hand.
            copy.extensions.swap_handed_on(&mut msg.extensions);
            let mut call = Call { env: env.reborrow(), msg: &mut copy, kind, module: state };
            let flow = call_function(run, &mut call, Args(args));
            copy.extensions.swap_handed_on(&mut msg.extensions);
            flow
        };
        self.follow_launched(env, Launched { msg: copy, kind, module, then, param }, flow);
    }

    fn follow_launched(&self, env: &mut Env<'_>, mut launched: Launched, flow: Flow) {
        let code = match flow {
            Flow::Done(Ok(code)) => code,
            Flow::Done(Err(fault)) => {
                env.log().error(format!("a launched function failed: {fault}"));
                -1
            }
            Flow::Wait(request, then) => {
                return self.put_aside(env, request, None, move |desk, env, answer| {
                    let flow = {
                        let state = desk.core.dispatch.state(launched.module);
                        let (msg, kind) = (&mut *launched.msg, launched.kind);
                        then(&mut Call { env: env.reborrow(), msg, kind, module: state }, answer)
                    };
                    desk.follow_launched(env, launched, flow);
                });
            }
        };
        let Some(route) = launched.then else { return };
        let params = vec![Parameter { name: bytes::Bytes::new(), value: launched.param }];
        if self.core.unfinished.is_full() {
            return self.core.counters.engine.launches_refused.increment();
        }
        // Once the step at hand is finished: a route that launches itself must not run within itself.
        self.go_on_later(env, move |desk, env| {
            desk.run_detached(env, launched.msg, launched.kind, route, Start { code, params });
        });
    }
}

/// A function that was launched.
struct Launched {
    msg: Box<Routing>,
    kind: Kind,
    module: ModuleId,
    then: Option<RouteIndex>,
    param: Value,
}

/// Until when an answer is waited for at most: the edges have shorter deadlines of their own.
pub(crate) fn own_deadline(request: &Request, now: Time) -> Option<Time> {
    let own = match request {
        Request::Sleep(duration) => *duration,
        Request::Write { deadline, .. } | Request::Promise { deadline, .. } => return Some(now + *deadline),
        Request::Exec(program) => program.answer_within,
        Request::Http(request) => request.answer_within,
        _ => Duration::ZERO,
    };
    Some(now + own + PATIENCE)
}

/// The answer to what was not answered in time.
pub(crate) fn too_late() -> Answer {
    Answer::Done(Err(Fault::backend("no answer came in time")))
}
