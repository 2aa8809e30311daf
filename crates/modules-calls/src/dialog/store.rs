//! Dialogs in the database: when they are written, and that no statement overtakes another of the same dialog.

use super::columns;
use super::id::DialogId;
use super::keeper::Keeper;
use super::record::Dialog;
use super::rows;
use super::state::State;
use module_api::sql::{Database, Params, Query, Statement};
use module_api::{Counter, Env, Fault, Job};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where dialogs are written to.
pub struct Store {
    /// The database.
    pub database: Database,
    /// The statements.
    pub statements: columns::Statements,
    /// When it is written.
    pub mode: StoreMode,
    /// `db_flush_vals_profiles`: whether values, profiles and flags are written as soon as the state is.
    pub flushes_values: bool,
    /// Rows of dialogs that have ended, still to be deleted.
    gone: Mutex<BTreeSet<DialogId>>,
    forgotten: Counter,
}

/// `db_mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreMode {
    /// 1: each change at once.
    Realtime,
    /// 2: every `db_update_period`.
    Delayed,
    /// 3: at a clean stop.
    AtStop,
}

/// What has changed in a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Created,
    /// Its state or lifetime.
    State,
    /// Its values, flags, profiles or routes.
    Values,
}

/// More rows to delete than a database misses for long.
const GONE_MAX: usize = 1_000_000;

/// What one statement does to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Writes,
    Deletes,
}

impl Store {
    /// A store.
    pub fn new(
        database: Database,
        statements: columns::Statements,
        mode: StoreMode,
        flushes_values: bool,
        forgotten: Counter,
    ) -> Store {
        Store { database, statements, mode, flushes_values, gone: Mutex::default(), forgotten }
    }

    /// A dialog has changed.
    pub fn changed(&self, keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>, change: Change) {
        {
            let mut inner = dialog.lock();
            let is_known = inner.row.is_there || inner.row.is_busy || inner.answered.is_some();
            if change == Change::Created || !is_known {
                return;
            }
            inner.row.is_old = true;
            if inner.state == State::Deleted && self.mode != StoreMode::Realtime && !inner.row.is_busy {
                if inner.row.is_there {
                    self.forget(dialog.id);
                }
                inner.row.is_old = false;
                return;
            }
        }
        if self.mode == StoreMode::Realtime && (change == Change::State || self.flushes_values) {
            write(keeper, env, dialog);
        }
    }

    /// A row is to be deleted later.
    fn forget(&self, id: DialogId) {
        let mut gone = self.gone();
        if gone.len() >= GONE_MAX {
            return self.forgotten.increment();
        }
        gone.insert(id);
    }

    fn gone(&self) -> MutexGuard<'_, BTreeSet<DialogId>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes rows to delete, as many as one statement takes.
    pub fn take_gone(&self) -> Vec<DialogId> {
        let mut gone = self.gone();
        let mut some = Vec::new();
        while some.len() < self.statements.some {
            let Some(id) = gone.pop_first() else { break };
            some.push(id);
        }
        some
    }

    /// They could not be deleted.
    pub fn put_gone(&self, ids: &[DialogId]) {
        self.gone().extend(ids);
    }

    /// Begins to write a dialog's row, unless there is nothing to write or a statement is under way.
    fn begin(&self, keeper: &Keeper, env: &Env<'_>, dialog: &Dialog) -> Option<(Statements, Does)> {
        let mut inner = dialog.lock();
        if inner.row.is_busy || !inner.row.is_old {
            return None;
        }
        inner.row.is_old = false;
        let is_over = inner.state == State::Deleted;
        let may_be_there = inner.row.is_there || inner.row.is_doubtful;
        if is_over && !may_be_there || !is_over && !inner.is_confirmed() {
            return None;
        }
        inner.row.is_busy = true;
        let delete = || (Arc::clone(&self.statements.delete), std::iter::once(rows::id(dialog.id)).collect());
        if is_over {
            return Some((smallvec![delete()], Does::Deletes));
        }
        let row = rows::row(keeper, env, dialog, &inner);
        let insert = Arc::clone(&self.statements.insert);
        if inner.row.is_doubtful {
            return Some((smallvec![delete(), (insert, row)], Does::Writes));
        }
        if !inner.row.is_there {
            return Some((smallvec![(insert, row)], Does::Writes));
        }
        let mut values = row.into_iter();
        let id = values.next();
        let update = (Arc::clone(&self.statements.update), values.chain(id).collect());
        Some((smallvec![update], Does::Writes))
    }
}

/// What is run for one row.
type Statements = SmallVec<[(Arc<Statement>, Params); 1]>;

/// A statement has been run, or has failed. Whether the row is old again.
fn settle(store: &Store, dialog: &Dialog, does: Does, succeeded: bool) -> bool {
    let mut inner = dialog.lock();
    inner.row.is_busy = false;
    inner.row.is_doubtful = !succeeded;
    if succeeded {
        inner.row.is_there = does == Does::Writes;
        return inner.row.is_old;
    }
    inner.row.is_old = true;
    if inner.state == State::Deleted {
        // It is in no table any more: only its row is left.
        store.forget(dialog.id);
    }
    false
}

/// Writes a dialog's row in the background; what changes meanwhile is written after it.
pub fn write(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    let Some(store) = &keeper.store else { return };
    let Some((statements, does)) = store.begin(keeper, env, dialog) else { return };
    let query = Query { database: store.database, statements };
    let (keeper, dialog) = (Arc::clone(keeper), Arc::clone(dialog));
    env.start(Job::wait(query.into(), move |env, answer| {
        let fault = answer.rows().err();
        let Some(store) = &keeper.store else { return Job::DONE };
        if settle(store, &dialog, does, fault.is_none()) {
            write(&keeper, env, &dialog);
        }
        fault.map_or(Job::DONE, |fault| Job::Done(Err(not_written(&fault))))
    }));
}

fn not_written(fault: &Fault) -> Fault {
    Fault::backend(format!("dialogs were not written, which is tried again: {fault}"))
}

/// Writing all that has changed, in batches.
pub struct Flush {
    keeper: Arc<Keeper>,
    part: usize,
    waiting: Vec<Arc<Dialog>>,
    /// First all rows go.
    clears: bool,
}

/// Rows in one batch.
const BATCH_ROWS: usize = 200;

/// What a batch has under way.
#[derive(Default)]
pub struct Pending {
    dialogs: Vec<(Arc<Dialog>, Does)>,
    gone: Vec<DialogId>,
}

impl Flush {
    /// Everything.
    pub fn new(keeper: &Arc<Keeper>) -> Flush {
        Flush { keeper: Arc::clone(keeper), part: 0, waiting: Vec::new(), clears: false }
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

    /// The next batch; `None` when all is written.
    pub fn next(&mut self, env: &Env<'_>) -> Option<(Query, Pending)> {
        let store = self.keeper.store.as_ref()?;
        let (mut statements, mut pending) = (Vec::new(), Pending::default());
        if std::mem::take(&mut self.clears) {
            statements.push((Arc::clone(&store.statements.clear), Params::new()));
        }
        let gone = store.take_gone();
        if gone.len() == store.statements.some && gone.len() > 1 {
            statements.push((Arc::clone(&store.statements.delete_some), gone.iter().copied().map(rows::id).collect()));
        } else {
            let one = |id: &DialogId| std::iter::once(rows::id(*id)).collect();
            statements.extend(gone.iter().map(|id| (Arc::clone(&store.statements.delete), one(id))));
        }
        pending.gone = gone;
        while statements.len() < BATCH_ROWS {
            let Some(dialog) = self.waiting.pop() else {
                if self.part >= self.keeper.table.parts() {
                    break;
                }
                self.waiting = self.keeper.table.of_part(self.part);
                self.part += 1;
                continue;
            };
            if let Some((of_row, does)) = store.begin(&self.keeper, env, &dialog) {
                statements.extend(of_row);
                pending.dialogs.push((dialog, does));
            }
        }
        (!statements.is_empty()).then(|| (Query::batch(store.database, statements), pending))
    }

    /// A batch is done, or has failed.
    pub fn settle(&self, pending: &Pending, succeeded: bool) {
        let Some(store) = &self.keeper.store else { return };
        for (dialog, does) in &pending.dialogs {
            // What has ended meanwhile is in no table any more.
            if settle(store, dialog, *does, succeeded) && dialog.state() == State::Deleted {
                store.forget(dialog.id);
            }
        }
        if !succeeded {
            store.put_gone(&pending.gone);
        }
    }

    /// As background work.
    pub fn job(mut self, env: &mut Env<'_>) -> Job {
        let Some((query, pending)) = self.next(env) else { return Job::DONE };
        Job::wait(query.into(), move |env, answer| {
            let fault = answer.rows().err();
            self.settle(&pending, fault.is_none());
            match fault {
                None => self.job(env),
                Some(fault) => Job::Done(Err(not_written(&fault))),
            }
        })
    }
}
