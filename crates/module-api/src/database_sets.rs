//! Databases that stand together behind a virtual one (module `db_virtual`): which there are, and which may be used. The
//! module's commands and the edge that asks the databases share this.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Databases behind `virtual://name`.
#[derive(Debug)]
pub struct DatabaseSet {
    /// Its name.
    pub name: String,
    /// How they are used.
    pub mode: SetMode,
    /// The databases, in order.
    pub members: Vec<SetMember>,
    /// How long a member that failed is left alone before it is asked whether it is back.
    pub probe: Duration,
    /// How often in a row a member may say that it is back and fail all the same.
    pub retries_max: u32,
}

/// How the databases of a set are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetMode {
    /// The first that works.
    Failover,
    /// What is written goes to all of them; what is read comes from the first that works.
    Parallel,
    /// Each in its turn, or the next that works.
    Round,
}

/// A database of a set.
#[derive(Debug)]
pub struct SetMember {
    /// Its URL.
    pub url: String,
    is_up: AtomicBool,
    is_allowed: AtomicBool,
    /// It has said that it is back, and nothing has gone well since.
    is_on_trial: AtomicBool,
    failed_trials: AtomicU32,
    /// However often it fails, it is asked again.
    is_patient: AtomicBool,
}

impl SetMode {
    /// All of them, by their names.
    pub const NAMES: [(&'static str, SetMode); 3] =
        [("FAILOVER", SetMode::Failover), ("PARALLEL", SetMode::Parallel), ("ROUND", SetMode::Round)];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            SetMode::Failover => "FAILOVER",
            SetMode::Parallel => "PARALLEL",
            SetMode::Round => "ROUND",
        }
    }
}

impl SetMember {
    /// A database that may be used and is taken to work.
    pub fn new(url: impl Into<String>) -> SetMember {
        SetMember {
            url: url.into(),
            is_up: AtomicBool::new(true),
            is_allowed: AtomicBool::new(true),
            is_on_trial: AtomicBool::new(false),
            failed_trials: AtomicU32::new(0),
            is_patient: AtomicBool::new(false),
        }
    }

    /// Whether it works, as far as is known.
    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// Whether the operator lets it be used.
    pub fn is_allowed(&self) -> bool {
        self.is_allowed.load(Ordering::Relaxed)
    }

    /// How often in a row it has failed right after it had said that it was back.
    pub fn failed_trials(&self) -> u32 {
        self.failed_trials.load(Ordering::Relaxed)
    }

    /// Whether it is worth asking whether it is back.
    pub fn may_be_asked(&self, retries_max: u32) -> bool {
        !self.is_up() && (self.is_patient.load(Ordering::Relaxed) || self.failed_trials() < retries_max)
    }

    /// The operator's word; with `patient` its failures are forgotten, and not counted from now on.
    pub fn allow(&self, is_allowed: bool, patient: Option<bool>) {
        self.is_allowed.store(is_allowed, Ordering::Relaxed);
        if let Some(patient) = patient {
            self.is_patient.store(patient, Ordering::Relaxed);
            self.failed_trials.store(0, Ordering::Relaxed);
        }
    }

    /// Something has gone well. Whether that is news.
    pub fn succeeded(&self) -> bool {
        // Nothing is written where nothing has changed: every query comes by here.
        if self.is_on_trial.load(Ordering::Relaxed) {
            self.is_on_trial.store(false, Ordering::Relaxed);
            self.failed_trials.store(0, Ordering::Relaxed);
        }
        !self.is_up() && !self.is_up.swap(true, Ordering::Relaxed)
    }

    /// Something has failed. Whether that is news.
    pub fn failed(&self) -> bool {
        if self.is_on_trial.swap(false, Ordering::Relaxed) {
            self.failed_trials.fetch_add(1, Ordering::Relaxed);
        }
        self.is_up.swap(false, Ordering::Relaxed)
    }

    /// It was asked, and says that it is back.
    pub fn is_back(&self) {
        self.is_on_trial.store(true, Ordering::Relaxed);
        self.is_up.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::SetMember;

    #[test]
    fn who_says_that_he_is_back_and_fails_again_is_given_up() {
        let member = SetMember::new("sqlite://x");
        assert!(member.is_up() && !member.may_be_asked(2));
        assert!(member.failed() && !member.failed());
        for trial in 1..=2 {
            assert!(member.may_be_asked(2));
            member.is_back();
            member.failed();
            assert_eq!(member.failed_trials(), trial);
        }
        assert!(!member.may_be_asked(2));
        member.allow(true, Some(true));
        assert_eq!(member.failed_trials(), 0);
        for _ in 0..3 {
            assert!(member.may_be_asked(2));
            member.is_back();
            member.failed();
        }
        member.is_back();
        assert!(!member.succeeded() && member.is_up() && member.failed_trials() == 0);
    }
}
