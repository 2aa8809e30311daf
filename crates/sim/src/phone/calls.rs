//! The caller: INVITE, what comes of it, CANCEL.

use super::client::Purpose;
use super::dialog::Call;
use super::text::{self, Draft, SDP};
use super::{Alarm, Hand, Mood, Phone, T1};
use bytes::Bytes;
use module_api::Time;
use sip::{Limits, Message};
use std::sync::Arc;
use std::time::Duration;

impl Phone {
    /// Calls one of the users, or somebody who is not there.
    pub(super) fn call_somebody(&mut self, hand: &mut Hand<'_>) {
        if self.mood != Mood::Wild {
            return;
        }
        hand.wake(self.chance.duration(500, self.manners.pause_s * 1000), Alarm::Call);
        let others: Vec<&String> = hand.users.iter().filter(|user| **user != self.user).collect();
        let callee = self.chance.pick(&others).cloned().unwrap_or_default();
        let callee = if self.chance.happens(30) { "nobody".to_owned() } else { callee };
        let call = self.call(&callee, hand);
        let early = self.chance.happens(self.manners.cancels);
        let patience = if early { self.chance.duration(0, 6000) } else { self.chance.duration(40_000, 70_000) };
        hand.wake(patience, Alarm::Cancel(call));
    }

    /// Calls a user.
    pub fn call(&mut self, callee: &str, hand: &mut Hand<'_>) -> u64 {
        let own = text::address_of_record(&self.user);
        let uri = text::address_of_record(callee);
        let (call_id, from_tag) = (self.fresh("call"), self.fresh("f"));
        let credentials = match &mut self.challenge {
            Some(challenge) if challenge.header == "Proxy-Authorization" => {
                challenge.answer(&self.user, &self.password, "INVITE", &uri)
            }
            _ => String::new(),
        };
        let draft = Draft {
            method: "INVITE",
            from: format!("<{own}>;tag={from_tag}"),
            to: format!("<{uri}>"),
            uri,
            call_id,
            cseq: 1,
            routes: Vec::new(),
            contact: Some(self.contact()),
            headers: credentials,
            body: SDP,
        };
        self.count += 1;
        let call = self.count;
        let key = self.start(draft, Purpose::Call { call, tries: 0 }, hand);
        let callee = callee.to_owned();
        let state = Call { key, callee, wants_cancel: false, cancelled_at: None, is_answered: false };
        self.calls.insert(call, state);
        call
    }

    /// The same request once more, with credentials.
    pub(super) fn try_again(&mut self, purpose: Purpose, draft: Draft, hand: &mut Hand<'_>) {
        if let Purpose::Register { .. } = purpose {
            self.registered_again(&draft);
        }
        let gives_up = match purpose {
            Purpose::Call { call, .. } => self.calls.get(&call).is_none_or(|call| call.wants_cancel),
            _ => false,
        };
        if gives_up {
            return self.failed(purpose, 487, None, hand);
        }
        let key = self.start(draft, purpose, hand);
        if let Purpose::Call { call, .. } = purpose
            && let Some(call) = self.calls.get_mut(&call)
        {
            call.key = key;
        }
    }

    /// A provisional reply.
    pub(super) fn proceeding(&mut self, purpose: Purpose, _: &super::client::ClientKey, hand: &mut Hand<'_>) {
        if let Purpose::Call { call, .. } = purpose
            && self.calls.get(&call).is_some_and(|call| call.wants_cancel)
        {
            self.cancel(call, hand);
        }
    }

    /// Takes an INVITE back: now if a provisional reply has come, else when one comes (RFC 3261 section 9.1).
    pub(super) fn cancel(&mut self, number: u64, hand: &mut Hand<'_>) {
        let Some(key) = self.calls.get(&number).map(|call| call.key.clone()) else { return };
        let (is_proceeding, is_calling) = (self.is_proceeding(&key), self.is_calling(&key));
        let Some(call) = self.calls.get_mut(&number) else { return };
        if call.cancelled_at.is_some() {
            return;
        }
        call.wants_cancel = true;
        if is_calling || !is_proceeding {
            return;
        }
        call.cancelled_at = Some(hand.now);
        let Some(client) = self.clients.get(&key) else { return };
        let Ok(sent) = Message::parse(client.bytes.clone(), &Limits::default()) else { return };
        let draft = client.draft.clone();
        let bytes = Bytes::from(sip::build::cancel(&sent, b""));
        hand.wake(T1 * 64, Alarm::GiveUp(key.clone()));
        self.start_with((key.0, "CANCEL"), Draft { method: "CANCEL", ..draft }, bytes, Purpose::Cancel, hand);
    }

    /// Whether an INVITE was cancelled so long ago that it is waited for no more (RFC 3261 section 9.1).
    pub(super) fn was_cancelled(&self, purpose: Purpose, now: Time) -> bool {
        let Purpose::Call { call, .. } = purpose else { return false };
        let cancelled = self.calls.get(&call).and_then(|call| call.cancelled_at);
        cancelled.is_some_and(|at| at + T1 * 64 <= now)
    }

    /// A 2xx to an INVITE, or a copy of it.
    pub(super) fn accepted(&mut self, purpose: Purpose, draft: &Draft, reply: &Arc<Message>, hand: &mut Hand<'_>) {
        if let Purpose::Within { dialog } = purpose {
            return self.acknowledge(dialog, draft.cseq, hand);
        }
        let tags = (text::from_tag(reply), text::to_tag(reply));
        if let Some(dialog) = self.dialog_of(&draft.call_id, &tags.0, &tags.1) {
            return self.acknowledge(dialog, draft.cseq, hand);
        }
        let Purpose::Call { call: number, .. } = purpose else { return };
        let dialog = self.dialog_of_caller(draft, reply);
        self.acknowledge(dialog, draft.cseq, hand);
        let call = self.calls.remove(&number);
        if let Some(call) = &call
            && self.mood == Mood::Obliging
        {
            self.outcomes.push((call.callee.clone(), 200));
        }
        // Of several forks the first is talked to. Who has cancelled hangs up.
        if call.is_none_or(|call| call.wants_cancel || call.is_answered) {
            return hand.wake(Duration::from_millis(20), Alarm::HangUp(dialog));
        }
        self.talk(dialog, hand);
    }

    /// How long a call lasts, and whether it changes.
    pub(super) fn talk(&mut self, dialog: u64, hand: &mut Hand<'_>) {
        let longest = if self.mood == Mood::Wild { 25_000 } else { 800 };
        hand.wake(self.chance.duration(10, longest), Alarm::HangUp(dialog));
        if self.mood == Mood::Wild && self.chance.happens(self.manners.reinvites) {
            hand.wake(self.chance.duration(50, 8000), Alarm::Reinvite(dialog));
        }
    }

    /// A request has come to nothing.
    pub(super) fn failed(&mut self, purpose: Purpose, code: u16, _: Option<&Message>, hand: &mut Hand<'_>) {
        match purpose {
            Purpose::Register { .. } => self.not_registered(hand),
            Purpose::Call { call, .. } => {
                let Some(call) = self.calls.remove(&call) else { return };
                if self.mood == Mood::Obliging {
                    self.outcomes.push((call.callee, code));
                }
            }
            Purpose::Within { dialog } => {
                let Some(known) = self.dialogs.get_mut(&dialog) else { return };
                known.is_changing = false;
                if known.is_ending || matches!(code, 481 | 408) {
                    self.dialogs.remove(&dialog);
                }
            }
            Purpose::Cancel => {}
        }
    }

    /// Another request than INVITE has succeeded.
    pub(super) fn succeeded(&mut self, purpose: Purpose, reply: &Message, hand: &mut Hand<'_>) {
        match purpose {
            Purpose::Register { removes, .. } => self.registered(removes, reply, hand),
            Purpose::Within { dialog } => {
                self.dialogs.remove(&dialog);
            }
            Purpose::Call { .. } | Purpose::Cancel => {}
        }
    }
}
