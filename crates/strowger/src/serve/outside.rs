//! Everything outside the engine, and the drivers that carry events in and results out.

use super::clock::Clock;
use bytes::Bytes;
use catalogue::Value;
use edge_dns::Names;
use edge_events::Notifier;
use edge_exec::Programs;
use edge_http::HttpClient;
use edge_journal::Journals;
use edge_mi::Reply;
use edge_net::tcp::Streams;
use edge_net::udp::Admission;
use edge_net::{Senders, Waits};
use edge_sql::Databases;
use engine::{Engine, Event, Received, Token, Worker};
use module_api::{Answer, HttpFailure, Proto, Raised, Request, Sending, THRESHOLD};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// What the engine's results go to.
pub struct Outside {
    engine: Engine,
    clock: Clock,
    senders: Senders,
    streams: Vec<Arc<Streams>>,
    databases: Databases,
    waits: Waits,
    names: Names,
    programs: Programs,
    journals: Journals,
    notifier: Notifier,
    /// For `rest_client`, if it is loaded.
    http: Option<HttpClient>,
    /// Who waits for the reply to a management request.
    managing: Mutex<BTreeMap<u64, Reply>>,
    next_request: AtomicU64,
    /// Drivers that are free, for threads that bring answers.
    spare: Mutex<Vec<Worker>>,
}

/// What is there once the engine runs, for what is made before it.
pub type Late = Arc<OnceLock<Arc<Outside>>>;

/// The parts that are opened at start.
pub struct Opened {
    /// Sockets to send by.
    pub senders: Senders,
    /// Connections.
    pub streams: Vec<Arc<Streams>>,
    /// Databases.
    pub databases: Databases,
    /// Sleeping, files, FIFOs.
    pub waits: Waits,
    /// Names.
    pub names: Names,
    /// Programs.
    pub programs: Programs,
    /// Files of what must outlive the process.
    pub journals: Journals,
    /// Subscribers of events.
    pub notifier: Notifier,
    /// HTTP servers, if a module asks them.
    pub http: Option<HttpClient>,
}

/// Drivers kept for threads that bring answers now and then.
const SPARE_MAX: usize = 64;
/// The longest datagram that IPv4 carries.
const DATAGRAM_MAX: usize = 65_507;
/// Management requests that may wait for their replies.
const MANAGING_MAX: usize = 10_000;

impl Outside {
    /// Around an engine.
    pub fn new(engine: Engine, clock: Clock, opened: Opened) -> Arc<Outside> {
        let Opened { senders, streams, databases, waits, names, programs, journals, notifier, http } = opened;
        Arc::new(Outside {
            engine,
            clock,
            senders,
            streams,
            databases,
            waits,
            names,
            programs,
            journals,
            notifier,
            http,
            managing: Mutex::default(),
            next_request: AtomicU64::new(1),
            spare: Mutex::default(),
        })
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A driver for a thread of its own.
    pub fn driver(self: &Arc<Self>) -> Driver {
        Driver { worker: self.engine.worker(), outside: Arc::clone(self) }
    }

    /// Handles an event on whichever thread this is.
    pub fn handle(self: &Arc<Self>, event: Event) {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = spare.unwrap_or_else(|| self.engine.worker());
        let mut driver = Driver { worker, outside: Arc::clone(self) };
        driver.handle(event);
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_MAX {
            spare.push(driver.worker);
        }
    }

    /// Raises an event that happened outside the engine, where anybody hears it.
    /// Values are in the order of its declared parameters.
    pub fn raise(self: &Arc<Self>, event: &catalogue::Event, values: Vec<Value>) {
        if !self.engine.is_heard(event.name) {
            return;
        }
        let params = event.params.iter().map(|name| (*name).to_owned()).zip(values).collect();
        self.handle(Event::Raised(Raised { event: event.name.to_owned(), params }));
    }

    /// Something took longer than its threshold.
    pub fn threshold_passed(self: &Arc<Self>, source: &str, took: Duration, extra: &str) {
        let time = i32::try_from(took.as_micros()).unwrap_or(i32::MAX);
        self.raise(&THRESHOLD, vec![source.to_owned().into(), Value::Int(time), extra.to_owned().into()]);
    }

    /// Runs a management request; `reply` gets what it answers.
    pub fn manage(self: &Arc<Self>, request: Bytes, reply: Reply) {
        let number = self.next_request.fetch_add(1, Ordering::Relaxed);
        {
            let mut managing = self.managing.lock().unwrap_or_else(PoisonError::into_inner);
            if managing.len() >= MANAGING_MAX {
                // Dropped uncalled, it says that the request failed.
                return;
            }
            managing.insert(number, reply);
        }
        self.handle(Event::Manage { number, request, pretty: false });
    }

    /// Answers what waits for databases, and ends them.
    pub fn close(&self) {
        self.databases.stop();
    }

    fn ask(self: &Arc<Self>, token: Token, request: Request) {
        let outside = Arc::clone(self);
        match request {
            Request::Sql(query) => {
                let reply = move |rows| outside.handle(Event::Answer { token, answer: Answer::Sql(rows) });
                self.databases.submit(*query, Box::new(reply));
            }
            Request::Exec(program) => self.programs.run(*program, move |output| {
                outside.handle(Event::Answer { token, answer: Answer::Exec(output) });
            }),
            Request::Http(request) => {
                let reply = move |answer| outside.handle(Event::Answer { token, answer: Answer::Http(answer) });
                match &self.http {
                    Some(http) => http.ask(*request, reply),
                    None => reply(Err(HttpFailure::Other("no module that asks HTTP servers is loaded".to_owned()))),
                }
            }
            Request::Notify(notification) => self.notifier.tell(*notification, move |outcome| {
                outside.handle(Event::Answer { token, answer: Answer::Done(outcome) });
            }),
            request => {
                let reply = move |answer| outside.handle(Event::Answer { token, answer });
                let Err((request, reply)) = self.waits.ask(request, reply) else { return };
                let Err((request, reply)) = self.journals.ask(request, reply) else { return };
                if let Err((request, reply)) = self.names.ask(request, reply) {
                    let text = format!("nothing outside answers {request:?}");
                    reply(Answer::Done(Err(module_api::Fault::us(text))));
                }
            }
        }
    }
}

/// A worker with everything outside: handles an event and carries its results out.
pub struct Driver {
    worker: Worker,
    outside: Arc<Outside>,
}

impl Driver {
    /// Handles a datagram that came in.
    pub fn receive(&mut self, received: edge_net::Received, admission: Admission) {
        let edge_net::Received { socket, peer, local, connection, bytes } = received;
        let received = Received { bytes, socket, proto: Proto::Udp, peer, local, connection };
        self.handle(match admission {
            Admission::Welcome => Event::Received(received),
            Admission::Shed => Event::Late(received),
        });
    }

    /// Handles an event. A panic is a fault of ours that must not cost the server a thread: the message that the worker
    /// was at is lost, its transaction is ended by whichever event comes next, and what the worker had for others before
    /// goes out.
    pub fn handle(&mut self, event: Event) {
        self.step(event);
        self.carry_out();
    }

    fn step(&mut self, event: Event) {
        let (worker, now) = (&mut self.worker, self.outside.clock.now());
        if catch_unwind(AssertUnwindSafe(|| worker.handle(event, now))).is_err() {
            let services = self.outside.engine.services();
            services.statistics.counter("core", "panics", true).increment();
            services.log.error("a message was lost to an internal error; please report it with the lines above");
        }
    }

    fn carry_out(&mut self) {
        self.send();
        let mut handed_over = Vec::new();
        for (token, request) in self.worker.drain_requests() {
            match request {
                Request::Sent => handed_over.push(token),
                request => self.outside.ask(token, request),
            }
        }
        for (number, reply) in self.worker.drain_management() {
            let waiting = self.outside.managing.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            if let Some(waiting) = waiting {
                waiting(reply);
            }
        }
        for (connection, until) in self.worker.drain_keeps() {
            let duration = until.since(self.outside.clock.now());
            self.outside.streams.iter().for_each(|streams| streams.keep(connection, duration));
        }
        for (connection, port) in self.worker.drain_aliases() {
            self.outside.streams.iter().for_each(|streams| streams.alias(connection, port));
        }
        self.worker.drain_events();
        for token in handed_over {
            self.handle(Event::Answer { token, answer: Answer::Done(Ok(())) });
        }
    }

    /// Sends what is to be sent. A failure is news for the message's transaction, which may send it elsewhere; it tries
    /// each address once.
    fn send(&mut self) {
        loop {
            let mut failed = Vec::new();
            for message in self.worker.drain_sends() {
                if !self.outside.senders.send(&message) {
                    failed.push(message);
                }
            }
            if failed.is_empty() {
                return;
            }
            for message in failed {
                self.note_unsent(&message);
                self.step(Event::SendFailed(message));
            }
        }
    }

    /// Counts a message that did not leave. One that no datagram holds is no fault of the network's: the log says so.
    fn note_unsent(&self, message: &Sending) {
        let services = self.outside.engine.services();
        services.statistics.counter("core", "unsent", true).increment();
        let length = message.bytes.len();
        let by_datagram = services.sockets.get(message.socket).is_some_and(|socket| socket.proto == Proto::Udp);
        if by_datagram && length > DATAGRAM_MAX {
            services.log.error(format!("a message of {length} bytes to {} is too long for a datagram", message.to));
        }
    }
}
