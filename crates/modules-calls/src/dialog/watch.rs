//! What dialogs learn from transactions: of their INVITE, and of the requests inside them.

use super::keeper::{Keeper, dialog_of};
use super::leg::{Leg, contact_of, sdp_of, sent_body};
use super::lifecycle::{Cause, advance};
use super::record::{CALLEES_MAX, Dialog};
use super::state::Input;
use bytes::Bytes;
use module_api::{Call, DialogAnswer, HookEvent, Kind};
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
        within(call, &dialog, moment);
    }
    if let HookEvent::Acknowledged = moment {
        advance(&keeper, &mut call.env, &dialog, Input::Ack, &Cause::default());
    }
}

fn initial(call: &mut Call<'_>, keeper: &Arc<Keeper>, dialog: &Arc<Dialog>, moment: &HookEvent<'_>) {
    // From here on its transaction says when it ends.
    dialog.lock().next_check = None;
    match moment {
        HookEvent::RequestOut { sent, .. } => {
            let mut inner = dialog.lock();
            if let Some(sdp) = sent_body(sent, &inner.caller.sdp) {
                inner.sent_offer = sdp;
            }
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
    let sockets = &call.env.services.sockets;
    let before = call.msg.message.name_addrs(HeaderName::RecordRoute).count();
    let position = match inner.callee_tagged(tag) {
        Some(known) => {
            if let Some(leg) = inner.callees.get_mut(known) {
                leg.learn(reply, socket, sockets, before);
            }
            known
        }
        None if inner.callees.len() >= CALLEES_MAX => return,
        None => {
            let mut leg = Leg::callee(reply, socket, inner.first_cseq, sockets, before);
            leg.sent_sdp = inner.sent_offer.clone();
            inner.callees.push(leg);
            inner.callees.len() - 1
        }
    };
    if reply.status() >= 200 && !inner.is_confirmed() {
        inner.chosen = position;
    }
}

/// A reply goes to the caller. One of our own makes us the callee.
fn answered(dialog: &Dialog, code: u16, to_tag: &[u8], sent: &[u8]) {
    let mut inner = dialog.lock();
    if (200..300).contains(&code) && !to_tag.is_empty() && inner.callee_tagged(to_tag).is_none() {
        let leg = Leg { tag: to_tag.into(), socket: inner.caller.socket, ..Leg::default() };
        inner.callees.push(leg);
        inner.chosen = inner.callees.len() - 1;
    }
    if (101..300).contains(&code) {
        let known = inner.callee_tagged(to_tag).and_then(|callee| inner.callees.get(callee));
        let known = known.map(|leg| leg.sdp.clone()).unwrap_or_default();
        if let Some(sdp) = sent_body(sent, &known) {
            inner.caller.sent_sdp = sdp;
        }
    }
}

/// A re-INVITE or UPDATE: new targets and session descriptions.
fn within(call: &Call<'_>, dialog: &Dialog, moment: &HookEvent<'_>) {
    let Some(direction) = call.msg.dialog.as_ref().map(|of| of.direction) else { return };
    let back = direction.opposite();
    let mut inner = dialog.lock();
    match moment {
        HookEvent::RequestOut { sent, .. } => {
            let known = inner.target(back).map(|leg| leg.sdp.clone()).unwrap_or_default();
            if let (Some(sdp), Some(leg)) = (sent_body(sent, &known), inner.target_mut(direction)) {
                leg.sent_sdp = sdp;
            }
        }
        HookEvent::ReplyIn { reply, .. } if (200..300).contains(&reply.status()) => {
            let Some(leg) = inner.target_mut(direction) else { return };
            leg.contact = contact_of(reply).unwrap_or_else(|| std::mem::take(&mut leg.contact));
            leg.sdp = sdp_of(reply).unwrap_or_else(|| leg.sdp.clone());
        }
        HookEvent::ReplyOut { code: 200..300, sent, .. } => {
            let known = inner.target(direction).map(|leg| leg.sdp.clone()).unwrap_or_default();
            if let (Some(sdp), Some(leg)) = (sent_body(sent, &known), inner.target_mut(back)) {
                leg.sent_sdp = sdp;
            }
        }
        _ => {}
    }
}
