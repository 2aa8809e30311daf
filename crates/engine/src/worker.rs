//! A worker: one thread's engine. Events go in by [`Worker::handle`]; what is to be done comes out by the `drain_*`
//! functions, to be called after each event. Any worker may be given any event.

use crate::core::Core;
use crate::desk::{Desk, Pool};
use crate::event::Event;
use crate::program::Loaded;
use crate::run::{own_deadline, too_late};
use crate::script_host::OfLogLine;
use crate::table::{Id, Mail};
use crate::unfinished::Work;
use crate::waiting::Token;
use bytes::Bytes;
use module_api::{Answer, Env, Fault, Job, Kind, LOG_LINE, Outbox, Raised, Request, Routing, Sending, ThenJob, Time};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use script::program::RouteIndex;
use script::vm::{Parameter, Start};
use sip::Message;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How much of what comes of an event is worked off before the next event has its turn.
const WORK_MAX: usize = 2_000;

/// One thread's engine.
pub struct Worker {
    core: Arc<Core>,
    program: Arc<Loaded>,
    /// Which program that is.
    version: u32,
    pool: Pool,
    random: Xoshiro256PlusPlus,
    out: Outbox,
    /// Questions to the edges.
    requests: Vec<(Token, Request)>,
    /// Events raised, for the edges.
    events: Vec<Raised>,
    /// Counts the messages of this worker.
    number: u32,
}

impl Worker {
    pub(crate) fn new(core: &Arc<Core>) -> Worker {
        let number = core.workers.fetch_add(1, Ordering::Relaxed);
        let mut out = Outbox::default();
        out.set_listeners(Arc::clone(core) as Arc<dyn module_api::Listeners>);
        Worker {
            core: Arc::clone(core),
            program: core.program(),
            version: core.version(),
            pool: Pool::new(usize::try_from(number).unwrap_or(0)),
            random: Xoshiro256PlusPlus::seed_from_u64(core.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            out,
            requests: Vec::new(),
            events: Vec::new(),
            number: 0,
        }
    }

    /// Does what an event asks for.
    pub fn handle(&mut self, event: Event, now: Time) {
        if self.version != self.core.version() {
            self.version = self.core.version();
            self.program = self.core.program();
        }
        self.with_desk(now, |desk, env| desk.settle_orphans(env));
        match event {
            Event::Received(received) => {
                self.number = self.number.wrapping_add(1);
                let number = self.number;
                self.with_desk(now, |desk, env| desk.receive(env, received, number));
            }
            Event::Late(received) => {
                self.number = self.number.wrapping_add(1);
                let number = self.number;
                self.with_desk(now, |desk, env| desk.receive_late(env, received, number));
            }
            Event::Unframed(head, offence) => {
                self.number = self.number.wrapping_add(1);
                let number = self.number;
                self.with_desk(now, |desk, env| desk.unframed(env, head, offence, number));
            }
            Event::Answer { token, answer } => self.answered(token, answer, now),
            Event::SendFailed(sending) => self.send_failed(sending, now),
            Event::Raised(event) => self.out.raise(event),
            Event::Tick => self.tick(now),
            Event::Clock(shown) => self.set_clock(shown, now),
            Event::Manage { number, request, pretty } => {
                self.with_desk(now, |desk, env| desk.manage(env, number, &request, pretty));
            }
            Event::Start => self.with_desk(now, |desk, env| desk.begin(env)),
            Event::Stop => self.with_desk(now, |desk, env| desk.stop(env)),
        }
        self.work_off(now);
    }

    /// The messages to send, in order.
    pub fn drain_sends(&mut self) -> std::vec::Drain<'_, Sending> {
        self.out.drain_sends()
    }

    /// The questions for the edges; each is answered once with its token.
    pub fn drain_requests(&mut self) -> std::vec::Drain<'_, (Token, Request)> {
        self.requests.drain(..)
    }

    /// The replies to management requests; a notification has none.
    pub fn drain_management(&mut self) -> std::vec::Drain<'_, (u64, Option<Bytes>)> {
        self.out.drain_management()
    }

    /// The events that were raised. Their routes have run, and their subscribers have been told.
    pub fn drain_events(&mut self) -> std::vec::Drain<'_, Raised> {
        self.events.drain(..)
    }

    /// The connections to keep open though nothing passes, and until when.
    pub fn drain_keeps(&mut self) -> std::vec::Drain<'_, (u64, Time)> {
        self.out.drain_keeps()
    }

    /// The connections that stand for another port of their peer too (RFC 5923).
    pub fn drain_aliases(&mut self) -> std::vec::Drain<'_, (u64, u16)> {
        self.out.drain_aliases()
    }

    fn with_desk<R>(&mut self, now: Time, work: impl FnOnce(&Desk<'_>, &mut Env<'_>) -> R) -> R {
        let desk = Desk { core: &self.core, program: &self.program, pool: &self.pool };
        let mut env =
            Env { now, random: &mut self.random, services: &self.core.services, operations: &desk, out: &mut self.out };
        work(&desk, &mut env)
    }

    fn set_clock(&self, shown: Time, now: Time) {
        let services = &self.core.services;
        if let Some(step) = services.wall.set(now, shown) {
            let (ahead, seconds) =
                (if step < 0 { "back" } else { "ahead" }, Duration::from_micros(step.unsigned_abs()));
            services.log.warning(format!("the system's clock was set {:.1} s {ahead}", seconds.as_secs_f64()));
        }
    }

    /// Works off what the last step has put into the outbox, until nothing is left but messages, or one event has cost
    /// enough.
    fn work_off(&mut self, now: Time) {
        let mut left = WORK_MAX;
        while self.out.has_work() {
            let resumed =
                self.out.drain_resumed().map(|(then, answer)| Work::Resumed(then, answer)).collect::<Vec<_>>();
            let events = self.out.drain_events().map(Work::Event).collect::<Vec<_>>();
            for work in resumed.into_iter().chain(events) {
                match left.checked_sub(1) {
                    Some(fewer) => {
                        left = fewer;
                        self.work(work, now);
                    }
                    None if self.core.unfinished.keep(work) => {}
                    None => self.core.counters.engine.events_dropped.increment(),
                }
            }
            for job in self.out.drain_jobs().collect::<Vec<_>>() {
                self.follow(job, now);
            }
            for waiting in self.out.drain_waiting().collect::<Vec<_>>() {
                let deadline = waiting.deadline.or_else(|| own_deadline(&waiting.request, now)).unwrap_or(now);
                self.wait(waiting.request, waiting.then, deadline, now);
            }
        }
    }

    fn work(&mut self, work: Work, now: Time) {
        match work {
            Work::Resumed(then, answer) => self.go_on(then, answer, now),
            Work::Event(event) => self.raised(event, now),
        }
    }

    fn follow(&mut self, job: Job, now: Time) {
        match job {
            Job::Done(Ok(())) => {}
            Job::Done(Err(fault)) => self.core.services.log.error(format!("background work failed: {fault}")),
            Job::Wait(request, then) => {
                let deadline = own_deadline(&request, now).unwrap_or(now);
                // Modules pause before they try again what was refused: a pause that is refused is none, and they would
                // never come to an end. How many may pause is bounded by what they keep.
                if let Request::Sleep(_) = request {
                    let token = self.core.waiting.keep_always(then, deadline);
                    return self.requests.push((token, request));
                }
                self.wait(request, then, deadline, now);
            }
        }
    }

    fn wait(&mut self, request: Request, then: ThenJob, deadline: Time, now: Time) {
        let token = match self.core.waiting.keep(then, deadline) {
            Ok(token) => token,
            Err(then) => {
                let fault = Fault::us("too much waits for answers already").reply(503, "Service Unavailable");
                // Later, and not from within: whoever asks again at once would sink deeper each time.
                return self.out.resume(then, Answer::Done(Err(fault)));
            }
        };
        match request {
            Request::Promise { number, .. } => {
                if self.core.promises.wait(number, token) {
                    self.answered(token, Answer::Done(Ok(())), now);
                }
            }
            request => self.requests.push((token, request)),
        }
    }

    fn answered(&mut self, token: Token, answer: Answer, now: Time) {
        match self.core.waiting.take(token) {
            Some(then) => self.go_on(then, answer, now),
            None => self.core.counters.engine.answers_late.increment(),
        }
    }

    fn go_on(&mut self, then: ThenJob, answer: Answer, now: Time) {
        let job = self.with_desk(now, |_, env| then(env, answer));
        self.follow(job, now);
    }

    /// An event was raised: its route runs, who subscribed to it is told.
    fn raised(&mut self, event: Raised, now: Time) {
        self.with_desk(now, |desk, env| {
            env.services.events.deliver(env, &event);
            if let Some(route) = desk.program.events.get(event.event.as_str()) {
                desk.start_event_route(env, *route, &event);
            }
        });
        self.events.push(event);
    }

    fn send_failed(&mut self, sending: Sending, now: Time) {
        if let Some(next) = sending.otherwise {
            return self.out.send(*next);
        }
        let message = Message::parse(sending.bytes.clone(), &sip::Limits::OWN);
        let Ok(message) = message else { return };
        let branch = message.top_via().ok().and_then(|via| Id::of_branch(via.branch()?));
        let Some((id, branch)) = branch.filter(|_| message.is_request()) else { return };
        self.with_desk(now, |desk, env| desk.post(env, id, Mail::SendFailed { branch }));
    }

    fn tick(&mut self, now: Time) {
        let core = Arc::clone(&self.core);
        for work in core.unfinished.take(WORK_MAX) {
            self.work(work, now);
        }
        core.table.due(now, |transaction| {
            self.with_desk(now, |desk, env| desk.fire(env, transaction));
        });
        if !core.schedule.is_due(now) {
            return;
        }
        for then in core.waiting.overdue(now) {
            core.counters.engine.waits_timed_out.increment();
            self.go_on(then, too_late(), now);
        }
        for timer in core.schedule.due_timers(now) {
            if let Some((_, job)) = core.timers.get(timer) {
                let job = self.with_desk(now, |_, env| job(env));
                self.follow(job, now);
            }
        }
        let routes = core.schedule.due_routes(now, &self.program);
        for route in routes {
            self.with_desk(now, |desk, env| {
                let msg = desk.no_message(env);
                desk.run_detached(env, msg, Kind::Timer, route, Start::default());
            });
        }
    }
}

impl Desk<'_> {
    /// What routes without a message run on.
    pub(crate) fn no_message(&self, env: &Env<'_>) -> Box<Routing> {
        let mut msg = Box::new(Routing::new(Arc::clone(&self.core.no_message), self.core.no_source(env.now)));
        msg.vars = self.core.initial_vars();
        msg
    }

    pub(crate) fn start_event_route(&self, env: &mut Env<'_>, route: RouteIndex, event: &Raised) {
        let params: Vec<Parameter> = event
            .params
            .iter()
            .map(|(name, value)| Parameter { name: Bytes::copy_from_slice(name.as_bytes()), value: value.clone() })
            .collect();
        let mut msg = self.no_message(env);
        msg.params =
            event.params.iter().map(|(name, value)| (Bytes::copy_from_slice(name.as_bytes()), value.clone())).collect();
        if event.event == LOG_LINE.name {
            msg.extensions.set(OfLogLine);
        }
        self.run_detached(env, msg, Kind::Event, route, Start { code: 0, params });
    }
}
