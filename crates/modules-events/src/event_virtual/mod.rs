//! `event_virtual`: several subscribers that are one: all hear an event, or the first who can be reached, or each in
//! turn.

pub mod socket;

use catalogue::Param;
use module_api::{Env, EventTransport, Events, Fault, Job, Module, Raised, Setup, StartError, State, Time};
use socket::{Policy, VirtualSocket};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The module.
pub const MODULE: Module = Module {
    name: "event_virtual",
    about: "Makes several subscribers one: all are told of an event, the first who can be reached, or each in turn.",
    params: &[FAILOVER_TIMEOUT],
    start,
    ..Module::EMPTY
};

const FAILOVER_TIMEOUT: Param =
    Param::int("failover_timeout", 30, "Seconds in which FAILOVER passes over a subscriber that could not be reached.")
        .within(0, 86_400);

/// `virtual:POLICY socket …`
struct Virtual {
    memory: Arc<Memory>,
}

/// What is remembered from one event to the next.
struct Memory {
    failover_timeout: Duration,
    state: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    /// Whose turn it is, by virtual socket.
    turns: BTreeMap<String, usize>,
    /// Who could not be reached, and until when they are passed over.
    failed: BTreeMap<String, Time>,
}

/// More virtual sockets, or subscribers, than a server has: then it is forgotten whose turn it is, or who failed.
const REMEMBERED_MAX: usize = 4096;

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let seconds = u64::try_from(setup.params.int(&FAILOVER_TIMEOUT)).unwrap_or(30);
    let memory = Memory { failover_timeout: Duration::from_secs(seconds), state: Mutex::default() };
    crate::offer(setup, Arc::new(Virtual { memory: Arc::new(memory) }));
    Ok(Arc::new(()))
}

impl EventTransport for Virtual {
    fn protocol(&self) -> &str {
        "virtual"
    }

    fn accepts(&self, events: &Events, address: &str) -> bool {
        let read = VirtualSocket::parse(address);
        read.is_some_and(|read| read.sockets.iter().all(|socket| events.check(socket).is_ok()))
    }

    fn deliver(&self, env: &mut Env<'_>, address: &str, event: &Raised) -> Job {
        let Some(VirtualSocket { policy, sockets }) = VirtualSocket::parse(address) else {
            return Job::Done(Err(Fault::us("a subscriber's address cannot be read any more")));
        };
        let services = env.services;
        match policy {
            Policy::Parallel => {
                for socket in sockets {
                    let job = services.events.bring(env, socket, event);
                    env.start(job);
                }
                Job::DONE
            }
            Policy::RoundRobin => {
                let turn = self.memory.turn(address) % sockets.len();
                match sockets.get(turn) {
                    Some(socket) => services.events.bring(env, socket, event),
                    None => Job::DONE,
                }
            }
            Policy::Failover => {
                let left = sockets.iter().rev().map(|socket| (*socket).to_owned()).collect();
                try_next(env, Attempt { memory: Arc::clone(&self.memory), left, event: event.clone() })
            }
        }
    }
}

/// An event on its way to the first subscriber who can be reached.
struct Attempt {
    memory: Arc<Memory>,
    /// Who has not been tried, the next one last.
    left: Vec<String>,
    event: Raised,
}

fn try_next(env: &mut Env<'_>, mut attempt: Attempt) -> Job {
    let services = env.services;
    while let Some(socket) = attempt.left.pop() {
        if attempt.memory.is_passed_over(&socket, env.now) {
            continue;
        }
        let job = services.events.bring(env, &socket, &attempt.event);
        return follow(env, attempt, socket, job);
    }
    Job::Done(Err(Fault::backend(format!("no subscriber can be told of {}", attempt.event.event))))
}

fn follow(env: &mut Env<'_>, attempt: Attempt, socket: String, job: Job) -> Job {
    match job {
        Job::Done(Ok(())) => Job::DONE,
        Job::Done(Err(fault)) => {
            env.log().warning(format!("event_virtual: {socket} is passed over: {fault}"));
            attempt.memory.note_failure(socket, env.now);
            try_next(env, attempt)
        }
        Job::Wait(request, then) => Job::wait(request, move |env, answer| {
            let job = then(env, answer);
            follow(env, attempt, socket, job)
        }),
    }
}

impl Memory {
    fn turn(&self, address: &str) -> usize {
        let mut state = self.lock();
        if state.turns.len() >= REMEMBERED_MAX && !state.turns.contains_key(address) {
            state.turns.clear();
        }
        let next = state.turns.entry(address.to_owned()).or_default();
        let turn = *next;
        *next = next.wrapping_add(1);
        turn
    }

    fn is_passed_over(&self, socket: &str, now: Time) -> bool {
        self.lock().failed.get(socket).is_some_and(|until| *until > now)
    }

    fn note_failure(&self, socket: String, now: Time) {
        let mut state = self.lock();
        state.failed.retain(|_, until| *until > now);
        if state.failed.len() < REMEMBERED_MAX {
            state.failed.insert(socket, now + self.failover_timeout);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
