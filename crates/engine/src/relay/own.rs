//! Requests of our own: made, shown to `local_route`, sent like any other.

use super::Relaying;
use super::spread::Spread;
use crate::desk::Desk;
use crate::run::{After, Ending};
use crate::transaction::{self, Own, Role, Transaction, Upstream};
use bytes::Bytes;
use module_api::{
    Branch, Call, Env, Fault, Flow, Kind, NewRequest, Proto, Request, Routing, SocketId, Then, WhenAnswered,
};
use script::vm::Start;
use sip::{HeaderName, Message, Uri};
use std::net::SocketAddr;
use std::sync::Arc;

/// What who had a request sent is told when `local_route` dropped it.
const DROPPED: u16 = 477;

impl Desk<'_> {
    /// Sends a request of our own in a new client transaction.
    pub(crate) fn send_own(
        &self,
        env: &mut Env<'_>,
        request: NewRequest,
        done: Option<WhenAnswered>,
    ) -> Result<(), Fault> {
        let socket = self.socket_named(request.socket.as_deref())?;
        let message = Arc::new(self.make_request(env, &request)?);
        let id = self.core.table.insert_own(&message).ok_or_else(|| Fault::us("there is no room for a transaction"))?;
        self.core.counters.tm.our_own.increment();
        let mut msg = Box::new(Routing::new(Arc::clone(&message), self.core.no_source(env.now)));
        let destination = match request.address {
            Some(address) => Some(destination_of(self.proto_of(socket), address)),
            None => request.next_hop,
        };
        let first = msg.branches.first_mut();
        *first = Branch { uri: first.uri.clone(), destination, socket, ..Branch::default() };
        msg.vars = self.core.initial_vars();
        msg.dialog = request.dialog;
        for (name, value) in request.avps {
            msg.avps.push(name, value);
        }
        let heard = request.provisional.filter(|_| self.core.times.pass_provisional_replies);
        let upstream = Upstream::Own(Own { done, heard, ends_at: None });
        let program = Arc::clone(self.program);
        let transaction = Transaction::new(id, message, program, upstream, &self.core.times, msg.source, env.now);
        msg.transaction = Some(Box::new(transaction));
        if let Some(msg) = self.run_local_route(env, msg) {
            self.put_back(env, msg);
        }
        Ok(())
    }

    fn run_local_route(&self, env: &mut Env<'_>, msg: Box<Routing>) -> Option<Box<Routing>> {
        let Some(route) = self.program.local else { return self.send_own_branch(env, msg) };
        let (msg, ending) = self.run_or_park(env, msg, Kind::Local, route.0, After::Local)?;
        self.local_routed(env, msg, ending)
    }

    /// `local_route` is done.
    pub(crate) fn local_routed(
        &self,
        env: &mut Env<'_>,
        mut msg: Box<Routing>,
        ending: Ending,
    ) -> Option<Box<Routing>> {
        if ending.dropped {
            self.own_failed(env, &mut msg, DROPPED);
            return Some(msg);
        }
        self.send_own_branch(env, msg)
    }

    /// `local_request_route`: sees each request of our own as it leaves; whatever it changes goes nowhere.
    fn run_local_request_route(&self, env: &mut Env<'_>, msg: &mut Routing) {
        let Some(route) = self.program.local_request else { return };
        let sent = transaction::of(msg).and_then(|transaction| transaction.clients.first());
        let Some(Ok(request)) = sent.map(|client| Message::parse(client.sent.bytes.clone(), &sip::Limits::OWN)) else {
            return;
        };
        let mut shown = Box::new(Routing::new(Arc::new(request), msg.source));
        shown.vars = self.core.initial_vars();
        self.run_detached(env, shown, Kind::Local, route, Start::default());
    }

    fn send_own_branch(&self, env: &mut Env<'_>, mut msg: Box<Routing>) -> Option<Box<Routing>> {
        let branch = msg.branches.first().clone();
        let flow = {
            let state = self.core.dispatch.nothing();
            let mut call = Call { env: env.reborrow(), msg: &mut msg, kind: Kind::Local, module: state };
            let relaying = Relaying {
                todo: [branch].into(),
                role: Role::Contender,
                proxy: None,
                answers: false,
                looks_back: false,
                first: 0,
                sent: 0,
                failure: None,
                spread: Spread::default(),
            };
            relaying.go_on(self, &mut call)
        };
        self.follow(env, msg, flow)
    }

    /// Follows a flow that no script waits for: the transaction stays taken until it is done.
    fn follow(&self, env: &mut Env<'_>, msg: Box<Routing>, flow: Flow) -> Option<Box<Routing>> {
        match flow {
            Flow::Done(outcome) => self.followed(env, msg, outcome),
            Flow::Wait(request, then) => {
                self.park_flow(env, msg, request, then);
                None
            }
        }
    }

    fn followed(&self, env: &mut Env<'_>, mut msg: Box<Routing>, outcome: Result<i32, Fault>) -> Option<Box<Routing>> {
        match outcome {
            Ok(code) if code > 0 => self.run_local_request_route(env, &mut msg),
            Ok(_) => self.own_failed(env, &mut msg, 477),
            Err(fault) => {
                env.log().error(format!("a request was not sent: {fault}"));
                self.own_failed(env, &mut msg, fault.sip_reply().0);
            }
        }
        Some(msg)
    }

    fn park_flow(&self, env: &mut Env<'_>, mut msg: Box<Routing>, request: Request, then: Then) {
        self.put_aside(env, request, None, move |desk, env, answer| {
            let flow = {
                let state = desk.core.dispatch.nothing();
                then(&mut Call { env: env.reborrow(), msg: &mut msg, kind: Kind::Request, module: state }, answer)
            };
            if let Some(msg) = desk.follow(env, msg, flow) {
                desk.put_back(env, msg);
            }
        });
    }

    /// The request as a message; its Via is replaced when the socket is known.
    fn make_request(&self, env: &mut Env<'_>, request: &NewRequest) -> Result<Message, Fault> {
        Uri::parse(&request.uri)?;
        let given = Given::of(&request.headers);
        let (one, two) = (env.random.next_u64(), env.random.next_u64());
        let from = match given.from {
            Some(from) if has_tag(from) => from.to_vec(),
            Some(from) => [from, format!(";tag={one:016x}").as_bytes()].concat(),
            None => format!("<sip:{}>;tag={one:016x}", self.own_host()).into_bytes(),
        };
        let to = given.to.map_or_else(|| [b"<", &request.uri[..], b">"].concat(), <[u8]>::to_vec);
        let call_id =
            given.call_id.map_or_else(|| format!("{two:016x}@{}", self.own_host()).into_bytes(), <[u8]>::to_vec);
        let mut headers = given.others.clone();
        if let Some(line) = self.core.services.settings.user_agent_header.as_ref().filter(|_| !given.has_user_agent) {
            crate::stateless::reply::append_line(line, &mut headers);
        }
        let mut bytes = Vec::new();
        sip::build::Request {
            method: &request.method,
            uri: &request.uri,
            via: b"SIP/2.0/UDP 0.0.0.0;branch=z9hG4bK0",
            from: &from,
            to: &to,
            call_id: &call_id,
            cseq: given.cseq.unwrap_or(10),
            headers: &headers,
            content_type: given.content_type.unwrap_or_default(),
            body: &request.body,
            ..sip::build::Request::default()
        }
        .write(&mut bytes);
        Message::parse(bytes.into(), &sip::Limits::OWN)
            .map_err(|error| Fault::script(format!("the request cannot be made: {error}")).reply(400, "Bad headers"))
    }

    fn own_host(&self) -> String {
        let socket = self.core.services.sockets.iter().next();
        socket
            .map_or_else(|| "localhost".to_owned(), |socket| String::from_utf8_lossy(&socket.sent_by_host).into_owned())
    }

    fn socket_named(&self, name: Option<&[u8]>) -> Result<Option<SocketId>, Fault> {
        let Some(name) = name else { return Ok(None) };
        let socket = self.core.services.sockets.named(name).map(|socket| socket.id);
        socket.map(Some).ok_or_else(|| Fault::script("there is no such socket").reply(404, "Local socket not found"))
    }

    fn proto_of(&self, socket: Option<SocketId>) -> Proto {
        let socket = socket.and_then(|id| self.core.services.sockets.get(id));
        socket.map_or(Proto::Udp, |socket| socket.proto)
    }
}

/// The header lines given for a request, those that it must have taken out.
#[derive(Default)]
struct Given<'a> {
    from: Option<&'a [u8]>,
    to: Option<&'a [u8]>,
    call_id: Option<&'a [u8]>,
    cseq: Option<u32>,
    content_type: Option<&'a [u8]>,
    has_user_agent: bool,
    others: Vec<u8>,
}

impl<'a> Given<'a> {
    fn of(lines: &'a [u8]) -> Given<'a> {
        let mut given = Given::default();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let colon = line.iter().position(|byte| *byte == b':').filter(|_| !line.starts_with(b" "));
            let Some(colon) = colon else {
                given.others.extend_from_slice(line.trim_ascii_start());
                continue;
            };
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            match HeaderName::of(name.trim_ascii()) {
                HeaderName::From => given.from = Some(value),
                HeaderName::To => given.to = Some(value),
                HeaderName::CallId => given.call_id = Some(value),
                HeaderName::CSeq => {
                    let number = value.split(u8::is_ascii_whitespace).next();
                    given.cseq = number.and_then(|number| std::str::from_utf8(number).ok()?.parse().ok());
                }
                HeaderName::ContentType => given.content_type = Some(value),
                HeaderName::ContentLength | HeaderName::Via | HeaderName::MaxForwards => {}
                name => {
                    given.has_user_agent |= name == HeaderName::UserAgent;
                    given.others.extend_from_slice(line.trim_ascii());
                    given.others.extend_from_slice(b"\r\n");
                }
            }
        }
        given
    }
}

fn has_tag(address: &[u8]) -> bool {
    sip::NameAddr::parse(address).is_ok_and(|address| address.tag().is_some())
}

/// An address as [`crate::outgoing::Hop`] reads it.
fn destination_of(proto: Proto, address: SocketAddr) -> Bytes {
    Bytes::from(format!("{}:{address}", proto.name()))
}

impl Desk<'_> {
    /// A request of our own got no branch away, or got no reply.
    pub(crate) fn own_failed(&self, env: &mut Env<'_>, msg: &mut Routing, code: u16) {
        self.own_finished(env, msg, code, Bytes::new());
    }

    /// A request of our own is answered: who had it sent is told.
    pub(crate) fn own_finished(&self, env: &mut Env<'_>, msg: &mut Routing, code: u16, reply: Bytes) {
        let mut linger = self.core.times.linger;
        let Some(transaction) = transaction::of(msg) else { return };
        let is_invite = transaction.is_invite();
        let Upstream::Own(own) = &mut transaction.upstream else { return };
        if own.ends_at.is_some() {
            return;
        }
        if is_invite && (200..300).contains(&code) {
            // Its 2xx may come again until the ACK is there (RFC 6026 section 7.2).
            linger = linger.max(self.core.times.t1 * 64);
        }
        own.ends_at = Some(env.now + linger);
        let done = own.done.take();
        self.core.counters.tm.complete(code);
        if let Some(done) = done {
            let job = done(env, code, reply);
            env.start(job);
        }
    }
}
