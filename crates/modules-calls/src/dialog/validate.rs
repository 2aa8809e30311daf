//! `validate_dialog()` and `fix_route_dialog()`: requests that do not fit their dialog.

use super::keeper::{current, dialog_of};
use super::record::Dialog;
use super::requests::Way;
use catalogue::{Example, Routes};
use module_api::{Args, Call, Direction, FUNCTION, Function, Outcome, Run};
use sip::{HeaderName, Message, Method, Uri};
use std::sync::Arc;

/// `validate_dialog()`
pub const VALIDATE: Function = Function {
    name: "validate_dialog",
    about: "Whether a request fits its dialog: its CSeq number goes up, it goes to the other party's contact, by the \
            way that party is reached.",
    routes: Routes::REQUEST,
    returns: &[
        (1, "it fits"),
        (-1, "its CSeq number does not"),
        (-2, "its Request-URI is not the other party's contact"),
        (-3, "its Route set is not that party's"),
        (-4, "it has no dialog, or cannot be read"),
    ],
    examples: &[Example { script: "validate_dialog()", message: "To: <sip:b@example.com>;tag=1", returns: -4 }],
    run: Run::Now(validate),
    ..FUNCTION
};

/// `fix_route_dialog()`
pub const FIX_ROUTE: Function = Function {
    name: "fix_route_dialog",
    about: "Sends a request where the dialog says: its Request-URI, Route set and next hop are made anew.",
    routes: Routes::REQUEST,
    returns: &[(1, "they are"), (-1, "it has no dialog, or it is not known how the other party is reached")],
    examples: &[Example { script: "fix_route_dialog()", message: "To: <sip:b@example.com>;tag=1", returns: -1 }],
    run: Run::Now(fix_route),
    ..FUNCTION
};

/// The request's number is not above the one before it: its dialog has seen it when it was matched.
#[derive(Clone, Copy, Debug)]
pub struct Repeated;

fn validate(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let (Some(dialog), Some(of)) = (dialog_of(call), call.msg.dialog.as_ref()) else { return Ok(-4) };
    let direction = of.direction;
    let message = Arc::clone(&call.msg.message);
    let Ok(cseq) = message.cseq() else { return Ok(-4) };
    if call.msg.extensions.get::<Repeated>().is_some() {
        return Ok(-1);
    }
    let inner = dialog.lock();
    let callee = inner.callee_of(direction, &message);
    let Some(target) = inner.side(direction, callee) else { return Ok(-4) };
    if cseq.method == Method::Ack && !target.numbering.is_invite(cseq.number) {
        return Ok(-1);
    }
    let (Ok(uri), Ok(contact)) = (Uri::parse(call.msg.request_uri()), Uri::parse(&target.contact)) else {
        return Ok(if target.contact.is_empty() { -4 } else { -2 });
    };
    let way = Way::to(target);
    let expected = Uri::parse(&way.uri).unwrap_or(contact);
    if !uri.same_as(&contact) && !uri.same_as(&expected) {
        return Ok(-2);
    }
    let mut given = message
        .name_addrs(HeaderName::Route)
        .filter(|item| !item.as_ref().is_ok_and(|item| call.msg.edits.is_item_removed(item)));
    for expected in target.routes() {
        let Some(Ok(item)) = given.next() else { return Ok(-3) };
        let Ok(expected) = sip::NameAddr::parse(expected) else { return Ok(-4) };
        let (Ok(given), Ok(expected)) = (item.address.parsed_uri(), expected.parsed_uri()) else { return Ok(-3) };
        if !given.same_as(&expected) {
            return Ok(-3);
        }
    }
    Ok(if given.next().is_some() { -3 } else { 1 })
}

fn fix_route(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let (_, dialog) = current(call)?;
    let direction = call.msg.dialog.as_ref().map_or(Direction::Downstream, |of| of.direction);
    let message: Arc<Message> = Arc::clone(&call.msg.message);
    let Some(way) = way_to(&dialog, direction, &message) else { return Ok(-1) };
    for route in message.headers_named(HeaderName::Route) {
        call.msg.edits.remove(route.index);
    }
    if !way.routes.is_empty() {
        call.msg.edits.append([b"Route: ", &way.routes[..], b"\r\n"].concat().into());
    }
    let first = call.msg.branches.first_mut();
    first.uri = way.uri.into();
    first.destination = way.next_hop.map(Into::into);
    Ok(1)
}

fn way_to(dialog: &Dialog, direction: Direction, request: &Message) -> Option<Way> {
    let inner = dialog.lock();
    let callee = inner.callee_of(direction, request);
    inner.side(direction, callee).filter(|leg| !leg.contact.is_empty()).map(Way::to)
}
