//! Dialogs in the database: when they are written, and that no statement overtakes another of the same dialog.

use super::columns;
use super::gone::Gone;
use super::keeper::Keeper;
use super::record::Dialog;
use super::rows::{self, Misfit};
use super::state::State;
use module_api::sql::{Database, Params, Query, Statement};
use module_api::{Counter, Env, Fault, Job, Whose};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

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
    /// Rows of dialogs that have ended.
    pub gone: Gone,
    /// Rows that the database has refused.
    refused: Counter,
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
    /// Its state or lifetime, or where a party is reached.
    State,
    /// Its values, flags, profiles or routes.
    Values,
}

/// What one statement does to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It is as the dialog is.
    Writes,
    /// It is not there any more.
    Deletes,
}

/// What is run for one row.
pub struct Begun {
    /// The statements.
    pub statements: SmallVec<[(Arc<Statement>, Params); 1]>,
    /// What they do.
    pub does: Does,
    /// Why the database may refuse them.
    pub misfit: Option<Misfit>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The database has refused it, and is well: what stands in the row is at fault, or the table.
    Refused,
    /// The database is in trouble: it may have been done or not.
    Unknown,
}

impl Outcome {
    /// Of a query with this fault.
    pub fn of(fault: Option<&Fault>) -> Outcome {
        match fault {
            None => Outcome::Done,
            Some(fault) if fault.whose == Whose::Script => Outcome::Refused,
            Some(_) => Outcome::Unknown,
        }
    }
}

impl Store {
    /// A store.
    pub fn new(
        database: Database,
        statements: columns::Statements,
        mode: StoreMode,
        flushes_values: bool,
        [forgotten, refused]: [Counter; 2],
    ) -> Store {
        Store { database, statements, mode, flushes_values, gone: Gone::new(forgotten), refused }
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
            if inner.state == State::Deleted && inner.row.is_busy {
                self.gone.leaves(dialog.id);
            } else if inner.state == State::Deleted && self.mode != StoreMode::Realtime {
                if inner.row.is_there || inner.row.is_doubtful {
                    self.gone.add(dialog.id);
                }
                inner.row.is_old = false;
                return;
            }
        }
        if self.mode == StoreMode::Realtime && (change == Change::State || self.flushes_values) {
            write(keeper, env, dialog);
        }
    }

    /// Begins to write a dialog's row, unless there is nothing to write or a statement is under way.
    pub fn begin(&self, keeper: &Keeper, env: &Env<'_>, dialog: &Dialog) -> Option<Begun> {
        let mut inner = dialog.lock();
        if inner.row.is_busy || !(inner.row.is_old || inner.row.has_old_numbers) {
            return None;
        }
        (inner.row.is_old, inner.row.has_old_numbers) = (false, false);
        let is_over = inner.state == State::Deleted;
        let may_be_there = inner.row.is_there || inner.row.is_doubtful;
        if is_over && !may_be_there || !is_over && !inner.is_confirmed() {
            self.gone.done(dialog.id);
            return None;
        }
        inner.row.is_busy = true;
        let delete = || (Arc::clone(&self.statements.delete), std::iter::once(rows::id(dialog.id)).collect());
        if is_over {
            self.gone.leaves(dialog.id);
            return Some(Begun { statements: smallvec![delete()], does: Does::Deletes, misfit: None });
        }
        let (row, misfit) = rows::row(keeper, env, dialog, &inner);
        let insert = Arc::clone(&self.statements.insert);
        let statements = if inner.row.is_doubtful {
            smallvec![delete(), (insert, row)]
        } else if inner.row.is_there {
            let mut values = row.into_iter();
            let id = values.next();
            smallvec![(Arc::clone(&self.statements.update), values.chain(id).collect())]
        } else {
            smallvec![(insert, row)]
        };
        Some(Begun { statements, does: Does::Writes, misfit })
    }

    /// A statement has been run, or has failed. Whether the row is old again.
    pub fn settle(&self, dialog: &Dialog, does: Does, outcome: Outcome) -> bool {
        let mut inner = dialog.lock();
        inner.row.is_busy = false;
        inner.row.is_doubtful = outcome != Outcome::Done;
        if outcome == Outcome::Done {
            inner.row.is_refused = false;
            inner.row.is_there = does == Does::Writes;
            if does == Does::Deletes {
                self.gone.done(dialog.id);
            }
            return inner.row.is_old;
        }
        inner.row.is_old = true;
        if inner.state == State::Deleted {
            // It is in no table any more: only its row is left.
            self.gone.add(dialog.id);
        }
        false
    }

    /// A row was refused when it was tried alone: from now on it is, so that it is in the way of no other. Whether that
    /// is news.
    pub fn set_aside(&self, dialog: &Dialog) -> bool {
        self.refused.increment();
        !std::mem::replace(&mut dialog.lock().row.is_refused, true)
    }

    /// What is said of a row that was refused.
    pub fn refusal(&self, dialog: &Dialog, misfit: Option<Misfit>, fault: &Fault) -> String {
        let (table, key) = (&self.statements.table, dialog.id.packed());
        let misfit = misfit.map_or(String::new(), |misfit| format!("column {} {}; ", misfit.column, misfit.how));
        format!(
            "table {table}, row {key}: {misfit}the row is set aside, and its call, while it goes on, would not outlast a \
             restart: {fault}"
        )
    }
}

/// Writes a dialog's row in the background; what changes meanwhile is written after it.
pub fn write(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    let Some(store) = &keeper.store else { return };
    let Some(Begun { statements, does, misfit }) = store.begin(keeper, env, dialog) else { return };
    let query = Query { database: store.database, statements };
    let (keeper, dialog) = (Arc::clone(keeper), Arc::clone(dialog));
    env.start(Job::wait(query.into(), move |env, answer| {
        let fault = answer.rows().err();
        let Some(store) = &keeper.store else { return Job::DONE };
        let outcome = Outcome::of(fault.as_ref());
        if store.settle(&dialog, does, outcome) {
            write(&keeper, env, &dialog);
        }
        let Some(fault) = fault else { return Job::DONE };
        if outcome == Outcome::Unknown {
            return Job::Done(Err(not_written(&fault)));
        }
        if store.set_aside(&dialog) {
            env.log().error(store.refusal(&dialog, misfit, &fault));
        }
        Job::DONE
    }));
}

/// The fault of work that has written nothing.
pub fn not_written(fault: &Fault) -> Fault {
    Fault::backend(format!("dialogs were not written, which is tried again: {fault}"))
}
