//! Client transactions: RFC 3261 section 17.1, with RFC 6026's Accepted state.

use super::text::{self, Draft};
use super::{Alarm, Hand, Phone, SENT_MAX, T1, T2, T4};
use bytes::Bytes;
use module_api::Time;
use sip::{Limits, Message};
use std::sync::Arc;
use std::time::Duration;

/// Names a client transaction: branch and method.
pub type ClientKey = (String, &'static str);

/// A client transaction.
#[derive(Debug)]
pub struct Client {
    /// What was sent.
    pub bytes: Bytes,
    /// What it was written from.
    pub draft: Draft,
    state: State,
    every: Duration,
    /// When it began.
    began: Time,
    /// What it is for.
    pub purpose: Purpose,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Calling, or Trying.
    Calling,
    Proceeding,
    /// Refused; the ACK is sent again for each copy.
    Completed(Bytes),
    /// A 2xx to an INVITE: others may follow.
    Accepted,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be reachable, or not to be.
    Register { removes: bool, tries: u8 },
    /// A call.
    Call { call: u64, tries: u8 },
    /// Something within a dialog.
    Within { dialog: u64 },
    /// To take an INVITE back.
    Cancel,
}

/// How long a caller waits for a final reply, whatever it has heard before.
const PATIENCE: Duration = Duration::from_secs(200);

impl Phone {
    /// Sends a request, in a transaction of its own.
    pub(super) fn start(&mut self, draft: Draft, purpose: Purpose, hand: &mut Hand<'_>) -> ClientKey {
        let branch = format!("z9hG4bK{}", self.fresh("b"));
        let bytes = draft.write(self.sender(), &branch);
        let key = (branch, draft.method);
        self.start_with(key.clone(), draft, bytes, purpose, hand);
        key
    }

    pub(super) fn start_with(
        &mut self,
        key: ClientKey,
        draft: Draft,
        bytes: Bytes,
        purpose: Purpose,
        hand: &mut Hand<'_>,
    ) {
        if self.sent.len() < SENT_MAX {
            self.sent.push(bytes.clone());
        } else if let Some(place) = self.sent.get_mut(usize::try_from(self.count).unwrap_or(0) % SENT_MAX) {
            *place = bytes.clone();
        }
        hand.send(bytes.clone());
        if !self.speaks_tcp {
            hand.wake(T1, Alarm::Resend(key.clone()));
        }
        hand.wake(T1 * 64, Alarm::GiveUp(key.clone()));
        hand.wake(PATIENCE, Alarm::GiveUp(key.clone()));
        self.clients.insert(key, Client { bytes, draft, state: State::Calling, every: T1, began: hand.now, purpose });
    }

    /// Timer A or E.
    pub(super) fn resend(&mut self, key: &ClientKey, hand: &mut Hand<'_>) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let is_invite = key.1 == "INVITE";
        client.every = match (&client.state, is_invite) {
            (State::Calling, true) => client.every * 2,
            (State::Calling, false) => (client.every * 2).min(T2),
            (State::Proceeding, false) => T2,
            _ => return,
        };
        let every = client.every;
        hand.send(client.bytes.clone());
        hand.wake(every, Alarm::Resend(key.clone()));
    }

    /// Timer B or F.
    pub(super) fn give_up(&mut self, key: &ClientKey, hand: &mut Hand<'_>) {
        let Some(client) = self.clients.get(key) else { return };
        let is_over = match client.state {
            State::Calling => true,
            State::Proceeding if client.began + PATIENCE <= hand.now => true,
            State::Proceeding => key.1 != "INVITE" || self.was_cancelled(client.purpose, hand.now),
            _ => false,
        };
        if is_over {
            let purpose = client.purpose;
            self.clients.remove(key);
            self.failed(purpose, 408, None, hand);
        }
    }

    /// A request did not leave: its connection was refused (RFC 3261 section 17.1.4).
    pub fn undelivered(&mut self, bytes: &Bytes, hand: &mut Hand<'_>) {
        let Ok(message) = Message::parse(bytes.clone(), &Limits::default()) else { return };
        let Some(branch) = text::branch(&message).filter(|_| message.is_request()) else { return };
        let concerned = |(key, client): &(&ClientKey, &Client)| key.0 == branch && client.bytes == *bytes;
        let Some(key) = self.clients.iter().find(concerned).map(|(key, _)| key.clone()) else { return };
        if let Some(client) = self.clients.remove(&key) {
            self.failed(client.purpose, 503, None, hand);
        }
    }

    /// A reply comes.
    pub(super) fn reply(&mut self, reply: &Arc<Message>, hand: &mut Hand<'_>) {
        let method = match &text::cseq_method(reply)[..] {
            "INVITE" => "INVITE",
            "REGISTER" => "REGISTER",
            "BYE" => "BYE",
            "CANCEL" => "CANCEL",
            _ => return,
        };
        let Some(branch) = text::branch(reply) else { return };
        let key = (branch, method);
        let Some(client) = self.clients.get_mut(&key) else { return };
        let code = reply.status();
        if method == "INVITE" {
            self.invite_reply(&key, code, reply, hand)
        } else {
            if code < 200 {
                client.state = State::Proceeding;
                return;
            }
            if matches!(client.state, State::Completed(_)) {
                return;
            }
            client.state = State::Completed(Bytes::new());
            hand.wake(T4, Alarm::Forget(key.clone()));
            let (purpose, draft) = (client.purpose, client.draft.clone());
            self.answered(purpose, &draft, reply, hand);
        }
    }

    fn invite_reply(&mut self, key: &ClientKey, code: u16, reply: &Arc<Message>, hand: &mut Hand<'_>) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let (purpose, draft) = (client.purpose, client.draft.clone());
        match (&client.state, code) {
            (State::Calling | State::Proceeding, ..200) => {
                client.state = State::Proceeding;
                self.proceeding(purpose, key, hand);
            }
            (State::Calling | State::Proceeding, 200..300) => {
                client.state = State::Accepted;
                hand.wake(T1 * 64, Alarm::Forget(key.clone()));
                self.accepted(purpose, &draft, reply, hand);
            }
            (State::Accepted, 200..300) => self.accepted(purpose, &draft, reply, hand),
            (State::Calling | State::Proceeding, _) => {
                let Ok(sent) = Message::parse(client.bytes.clone(), &Limits::default()) else { return };
                let ack = Bytes::from(sip::build::ack(&sent, reply));
                hand.send(ack.clone());
                client.state = State::Completed(ack);
                hand.wake(Duration::from_secs(32), Alarm::Forget(key.clone()));
                self.answered(purpose, &draft, reply, hand);
            }
            (State::Completed(ack), 300..) => hand.send(ack.clone()),
            _ => {}
        }
    }

    /// Whether an INVITE has had a provisional reply and no final one.
    pub(super) fn is_proceeding(&self, key: &ClientKey) -> bool {
        self.clients.get(key).is_some_and(|client| client.state == State::Proceeding)
    }

    /// Whether an INVITE has had no reply at all.
    pub(super) fn is_calling(&self, key: &ClientKey) -> bool {
        self.clients.get(key).is_some_and(|client| client.state == State::Calling)
    }

    /// A final reply other than a 2xx to an INVITE.
    fn answered(&mut self, purpose: Purpose, draft: &Draft, reply: &Arc<Message>, hand: &mut Hand<'_>) {
        let code = reply.status();
        let tries = match purpose {
            Purpose::Register { tries, .. } | Purpose::Call { tries, .. } => tries,
            _ => u8::MAX,
        };
        if matches!(code, 401 | 407) && tries < 4 {
            let next = match purpose {
                Purpose::Register { removes, .. } => Purpose::Register { removes, tries: tries + 1 },
                Purpose::Call { call, .. } => Purpose::Call { call, tries: tries + 1 },
                other => other,
            };
            if let Some(mut challenge) = super::digest::Challenge::read(reply) {
                let mut draft = draft.clone();
                draft.cseq += 1;
                draft.headers = challenge.answer(&self.user, &self.password, draft.method, &draft.uri)
                    + &uncredited(&draft.headers);
                self.challenge = self.chance.happens(self.manners.keeps_nonce).then_some(challenge);
                return self.try_again(next, draft, hand);
            }
        }
        if (200..300).contains(&code) {
            return self.succeeded(purpose, reply, hand);
        }
        self.failed(purpose, code, Some(reply), hand);
    }
}

/// Header lines without credentials.
fn uncredited(headers: &str) -> String {
    headers.split_inclusive("\r\n").filter(|line| !line.contains("uthorization:")).collect()
}
