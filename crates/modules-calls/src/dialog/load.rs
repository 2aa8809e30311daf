//! Dialogs that come back from the database: at start, and when a command wants it.

use super::columns::CHUNK_ROWS;
use super::keeper::Keeper;
use super::lifecycle::{arm_pings, tell};
use super::record::Dialog;
use super::rows;
use super::state::State;
use module_api::sql::{Cell, Query, Rows};
use module_api::{DialogEvent, Env, Fault, Job};
use std::sync::Arc;

/// The rows after an identifier.
pub fn query(keeper: &Keeper, after: i64) -> Option<Query> {
    let store = keeper.store.as_ref()?;
    Some(Query::new(store.database, &store.statements.load, [Cell::Int(after)]))
}

/// Loads all rows.
pub fn load(keeper: Arc<Keeper>, after: i64) -> Job {
    let Some(query) = query(&keeper, after) else { return Job::DONE };
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(rows) => match take(&keeper, env, &rows) {
            Some(last) => load(keeper, last),
            None => Job::DONE,
        },
        Err(fault) => Job::Done(Err(Fault::backend(format!("the dialogs could not be loaded: {fault}")))),
    })
}

/// Takes a chunk of rows: where the next begins, if there is one.
pub fn take(keeper: &Arc<Keeper>, env: &mut Env<'_>, rows: &Rows) -> Option<i64> {
    for row in &rows.rows {
        match rows::dialog(keeper, env, row) {
            Ok(dialog) => come_back(keeper, env, &dialog),
            Err((column, wrong)) => {
                let key = row.first().and_then(Cell::to_bytes).unwrap_or_default();
                let key = String::from_utf8_lossy(&key).into_owned();
                env.log().error(format!("table dialog, row {key}: column {column} {wrong}; the row is passed over"));
            }
        }
    }
    let last = rows.rows.iter().filter_map(|row| row.first().and_then(Cell::to_int)).max();
    last.filter(|_| rows.rows.len() >= CHUNK_ROWS)
}

fn come_back(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    // What rang when the server stopped has no transaction any more.
    let is_live = dialog.lock().is_confirmed();
    if !is_live {
        dialog.lock().state = State::Deleted;
        if let Some(store) = &keeper.store {
            store.gone.add(dialog.id);
        }
        return;
    }
    if !keeper.table.put(dialog) {
        return;
    }
    let profiles = {
        let mut inner = dialog.lock();
        arm_pings(keeper, &mut inner, env.now);
        inner.profiles.clone()
    };
    for (number, value) in profiles {
        keeper.profiles.join_again(number, &value, dialog.id);
    }
    keeper.counters.active.increment();
    keeper.table.schedule(dialog);
    tell(env, dialog, &mut DialogEvent::Loaded);
}
