//! One pipe: what has come through it, and whether the next message is over its limit.

use super::window::{Grain, Window};
use module_api::Time;

/// How a pipe decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// What is over the limit of an interval is over.
    Taildrop,
    /// As much as the last interval had too many, spread evenly.
    Red,
    /// What is over the limit of a window that moves with time.
    Sbt,
    /// Everything, while more bytes wait to be received than the limit.
    Network,
    /// As much as holds the load at the limit (percent).
    Feedback,
}

/// What all pipes go by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The length of an interval.
    pub(super) interval_s: u32,
    /// Whether limits of TAILDROP and RED are for an interval rather than a second.
    pub(super) per_interval: bool,
    pub(super) grain: Grain,
}

/// How things stood at the end of the last interval.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Conditions {
    /// Bytes that waited to be received.
    pub(super) network_bytes: i64,
    /// What share of messages FEEDBACK lets fall, in percent.
    pub(super) drop_rate: u32,
}

/// A pipe.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    pub(super) algorithm: Algorithm,
    pub(super) limit: i32,
    /// What came in this interval, on all servers if it is shared.
    counter: u64,
    /// In the last one.
    last: u64,
    /// The interval that `last` was fetched for, of a shared pipe.
    pub(super) fetched_for: u64,
    /// Of SBT.
    window: Option<Window>,
    pub(super) used: Time,
}

impl Algorithm {
    pub(super) const ALL: [(&'static str, Algorithm); 5] = [
        ("TAILDROP", Algorithm::Taildrop),
        ("RED", Algorithm::Red),
        ("SBT", Algorithm::Sbt),
        ("NETWORK", Algorithm::Network),
        ("FEEDBACK", Algorithm::Feedback),
    ];

    pub(super) fn named(name: &[u8]) -> Option<Algorithm> {
        Algorithm::ALL.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|(_, known)| *known)
    }

    pub(super) fn name(self) -> &'static str {
        Algorithm::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

impl Pipe {
    pub(super) fn new(algorithm: Algorithm, limit: i32, rules: &Rules, now: Time) -> Pipe {
        let window = (algorithm == Algorithm::Sbt).then(|| Window::new(rules.grain));
        Pipe { algorithm, limit, counter: 0, last: 0, fetched_for: 0, window, used: now }
    }

    /// Counts a message; whether it is within the limit. `shared` is the count of all servers, of a shared pipe.
    pub(super) fn check(&mut self, rules: &Rules, conditions: Conditions, shared: Option<u64>, now: Time) -> bool {
        self.used = now;
        self.counter = shared.unwrap_or(self.counter.saturating_add(1));
        let limit = u64::try_from(self.limit).unwrap_or(0);
        let seconds = if rules.per_interval { 1 } else { u64::from(rules.interval_s) };
        let allowed = limit.saturating_mul(seconds);
        match self.algorithm {
            Algorithm::Taildrop => self.counter <= allowed,
            Algorithm::Red if allowed == 0 => false,
            Algorithm::Red => self.last <= allowed || is_due(self.counter, allowed, self.last),
            Algorithm::Sbt => self.window.as_mut().is_none_or(|window| window.add(now) <= limit),
            Algorithm::Network => conditions.network_bytes <= i64::from(self.limit),
            Algorithm::Feedback => !is_due(self.counter, u64::from(conditions.drop_rate), 100),
        }
    }

    /// Takes one message back.
    pub(super) fn decrement(&mut self, now: Time) {
        self.counter = self.counter.saturating_sub(1);
        if let Some(window) = &mut self.window {
            window.remove(now);
        }
    }

    pub(super) fn reset(&mut self) {
        self.counter = 0;
        if let Some(window) = &mut self.window {
            window.reset();
        }
    }

    /// An interval ends.
    pub(super) fn turn(&mut self) {
        self.last = std::mem::take(&mut self.counter);
    }

    /// What all servers counted in the last interval.
    pub(super) fn set_last(&mut self, last: u64, interval: u64) {
        self.last = last;
        self.fetched_for = interval;
    }

    /// How much is counted now.
    pub(super) fn count(&mut self, now: Time) -> u64 {
        self.window.as_mut().map_or(self.counter, |window| window.total(now))
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_idle(&mut self, now: Time) -> bool {
        self.last == 0 && self.count(now) == 0
    }

    pub(super) fn window(&self) -> Option<&Window> {
        self.window.as_ref()
    }
}

/// Whether number `number`, counted from 1, is one of `share` in every `whole`, evenly spread.
fn is_due(number: u64, share: u64, whole: u64) -> bool {
    let [number, share, whole] = [number, share, whole.max(1)].map(u128::from);
    number * share / whole > number.saturating_sub(1) * share / whole
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Conditions, Pipe, Rules};
    use crate::ratelimit::window::Grain;
    use module_api::Time;
    use std::time::Duration;

    const NOW: Time = Time::from_unix_seconds(1_700_000_000);
    const RULES: Rules =
        Rules { interval_s: 10, per_interval: false, grain: Grain { slots: 10, period: Duration::from_secs(1) } };

    /// Which of so many messages pass: a `+` for each, else a `-`.
    fn passing(pipe: &mut Pipe, rules: &Rules, conditions: Conditions, messages: usize) -> String {
        (0..messages).map(|_| if pipe.check(rules, conditions, None, NOW) { '+' } else { '-' }).collect()
    }

    fn pipe(algorithm: Algorithm, limit: i32) -> Pipe {
        Pipe::new(algorithm, limit, &RULES, NOW)
    }

    #[test]
    fn taildrop_lets_the_first_through() {
        let mut pipe = pipe(Algorithm::Taildrop, 1);
        assert_eq!(passing(&mut pipe, &RULES, Conditions::default(), 12), "++++++++++--");
        pipe.turn();
        let rules = Rules { per_interval: true, ..RULES };
        assert_eq!(passing(&mut pipe, &rules, Conditions::default(), 3), "+--");
        pipe.decrement(NOW);
        pipe.reset();
        assert_eq!(passing(&mut pipe, &rules, Conditions::default(), 2), "+-");
    }

    #[test]
    fn red_spreads_what_passes() {
        let rules = Rules { per_interval: true, ..RULES };
        let mut pipe = pipe(Algorithm::Red, 3);
        assert_eq!(passing(&mut pipe, &rules, Conditions::default(), 9), "+++++++++");
        pipe.turn();
        assert_eq!(passing(&mut pipe, &rules, Conditions::default(), 9), "--+--+--+");
        pipe.turn();
        pipe.limit = 9;
        assert_eq!(passing(&mut pipe, &rules, Conditions::default(), 3), "+++");
        pipe.limit = 0;
        assert_eq!(passing(&mut pipe, &rules, Conditions::default(), 3), "---");
    }

    #[test]
    fn sbt_counts_the_window() {
        let mut pipe = pipe(Algorithm::Sbt, 2);
        assert_eq!(passing(&mut pipe, &RULES, Conditions::default(), 3), "++-");
        assert!(!pipe.check(&RULES, Conditions::default(), None, NOW + Duration::from_secs(9)));
        assert!(pipe.check(&RULES, Conditions::default(), None, NOW + Duration::from_secs(10)));
        assert_eq!(pipe.count(NOW + Duration::from_secs(10)), 2);
    }

    #[test]
    fn network_and_feedback_go_by_conditions() {
        let busy = Conditions { network_bytes: 1001, drop_rate: 40 };
        assert_eq!(passing(&mut pipe(Algorithm::Network, 1000), &RULES, busy, 2), "--");
        assert_eq!(passing(&mut pipe(Algorithm::Network, 1000), &RULES, Conditions::default(), 2), "++");
        assert_eq!(passing(&mut pipe(Algorithm::Feedback, 80), &RULES, busy, 10), "++-+-++-+-");
        assert_eq!(passing(&mut pipe(Algorithm::Feedback, 80), &RULES, Conditions::default(), 5), "+++++");
        let overload = Conditions { drop_rate: 100, ..busy };
        assert_eq!(passing(&mut pipe(Algorithm::Feedback, 80), &RULES, overload, 5), "-----");
    }

    #[test]
    fn shared_pipes_count_what_all_servers_do() {
        let mut pipe = pipe(Algorithm::Taildrop, 1);
        assert!(pipe.check(&RULES, Conditions::default(), Some(10), NOW));
        assert!(!pipe.check(&RULES, Conditions::default(), Some(11), NOW));
    }
}
