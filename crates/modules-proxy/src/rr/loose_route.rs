//! `loose_route()`: takes our own entries off the Route set and sends the request to the next one.

use super::RecordRouting;
use catalogue::{Example, Routes};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Proto, Run, Sockets};
use sip::{HeaderError, HeaderName, ListItem, Message, Scheme, Uri};
use smallvec::SmallVec;
use std::sync::Arc;

pub(super) const LOOSE_ROUTE: Function = Function {
    name: "loose_route",
    about: "Routes a request by its Route set, between loose and strict routers alike.",
    routes: Routes::REQUEST,
    returns: &[
        (1, "the request was routed"),
        (-1, "it has no Route, or, outside a dialog, none but ours, which was removed"),
    ],
    examples: &[
        Example { script: "loose_route()", message: "", returns: -1 },
        Example { script: "loose_route()", message: "Route: <sip:192.0.2.1;lr>", returns: -1 },
        Example {
            script: "loose_route()",
            message: "To: <sip:bob@example.com>;tag=1\nRoute: <sip:192.0.2.1;lr>",
            returns: 1,
        },
        Example { script: "loose_route()", message: "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.9;lr>", returns: 1 },
    ],
    run: Run::Now(loose_route),
    ..FUNCTION
};

/// The Route entries still to be visited, as the edits made so far leave them.
type RouteList<'a> = SmallVec<[ListItem<'a>; 4]>;

pub(crate) fn loose_route(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let was_routed = call.msg.route_set.routed;
    let code = route(call)?;
    if let (true, Some(dialogs)) = (code > 0 && !was_routed, call.env.services.dialogs.clone()) {
        dialogs.routed(call);
    }
    Ok(code)
}

fn route(call: &mut Call<'_>) -> Outcome {
    if call.msg.route_set.routed {
        return Ok(1);
    }
    let settings = call.state::<RecordRouting>()?;
    let message = Arc::clone(&call.msg.message);
    let mut routes = remaining_routes(call, &message)?;
    let Some(top) = routes.first() else { return Ok(-1) };
    let in_dialog = message.to_tag().is_some();
    let top_is_ours = is_ours(Uri::parse(uri_of(top))?, settings, &call.env.services.sockets);
    if in_dialog && was_strictly_routed(call, settings, top_is_ours)? {
        take_back_request_uri(call, &message, &mut routes);
        // RFC 3261 section 16.4: go on as if the request had come like this.
        if let Some(next) = routes.first()
            && is_ours(Uri::parse(uri_of(next))?, settings, &call.env.services.sockets)
        {
            let is_pair = is_double(&call.msg.route_set.params);
            leave(call, &message, &mut routes, is_pair)?;
        }
    } else if top_is_ours {
        let was_only = visit_own(call, &message, &mut routes, settings)?;
        if was_only && !in_dialog {
            return Ok(-1);
        }
    }
    if let Some(next) = routes.first() {
        send_to(call, &message, next, routes.last().unwrap_or(next))?;
    }
    call.msg.route_set.routed = true;
    Ok(1)
}

fn remaining_routes<'a>(call: &Call<'_>, message: &'a Message) -> Result<RouteList<'a>, HeaderError> {
    let items = message.name_addrs(HeaderName::Route);
    items.filter(|item| !item.as_ref().is_ok_and(|item| call.msg.edits.is_item_removed(item))).collect()
}

/// Whether the Request-URI is one that we put into a Record-Route: the previous hop is a strict router, which moved it
/// there (RFC 3261 section 16.4). We always write `;lr` and, as a rule, no user part; a router that lost the parameter
/// has still consumed the topmost Route.
fn was_strictly_routed(call: &Call<'_>, settings: &RecordRouting, top_is_ours: bool) -> Result<bool, sip::UriError> {
    let uri = Uri::parse(call.msg.request_uri())?;
    if !is_ours(uri, settings, &call.env.services.sockets) {
        return Ok(false);
    }
    Ok(uri.params.has(b"lr") || uri.user.is_none() && !top_is_ours)
}

/// The last Route becomes the Request-URI again.
fn take_back_request_uri(call: &mut Call<'_>, message: &Message, routes: &mut RouteList<'_>) {
    let Some(last) = routes.pop() else { return };
    let ours = call.msg.request_uri().clone();
    call.msg.route_set.params = Uri::parse(&ours).map(|uri| ours.slice_ref(uri.params.as_bytes())).unwrap_or_default();
    call.msg.branches.first_mut().uri = message.share(uri_of(&last));
    call.msg.edits.remove_list_item(message, &last);
}

/// Takes our own entry off, and the second one where `record_route()` had made two. Whether nothing is left.
fn visit_own(
    call: &mut Call<'_>,
    message: &Message,
    routes: &mut RouteList<'_>,
    settings: &RecordRouting,
) -> Result<bool, sip::UriError> {
    let Some(own) = routes.first() else { return Ok(true) };
    let params = Uri::parse(uri_of(own))?.params;
    call.msg.route_set.params = message.share(params.as_bytes());
    leave(call, message, routes, false)?;
    if let Some(next) = routes.first()
        && is_double(params.as_bytes())
        && is_ours(Uri::parse(uri_of(next))?, settings, &call.env.services.sockets)
    {
        leave(call, message, routes, true)?;
    }
    Ok(routes.is_empty())
}

/// Removes the first entry. The second one of a pair names the socket by which the request goes on.
fn leave(
    call: &mut Call<'_>,
    message: &Message,
    routes: &mut RouteList<'_>,
    names_socket: bool,
) -> Result<(), sip::UriError> {
    if routes.is_empty() {
        return Ok(());
    }
    let own = routes.remove(0);
    call.msg.edits.remove_list_item(message, &own);
    if names_socket {
        let uri = Uri::parse(uri_of(&own))?;
        call.msg.branches.first_mut().socket = socket_of(uri, &call.env.services.sockets);
    }
    Ok(())
}

/// Sends the request to the next entry: the entry stays where it is for a loose router, and becomes the Request-URI for
/// a strict one, with the old Request-URI at the end of the set (RFC 3261 section 16.6, step 6).
fn send_to(
    call: &mut Call<'_>,
    message: &Message,
    next: &ListItem<'_>,
    last: &ListItem<'_>,
) -> Result<(), sip::UriError> {
    let uri = message.share(uri_of(next));
    if Uri::parse(&uri)?.params.has(b"lr") {
        call.msg.branches.first_mut().destination = Some(uri);
        return Ok(());
    }
    let line = [b"Route: <", &call.msg.request_uri()[..], b">\r\n"].concat();
    call.msg.edits.insert_after(last.header, line.into());
    call.msg.edits.remove_list_item(message, next);
    let first = call.msg.branches.first_mut();
    first.uri = uri;
    first.destination = None;
    Ok(())
}

/// The URI of an entry. Without angle brackets its parameters are meant to be the URI's.
fn uri_of<'a>(item: &ListItem<'a>) -> &'a [u8] {
    if item.address.bracketed { item.address.uri } else { item.address.text }
}

fn is_ours(uri: Uri<'_>, settings: &RecordRouting, sockets: &Sockets) -> bool {
    if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
        return false;
    }
    if uri.user.is_some() && uri.user == settings.ignore_user.as_deref() {
        return false;
    }
    sockets.is_myself(uri.host, Some(port_of(uri)), uri.transport().and_then(Proto::of))
}

fn port_of(uri: Uri<'_>) -> u16 {
    let proto = uri.transport().and_then(Proto::of);
    uri.port.unwrap_or_else(|| proto.map_or(uri.default_port(), Proto::default_port))
}

/// The socket that we had written into a Record-Route as this URI.
fn socket_of(uri: Uri<'_>, sockets: &Sockets) -> Option<module_api::SocketId> {
    let default = if uri.scheme == Scheme::Sips { Proto::Tls } else { Proto::Udp };
    let proto = uri.transport().and_then(Proto::of).unwrap_or(default);
    let name = [proto.name().as_bytes(), b":", uri.host, b":", port_of(uri).to_string().as_bytes()].concat();
    sockets.named(&name).map(|socket| socket.id)
}

fn is_double(params: &[u8]) -> bool {
    sip::Params::new(params).has(b"r2")
}
