//! What happens to dialogs because time passes.

use super::create::CHECK_AFTER;
use super::ending::end;
use super::expiry::expire;
use super::keeper::Keeper;
use super::lifecycle::{Cause, RACE, advance, interval};
use super::options::Ping;
use super::pings::ping;
use super::record::Dialog;
use super::state::{Input, State};
use module_api::{Direction, Env, Job, Time};
use std::sync::Arc;

/// How many dialogs of a part are looked at in one run; the others come with the next.
const DUE_MAX: usize = 256;

/// What is done every second.
pub fn tick(keeper: &Arc<Keeper>, env: &mut Env<'_>) -> Job {
    for part in 0..keeper.table.parts() {
        for dialog in keeper.table.due(part, env.now, DUE_MAX) {
            look(keeper, env, &dialog);
        }
    }
    Job::DONE
}

/// What is to be done now.
enum Due {
    Remove,
    Race,
    Expire,
    Abandoned,
    Pings([Option<Ping>; 2]),
}

fn look(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    match due(keeper, dialog, env.now) {
        Due::Remove => {
            keeper.table.remove(dialog);
            return;
        }
        Due::Race => {
            if let Err(fault) = end(keeper, env, dialog, RACE, b"") {
                env.log().warning(format!("dialog {}: {fault}", dialog.id.text()));
            }
        }
        Due::Expire => expire(keeper, env, dialog),
        Due::Abandoned => {
            advance(keeper, env, dialog, Input::Failure, &Cause::default());
        }
        Due::Pings(pings) => {
            for (to, how) in [Direction::Upstream, Direction::Downstream].into_iter().zip(pings) {
                how.into_iter().for_each(|how| ping(keeper, env, dialog, to, how));
            }
        }
    }
    keeper.table.schedule(dialog);
}

/// Who holds a dialog that no message has: the table, and the timer while it looks.
const HOLDERS: usize = 2;

fn due(keeper: &Keeper, dialog: &Arc<Dialog>, now: Time) -> Due {
    let mut inner = dialog.lock();
    if inner.state == State::Deleted {
        return Due::Remove;
    }
    if inner.next_check.is_some_and(|check| check <= now) {
        if Arc::strong_count(dialog) <= HOLDERS {
            // The script has answered the INVITE without a transaction, or dropped it.
            return Due::Abandoned;
        }
        inner.next_check = Some(now + CHECK_AFTER);
    }
    if inner.race_ends.take_if(|ends| *ends <= now).is_some() {
        return Due::Race;
    }
    if inner.expires <= now && !inner.is_expiring {
        return Due::Expire;
    }
    let ways = inner.options.pings();
    let mut pings = [None; 2];
    for ((slot, next), way) in pings.iter_mut().zip(&mut inner.next_pings).zip(ways) {
        let Some(way) = way else { continue };
        if next.is_some_and(|next| next <= now) {
            *slot = Some(way);
            *next = Some(now + interval(keeper, way));
        }
    }
    Due::Pings(pings)
}
