//! A request as it leaves: Request-URI, our Via above the others, Record-Route, the path as Route.

use crate::core::Core;
use crate::stateless::reply::{additions, append_line};
use crate::table::{COOKIE, Id, print_decimal};
use bytes::Bytes;
use module_api::{Branch, RouteSet, Routing, SentBy, Socket, ViaHandling};
use sip::{Edits, HeaderName};
use std::borrow::Cow;

/// A request about to leave.
pub(crate) struct Leaving<'a> {
    pub(crate) msg: &'a Routing,
    /// The changes of its `branch_route`, in place of those that all branches share.
    pub(crate) changes: Option<&'a Changes>,
    /// Where it goes.
    pub(crate) branch: &'a Branch,
    /// The socket it leaves by.
    pub(crate) socket: &'a Socket,
    pub(crate) via_branch: ViaBranch,
    /// Its Max-Breadth, where it has one.
    pub(crate) breadth: Option<u32>,
    /// Header lines of the transaction.
    pub(crate) extra: &'a [u8],
    /// Whether we made it ourselves: then its Via is ours to replace, and nobody sent it.
    pub(crate) is_own: bool,
}

/// What a branch leaves with, or is kept from: all that `branch_route` can change for its branch alone.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    pub(crate) edits: Edits,
    pub(crate) route_set: RouteSet,
    pub(crate) via: ViaHandling,
    pub(crate) blacklists: Vec<Bytes>,
    pub(crate) blacklists_off: Vec<Bytes>,
}

impl Changes {
    /// What a message has, so that the changes of a branch begin with it.
    pub(crate) fn of(msg: &Routing) -> Changes {
        Changes {
            edits: msg.edits.clone(),
            route_set: msg.route_set.clone(),
            via: msg.via.clone(),
            blacklists: msg.blacklists.clone(),
            blacklists_off: msg.blacklists_off.clone(),
        }
    }

    /// Puts these in place of what the message has, which comes back.
    pub(crate) fn swap(self, msg: &mut Routing) -> Changes {
        Changes {
            edits: std::mem::replace(&mut msg.edits, self.edits),
            route_set: std::mem::replace(&mut msg.route_set, self.route_set),
            via: std::mem::replace(&mut msg.via, self.via),
            blacklists: std::mem::replace(&mut msg.blacklists, self.blacklists),
            blacklists_off: std::mem::replace(&mut msg.blacklists_off, self.blacklists_off),
        }
    }
}

/// The branch parameter of our Via.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ViaBranch {
    /// It leads replies to this branch of a transaction; of a forked one it has a mark by which a loop is told.
    Of(Id, usize, Option<u64>),
    /// The request is forwarded without a transaction; the number follows from what was received, so that
    /// retransmissions get the same (RFC 3261 section 16.11).
    Stateless(u64),
}

/// What tells the branches of requests forwarded without a transaction.
const STATELESS_MARK: &[u8] = b"sts";

impl ViaBranch {
    fn print(self, out: &mut Vec<u8>) {
        match self {
            ViaBranch::Of(id, branch, mark) => {
                id.print_branch(branch, out);
                if let Some(mark) = mark {
                    out.extend_from_slice(format!(".{mark:016x}").as_bytes());
                }
            }
            ViaBranch::Stateless(number) => {
                out.extend_from_slice(COOKIE);
                out.extend_from_slice(STATELESS_MARK);
                out.extend_from_slice(format!("{number:016x}").as_bytes());
            }
        }
    }

    /// Whether this branch is one of a request that we forwarded without a transaction.
    pub(crate) fn is_stateless(branch: &[u8]) -> bool {
        branch.strip_prefix(COOKIE).is_some_and(|rest| rest.starts_with(STATELESS_MARK))
    }
}

/// What has been put together, which leaves the room for the next.
fn taken(room: &mut Vec<u8>) -> Bytes {
    let bytes = Bytes::copy_from_slice(room);
    room.clear();
    bytes
}

impl Leaving<'_> {
    /// Writes it.
    pub(crate) fn write(&self, core: &Core) -> Bytes {
        let message = &self.msg.message;
        let mut own = Edits::default();
        // The lines are put together here one after the other, so that each is allocated once and as large as it is.
        let mut line = Vec::with_capacity(256);
        match sip::as_request_uri(&self.branch.uri) {
            uri if *uri == *message.request_uri() => {}
            Cow::Borrowed(uri) => own.set_request_uri(self.branch.uri.slice_ref(uri)),
            Cow::Owned(uri) => own.set_request_uri(uri.into()),
        }
        self.add_via(core, &mut line, &mut own);
        self.add_record_route(core, &mut line, &mut own);
        self.add_path(&mut line, &mut own);
        self.set_breadth(&mut own);
        if !self.extra.is_empty() {
            append_line(self.extra, &mut line);
            own.append(taken(&mut line));
        }
        sip::written(message, &[self.edits(), &own])
    }

    fn edits(&self) -> &Edits {
        self.changes.map_or(&self.msg.edits, |changes| &changes.edits)
    }

    fn via(&self) -> &ViaHandling {
        self.changes.map_or(&self.msg.via, |changes| &changes.via)
    }

    fn route_set(&self) -> &RouteSet {
        self.changes.map_or(&self.msg.route_set, |changes| &changes.route_set)
    }

    fn add_via(&self, core: &Core, line: &mut Vec<u8>, own: &mut Edits) {
        let place = self.sent_by(core);
        line.extend_from_slice(b"Via: SIP/2.0/");
        line.extend_from_slice(self.socket.proto.via_name().as_bytes());
        line.push(b' ');
        line.extend_from_slice(place.host);
        line.push(b':');
        print_decimal(usize::from(place.port), line);
        line.extend_from_slice(b";branch=");
        self.via_branch.print(line);
        if self.via().add_local_rport {
            line.extend_from_slice(b";rport");
        }
        if self.via().force_tcp_alias && self.socket.proto.is_reliable() {
            line.extend_from_slice(b";alias");
        }
        line.extend_from_slice(b"\r\n");
        let message = &self.msg.message;
        if self.is_own {
            if let Some(via) = message.header(HeaderName::Via) {
                own.replace(via.index, taken(line));
            }
            return;
        }
        own.push_via(taken(line));
        self.complete_senders_via(line, own);
    }

    /// Fills `received` and `rport` of who sent it in (RFC 3261 section 18.2.1, RFC 3581 section 4).
    fn complete_senders_via(&self, filled: &mut Vec<u8>, own: &mut Edits) {
        let message = &self.msg.message;
        let Ok(via) = message.top_via() else { return };
        let (received, rport) = additions(&via, &self.msg.source, self.via());
        if received.is_none() && rport.is_none() {
            return;
        }
        // Without parameters there is no place to patch but the end of the value.
        let params = via.params.as_bytes();
        let range = if params.is_empty() {
            message.range_of(via.text).map(|range| range.end..range.end)
        } else {
            message.range_of(params)
        };
        let Some(range) = range else { return };
        via.write_params(received, rport, filled);
        own.patch(range, taken(filled));
    }

    fn add_record_route(&self, core: &Core, lines: &mut Vec<u8>, own: &mut Edits) {
        let Some(record) = &self.route_set().record else { return };
        let incoming = core.services.sockets.get(self.msg.source.socket);
        let incoming = incoming.filter(|incoming| !self.is_own && incoming.id != self.socket.id).map(SentBy::from);
        record.write(&self.route_set().added_params, self.sent_by(core), incoming, lines);
        own.push_record_route(taken(lines));
    }

    /// RFC 3327 section 5.3: the path of a registration becomes the route set of what follows it.
    fn add_path(&self, line: &mut Vec<u8>, own: &mut Edits) {
        let Some(path) = self.branch.path.as_ref().filter(|path| !path.is_empty()) else { return };
        line.extend_from_slice(b"Route: ");
        line.extend_from_slice(path);
        line.extend_from_slice(b"\r\n");
        let message = &self.msg.message;
        let first = message.headers_named(HeaderName::Route).find(|header| !self.edits().is_removed(header.index));
        match first {
            Some(route) => own.insert_before(route.index, taken(line)),
            None => own.append(taken(line)),
        }
    }

    fn set_breadth(&self, own: &mut Edits) {
        let Some(breadth) = self.breadth else { return };
        let line = format!("Max-Breadth: {breadth}\r\n").into();
        match self.msg.message.header(HeaderName::MaxBreadth).filter(|header| !self.edits().is_removed(header.index)) {
            Some(given) => own.replace(given.index, line),
            None => own.append(line),
        }
    }

    /// What the message says about us: `set_advertised_address()` before the socket's own words, and those before the
    /// global ones.
    fn sent_by<'s>(&'s self, core: &'s Core) -> SentBy<'s> {
        let settings = &core.services.settings;
        let mut place = SentBy::from(self.socket);
        if self.socket.advertised.is_none() {
            place.host = settings.advertised_address.as_deref().unwrap_or(place.host);
            place.port = settings.advertised_port.unwrap_or(place.port);
        }
        place.host = self.via().advertised_address.as_deref().unwrap_or(place.host);
        let port = self.via().advertised_port.as_deref().and_then(|port| std::str::from_utf8(port).ok()?.parse().ok());
        place.port = port.unwrap_or(place.port);
        place
    }
}
