//! Dialogs that come back from the database: at start, and when a command wants it.

use super::columns::CHUNK_ROWS;
use super::flush::Flush;
use super::id::DialogId;
use super::keeper::Keeper;
use super::lifecycle::{interval, tell};
use super::record::{Dialog, Inner, Row};
use super::rows;
use super::state::State;
use super::store::StoreMode;
use module_api::sql::{Cell, Query, Rows};
use module_api::{DialogEvent, Direction, Env, Fault, Job, Time};
use std::sync::Arc;
use std::time::Duration;

/// The rows after an identifier.
pub fn query(keeper: &Keeper, after: i64) -> Option<Query> {
    let store = keeper.store.as_ref()?;
    Some(Query::new(store.database, &store.statements.load, [Cell::Int(after)]))
}

/// Loads all rows.
pub fn load(keeper: Arc<Keeper>) -> Job {
    begins(&keeper);
    load_after(keeper, -1)
}

fn load_after(keeper: Arc<Keeper>, after: i64) -> Job {
    let Some(query) = query(&keeper, after) else { return Job::DONE };
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(rows) => match take(&keeper, env, &rows) {
            Some(last) => load_after(keeper, last),
            None => {
                ended(&keeper);
                if keeper.store.as_ref().is_some_and(|store| store.mode == StoreMode::AtStop) {
                    let job = Flush::of_gone(&keeper).job(env);
                    env.start(job);
                }
                Job::DONE
            }
        },
        Err(fault) => {
            ended(&keeper);
            Job::Done(Err(Fault::backend(format!("the dialogs could not be loaded: {fault}"))))
        }
    })
}

/// Rows are going to be read; [`ended`] follows.
pub fn begins(keeper: &Keeper) {
    if let Some(store) = &keeper.store {
        store.gone.load_begins();
    }
}

/// They are.
pub fn ended(keeper: &Keeper) {
    if let Some(store) = &keeper.store {
        store.gone.load_ended();
    }
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
    let Some(store) = &keeper.store else { return };
    if let Some(known) = keeper.table.get(dialog.id) {
        return update(keeper, env, &known, dialog);
    }
    if store.gone.has(dialog.id) {
        // The row was read before it was deleted.
        return;
    }
    // What rang when the server stopped has no transaction any more.
    let is_live = dialog.lock().is_confirmed();
    if !is_live {
        dialog.lock().state = State::Deleted;
        return store.gone.add(dialog.id);
    }
    if !keeper.table.put(dialog) {
        return;
    }
    let profiles = {
        let mut inner = dialog.lock();
        spread_pings(keeper, &mut inner, dialog.id, env.now);
        if store.mode == StoreMode::AtStop {
            // Nothing tells the database when it ends, but the clean stop that writes it anew if it has not.
            inner.row = Row { is_old: true, ..Row::default() };
            store.gone.add(dialog.id);
        }
        inner.profiles.clone()
    };
    for (number, value) in profiles {
        keeper.profiles.join_again(number, &value, dialog.id);
    }
    keeper.counters.active.increment();
    keeper.counters.live.increment();
    keeper.table.schedule(dialog);
    tell(env, dialog, &mut DialogEvent::Loaded);
}

/// All dialogs come back in the same second: their first pings are spread over the interval, each dialog in its place.
fn spread_pings(keeper: &Keeper, inner: &mut Inner, id: DialogId, now: Time) {
    for (next, ping) in inner.next_pings.iter_mut().zip(inner.options.pings()) {
        let Some(ping) = ping else { continue };
        let seconds = interval(keeper, ping).as_secs().max(1);
        *next = Some(now + Duration::from_secs(1 + u64::from(id.number) % seconds));
    }
}

/// A dialog that is in memory takes what its row has, unless it has news itself or has gone further. Its numbers are
/// never behind those of the row.
fn update(keeper: &Arc<Keeper>, env: &mut Env<'_>, known: &Arc<Dialog>, loaded: &Dialog) {
    let mut from = loaded.lock();
    let (before, after) = {
        let mut inner = known.lock();
        let is_same = known.call_id == loaded.call_id;
        if !is_same || !inner.is_confirmed() || inner.state > from.state || inner.row.is_old {
            return;
        }
        inner.state = from.state;
        inner.values = std::mem::take(&mut from.values);
        inner.flags = std::mem::take(&mut from.flags);
        inner.routes = std::mem::take(&mut from.routes);
        inner.options = from.options;
        (inner.lifetime, inner.expires) = (from.lifetime, from.expires);
        for to in [Direction::Upstream, Direction::Downstream] {
            let (Some(leg), Some(read)) = (inner.target_mut(to), from.target_mut(to)) else { continue };
            leg.contact = std::mem::take(&mut read.contact);
            leg.routes = std::mem::take(&mut read.routes);
            leg.socket = read.socket.or(leg.socket);
        }
        let after = std::mem::take(&mut from.profiles);
        (std::mem::replace(&mut inner.profiles, after.clone()), after)
    };
    for (number, value) in before.iter().filter(|member| !after.contains(member)) {
        keeper.profiles.leave(env, *number, value, known.id);
    }
    for (number, value) in after.iter().filter(|member| !before.contains(member)) {
        keeper.profiles.join(env, *number, value, known.id);
    }
    keeper.table.schedule(known);
}
