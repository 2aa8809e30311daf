//! Start and stop: what modules do before the first message and after the last, one after the other.

use crate::core::Core;
use crate::desk::Desk;
use crate::event::Progress;
use crate::run::After;
use module_api::{Env, Job, Kind, MAIN, Request, Routing, StartJob, Time};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The work of modules at start and stop, and how far it has come.
pub(crate) struct Lifecycle {
    at_start: Mutex<VecDeque<(&'static str, StartJob)>>,
    at_stop: Mutex<VecDeque<(&'static str, StartJob)>>,
    progress: Mutex<Progress>,
    /// Whether all modules have started: only then have they anything to write at a stop.
    modules_run: AtomicBool,
}

/// How long a stop takes at most, as far as modules keep to it. Who stops the process waits a little longer than that.
pub const STOP_WITHIN: Duration = Duration::from_secs(9);
/// How much of it is for requests under way.
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
            modules_run: AtomicBool::new(false),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// The start goes on like this, unless a stop has come in between: whether it goes on.
    fn started(&self, progress: Progress) -> bool {
        let mut now = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if *now != Progress::Starting {
            return false;
        }
        *now = progress;
        true
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
        let lifecycle = &self.core.lifecycle;
        if !lifecycle.modules_run.load(Ordering::Acquire) {
            // What a module has not read yet it must not write.
            return lifecycle.set(Progress::Stopped);
        }
        lifecycle.set(Progress::Stopping);
        note(env, -2, "shutdown in progress");
        let until = env.now + GRACE;
        // Who is told twice to stop still stops within the time of the first.
        let _ = env.services.stop_by.set(env.now + STOP_WITHIN);
        let job = finish_requests(Arc::clone(self.core), until, env);
        env.start(job);
    }

    /// All modules have started: `startup_route` runs, then messages may come in.
    fn run_startup_route(&self, env: &mut Env<'_>) {
        self.core.lifecycle.modules_run.store(true, Ordering::Release);
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
        if self.core.lifecycle.started(Progress::Running) {
            note(env, 1, "running");
            env.services.reports.report(env.now, "core", MAIN, "initialization completed, ready now");
        }
    }
}

/// The status of the server itself, by upstream's numbers: an event where it changes.
fn note(env: &mut Env<'_>, status: i32, details: &str) {
    let services = env.services;
    services.reports.set(env, "core", MAIN, status, Some(details));
}

/// Starts the modules that are left; the first fault stops the server.
fn start_next(core: Arc<Core>, mut queue: Queue, env: &mut Env<'_>) -> Job {
    if core.lifecycle.progress() != Progress::Starting {
        return Job::DONE;
    }
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
            core.lifecycle.started(Progress::Failed(format!("module {name} cannot start: {fault}")));
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
        return stop_next(core, queue, Vec::new(), env);
    }
    Job::wait(Request::Sleep(LOOK_EVERY), move |env, _| finish_requests(core, until, env))
}

/// Stops the modules that are left; a fault is logged and kept, the others stop all the same.
fn stop_next(core: Arc<Core>, mut queue: Queue, failed: Vec<&'static str>, env: &mut Env<'_>) -> Job {
    let Some((name, job)) = queue.pop_front() else {
        core.lifecycle.set(if failed.is_empty() { Progress::Stopped } else { Progress::Unwritten(failed.join(", ")) });
        return Job::DONE;
    };
    let job = job(env);
    stopped(core, queue, failed, name, job, env)
}

fn stopped(
    core: Arc<Core>,
    queue: Queue,
    mut failed: Vec<&'static str>,
    name: &'static str,
    job: Job,
    env: &mut Env<'_>,
) -> Job {
    match job {
        Job::Done(outcome) => {
            if let Err(fault) = outcome {
                env.log().error(format!("module {name} did not stop cleanly: {fault}"));
                failed.push(name);
            }
            stop_next(core, queue, failed, env)
        }
        Job::Wait(request, then) => Job::wait(request, move |env, answer| {
            let job = then(env, answer);
            stopped(core, queue, failed, name, job, env)
        }),
    }
}
