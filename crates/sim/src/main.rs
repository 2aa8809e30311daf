//! `sim`: lives through many seeds, or through one again (`cargo xtask sim`).

use sim::{Outcome, Seen, Swarm, run_watching};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const USAGE: &str = "\
cargo xtask sim --seeds N [--from S] [--brief]   lives through N seeds; a line for each that is broken, if brief
                [--phones P]                     each with so many phones
cargo xtask sim --seed S [--party P]             lives through one, and shows what was broken, or what phone P (u1#3)
                                                 did until then";

/// What is asked.
struct Wish {
    from: u64,
    count: u64,
    party: String,
    phones: Option<u64>,
    is_brief: bool,
}

fn main() -> ExitCode {
    let Some(wish) = Wish::read(&std::env::args().skip(1).collect::<Vec<_>>()) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(wish.from);
    let total = Mutex::new((0u64, Seen::default()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed - wish.from >= wish.count {
                        return;
                    }
                    let outcome = run_watching(seed, wish.swarm(seed), &wish.party);
                    let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    total.0 += u64::from(outcome.failure.is_some());
                    total.1.add(outcome.seen);
                    tell(seed, &outcome, &wish);
                }
            });
        }
    });
    let (broken, seen) = total.into_inner().unwrap_or_default();
    println!("{} seeds, {broken} broken; {seen}", wish.count);
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Wish {
    fn read(words: &[String]) -> Option<Wish> {
        let text = |name: &str| words.iter().position(|word| word == name).and_then(|place| words.get(place + 1));
        let number = |name: &str| text(name).and_then(|text| text.parse().ok());
        let (from, count) = match (number("--seed"), number("--seeds")) {
            (Some(seed), _) => (seed, 1),
            (None, count) => (number("--from").unwrap_or(0), count?),
        };
        let is_brief = words.iter().any(|word| word == "--brief");
        let party = text("--party").cloned().unwrap_or_default();
        Some(Wish { from, count, party, phones: number("--phones"), is_brief })
    }

    fn swarm(&self, seed: u64) -> Swarm {
        let swarm = Swarm::of(seed);
        match self.phones {
            Some(phones) => swarm.crowded(phones),
            None => swarm,
        }
    }
}

fn tell(seed: u64, outcome: &Outcome, wish: &Wish) {
    match &outcome.failure {
        Some(failure) if wish.is_brief => {
            println!("seed {seed}: {}", failure.what.lines().next().unwrap_or_default());
        }
        Some(failure) => {
            let phones = wish.phones.map(|phones| format!(" --phones {phones}")).unwrap_or_default();
            println!("{failure}again: cargo xtask sim --seed {seed}{phones}\n");
        }
        None if wish.count == 1 => {
            println!("seed {seed}: nothing was broken; {} happenings, hash {:016x}", outcome.count, outcome.hash);
        }
        None => {}
    }
}
