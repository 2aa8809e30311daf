//! Dialogs (RFC 3261 section 12): what both sides of a call remember, and the requests they send within it.

use super::client::Purpose;
use super::text::{self, Draft, SDP};
use super::{Act, Alarm, Hand, Phone};
use bytes::Bytes;
use module_api::Time;
use sip::{HeaderName, Message};
use std::time::Duration;

/// A call that we have begun, until it is answered or refused.
#[derive(Debug)]
pub struct Call {
    /// The transaction of its INVITE.
    pub key: super::client::ClientKey,
    /// Whom it is for.
    pub callee: String,
    /// Whether it is to be cancelled as soon as that is allowed, and when it was.
    pub wants_cancel: bool,
    pub cancelled_at: Option<Time>,
    /// Whether one of its forks has been answered.
    pub is_answered: bool,
}

/// A dialog.
#[derive(Debug)]
pub struct Dialog {
    /// Call-ID and tags name it.
    pub call_id: String,
    pub local_tag: String,
    pub remote_tag: String,
    /// From and To of our requests.
    local: String,
    remote: String,
    routes: Vec<String>,
    target: String,
    /// The CSeq number of our last request, and of the other side's.
    pub cseq: u32,
    pub remote_cseq: u32,
    /// The ACK for the 2xx, sent again for each copy of it.
    ack: Option<(u32, Bytes)>,
    /// Whether the other side knows of it: the ACK has come, or was sent by us.
    pub is_confirmed: bool,
    /// Whether an INVITE of ours is under way in it.
    pub is_changing: bool,
    /// Whether our BYE is under way.
    pub is_ending: bool,
}

impl Phone {
    /// The caller's side, made of its INVITE and the 2xx.
    pub(super) fn dialog_of_caller(&mut self, draft: &Draft, reply: &Message) -> u64 {
        let mut routes = text::values(reply, HeaderName::RecordRoute);
        routes.reverse();
        let dialog = Dialog {
            call_id: draft.call_id.clone(),
            local_tag: text::from_tag(reply),
            remote_tag: text::to_tag(reply),
            local: draft.from.clone(),
            remote: text::header(reply, HeaderName::To),
            routes,
            target: text::contact(reply).unwrap_or_else(|| draft.uri.clone()),
            cseq: draft.cseq,
            remote_cseq: 0,
            ack: None,
            is_confirmed: true,
            is_changing: false,
            is_ending: false,
        };
        self.keep(dialog)
    }

    /// The callee's side, made of the INVITE.
    pub(super) fn dialog_of_callee(&mut self, request: &Message, to_tag: &str) -> u64 {
        let dialog = Dialog {
            call_id: text::header(request, HeaderName::CallId),
            local_tag: to_tag.to_owned(),
            remote_tag: text::from_tag(request),
            local: format!("{};tag={to_tag}", text::header(request, HeaderName::To)),
            remote: text::header(request, HeaderName::From),
            routes: text::values(request, HeaderName::RecordRoute),
            target: text::contact(request).unwrap_or_default(),
            cseq: 0,
            remote_cseq: request.cseq().map_or(0, |cseq| cseq.number),
            ack: None,
            is_confirmed: false,
            is_changing: false,
            is_ending: false,
        };
        self.keep(dialog)
    }

    fn keep(&mut self, dialog: Dialog) -> u64 {
        self.count += 1;
        self.dialogs.insert(self.count, dialog);
        self.count
    }

    /// The dialog that a request or reply belongs to.
    pub(super) fn dialog_of(&self, call_id: &str, local_tag: &str, remote_tag: &str) -> Option<u64> {
        let is_it = |dialog: &Dialog| {
            dialog.call_id == call_id && dialog.local_tag == local_tag && dialog.remote_tag == remote_tag
        };
        self.dialogs.iter().find(|(_, dialog)| is_it(dialog)).map(|(number, _)| *number)
    }

    /// The first Route of a dialog leads to the proxy's socket that we talk to: where the call was recorded twice, to the
    /// one on our side.
    pub(super) fn check_route(&self, draft: &Draft, hand: &mut Hand<'_>) {
        let Some(route) = draft.routes.first() else { return };
        if route.contains(";transport=tcp") != self.speaks_tcp {
            hand.acts.push(Act::Complain(
                format!("the route set of {} begins with {route}", self.name()),
                draft.call_id.clone(),
            ));
        }
    }

    /// A request within a dialog.
    pub(super) fn within(&self, dialog: u64, method: &'static str, cseq: u32) -> Option<Draft> {
        let contact = (method != "BYE").then(|| self.contact());
        let dialog = self.dialogs.get(&dialog)?;
        Some(Draft {
            method,
            uri: dialog.target.clone(),
            from: dialog.local.clone(),
            to: dialog.remote.clone(),
            call_id: dialog.call_id.clone(),
            cseq,
            routes: dialog.routes.clone(),
            contact,
            headers: String::new(),
            body: if method == "INVITE" { SDP } else { "" },
        })
    }

    /// The ACK for a 2xx with this CSeq number, made once and sent for each copy.
    pub(super) fn acknowledge(&mut self, dialog: u64, cseq: u32, hand: &mut Hand<'_>) {
        let known = self.dialogs.get(&dialog).and_then(|dialog| dialog.ack.clone());
        if let Some((_, ack)) = known.filter(|(number, _)| *number == cseq) {
            return hand.send(ack);
        }
        let Some(draft) = self.within(dialog, "ACK", cseq) else { return };
        self.check_route(&draft, hand);
        let branch = format!("z9hG4bK{}", self.fresh("a"));
        let ack = draft.write(self.sender(), &branch);
        if let Some(dialog) = self.dialogs.get_mut(&dialog) {
            dialog.ack = Some((cseq, ack.clone()));
            dialog.is_changing = false;
        }
        hand.send(ack);
    }

    /// Ends a call, as soon as that is allowed: the callee must wait for the ACK.
    pub(super) fn hang_up(&mut self, number: u64, hand: &mut Hand<'_>) {
        let Some(dialog) = self.dialogs.get_mut(&number) else { return };
        if dialog.is_ending {
            return;
        }
        if !dialog.is_confirmed {
            return hand.wake(Duration::from_millis(700), Alarm::HangUp(number));
        }
        dialog.is_ending = true;
        self.bye(number, hand);
    }

    /// Sends BYE.
    pub(super) fn bye(&mut self, number: u64, hand: &mut Hand<'_>) {
        let Some(dialog) = self.dialogs.get_mut(&number) else { return };
        dialog.is_ending = true;
        dialog.cseq += 1;
        let cseq = dialog.cseq;
        if let Some(draft) = self.within(number, "BYE", cseq) {
            self.check_route(&draft, hand);
            self.start(draft, Purpose::Within { dialog: number }, hand);
        }
    }

    /// Changes a call.
    pub(super) fn reinvite(&mut self, number: u64, hand: &mut Hand<'_>) {
        let Some(dialog) = self.dialogs.get_mut(&number) else { return };
        if dialog.is_ending || dialog.is_changing || !dialog.is_confirmed {
            return;
        }
        dialog.is_changing = true;
        dialog.cseq += 1;
        let cseq = dialog.cseq;
        if let Some(draft) = self.within(number, "INVITE", cseq) {
            self.start(draft, Purpose::Within { dialog: number }, hand);
        }
    }
}
