//! The simulator: phones, a proxy with all real modules, a database, a network and everything that goes wrong with them,
//! in one thread and in virtual time, all from one seed.
//!
//! [`run`] lives through a seed and says what was broken, if anything; the same seed always does the same, which a hash
//! of all that happens proves. The `watch` sees what reaches the proxy and what leaves it, and knows what must not be.

#![allow(clippy::panic, reason = "a test that cannot go on stops")]

mod agenda;
mod buffers;
mod chance;
mod database;
mod disk;
mod network;
mod phone;
mod proxy;
mod script;
mod stranger;
mod stream;
mod swarm;
#[cfg(test)]
mod tests;
mod trace;
mod watch;
mod world;

pub use script::{Mode, Text, Variant};
pub use swarm::{DatabaseWeather, Manners, NetworkWeather, StreamWeather, Swarm};
pub use watch::Seen;
pub use world::World;

use std::fmt;

/// What became of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The hash of all that has happened.
    pub hash: u64,
    /// How much has happened.
    pub count: u64,
    /// What was seen.
    pub seen: Seen,
    /// What was broken.
    pub failure: Option<Failure>,
}

/// What was broken, with everything that helps to see why.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// Seconds from the start.
    pub at_s: f64,
    /// What was broken.
    pub what: String,
    /// The ladder and the lines of the script that ran; the log; the swarm.
    pub picture: String,
}

/// Lives through a seed.
pub fn run(seed: u64) -> Outcome {
    run_swarm(seed, Swarm::of(seed))
}

/// The same with a swarm that somebody has changed.
pub fn run_swarm(seed: u64, swarm: Swarm) -> Outcome {
    run_watching(seed, swarm, "")
}

/// The same; a failure shows the messages of a party (`u1#3`) rather than those of the call that it is about.
pub fn run_watching(seed: u64, swarm: Swarm, party: &str) -> Outcome {
    let mut world = World::new(seed, swarm.clone(), false);
    world.run();
    if world.watch.broken.is_none() {
        return outcome(&world, None);
    }
    // Once more, with everything written down.
    let mut world = World::new(seed, swarm, true);
    world.run();
    let failure = picture(seed, &world, party);
    outcome(&world, failure)
}

fn outcome(world: &World, failure: Option<Failure>) -> Outcome {
    Outcome { hash: world.trace.hash(), count: world.trace.count, seen: world.watch.seen, failure }
}

fn picture(seed: u64, world: &World, party: &str) -> Option<Failure> {
    let broken = world.watch.broken.as_ref()?;
    let ladder = world.trace.show(world.start, &broken.call_id, party, broken.at);
    let log = world.log.lines().join("\n");
    let picture = format!("{ladder}\nthe log's last lines:\n{log}\n\n{:?}", world.swarm);
    let at_s = broken.at.since(world.start).as_secs_f64();
    Some(Failure { seed, at_s, what: broken.what.clone(), picture })
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { seed, at_s, what, picture } = self;
        writeln!(out, "seed {seed}, after {at_s:.3} s: {what}\n\n{picture}\n")
    }
}
