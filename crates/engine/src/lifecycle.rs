//! Start and stop: what modules do before the first message and after the last, one after the other.

use crate::core::Core;
use crate::desk::Desk;
use crate::event::Progress;
use crate::run::After;
use module_api::{Env, Job, Kind, MAIN, Request, Routing, StartJob, Time};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The work of modules at start and stop, and how far it has come.
pub(crate) struct Lifecycle {
    at_start: Mutex<VecDeque<(&'static str, StartJob)>>,
    at_stop: Mutex<VecDeque<(&'static str, StartJob)>>,
    progress: Mutex<Progress>,
}

/// How long a stop waits for requests under way. Who stops the process waits longer than that, and not for ever.
const GRACE: Duration = Duration::from_secs(4);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

type Queue = VecDeque<(&'static str, StartJob)>;

impl Lifecycle {
    pub(crate) fn new(at_start: Vec<(&'static str, StartJob)>, at_stop: Vec<(&'static str, StartJob)>) -> Lifecycle {
        Lifecycle {
            at_start: Mutex::new(at_start.into()),
            // What was started last is stopped first.
            at_stop: Mutex::new(at_stop.into_iter().rev().collect()),
            progress: Mutex::new(Progress::Starting),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

impl Desk<'_> {
    pub(crate) fn begin(&self, env: &mut Env<'_>) {
        note(env, -1, "initializing");
        let queue = std::mem::take(&mut *self.core.lifecycle.at_start.lock().unwrap_or_else(PoisonError::into_inner));
        let job = start_next(Arc::clone(self.core), queue, env);
        env.start(job);
    }

    pub(crate) fn stop(&self, env: &mut Env<'_>) {
        self.core.lifecycle.set(Progress::Stopping);
        note(env, -2, "shutdown in progress");
        let until = env.now + GRACE;
        let job = finish_requests(Arc::clone(self.core), until, env);
        env.start(job);
    }

    /// All modules have started: `startup_route` runs, then messages may come in.
    fn run_startup_route(&self, env: &mut Env<'_>) {
        let msg = self.no_message(env);
        let Some(route) = self.program.startup else { return self.startup_routed(env, msg) };
        if let Some((msg, _)) = self.run_or_park(env, msg, Kind::Startup, route.0, After::Startup) {
            self.startup_routed(env, msg);
        }
    }

    /// `startup_route` is done; the `$var`s it has set are what every message begins with.
    pub(crate) fn startup_routed(&self, env: &mut Env<'_>, msg: Box<Routing>) {
        // The server starts once.
        let _ = self.core.vars.set(msg.vars);
        note(env, 1, "running");
        env.services.reports.report(env.now, "core", MAIN, "initialization completed, ready now");
        self.core.lifecycle.set(Progress::Running);
    }
}

/// The status of the server itself, by upstream's numbers: an event where it changes.
fn note(env: &mut Env<'_>, status: i32, details: &str) {
    let services = env.services;
    services.reports.set(env, "core", MAIN, status, Some(details));
}

/// Starts the modules that are left; the first fault stops the server.
fn start_next(core: Arc<Core>, mut queue: Queue, env: &mut Env<'_>) -> Job {
    let Some((name, job)) = queue.pop_front() else {
        let program = core.program();
        let desk = Desk { core: &core, program: &program, pool: &core.pool };
        let mut env = env.reborrow();
        env.operations = &desk;
        desk.run_startup_route(&mut env);
        return Job::DONE;
    };
    let job = job(env);
    started(core, queue, name, job, env)
}

fn started(core: Arc<Core>, queue: Queue, name: &'static str, job: Job, env: &mut Env<'_>) -> Job {
    match job {
        Job::Done(Ok(())) => start_next(core, queue, env),
        Job::Done(Err(fault)) => {
            core.lifecycle.set(Progress::Failed(format!("module {name} cannot start: {fault}")));
            Job::DONE
        }
        Job::Wait(request, then) => Job::wait(request, move |env, answer| {
            let job = then(env, answer);
            started(core, queue, name, job, env)
        }),
    }
}

/// Waits for the requests that a script still works on, for a while: what is acknowledged now, modules must still write.
fn finish_requests(core: Arc<Core>, until: Time, env: &mut Env<'_>) -> Job {
    if core.underway.is_empty() || env.now >= until {
        let queue = std::mem::take(&mut *core.lifecycle.at_stop.lock().unwrap_or_else(PoisonError::into_inner));
        return stop_next(core, queue, env);
    }
    Job::wait(Request::Sleep(LOOK_EVERY), move |env, _| finish_requests(core, until, env))
}

/// Stops the modules that are left; a fault is logged, the others stop all the same.
fn stop_next(core: Arc<Core>, mut queue: Queue, env: &mut Env<'_>) -> Job {
    let Some((name, job)) = queue.pop_front() else {
        core.lifecycle.set(Progress::Stopped);
        return Job::DONE;
    };
    let job = job(env);
    stopped(core, queue, name, job, env)
}

fn stopped(core: Arc<Core>, queue: Queue, name: &'static str, job: Job, env: &mut Env<'_>) -> Job {
    match job {
        Job::Done(outcome) => {
            if let Err(fault) = outcome {
                env.log().error(format!("module {name} did not stop cleanly: {fault}"));
            }
            stop_next(core, queue, env)
        }
        Job::Wait(request, then) => Job::wait(request, move |env, answer| {
            let job = then(env, answer);
            stopped(core, queue, name, job, env)
        }),
    }
}
