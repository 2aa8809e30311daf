//! `event_datagram`: events as JSON-RPC notifications by datagrams, `udp:host:port` and `unix:/path`.

use crate::address::HostPort;
use crate::payload::{Form, write};
use bytes::Bytes;
use module_api::{
    Answer, Env, EventTransport, Events, Fault, Job, Module, Notification, Raised, Request, Setup, StartError, State,
    Way,
};
use std::sync::Arc;
use std::time::Duration;

/// The module.
pub const MODULE: Module = Module {
    name: "event_datagram",
    about: "Brings events to subscribers by datagrams, over UDP and UNIX sockets.",
    start,
    ..Module::EMPTY
};

/// The longest datagram, as upstream has it.
const DATAGRAM_BYTES_MAX: usize = 65_457;
/// The longest path of a UNIX socket.
const PATH_BYTES_MAX: usize = 107;
/// How long a datagram may take to leave.
const DEADLINE: Duration = Duration::from_secs(2);

/// `udp:host:port`
struct Udp;

/// `unix:/path`
struct Unix;

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    crate::offer(setup, Arc::new(Udp));
    crate::offer(setup, Arc::new(Unix));
    Ok(Arc::new(()))
}

impl EventTransport for Udp {
    fn protocol(&self) -> &str {
        "udp"
    }

    fn accepts(&self, _: &Events, address: &str) -> bool {
        HostPort::parse(address).is_some()
    }

    fn deliver(&self, _: &mut Env<'_>, address: &str, event: &Raised) -> Job {
        send(event, |bytes| {
            let HostPort { host, port } = HostPort::parse(address)?;
            let host = host.to_owned();
            let notification = Notification { host, port, way: Way::Datagram, bytes, deadline: DEADLINE };
            Some(Request::Notify(Box::new(notification)))
        })
    }
}

impl EventTransport for Unix {
    fn protocol(&self) -> &str {
        "unix"
    }

    fn accepts(&self, _: &Events, address: &str) -> bool {
        address.starts_with('/') && address.len() <= PATH_BYTES_MAX && !address.contains('\0')
    }

    fn deliver(&self, _: &mut Env<'_>, address: &str, event: &Raised) -> Job {
        let path = address.to_owned();
        send(event, |bytes| Some(Request::Write { path, socket: true, bytes, deadline: DEADLINE }))
    }
}

fn send(event: &Raised, request: impl FnOnce(Bytes) -> Option<Request>) -> Job {
    let bytes = write(event, Form::default());
    if bytes.len() > DATAGRAM_BYTES_MAX {
        let text = format!("{} is too long for a datagram: {} bytes", event.event, bytes.len());
        return Job::Done(Err(Fault::script(text)));
    }
    match request(bytes) {
        Some(request) => Job::wait(request, |_, answer: Answer| Job::Done(answer.done())),
        None => Job::Done(Err(Fault::us("a subscriber's address cannot be read any more"))),
    }
}
