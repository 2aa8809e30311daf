//! The timer: every second a part of the shards is looked at, so that no message ever waits for all of them.

use super::contact::PUSHED_AWAKE;
use super::domain::Domain;
use super::flush::Flush;
use super::write::Batch;
use super::{Mode, Usrloc, events};
use bytes::Bytes;
use module_api::sql::Cell;
use module_api::{Env, Job};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is done every second.
pub fn tick(usrloc: &Arc<Usrloc>, env: &mut Env<'_>) -> Job {
    let shards = shards_of_tick(usrloc);
    if usrloc.config.mode == Mode::SqlOnly {
        return if shards.start == 0 { expire_rows(usrloc, env) } else { Job::DONE };
    }
    let stored = usrloc.config.layout().stored;
    for domain in usrloc.domains() {
        for shard in shards.clone() {
            if stored {
                domain.lock(shard).follow_clock(env.services.wall.ahead_s());
            }
            expire(usrloc, &domain, shard, env);
            refresh(usrloc, &domain, shard, env);
        }
    }
    if !stored {
        return Job::DONE;
    }
    Flush::begin(usrloc, shards).map_or(Job::DONE, |flush| flush.job(env))
}

/// Each shard comes once in `timer_interval`.
fn shards_of_tick(usrloc: &Usrloc) -> Range<usize> {
    let interval = usize::try_from(usrloc.config.timer_interval_s).unwrap_or(1).max(1);
    let tick = usrloc.ticks.fetch_add(1, Ordering::Relaxed) % interval;
    let place = |tick: usize| tick * Domain::shard_count() / interval;
    place(tick)..place(tick + 1)
}

fn expire(usrloc: &Usrloc, domain: &Domain, shard: usize, env: &mut Env<'_>) {
    let is_watched = events::are_wanted(env);
    domain.expire(shard, env.now, is_watched, |record, changes| {
        events::raise(usrloc, env, domain, record.aor(), &changes);
    });
}

/// Contacts that are woken up register again when an event says so. It is raised up to one interval early, as the
/// shard's next turn might be too late.
fn refresh(usrloc: &Usrloc, domain: &Domain, shard: usize, env: &mut Env<'_>) {
    if !usrloc.config.refreshes {
        return;
    }
    let before = usrloc.refresh_before_s.load(Ordering::Relaxed).saturating_add(usrloc.config.timer_interval_s);
    let now = env.now;
    let seconds = u32::try_from(now.unix_seconds()).unwrap_or(u32::MAX);
    let mut due = Vec::new();
    domain.each(shard, |record| {
        let aor = Bytes::copy_from_slice(record.aor());
        let awaited = record.contacts_mut().iter_mut().filter(|contact| {
            let is_due = contact.seconds_left(now).is_some_and(|left| left > 0 && left <= u64::from(before));
            is_due && contact.flags & PUSHED_AWAKE != 0 && contact.pushed <= contact.modified
        });
        for contact in awaited {
            contact.pushed = seconds;
            due.push((aor.clone(), contact.clone()));
        }
    });
    for (aor, contact) in due {
        events::raise_refresh(usrloc, env, domain, &aor, &contact, "reg-refresh", b"");
    }
}

fn expire_rows(usrloc: &Arc<Usrloc>, env: &mut Env<'_>) -> Job {
    let Some(database) = usrloc.database else { return Job::DONE };
    let now = i64::try_from(env.wall_time().unix_seconds()).unwrap_or(i64::MAX);
    for domain in usrloc.domains() {
        let Some(statements) = &domain.statements else { continue };
        let mut batch = Batch::new(&domain);
        batch.add(&statements.expire, std::iter::once(Cell::Int(now)).collect());
        env.post(batch.begin(database).0);
    }
    Job::DONE
}
