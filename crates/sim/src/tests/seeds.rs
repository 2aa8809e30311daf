//! Seeds: those that were once broken, and some more. `cargo xtask ci` runs thousands.

use crate::{Swarm, run, run_swarm};

/// Nothing is broken in these.
#[track_caller]
fn check(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        if let Some(failure) = run(seed).failure {
            panic!("{failure}");
        }
    }
}

/// Each of these has shown a fault of the server once.
#[test]
fn seeds_that_were_broken_once() {
    check([2, 20, 35, 905, 1758, 1853]);
}

#[test]
fn the_first_seeds() {
    check(0..5);
}

#[test]
fn some_more_seeds() {
    check(100..105);
}

#[test]
fn other_seeds() {
    check(1000..1005);
}

#[test]
fn seeds_far_away() {
    check((1 << 40)..(1 << 40) + 5);
}

#[test]
fn a_seed_repeats_itself_to_the_last_byte() {
    let (once, again) = (run(3), run(3));
    assert_eq!((once.hash, once.count), (again.hash, again.count));
    assert_ne!(once.hash, run(4).hash);
}

#[test]
fn hundreds_of_phones() {
    let mut swarm = Swarm::of(7);
    swarm.users = 100;
    swarm.phones = 200;
    swarm.faults_for = std::time::Duration::from_secs(20);
    let outcome = run_swarm(7, swarm);
    assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
    assert!(outcome.seen.registered >= 200 && outcome.seen.answered >= 200, "{:?}", outcome.seen);
}
