//! A message being routed, and everything decided about it so far.

use crate::{Avps, Branches, DialogOf, Fault, Proto, RecordRoute, SocketId, Time, TransactionHandle, Vars};
use bytes::Bytes;
use catalogue::{FlagSet, Routes};
use sip::{Edits, Message};
use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

/// The kind of route that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `route`
    Request,
    /// `branch_route`
    Branch,
    /// `failure_route`
    Failure,
    /// `onreply_route`
    Reply,
    /// `local_route`
    Local,
    /// `error_route`
    Error,
    /// `startup_route`
    Startup,
    /// `timer_route`
    Timer,
    /// `event_route`
    Event,
}

/// A message under way: what was received, and what the script has decided. It becomes part of the transaction when
/// one is made, and runs again in `failure_route`.
pub struct Routing {
    /// The message that the script reads: a request, or in `onreply_route` a reply.
    pub message: Arc<Message>,
    /// The other half: in `failure_route` the reply chosen, in `onreply_route` the request.
    pub counterpart: Option<Arc<Message>>,
    /// How it came.
    pub source: Source,
    /// Changes that become visible when the message leaves, or with `msg_apply_changes()`.
    pub edits: Edits,
    /// Where it goes: branch 0 is the Request-URI.
    pub branches: Branches,
    /// Message flags, of the whole transaction.
    pub flags: FlagSet,
    /// AVPs, of the whole transaction.
    pub avps: Avps,
    /// Script variables of this run.
    pub vars: Vars,
    /// What local replies to it carry besides the usual.
    pub reply: ReplyExtras,
    /// How our Via and replies are made.
    pub via: ViaHandling,
    /// What `loose_route()` and `record_route()` found and noted.
    pub route_set: RouteSet,
    /// The header of the credentials that were verified, by position, for `consume_credentials()`.
    pub credentials: Option<usize>,
    /// The last fault, for `sl_reply_error()` and `$err`.
    pub fault: Option<Box<Fault>>,
    /// Destination blacklists in use, by name.
    pub blacklists: Vec<Bytes>,
    /// Default blacklists that are not to be used.
    pub blacklists_off: Vec<Bytes>,
    /// The routes armed for what comes later, and the times of its transaction.
    pub armed: Armed,
    /// What modules attach.
    pub extensions: Extensions,
    /// Of a CANCEL, or an ACK to a 2xx: the transaction of its INVITE, as the engine numbers it.
    pub invite: Option<u64>,
    /// Its transaction, once there is one.
    pub transaction: Option<Box<dyn TransactionHandle>>,
    /// In `branch_route`, `onreply_route` and `failure_route`: the number of the transaction's branch at hand.
    pub branch: Option<usize>,
    /// Its dialog, once it is known.
    pub dialog: Option<DialogOf>,
    /// The CSeq number that its sender knows it by, where it leaves with another: replies are given it back.
    pub reply_cseq: Option<u32>,
    /// Parameters of an event or of the route that launched this one, in order.
    pub params: Vec<(Bytes, catalogue::Value)>,
}

/// What a request takes into its transaction; routes are numbers of the program that armed them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Armed {
    /// The next `failure_route`.
    pub failure: Option<u16>,
    /// The `onreply_route` of the whole transaction.
    pub reply: Option<u16>,
    /// The `branch_route`.
    pub branch: Option<u16>,
    /// `$T_fr_timeout`, if set.
    pub any_reply: Option<std::time::Duration>,
    /// `$T_fr_inv_timeout`, if set.
    pub invite_final: Option<std::time::Duration>,
}

/// How a message came.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The socket it came by.
    pub socket: SocketId,
    /// Its transport.
    pub proto: Proto,
    /// Who sent it.
    pub peer: SocketAddr,
    /// Where it arrived.
    pub local: SocketAddr,
    /// The connection, for streams.
    pub connection: Option<u64>,
    /// When.
    pub received_at: Time,
    /// Its number among the messages of this worker (`$mi`).
    pub number: u32,
}

/// What local replies carry besides the usual.
#[derive(Clone, Debug, Default)]
pub struct ReplyExtras {
    /// Header lines.
    pub headers: Vec<u8>,
    /// A body and its type.
    pub body: Option<Box<(Bytes, Bytes)>>,
}

/// How our Via and the replies are made.
#[derive(Clone, Debug, Default)]
pub struct ViaHandling {
    /// `force_rport()`: answer to the port the request came from (RFC 3581) though it did not ask.
    pub force_rport: bool,
    /// `add_local_rport()`: ask for it in our own Via.
    pub add_local_rport: bool,
    /// `reply-to-via`: answer to the address of the Via, not to where the request came from.
    pub reply_to_via: bool,
    /// `force_tcp_alias()`
    pub force_tcp_alias: bool,
    /// The name in the Via leads to who sent the request (`dns`, `rev_dns`): it needs no `received`.
    pub names_sender: bool,
    /// `set_advertised_address()`
    pub advertised_address: Option<Bytes>,
    /// `set_advertised_port()`
    pub advertised_port: Option<Bytes>,
}

/// What the functions of `rr` found and noted.
#[derive(Clone, Debug, Default)]
pub struct RouteSet {
    /// Whether `loose_route()` has routed this message.
    pub routed: bool,
    /// The parameters of the Route URI that was ours, from the first `;` on.
    pub params: Bytes,
    /// Whether a Record-Route has been added.
    pub recorded: bool,
    /// Parameters that `add_rr_param()` gave before or after `record_route()`.
    pub added_params: Vec<u8>,
    /// Our own Record-Route lines, inserted into each branch as it leaves, when its socket is known.
    pub record: Option<RecordRoute>,
}

/// What modules attach to a message; found by type.
#[derive(Default)]
pub struct Extensions {
    list: Vec<Box<dyn Any + Send>>,
    /// What one call leaves for the next one, whichever message that works on: `launch()` gives it a copy.
    handed_on: Vec<Box<dyn Any + Send>>,
}

impl Extensions {
    /// The attachment of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.list.iter().find_map(|entry| entry.downcast_ref())
    }

    /// The attachment of this type.
    pub fn get_mut<T: Any>(&mut self) -> Option<&mut T> {
        self.list.iter_mut().find_map(|entry| entry.downcast_mut())
    }

    /// Attaches, in place of what was there of this type.
    pub fn set<T: Any + Send>(&mut self, value: T) {
        match self.get_mut::<T>() {
            Some(entry) => *entry = value,
            None => self.list.push(Box::new(value)),
        }
    }

    /// Leaves something for the next call that asks for it, in place of what was left of this type.
    pub fn hand_on<T: Any + Send>(&mut self, value: T) {
        self.handed_on.retain(|entry| !entry.is::<T>());
        self.handed_on.push(Box::new(value));
    }

    /// Takes what an earlier call has left.
    pub fn take_handed_on<T: Any>(&mut self) -> Option<Box<T>> {
        let position = self.handed_on.iter().position(|entry| entry.is::<T>())?;
        self.handed_on.swap_remove(position).downcast().ok()
    }

    /// Exchanges what earlier calls have left with that of another message.
    pub fn swap_handed_on(&mut self, other: &mut Extensions) {
        std::mem::swap(&mut self.handed_on, &mut other.handed_on);
    }

    /// Takes the attachment of this type off.
    pub fn take<T: Any>(&mut self) -> Option<Box<T>> {
        let position = self.list.iter().position(|entry| entry.is::<T>())?;
        self.list.swap_remove(position).downcast().ok()
    }
}

impl Routing {
    /// A message as it arrived, nothing decided.
    pub fn new(message: Arc<Message>, source: Source) -> Routing {
        let uri = message.share(message.request_uri());
        Routing {
            message,
            counterpart: None,
            source,
            edits: Edits::default(),
            branches: Branches::new(uri),
            flags: FlagSet::default(),
            avps: Avps::default(),
            vars: Vars::default(),
            reply: ReplyExtras::default(),
            via: ViaHandling::default(),
            route_set: RouteSet::default(),
            credentials: None,
            fault: None,
            blacklists: Vec::new(),
            blacklists_off: Vec::new(),
            armed: Armed::default(),
            extensions: Extensions::default(),
            invite: None,
            transaction: None,
            branch: None,
            dialog: None,
            reply_cseq: None,
            params: Vec::new(),
        }
    }

    /// The Request-URI as it is now (`$ru`).
    pub fn request_uri(&self) -> &Bytes {
        &self.branches.first().uri
    }

    /// The URI that decides the next hop: `$du`, else the Request-URI.
    pub fn next_hop(&self) -> &Bytes {
        let first = self.branches.first();
        first.destination.as_ref().unwrap_or(&first.uri)
    }

    /// Whether the message at hand is a request.
    pub fn is_request(&self) -> bool {
        self.message.is_request()
    }
}

impl Kind {
    /// As a set of one.
    pub const fn routes(self) -> Routes {
        match self {
            Kind::Request => Routes::REQUEST,
            Kind::Branch => Routes::BRANCH,
            Kind::Failure => Routes::FAILURE,
            Kind::Reply => Routes::ONREPLY,
            Kind::Local => Routes::LOCAL,
            Kind::Error => Routes::ERROR,
            Kind::Startup => Routes::STARTUP,
            Kind::Timer => Routes::TIMER,
            Kind::Event => Routes::EVENT,
        }
    }
}
