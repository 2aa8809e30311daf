//! Writing all dialogs that have changed, in batches. A batch that the database refuses is tried again row by row, so that
//! a bad row holds up no other.

use super::id::DialogId;
use super::keeper::Keeper;
use super::record::Dialog;
use super::rows::{self, Misfit};
use super::state::State;
use super::store::{Begun, Does, Outcome, Store, not_written};
use module_api::sql::{Params, Query, Statement};
use module_api::{Env, Fault, Job};
use std::collections::VecDeque;
use std::sync::Arc;

/// Writing all that has changed.
pub struct Flush {
    keeper: Arc<Keeper>,
    part: usize,
    waiting: Vec<Arc<Dialog>>,
    /// What is tried alone.
    alone: VecDeque<Alone>,
    /// Rows that were refused before this run: they come last.
    set_aside: Vec<Arc<Dialog>>,
    /// First all rows go.
    clears: bool,
    /// Rows that were refused in this run.
    refusals: usize,
    /// Rows whose deletion was refused: they wait for the next run.
    undeleted: Vec<DialogId>,
}

enum Alone {
    Row(Arc<Dialog>),
    Gone(Vec<DialogId>),
}

/// Statements in one batch.
const BATCH_STATEMENTS: usize = 200;
/// Rows that were refused before are tried until so many are refused again: the others have their turn next time.
const REFUSALS_MAX: usize = 200;
/// Rows that one run names; more would fill the log with what one mistake in a table does.
const NAMED_MAX: usize = 10;

/// What a query has under way.
#[derive(Default)]
pub struct Pending {
    dialogs: Vec<(Arc<Dialog>, Does)>,
    gone: Vec<Vec<DialogId>>,
    is_alone: bool,
    clears: bool,
    /// Why the only row may be refused.
    misfit: Option<Misfit>,
}

impl Flush {
    /// Everything.
    pub fn new(keeper: &Arc<Keeper>) -> Flush {
        Flush {
            keeper: Arc::clone(keeper),
            part: 0,
            waiting: Vec::new(),
            alone: VecDeque::new(),
            set_aside: Vec::new(),
            clears: false,
            refusals: 0,
            undeleted: Vec::new(),
        }
    }

    /// Only what is to be deleted.
    pub fn of_gone(keeper: &Arc<Keeper>) -> Flush {
        Flush { part: keeper.table.parts(), ..Flush::new(keeper) }
    }

    /// The table is emptied, then filled with what is in memory.
    pub fn anew(keeper: &Arc<Keeper>) -> Flush {
        for dialog in keeper.table.all() {
            let mut inner = dialog.lock();
            inner.row.is_there = false;
            inner.row.is_old = inner.is_confirmed();
        }
        Flush { clears: true, ..Flush::new(keeper) }
    }

    /// The next query; `None` when all is written.
    pub fn next(&mut self, env: &Env<'_>) -> Option<(Query, Pending)> {
        let keeper = Arc::clone(&self.keeper);
        let store = keeper.store.as_ref()?;
        if std::mem::take(&mut self.clears) {
            let query = Query::new(store.database, &store.statements.clear, []);
            return Some((query, Pending { clears: true, ..Pending::default() }));
        }
        if let Some(found) = self.next_alone(store, env) {
            return Some(found);
        }
        let (mut statements, mut pending) = (Vec::new(), Pending::default());
        while statements.len() < BATCH_STATEMENTS {
            let some = store.gone.take(store.statements.some);
            if some.is_empty() {
                break;
            }
            statements.extend(deletions(store, &some));
            pending.gone.push(some);
        }
        while statements.len() < BATCH_STATEMENTS {
            let Some(dialog) = self.next_dialog() else { break };
            if dialog.lock().row.is_refused {
                self.set_aside.push(dialog);
                continue;
            }
            let Some(begun) = store.begin(&self.keeper, env, &dialog) else { continue };
            if begun.misfit.is_some() {
                // In SQLite it may well be taken.
                store.settle(&dialog, begun.does, Outcome::Unknown);
                self.alone.push_back(Alone::Row(dialog));
                continue;
            }
            statements.extend(begun.statements);
            pending.dialogs.push((dialog, begun.does));
        }
        if !statements.is_empty() {
            return Some((Query::batch(store.database, statements), pending));
        }
        let last = self.next_alone(store, env);
        if last.is_none() {
            self.finish(env);
        }
        last
    }

    fn next_dialog(&mut self) -> Option<Arc<Dialog>> {
        loop {
            if let Some(dialog) = self.waiting.pop() {
                return Some(dialog);
            }
            if self.part >= self.keeper.table.parts() {
                return None;
            }
            self.waiting = self.keeper.table.of_part(self.part);
            self.part += 1;
        }
    }

    fn next_alone(&mut self, store: &Store, env: &Env<'_>) -> Option<(Query, Pending)> {
        loop {
            let is_last = self.waiting.is_empty() && self.part >= self.keeper.table.parts();
            let next = self.alone.pop_front().or_else(|| {
                let may = is_last && self.refusals < REFUSALS_MAX;
                if may { self.set_aside.pop().map(Alone::Row) } else { None }
            });
            let alone = Pending { is_alone: true, ..Pending::default() };
            match next? {
                Alone::Gone(ids) => {
                    let query = Query::batch(store.database, deletions(store, &ids));
                    return Some((query, Pending { gone: vec![ids], ..alone }));
                }
                Alone::Row(dialog) => {
                    let Some(Begun { statements, does, misfit }) = store.begin(&self.keeper, env, &dialog) else {
                        continue;
                    };
                    let query = Query::batch(store.database, statements);
                    return Some((query, Pending { dialogs: vec![(dialog, does)], misfit, ..alone }));
                }
            }
        }
    }

    /// A query is done, or has failed.
    ///
    /// # Errors
    /// The database is in trouble: what is left must wait.
    pub fn settle(&mut self, env: &Env<'_>, pending: Pending, fault: Option<Fault>) -> Result<(), Fault> {
        let keeper = Arc::clone(&self.keeper);
        let Some(store) = &keeper.store else { return Ok(()) };
        let outcome = Outcome::of(fault.as_ref());
        for (dialog, does) in &pending.dialogs {
            // What has ended meanwhile is in no table any more.
            if store.settle(dialog, *does, outcome) && dialog.state() == State::Deleted {
                store.gone.add(dialog.id);
            }
        }
        let Some(fault) = fault else {
            pending.gone.iter().flatten().for_each(|id| store.gone.done(*id));
            return Ok(());
        };
        if outcome == Outcome::Unknown || pending.clears {
            self.undeleted.extend(pending.gone.iter().flatten());
            self.finish(env);
            return Err(fault);
        }
        if pending.is_alone {
            self.refused(store, env, &pending, &fault);
            return Ok(());
        }
        self.alone.extend(pending.gone.into_iter().map(Alone::Gone));
        self.alone.extend(pending.dialogs.into_iter().map(|(dialog, _)| Alone::Row(dialog)));
        Ok(())
    }

    fn refused(&mut self, store: &Store, env: &Env<'_>, pending: &Pending, fault: &Fault) {
        self.refusals += 1;
        self.undeleted.extend(pending.gone.iter().flatten());
        if let Some(id) = pending.gone.iter().flatten().next() {
            let (table, key) = (&store.statements.table, id.packed());
            env.log()
                .error(format!("table {table}, row {key}: it is of a call that is over, and is not deleted: {fault}"));
        }
        let Some((dialog, _)) = pending.dialogs.first() else { return };
        if store.set_aside(dialog) && self.refusals <= NAMED_MAX {
            env.log().error(store.refusal(dialog, pending.misfit, fault));
        }
    }

    /// As background work.
    pub fn job(mut self, env: &mut Env<'_>) -> Job {
        let Some((query, pending)) = self.next(env) else { return Job::DONE };
        Job::wait(query.into(), move |env, answer| match self.settle(env, pending, answer.rows().err()) {
            Ok(()) => self.job(env),
            Err(fault) => Job::Done(Err(not_written(&fault))),
        })
    }

    /// Nothing more is tried in this run.
    fn finish(&mut self, env: &Env<'_>) {
        if let Some(store) = &self.keeper.store {
            self.undeleted.drain(..).for_each(|id| store.gone.add(id));
        }
        if self.refusals > NAMED_MAX {
            env.log().error(format!("of the rows of dialogs, {} were refused by the database", self.refusals));
        }
    }
}

/// The statements that delete rows.
fn deletions(store: &Store, ids: &[DialogId]) -> Vec<(Arc<Statement>, Params)> {
    if ids.len() == store.statements.some && ids.len() > 1 {
        return vec![(Arc::clone(&store.statements.delete_some), ids.iter().copied().map(rows::id).collect())];
    }
    let one = |id: &DialogId| (Arc::clone(&store.statements.delete), std::iter::once(rows::id(*id)).collect());
    ids.iter().map(one).collect()
}
