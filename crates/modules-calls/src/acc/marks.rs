//! What a transaction is marked for, and the values that go with it.

use super::fields::Fields;
use super::params::NEEDS_AAA;
use catalogue::Value;
use module_api::{Call, Fault, Time};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where accounting can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The log.
    Log,
    /// A database table.
    Db,
    /// An event.
    Event,
}

/// What is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// The transaction succeeded.
    Done,
    /// It failed, and failures count too.
    Failed,
    /// It is a call that was missed.
    Missed,
    /// It is a call that was answered and has ended.
    Call,
}

/// Marks: a bit for each backend and occasion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u16);

/// What `acc` attaches to a request.
#[derive(Clone, Debug)]
pub struct Accounting {
    /// What is to be written.
    pub marks: Marks,
    /// The table, if `do_accounting()` named one.
    pub table: Option<String>,
    /// What it has in common with other requests of the call.
    pub common: Common,
    /// When the request came.
    pub created: Time,
}

/// What all requests of a call have in common once the call is to have a record; until then, what one of them has.
#[derive(Clone, Debug)]
pub struct Common(Arc<Mutex<Values>>);

/// The values of a call's record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Where the record of the call goes: only [`Occasion::Call`].
    pub marks: Marks,
    /// The table, if `do_accounting()` named one.
    pub table: Option<String>,
    /// The values of `$acc_extra(x)`, in the order of the tags.
    pub extra: Vec<Value>,
    /// The values of `$acc_leg(x)`, for each leg in the order of its tags.
    pub legs: Vec<Vec<Value>>,
}

impl Backend {
    /// All of them.
    pub const ALL: [Backend; 3] = [Backend::Log, Backend::Db, Backend::Event];

    /// Its name in `do_accounting()`.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Log => "log",
            Backend::Db => "db",
            Backend::Event => "evi",
        }
    }

    /// From its name in `do_accounting()`.
    ///
    /// # Errors
    /// There is no such backend, or it is not there yet.
    pub fn of(name: &str) -> Result<Backend, Fault> {
        match name.to_ascii_lowercase().as_str() {
            "log" => Ok(Backend::Log),
            "db" => Ok(Backend::Db),
            "evi" => Ok(Backend::Event),
            "aaa" => Err(Fault::script(NEEDS_AAA)),
            _ => Err(Fault::script(format!("accounting type \"{name}\": it is one of log, db, evi, aaa"))),
        }
    }
}

impl Occasion {
    /// All of them.
    pub const ALL: [Occasion; 4] = [Occasion::Done, Occasion::Failed, Occasion::Missed, Occasion::Call];

    /// From a flag of `do_accounting()`.
    ///
    /// # Errors
    /// There is no such flag.
    pub fn of(flag: &str) -> Result<Occasion, Fault> {
        match flag.to_ascii_lowercase().as_str() {
            "missed" => Ok(Occasion::Missed),
            "failed" => Ok(Occasion::Failed),
            "cdr" => Ok(Occasion::Call),
            _ => Err(Fault::script(format!("accounting flag \"{flag}\": it is one of missed, failed, cdr"))),
        }
    }
}

impl Marks {
    /// Adds a mark.
    pub const fn set(&mut self, backend: Backend, occasion: Occasion) {
        self.0 |= bit(backend, occasion);
    }

    /// Takes a mark away.
    pub const fn reset(&mut self, backend: Backend, occasion: Occasion) {
        self.0 &= !bit(backend, occasion);
    }

    /// Whether it is marked.
    pub const fn has(self, backend: Backend, occasion: Occasion) -> bool {
        self.0 & bit(backend, occasion) != 0
    }

    /// Whether any backend is marked for this occasion.
    pub fn any(self, occasion: Occasion) -> bool {
        Backend::ALL.into_iter().any(|backend| self.has(backend, occasion))
    }
}

const fn bit(backend: Backend, occasion: Occasion) -> u16 {
    1 << (backend as u16 * 4 + occasion as u16)
}

impl Accounting {
    /// Nothing marked.
    pub fn new(common: Common, created: Time) -> Accounting {
        Accounting { marks: Marks::default(), table: None, common, created }
    }

    /// The one attached to the request of a call.
    pub fn attached<'c>(call: &'c Call<'_>) -> Option<&'c Accounting> {
        call.msg.extensions.get()
    }
}

impl Common {
    /// Without values, with one leg.
    pub fn new(fields: &Fields) -> Common {
        Common::of(Values::new(fields))
    }

    /// With these values.
    pub fn of(values: Values) -> Common {
        Common(Arc::new(Mutex::new(values)))
    }

    /// The values.
    pub fn lock(&self) -> MutexGuard<'_, Values> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Values {
    /// None, with one leg.
    pub fn new(fields: &Fields) -> Values {
        Values {
            marks: Marks::default(),
            table: None,
            extra: vec![Value::Null; fields.extra.tags.len()],
            legs: vec![vec![Value::Null; fields.leg.tags.len()]],
        }
    }
}
