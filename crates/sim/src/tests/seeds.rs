//! Seeds: some from everywhere, crowds, connections. `cargo xtask ci` runs thousands.

use crate::{StreamWeather, Swarm, Text, Variant, run, run_swarm};

/// Nothing is broken in these.
#[track_caller]
fn check(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        if let Some(failure) = run(seed).failure {
            panic!("{failure}");
        }
    }
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
    let outcome = run_swarm(7, Swarm::of(7).crowded(120));
    assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
    assert!(outcome.seen.registered >= 120 && outcome.seen.answered >= 120, "{:?}", outcome.seen);
}

#[test]
fn phones_that_speak_tcp_in_the_worst_weather() {
    let mut swarm = Swarm::of(12);
    swarm.streams =
        StreamWeather { phones: 500, breaks: 60, splits: 500, refused: 100, strangers: 500, ..swarm.streams };
    swarm.vandals = 1;
    let outcome = run_swarm(12, swarm);
    assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
    assert!(outcome.seen.connections > 20 && outcome.seen.answered > 0, "{:?}", outcome.seen);
}

#[test]
fn records_of_calls_through_kills() {
    for seed in 30..36 {
        let mut swarm = Swarm::of(seed);
        swarm.variant = Variant { text: Text::Default, keeps_calls: true, ..swarm.variant };
        (swarm.kills, swarm.database.downs) = (3, 2);
        let outcome = run_swarm(seed, swarm);
        assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
    }
}

#[test]
fn a_wall_clock_that_is_set_while_the_server_runs() {
    let mut swarm = Swarm::of(21);
    (swarm.clock_steps, swarm.kills) = (4, 1);
    let outcome = run_swarm(21, swarm);
    assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
}
