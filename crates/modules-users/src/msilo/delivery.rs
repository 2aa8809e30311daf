//! An owner's messages, sent one after the other: each is deleted when it was taken, and stays otherwise.

use super::message::Message;
use super::owners::Turn;
use super::{Msilo, failed};
use bytes::Bytes;
use module_api::sql::{Query, Rows};
use module_api::{Env, Job, Time};
use std::sync::Arc;

/// Messages on their way to an owner.
pub struct Delivery {
    module: Arc<Msilo>,
    turn: Turn,
    /// The Request-URI of the messages.
    uri: Bytes,
    /// How many may still be sent; `None` for all.
    left: Option<usize>,
    /// The number of the last one that was looked at.
    last: i64,
}

impl Delivery {
    /// To an owner, at most so many.
    pub fn new(module: Arc<Msilo>, turn: Turn, uri: Bytes, most: Option<usize>) -> Delivery {
        Delivery { module, turn, uri, left: most, last: 0 }
    }

    /// What asks for the next message.
    pub fn query(&self, now: Time) -> Query {
        let (user, domain) = &self.turn.owner;
        self.module.statements.next(self.module.database, user, domain, now, self.last)
    }

    /// Goes on with the next message, if there is one.
    pub fn go_on(mut self, rows: &Rows, env: &mut Env<'_>) -> Job {
        let Some(message) = rows.rows.first().and_then(|row| Message::read(row)) else { return self.end(env) };
        self.last = message.id;
        if self.module.taken.contains(message.id) {
            return self.delete(message.id);
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.send(&message, env)
    }

    fn send(self, message: &Message, env: &mut Env<'_>) -> Job {
        let id = message.id;
        let Some(request) = message.for_owner(&self.module, &self.uri) else {
            env.log().error(format!("msilo: the row {id} is no message; it is passed over"));
            return self.look(env);
        };
        let module = Arc::clone(&self.module);
        let done = Box::new(move |env: &mut Env<'_>, code: u16, _: Bytes| self.answered(id, code, env));
        if let Err(fault) = env.operations.send_request(env, request, Some(done)) {
            module.failed.increment();
            env.log().error(format!("msilo: message {id} cannot be sent: {fault}"));
        }
        Job::DONE
    }

    fn answered(self, id: i64, code: u16, env: &mut Env<'_>) -> Job {
        if !(200..300).contains(&code) {
            self.module.failed.increment();
            return if is_about_the_message(code) { self.look(env) } else { self.end(env) };
        }
        self.module.dumped.increment();
        self.module.taken.insert(id);
        self.delete(id)
    }

    /// Deletes what was taken, and goes on.
    fn delete(self, id: i64) -> Job {
        let delete = self.module.statements.delete(self.module.database, id);
        Job::wait(delete.into(), move |env, answer| match answer.rows() {
            Ok(_) => {
                self.module.taken.remove(id);
                self.look(env)
            }
            Err(fault) => Job::Done(Err(failed("a message that was taken is not deleted", &fault))),
        })
    }

    /// Looks for the next message.
    fn look(self, env: &mut Env<'_>) -> Job {
        if self.left == Some(0) {
            return self.end(env);
        }
        let query = self.query(env.wall_time());
        Job::wait(query.into(), |env, answer| match answer.rows() {
            Ok(rows) => self.go_on(&rows, env),
            Err(fault) => Job::Done(Err(failed("messages are not read", &fault))),
        })
    }

    /// Who has come again meanwhile may be elsewhere now: then it begins anew.
    fn end(self, env: &mut Env<'_>) -> Job {
        let Delivery { module, turn, uri, .. } = self;
        let Some(turn) = turn.end() else { return Job::DONE };
        Delivery::new(module, turn, uri, None).look(env)
    }
}

/// Whether a refusal says nothing of the messages that follow: it is the body that does not suit, or the human who
/// does not want this one. Whoever cannot be reached will not be for the next one either.
fn is_about_the_message(code: u16) -> bool {
    matches!(code, 400 | 413 | 415 | 420 | 421 | 488 | 493 | 513 | 600..=699)
}
