//! A set of databases behind one name (`virtual://`): what one of them does not do, another does.
//!
//! A statement that failed on one database is begun again on the next. What the first may have kept before it broke is
//! then in both: that is what a set is for.

use crate::databases::Backend;
use crate::{OpenError, Reply, needs};
use module_api::sql::{Params, Rows, Statement};
use module_api::{DatabaseSet, DatabaseWish, Fault, Logger, SetMode, Whose};
use smallvec::SmallVec;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Statements of one query.
type Statements = SmallVec<[(Arc<Statement>, Params); 1]>;
/// Databases by their positions, in the order in which they are tried.
type Order = SmallVec<[usize; 4]>;

/// The databases of a set.
pub struct Set {
    of: Arc<DatabaseSet>,
    members: Vec<Arc<Backend>>,
    /// Whose turn it is.
    next: AtomicUsize,
    /// When each was last found not to work.
    failed_at: Mutex<Vec<Option<Instant>>>,
    log: Logger,
}

impl Set {
    /// A set of databases that are open.
    pub fn new(of: Arc<DatabaseSet>, members: Vec<Arc<Backend>>, log: &Logger) -> Set {
        let failed_at = Mutex::new(vec![None; members.len()]);
        Set { of, members, next: AtomicUsize::new(0), failed_at, log: log.clone() }
    }

    /// Runs statements as the set's mode says.
    pub fn submit(self: &Arc<Set>, statements: Statements, reply: Reply) {
        self.ask_who_failed();
        let order = self.order();
        if self.of.mode == SetMode::Parallel && statements.iter().any(|(statement, _)| statement.writes) {
            return self.submit_to_all(&order, &statements, reply);
        }
        self.try_next(order, statements, reply, None);
    }

    /// What is wrong with the databases: one that cannot be had now is only noted if another can.
    pub fn check(&self, wish: &DatabaseWish, version_table: &str) -> Vec<OpenError> {
        let found: Vec<Vec<OpenError>> = self.members.iter().map(|member| member.check(wish, version_table)).collect();
        for (position, errors) in found.iter().enumerate() {
            if let Some(absent) = errors.iter().find(|error| error.is_absence()) {
                self.failed(position, &absent.to_string());
            }
        }
        needs::of_set(found)
    }

    /// Stops all of them.
    pub fn stop(&self) {
        self.members.iter().for_each(|member| member.stop());
    }

    /// Who is tried, and in which order. Where none is known to work, all that may be used are tried.
    fn order(&self) -> Order {
        let members = &self.of.members;
        let allowed =
            || (0..self.members.len()).filter(|at| members.get(*at).is_some_and(|member| member.is_allowed()));
        let mut order: Order = allowed().filter(|at| members.get(*at).is_some_and(|member| member.is_up())).collect();
        if order.is_empty() {
            order = allowed().collect();
        }
        if self.of.mode == SetMode::Round && !order.is_empty() {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % order.len();
            order.rotate_left(turn);
        }
        order
    }

    fn try_next(self: &Arc<Set>, mut order: Order, statements: Statements, reply: Reply, last: Option<Fault>) {
        let Some(position) = (!order.is_empty()).then(|| order.remove(0)) else {
            let none = || Fault::backend(format!("no database of the set {} may be used", self.of.name));
            return reply(Err(last.unwrap_or_else(none)));
        };
        let Some(member) = self.members.get(position) else { return };
        let (set, again) = (Arc::clone(self), statements.clone());
        member.submit(
            statements,
            Box::new(move |answer| match set.noted(position, answer) {
                Err(fault) if is_trouble(&fault) => set.try_next(order, again, reply, Some(fault)),
                answer => reply(answer),
            }),
        );
    }

    /// To all at once; it has gone well if it has on one.
    fn submit_to_all(self: &Arc<Set>, order: &[usize], statements: &Statements, reply: Reply) {
        if order.is_empty() {
            return self.try_next(Order::new(), Statements::new(), reply, None);
        }
        let answers = Arc::new(Mutex::new(Answers { missing: order.len(), best: None, reply: Some(reply) }));
        for position in order {
            let Some(member) = self.members.get(*position) else { continue };
            let (set, answers, position) = (Arc::clone(self), Arc::clone(&answers), *position);
            member.submit(
                statements.clone(),
                Box::new(move |answer| {
                    let answer = set.noted(position, answer);
                    let done = answers.lock().unwrap_or_else(PoisonError::into_inner).take(answer);
                    if let Some((reply, answer)) = done {
                        reply(answer);
                    }
                }),
            );
        }
    }

    fn noted(&self, position: usize, answer: Result<Rows, Fault>) -> Result<Rows, Fault> {
        match &answer {
            Err(fault) if is_trouble(fault) => self.failed(position, &fault.text),
            _ => {
                if self.of.members.get(position).is_some_and(|member| member.succeeded()) {
                    self.log.warning(format!("database {position} of the set {} works again", self.of.name));
                }
            }
        }
        answer
    }

    fn failed(&self, position: usize, why: &str) {
        if let Some(at) = self.failed_at.lock().unwrap_or_else(PoisonError::into_inner).get_mut(position) {
            *at = Some(Instant::now());
        }
        if self.of.members.get(position).is_some_and(|member| member.failed()) {
            self.log.error(format!("database {position} of the set {} is left alone: {why}", self.of.name));
        }
    }

    /// Asks those that have been left alone long enough whether they are back; no query waits for that.
    fn ask_who_failed(self: &Arc<Set>) {
        if self.of.members.iter().all(|member| member.is_up()) {
            return;
        }
        for (position, (known, member)) in self.of.members.iter().zip(&self.members).enumerate() {
            if !known.may_be_asked(self.of.retries_max) || !self.is_due(position) {
                continue;
            }
            let set = Arc::clone(self);
            let question = (Statement::raw("SELECT 1"), Params::new());
            member.submit(
                [question].into_iter().collect(),
                Box::new(move |answer| match (answer, set.of.members.get(position)) {
                    (Ok(_), Some(member)) => {
                        member.is_back();
                        set.log.warning(format!("database {position} of the set {} is back", set.of.name));
                    }
                    (Err(fault), _) => set.failed(position, &fault.text),
                    (Ok(_), None) => {}
                }),
            );
        }
    }

    /// Whether it has been left alone long enough; then its time begins anew.
    fn is_due(&self, position: usize) -> bool {
        let mut failed_at = self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = failed_at.get_mut(position) else { return false };
        if at.is_some_and(|at| at.elapsed() < self.of.probe) {
            return false;
        }
        *at = Some(Instant::now());
        true
    }
}

/// What comes back from all databases of a set.
struct Answers {
    missing: usize,
    best: Option<Result<Rows, Fault>>,
    reply: Option<Reply>,
}

impl Answers {
    /// Takes one in; the best of all when it was the last.
    fn take(&mut self, answer: Result<Rows, Fault>) -> Option<(Reply, Result<Rows, Fault>)> {
        self.missing = self.missing.saturating_sub(1);
        // What the statement itself is refused for says more than that a database is away.
        let is_better = match (&self.best, &answer) {
            (Some(Ok(_)), _) => false,
            (None, _) | (_, Ok(_)) => true,
            (Some(Err(known)), Err(fault)) => is_trouble(known) && !is_trouble(fault),
        };
        if is_better {
            self.best = Some(answer);
        }
        if self.missing > 0 {
            return None;
        }
        Some((self.reply.take()?, self.best.take()?))
    }
}

/// Whether another database may do what this one did not.
fn is_trouble(fault: &Fault) -> bool {
    fault.whose != Whose::Script
}

#[cfg(test)]
mod tests;
