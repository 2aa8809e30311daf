//! What dialogs learn from transactions: of their INVITE, and of the requests inside them.

use super::keeper::{Keeper, dialog_of};
use super::leg::{Leg, contact_of, sdp_of, sent_sdp};
use super::lifecycle::{Cause, advance, end_soon};
use super::offers::{self, OfAParty};
use super::record::{CALLEES_MAX, Dialog};
use super::state::{Input, State};
use super::store::Change;
use bytes::Bytes;
use module_api::{Call, DialogAnswer, Direction, HookEvent, Kind};
use sip::{HeaderName, Message, Method};
use std::sync::Arc;

/// Called at each moment of every transaction.
pub fn watch(call: &mut Call<'_>, moment: &HookEvent<'_>) {
    let Some(dialog) = dialog_of(call) else { return };
    // A script may have loaded the context of another dialog.
    if call.msg.message.call_id().ok() != Some(&dialog.call_id[..]) {
        return;
    }
    let Ok(keeper) = call.shared_state::<Keeper>() else { return };
    let method = call.msg.message.method();
    if method == Method::Invite && call.msg.message.to_tag().is_none() {
        return initial(call, &keeper, &dialog, moment);
    }
    if matches!(method, Method::Invite | Method::Update) {
        within(call, &keeper, &dialog, moment);
    }
    if let HookEvent::Acknowledged = moment {
        advance(&keeper, &mut call.env, &dialog, Input::Ack, &Cause::default());
    }
}

fn initial(call: &mut Call<'_>, keeper: &Arc<Keeper>, dialog: &Arc<Dialog>, moment: &HookEvent<'_>) {
    {
        let mut inner = dialog.lock();
        // From here on its transaction says when it ends.
        inner.next_check = None;
        if inner.transaction.is_none() && inner.state <= State::Early {
            inner.transaction = call.msg.transaction.as_ref().map(|known| known.id().into_boxed_str());
        }
    }
    match moment {
        HookEvent::RequestOut { branch, sent } => {
            let offer = sent_sdp(sent, &dialog.lock().caller.sdp);
            offers::note(call.msg, *branch, offer.unwrap_or_default());
        }
        HookEvent::ReplyIn { branch, reply, .. } => heard(call, dialog, *branch, reply),
        HookEvent::ReplyOut { code, reply, reason, to_tag, sent } => {
            answered(dialog, *code, to_tag, sent);
            let message = reply.map(|reply| (Arc::clone(reply), call.msg.source, Kind::Reply));
            let input = match code {
                ..=100 => return,
                ..200 => Input::Provisional,
                ..300 => Input::Success,
                _ => Input::Failure,
            };
            let reason = Bytes::copy_from_slice(reason);
            let answer = DialogAnswer { code: *code, reason, sent: Bytes::clone(sent) };
            advance(keeper, &mut call.env, dialog, input, &Cause { reason: None, answer, message });
        }
        HookEvent::Cancelled => dialog.lock().was_cancelled = true,
        HookEvent::CancelledLate => {
            end_soon(keeper, &mut dialog.lock(), call.env.now);
            keeper.table.schedule(dialog);
        }
        HookEvent::Acknowledged => {
            advance(keeper, &mut call.env, dialog, Input::Ack, &Cause::default());
        }
        HookEvent::Ended => {
            // Neither answered nor refused: the script dropped it.
            let answer = DialogAnswer { code: 408, ..DialogAnswer::default() };
            advance(keeper, &mut call.env, dialog, Input::Failure, &Cause { answer, ..Cause::default() });
        }
        HookEvent::Created | HookEvent::Failed { .. } => {}
    }
}

/// A phone has answered something: it is one of the callees.
fn heard(call: &Call<'_>, dialog: &Dialog, branch: usize, reply: &Message) {
    let Some(tag) = reply.to_tag().filter(|_| (101..300).contains(&reply.status())) else { return };
    let transaction = call.msg.transaction.as_ref();
    let socket = transaction.and_then(|known| known.branches().get(branch)?.sent_by);
    let mut inner = dialog.lock();
    let is_late = inner.is_confirmed();
    let sockets = &call.env.services.sockets;
    let before = call.msg.message.name_addrs(HeaderName::RecordRoute).count();
    let position = match inner.callee_tagged(tag) {
        Some(known) => {
            if let Some(leg) = inner.callees.get_mut(known) {
                leg.learn(reply, socket, sockets, before);
            }
            known
        }
        None if inner.callees.len() >= CALLEES_MAX && reply.status() < 200 => return,
        None => {
            let mut leg = Leg::callee(reply, socket, inner.first_cseq, sockets, before);
            leg.sent_sdp = offers::of_branch(call.msg, branch).unwrap_or_default();
            inner.make_room();
            inner.callees.push(leg);
            inner.callees.len() - 1
        }
    };
    if is_late && position != inner.chosen {
        if let Some(leg) = inner.callees.get_mut(position) {
            leg.come_late();
        }
    } else if reply.status() >= 200 {
        inner.chosen = position;
    }
}

/// A reply goes to the caller. One of our own makes us the callee.
fn answered(dialog: &Dialog, code: u16, to_tag: &[u8], sent: &[u8]) {
    if !(101..300).contains(&code) {
        return;
    }
    let mut inner = dialog.lock();
    let is_late = inner.is_confirmed();
    if code >= 200 && !is_late && !to_tag.is_empty() && inner.callee_tagged(to_tag).is_none() {
        let leg = Leg { tag: to_tag.into(), socket: inner.caller.socket, ..Leg::default() };
        inner.make_room();
        inner.callees.push(leg);
        inner.chosen = inner.callees.len() - 1;
    }
    let of = inner.callee_tagged(to_tag);
    if is_late && of != Some(inner.chosen) {
        return;
    }
    let mut passed = None;
    if let Some(leg) = of.and_then(|of| inner.callees.get_mut(of)) {
        if let Some(sdp) = sent_sdp(sent, &leg.sdp) {
            leg.passed_sdp = sdp;
        }
        // An answer may have come before, in a provisional reply of the same phone.
        passed = Some(if code < 200 { leg.passed_sdp.clone() } else { std::mem::take(&mut leg.passed_sdp) });
    }
    inner.caller.sent_sdp = passed.unwrap_or_default();
}

/// A re-INVITE or UPDATE: new targets and session descriptions, once it is accepted.
fn within(call: &mut Call<'_>, keeper: &Arc<Keeper>, dialog: &Arc<Dialog>, moment: &HookEvent<'_>) {
    let Some(direction) = call.msg.dialog.as_ref().map(|of| of.direction) else { return };
    match moment {
        HookEvent::RequestOut { branch, sent } => {
            if let Some(offer) = sent_sdp(sent, &Bytes::new()) {
                offers::note(call.msg, *branch, offer);
            }
        }
        HookEvent::ReplyIn { branch, reply, .. } if (200..300).contains(&reply.status()) => {
            let offer = offers::of_branch(call.msg, *branch);
            if accepted(call, dialog, direction, offer, reply)
                && let Some(store) = &keeper.store
            {
                store.changed(keeper, &mut call.env, dialog, Change::State);
            }
        }
        HookEvent::ReplyOut { code: 200..300, sent, .. } => {
            let mut inner = dialog.lock();
            let callee = inner.callee_of(direction, &call.msg.message);
            let known = inner.side(direction, callee).map(|leg| leg.sdp.clone()).unwrap_or_default();
            if let (Some(sdp), Some(leg)) = (sent_sdp(sent, &known), inner.side_mut(direction.opposite(), callee)) {
                leg.sent_sdp = sdp;
            }
        }
        _ => {}
    }
}

/// What the request has offered stands, and both parties are where they say (RFC 3261 section 12.2). Whether one of them
/// is somewhere else now.
fn accepted(call: &Call<'_>, dialog: &Dialog, direction: Direction, mut offer: Option<Bytes>, reply: &Message) -> bool {
    let request = &call.msg.message;
    let mut inner = dialog.lock();
    let callee = inner.callee_of(direction, request);
    let mut has_moved = false;
    if call.msg.extensions.get::<OfAParty>().is_some()
        && let Some(sender) = inner.side_mut(direction.opposite(), callee)
    {
        has_moved |= sender.moves(contact_of(request));
        if let Some(sdp) = sdp_of(request) {
            offer = offer.map(|offer| if offer == sdp { sdp.clone() } else { offer });
            sender.sdp = sdp;
        }
    }
    let Some(target) = inner.side_mut(direction, callee) else { return has_moved };
    has_moved |= target.moves(contact_of(reply));
    if let Some(sdp) = sdp_of(reply) {
        target.sdp = sdp;
    }
    if let Some(offer) = offer {
        target.sent_sdp = offer;
    }
    has_moved
}
