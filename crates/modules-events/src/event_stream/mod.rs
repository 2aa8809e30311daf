//! `event_stream`: events as JSON-RPC over TCP, `tcp:host:port/method`; in `reliable_mode` each is confirmed.

use crate::address::HostPort;
use crate::payload::{Form, write};
use catalogue::{Param, ParamKind};
use module_api::{
    Answer, Env, EventTransport, Events, Fault, Job, Module, Notification, Raised, Request, Setup, StartError, State,
    Way,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The module.
pub const MODULE: Module = Module {
    name: "event_stream",
    about: "Brings events to subscribers as JSON-RPC over TCP.",
    params: &[RELIABLE_MODE, TIMEOUT, EVENT_PARAM],
    start,
    ..Module::EMPTY
};

const RELIABLE_MODE: Param =
    Param::int("reliable_mode", 0, "Whether events are requests whose replies are waited for.").within(0, 1);
const TIMEOUT: Param =
    Param::int("timeout", 1000, "Milliseconds in which an event must be sent, and in reliable_mode confirmed.")
        .within(1, 600_000);
const EVENT_PARAM: Param = Param::unset(
    "event_param",
    ParamKind::Str,
    "The parameter that gets the event's name; among parameters without names it is the first.",
);

/// `tcp:host:port/method`
struct Stream {
    is_reliable: bool,
    timeout: Duration,
    event_param: Option<String>,
    next_id: AtomicU32,
}

/// What stands after `tcp:`.
struct Target<'a> {
    address: HostPort<'a>,
    method: Option<&'a str>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let milliseconds = u64::try_from(setup.params.int(&TIMEOUT)).unwrap_or(1000);
    let [first, second, third, fourth, ..] = setup.seed;
    let stream = Stream {
        is_reliable: setup.params.is_on(&RELIABLE_MODE),
        timeout: Duration::from_millis(milliseconds),
        event_param: setup.params.str(&EVENT_PARAM).filter(|param| !param.is_empty()).map(str::to_owned),
        next_id: AtomicU32::new(u32::from_be_bytes([first, second, third, fourth])),
    };
    crate::offer(setup, Arc::new(stream));
    Ok(Arc::new(()))
}

impl<'a> Target<'a> {
    fn parse(text: &'a str) -> Option<Target<'a>> {
        let (address, method) = text.split_once('/').map_or((text, None), |(address, method)| (address, Some(method)));
        if method.is_some_and(str::is_empty) {
            return None;
        }
        Some(Target { address: HostPort::parse(address)?, method })
    }
}

impl EventTransport for Stream {
    fn protocol(&self) -> &str {
        "tcp"
    }

    fn accepts(&self, _: &Events, address: &str) -> bool {
        Target::parse(address).is_some()
    }

    fn deliver(&self, _: &mut Env<'_>, address: &str, event: &Raised) -> Job {
        let Some(Target { address, method }) = Target::parse(address) else {
            return Job::Done(Err(Fault::us("a subscriber's address cannot be read any more")));
        };
        // Not above what every client can read as a number.
        let id = self.is_reliable.then(|| self.next_id.fetch_add(1, Ordering::Relaxed) & 0x7fff_ffff);
        let form = Form { method, event_param: self.event_param.as_deref(), id };
        let notification = Notification {
            host: address.host.to_owned(),
            port: address.port,
            way: id.map_or(Way::Stream, Way::Confirmed),
            bytes: write(event, form),
            deadline: self.timeout,
        };
        Job::wait(Request::Notify(Box::new(notification)), |_, answer: Answer| Job::Done(answer.done()))
    }
}
