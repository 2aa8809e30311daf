//! Messages that have a time: those whose time has come are sent, each to its owner.

use super::message::Message;
use super::statements::DUE_MAX;
use super::{Msilo, failed};
use bytes::Bytes;
use module_api::{Counter, Env, Fault, Job};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reminders under way, and what is counted of them.
pub struct Reminders {
    /// Who sends them, if anybody does.
    sender: Option<Bytes>,
    dumped: Counter,
    failed: Counter,
    round: Mutex<Round>,
}

/// How far the table has been looked through.
#[derive(Default)]
struct Round {
    /// Whether it is being looked through.
    is_looking: bool,
    /// The number of the last message that was looked at: the next look goes on behind it, so that messages which
    /// nobody takes do not stand in the way of others.
    last: i64,
    /// The numbers of those that wait for an answer.
    under_way: BTreeSet<i64>,
}

/// How many reminders wait for answers at most; the others wait for the next look.
const UNDER_WAY_MAX: usize = 200;

impl Reminders {
    /// None under way.
    pub fn new(sender: Option<Bytes>, dumped: Counter, failed: Counter) -> Reminders {
        Reminders { sender, dumped, failed, round: Mutex::default() }
    }

    /// Whether anybody sends them.
    pub const fn is_wanted(&self) -> bool {
        self.sender.is_some()
    }

    fn round(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks through the table, unless that is being done still.
pub fn look(module: &Arc<Msilo>, env: &mut Env<'_>) -> Job {
    if std::mem::replace(&mut module.reminders.round().is_looking, true) {
        return Job::DONE;
    }
    read(Arc::clone(module), env)
}

fn read(module: Arc<Msilo>, env: &mut Env<'_>) -> Job {
    let last = module.reminders.round().last;
    let query = module.statements.due(module.database, env.wall_time(), last);
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(rows) => {
            let messages: Vec<Message> = rows.rows.iter().filter_map(|row| Message::read(row)).collect();
            // Past the end it begins anew with the next look.
            let is_end = messages.len() < DUE_MAX;
            let has_room = messages.iter().all(|message| begin(&module, message, env));
            let mut round = module.reminders.round();
            if is_end && has_room {
                round.last = 0;
            }
            if is_end || !has_room {
                round.is_looking = false;
                return Job::DONE;
            }
            drop(round);
            read(module, env)
        }
        Err(fault) => {
            module.reminders.round().is_looking = false;
            Job::Done(Err(failed("messages that have a time are not read", &fault)))
        }
    })
}

/// Sends one, unless it is under way. False where there is no room.
fn begin(module: &Arc<Msilo>, message: &Message, env: &mut Env<'_>) -> bool {
    {
        let mut round = module.reminders.round();
        if round.under_way.len() >= UNDER_WAY_MAX {
            return false;
        }
        round.last = message.id;
        if !round.under_way.insert(message.id) {
            return true;
        }
    }
    if module.taken.contains(message.id) {
        env.start(delete(Arc::clone(module), message.id));
        return true;
    }
    if let Err(fault) = send(module, message, env) {
        module.reminders.round().under_way.remove(&message.id);
        module.reminders.failed.increment();
        env.log().error(format!("msilo: reminder {} cannot be sent: {fault}", message.id));
    }
    true
}

fn send(module: &Arc<Msilo>, message: &Message, env: &mut Env<'_>) -> Result<(), Fault> {
    let sender = module.reminders.sender.as_deref().unwrap_or_default();
    let request = message.for_reminder(module, sender).ok_or(Fault::backend("the row is no message"))?;
    let (module, id) = (Arc::clone(module), message.id);
    let done = Box::new(move |_: &mut Env<'_>, code: u16, _: Bytes| answered(module, id, code));
    env.operations.send_request(env, request, Some(done))
}

fn answered(module: Arc<Msilo>, id: i64, code: u16) -> Job {
    if !(200..300).contains(&code) {
        module.reminders.round().under_way.remove(&id);
        module.reminders.failed.increment();
        return Job::DONE;
    }
    module.reminders.dumped.increment();
    module.taken.insert(id);
    delete(module, id)
}

/// Deletes what was taken.
fn delete(module: Arc<Msilo>, id: i64) -> Job {
    let delete = module.statements.delete(module.database, id);
    Job::wait(delete.into(), move |_, answer| {
        module.reminders.round().under_way.remove(&id);
        let deleted = answer.rows().map(|_| module.taken.remove(id));
        Job::Done(deleted.map_err(|fault| failed("a reminder that was taken is not deleted", &fault)))
    })
}
