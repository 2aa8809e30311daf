//! Which dialog a request belongs to, and what its passing means to it.

use super::id::DialogId;
use super::keeper::{Keeper, dialog_of};
use super::leg::{names_us, sdp_of};
use super::lifecycle::{Cause, DOWNSTREAM_BYE, UPSTREAM_BYE, advance, tell};
use super::offers::OfAParty;
use super::record::Dialog;
use super::state::{Input, State};
use super::validate::Repeated;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, Call, DialogEvent, DialogHandle, DialogOf, Direction, FUNCTION, Fault, Function, Outcome, Run};
use sip::{HeaderName, Message, Method, RAck};
use std::sync::Arc;

/// `match_dialog()`
pub const MATCH_DIALOG: Function = Function {
    name: "match_dialog",
    about: "Finds the dialog of a request, where loose_route() has not: it need have no Route.",
    args: &[Arg::str("dlg_match_mode", "DID_ONLY, DID_FALLBACK or DID_NONE, in place of the module's.")
        .judged(|text| {
            Verdict::must(Mode::named(text.as_bytes()).is_ok(), text, "mode", "DID_ONLY, DID_FALLBACK or DID_NONE")
        })
        .optional()],
    routes: Routes::REQUEST,
    returns: &[(1, "it belongs to a dialog"), (-1, "it does not, or its dialog is not known")],
    examples: &[
        Example { script: "match_dialog()", message: "", returns: -1 },
        Example { script: "match_dialog(\"DID_NONE\")", message: "To: <sip:b@example.com>;tag=1", returns: -1 },
    ],
    run: Run::Now(match_dialog),
    ..FUNCTION
};

/// How requests are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `DID_ONLY`: by the parameter of our Record-Route alone.
    DidOnly,
    /// `DID_FALLBACK`: by Call-ID and tags where there is none, or one that is not known.
    DidFirst,
    /// `DID_NONE`: by Call-ID and tags alone; our Record-Route says nothing.
    SipOnly,
}

impl Mode {
    fn named(name: &[u8]) -> Result<Mode, Fault> {
        match name.trim_ascii() {
            b"DID_ONLY" => Ok(Mode::DidOnly),
            b"DID_FALLBACK" => Ok(Mode::DidFirst),
            b"DID_NONE" => Ok(Mode::SipOnly),
            _ => Err(Fault::script("match_dialog(): the mode is one of DID_ONLY, DID_FALLBACK, DID_NONE")),
        }
    }
}

fn match_dialog(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.shared_state::<Keeper>()?;
    let mode = args.opt_str(0).map_or(Ok(keeper.config.mode), |name| Mode::named(name))?;
    Ok(if find_and_pass(&keeper, call, mode) { 1 } else { -1 })
}

/// Finds the dialog of the request at hand, which then knows that the request has come.
pub fn find_and_pass(keeper: &Arc<Keeper>, call: &mut Call<'_>, mode: Mode) -> bool {
    if dialog_of(call).is_some() {
        return true;
    }
    let Some((dialog, direction)) = find(keeper, call, mode) else { return false };
    let handle: Arc<dyn DialogHandle> = Arc::clone(&dialog) as Arc<dyn DialogHandle>;
    call.msg.dialog = Some(DialogOf { dialog: handle, direction });
    pass(keeper, call, &dialog, direction);
    true
}

fn find(keeper: &Keeper, call: &Call<'_>, mode: Mode) -> Option<(Arc<Dialog>, Direction)> {
    let message = &call.msg.message;
    let (from_tag, to_tag) = (message.from().ok()?.tag()?, message.to_tag()?);
    let call_id = message.call_id().ok()?;
    let fits = |dialog: Arc<Dialog>| {
        let direction = dialog.direction(from_tag, to_tag).filter(|_| *dialog.call_id == *call_id)?;
        Some((dialog, direction))
    };
    if mode != Mode::SipOnly
        && let Some(dialog) = did_of(keeper, call).and_then(|id| keeper.table.get(id))
    {
        return fits(dialog);
    }
    if mode == Mode::DidOnly {
        return None;
    }
    keeper.table.with_call_id(call_id).into_iter().find_map(fits)
}

/// The identifier in our Route: as `loose_route()` has found it, or in the topmost that has one.
fn did_of(keeper: &Keeper, call: &Call<'_>) -> Option<DialogId> {
    let name = keeper.config.rr_param.trim_start_matches(';').trim_end_matches('=').as_bytes();
    if let Some(text) = sip::Params::new(&call.msg.route_set.params).value(name) {
        return DialogId::parse(text);
    }
    // Another server's dialogs have identifiers of their own.
    let sockets = &call.env.services.sockets;
    let routes = call.msg.message.name_addrs(HeaderName::Route).flatten();
    let ours = routes.filter_map(|item| item.address.parsed_uri().ok().filter(|uri| names_us(uri, sockets)));
    ours.filter_map(|uri| uri.params.value(name)).next().and_then(DialogId::parse)
}

/// A request of the dialog goes from one party to the other.
fn pass(keeper: &Arc<Keeper>, call: &mut Call<'_>, dialog: &Arc<Dialog>, direction: Direction) {
    let message = Arc::clone(&call.msg.message);
    renumber(call, dialog, direction, &message);
    call.msg.extensions.set(OfAParty);
    if message.method() == Method::Ack {
        answered_in_ack(dialog, direction, &message);
    }
    tell(&mut call.env, dialog, &mut DialogEvent::Within(call.msg, direction));
    let of_message = Some((Arc::clone(&message), call.msg.source, call.kind));
    match message.method() {
        Method::Ack => {
            advance(keeper, &mut call.env, dialog, Input::Ack, &Cause::default());
        }
        Method::Bye if dialog.state() > State::Early && has_the_call(dialog, direction, &message) => {
            let reason = if direction == Direction::Upstream { UPSTREAM_BYE } else { DOWNSTREAM_BYE };
            let cause = Cause { reason: Some(reason), message: of_message, ..Cause::default() };
            advance(keeper, &mut call.env, dialog, Input::Bye, &cause);
        }
        Method::Bye if direction == Direction::Downstream => {
            // Early, it changes nothing yet: a 2xx may be on its way (RFC 5407 section 3.1.3).
            let mut inner = dialog.lock();
            let callee = inner.callee_of(direction, &message);
            if let Some(leg) = inner.callees.get_mut(callee) {
                leg.was_hung_up = true;
            }
        }
        _ => {}
    }
}

/// Whether the callee of this BYE is the one that has the call: a caller hangs up phones that answered too late
/// (RFC 3261 section 13.2.2.4), and the call goes on.
fn has_the_call(dialog: &Dialog, direction: Direction, bye: &Message) -> bool {
    let inner = dialog.lock();
    inner.callee_of(direction, bye) == inner.chosen
}

/// The answer to an offer that came with a 2xx (RFC 3264): how it leaves, nobody here sees.
fn answered_in_ack(dialog: &Dialog, direction: Direction, ack: &Message) {
    let Some(sdp) = sdp_of(ack) else { return };
    let mut inner = dialog.lock();
    let callee = inner.callee_of(direction, ack);
    if let Some(leg) = inner.side_mut(direction.opposite(), callee) {
        leg.sdp = sdp;
    }
    if let Some(leg) = inner.side_mut(direction, callee) {
        leg.sent_sdp = Bytes::new();
    }
}

/// Requests of our own have come between: the number of this one is moved, and its replies' moved back.
fn renumber(call: &mut Call<'_>, dialog: &Dialog, direction: Direction, message: &Message) {
    let (Ok(cseq), Some(header)) = (message.cseq(), message.header(HeaderName::CSeq)) else { return };
    let rack =
        message.header(HeaderName::RAck).and_then(|header| Some((header.index, RAck::parse(header.value).ok()?)));
    let (out, rack) = {
        let mut inner = dialog.lock();
        let callee = inner.callee_of(direction, message);
        let Some(leg) = inner.side_mut(direction, callee) else { return };
        let rack = rack.map(|(index, rack)| (index, rack, leg.numbering.left_as(rack.sequence)));
        let is_repeated = cseq.method != Method::Ack && cseq.number <= leg.numbering.given;
        if is_repeated {
            call.msg.extensions.set(Repeated);
        }
        let before = leg.numbering;
        let out = leg.numbering.pass(cseq.number, cseq.method);
        if leg.numbering != before {
            inner.numbers_changed();
        }
        (out, rack)
    };
    if let Some((index, rack, sequence)) = rack.filter(|(_, rack, sequence)| rack.sequence != *sequence) {
        let numbers = format!("{} {sequence} ", rack.response);
        call.msg.edits.replace_value(index, [numbers.as_bytes(), rack.method_text].concat().into());
    }
    if out == cseq.number {
        return;
    }
    let value = [out.to_string().as_bytes(), b" ", cseq.method_text].concat();
    call.msg.edits.replace_value(header.index, value.into());
    call.msg.reply_cseq = Some(cseq.number);
}
