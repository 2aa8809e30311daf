//! A proxy and some phones in virtual time.

use crate::test_module::TEST;
use bytes::Bytes;
use catalogue::ModuleId;
use engine::ladder::Ladder;
use engine::{Blueprint, Bounds, Engine, Event, Progress, Received, Token, Worker, catalogue_of};
use module_api::{
    Answer, Destination, Fault, Interned, Level, LogSink, Logger, Module, ParamSetting, Process, Proto, Request,
    Resolved, Sending, Settings, SocketId, Sockets, Time, UnknownProcess,
};
use script::ast::ParamValue;
use script::source::Source;
use script::{Environment, NameTables, check, parser};
use sip::{HeaderName, Limits, Message, Method, Offence};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A proxy with its phones.
pub struct World {
    pub engine: Engine,
    pub worker: Worker,
    pub now: Time,
    pub ladder: Ladder,
    /// What each phone has received and not looked at.
    inboxes: BTreeMap<&'static str, VecDeque<Message>>,
    /// All that was sent, as the edge got it.
    pub sent: Vec<Sending>,
    /// Questions that wait for their answers.
    pub questions: Vec<(Token, Request)>,
    /// Replies to management requests.
    pub management: Vec<Option<Bytes>>,
    /// Whom the system refuses to send to.
    pub unreachable: Vec<&'static str>,
    /// Whether internal errors are what the test is about.
    pub may_crash: bool,
    log: Arc<Lines>,
    catalogue: Arc<catalogue::Catalogue>,
    names: Arc<Interned>,
    numbers: u32,
}

/// What the proxy stands in.
pub struct Surroundings {
    pub settings: Settings,
    pub process: Arc<dyn Process>,
    /// Sockets besides the two that there always are.
    pub sockets: Vec<(Proto, SocketAddr)>,
    /// Fills in the settings that are flags.
    pub flags: fn(&Interned, Settings) -> Settings,
}

impl Default for Surroundings {
    fn default() -> Surroundings {
        Surroundings {
            settings: Settings::default(),
            process: Arc::new(UnknownProcess),
            sockets: Vec::new(),
            flags: |_, settings| settings,
        }
    }
}

/// The parties and their addresses.
const PHONES: [(&str, [u8; 4]); 4] =
    [("alice", [192, 0, 2, 10]), ("bob", [192, 0, 2, 20]), ("carol", [192, 0, 2, 30]), ("dave", [192, 0, 2, 40])];
const PROXY: [u8; 4] = [192, 0, 2, 1];

/// Log lines kept in memory.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl LogSink for Lines {
    fn write(&self, level: Level, _: Option<&str>, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        self.0.lock().unwrap().push(if level <= Level::Error { format!("{}: {line}", level.word()) } else { line });
    }

    fn write_quietly(&self, _: Level, _: Option<&str>, line: &[u8]) {
        self.0.lock().unwrap().push(format!("quietly: {}", String::from_utf8_lossy(line).trim_end()));
    }
}

impl World {
    /// With this script, after the lines that load the modules.
    pub fn new(script: &str) -> World {
        World::with_params("", script)
    }

    /// With these lines after the loaded modules.
    pub fn with_params(params: &str, script: &str) -> World {
        World::with_bounds(params, script, Bounds::default())
    }

    /// With other global parameters.
    pub fn with_settings(settings: Settings, params: &str, script: &str) -> World {
        World::in_surroundings(Surroundings { settings, ..Surroundings::default() }, params, script)
    }

    /// With other surroundings.
    pub fn in_surroundings(surroundings: Surroundings, params: &str, script: &str) -> World {
        let mut world = World::made(&format!("{LOAD}{params}\n{script}"), Bounds::default(), surroundings);
        world.handle(Event::Start);
        world
    }

    /// With other bounds.
    pub fn with_bounds(params: &str, script: &str, bounds: Bounds) -> World {
        let mut world = World::unstarted(&format!("{LOAD}{params}\n{script}"), bounds);
        world.handle(Event::Start);
        world
    }

    /// Before the modules have done what they must do first.
    pub fn unstarted(text: &str, bounds: Bounds) -> World {
        World::made(text, bounds, Surroundings::default())
    }

    fn made(text: &str, bounds: Bounds, surroundings: Surroundings) -> World {
        let Surroundings { settings, process, sockets: more, flags } = surroundings;
        let modules = all_modules();
        let catalogue = Arc::new(catalogue_of(&modules));
        let names = Arc::new(Interned::default());
        let (loaded, params, program) = compile(text, &catalogue, &names);
        let log = Arc::new(Lines::default());
        let mut sockets = Sockets::default();
        sockets.add(Proto::Udp, SocketAddr::from((PROXY, 5060)), None, None, false);
        sockets.add(Proto::Tcp, SocketAddr::from((PROXY, 5060)), None, None, false);
        for (proto, address) in more {
            sockets.add(proto, address, None, None, false);
        }
        sockets.add_alias(None, b"example.com", None, false);
        let now = Time::from_unix_seconds(1_700_000_000);
        let blueprint = Blueprint {
            modules: &modules,
            catalogue: Arc::clone(&catalogue),
            loaded,
            params,
            program,
            constants: Box::new(|_, _| Vec::new()),
            reloader: None,
            settings: Settings { server_header: None, ..flags(&names, settings) },
            sockets,
            names: Arc::clone(&names),
            log: Logger::new(4, 2, Arc::clone(&log) as Arc<dyn LogSink>),
            process,
            bounds,
            seed: [3; 32],
            now,
        };
        let engine = match Engine::start(blueprint) {
            Ok(started) => started.engine,
            Err(failures) => panic!("{failures:?}"),
        };
        let worker = engine.worker();
        let parties = ["alice", "proxy", "bob", "carol", "dave"];
        World {
            engine,
            worker,
            now,
            ladder: Ladder::new(&parties),
            inboxes: BTreeMap::new(),
            sent: Vec::new(),
            questions: Vec::new(),
            management: Vec::new(),
            unreachable: Vec::new(),
            may_crash: false,
            log,
            catalogue,
            names,
            numbers: 0,
        }
    }

    /// Puts another script in place of the current one.
    pub fn reload(&mut self, script: &str) {
        let (_, _, program) = compile(&format!("{LOAD}\n{script}"), &self.catalogue, &self.names);
        self.engine.reload(program);
    }

    /// Gives the engine an event, and its messages to the phones.
    pub fn handle(&mut self, event: Event) {
        self.step(event);
        // As the server does: the messages first, and what they come to; then the questions.
        let mut handed_over = Vec::new();
        for (token, request) in self.worker.drain_requests() {
            match request {
                Request::Sent => handed_over.push(token),
                request => self.questions.push((token, request)),
            }
        }
        self.management.extend(self.worker.drain_management().map(|(_, reply)| reply));
        for token in handed_over {
            self.handle(Event::Answer { token, answer: Answer::Done(Ok(())) });
        }
    }

    fn step(&mut self, event: Event) {
        let (worker, now) = (&mut self.worker, self.now);
        if catch_unwind(AssertUnwindSafe(|| worker.handle(event, now))).is_err() {
            // As in the server, the worker goes on.
            assert!(self.may_crash, "an internal error");
        }
        let sends: Vec<Sending> = self.worker.drain_sends().collect();
        let (failed, sends): (Vec<_>, Vec<_>) =
            sends.into_iter().partition(|sending| self.unreachable.contains(&phone_at(sending.to.ip())));
        sends.into_iter().for_each(|sending| self.deliver(sending));
        failed.into_iter().for_each(|sending| self.step(Event::SendFailed(sending)));
    }

    fn deliver(&mut self, sending: Sending) {
        self.sent.push(sending.clone());
        let phone = phone_at(sending.to.ip());
        let refuses = sending.bytes.starts_with(b"SIP/2.0 400 ");
        let message = match Message::parse(sending.bytes, &Limits::default()) {
            Ok(message) => message,
            // It lacks what its request lacks, and what is wrong there is wrong here: no message, but an answer.
            Err(_) if refuses => return self.ladder.arrow(self.now, "proxy", phone, "400"),
            Err(error) => panic!("what the proxy sends cannot be read: {error}"),
        };
        self.ladder.arrow(self.now, "proxy", phone, label(&message));
        self.inboxes.entry(phone).or_default().push_back(message);
    }

    /// A phone sends bytes.
    pub fn send(&mut self, phone: &str, text: impl Into<Vec<u8>>) {
        self.send_as(phone, None, text, Event::Received);
    }

    /// A phone sends bytes that wait too long before they are looked at.
    pub fn send_late(&mut self, phone: &str, message: &Message) {
        self.send_as(phone, None, message.bytes().to_vec(), Event::Late);
    }

    /// A phone sends bytes by a connection.
    pub fn send_by(&mut self, phone: &str, connection: Option<u64>, text: impl Into<Vec<u8>>) {
        self.send_as(phone, connection, text, Event::Received);
    }

    fn send_as(
        &mut self,
        phone: &str,
        connection: Option<u64>,
        text: impl Into<Vec<u8>>,
        event: fn(Received) -> Event,
    ) {
        let bytes = Bytes::from(text.into());
        let what = Message::parse(bytes.clone(), &Limits::default()).map_or("?".to_owned(), |message| label(&message));
        self.ladder.arrow(self.now, phone, "proxy", what);
        self.handle(event(received(phone, bytes, connection)));
    }

    /// The headers of a message of a phone's come, whose end cannot be found.
    pub fn unframed(&mut self, phone: &str, head: &str, offence: Offence) {
        self.ladder.arrow(self.now, phone, "proxy", "?".to_owned());
        self.handle(Event::Unframed(received(phone, head.to_owned().into(), None), offence));
    }

    /// A phone sends a request; header lines may be added. What it sent comes back.
    pub fn request(&mut self, phone: &str, method: &str, uri: &str, headers: &str) -> Message {
        self.numbers += 1;
        let number = self.numbers;
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:5060;branch=z9hG4bK{phone}{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{phone}@example.com>;tag={phone}\r\nTo: <{uri}>\r\n\
             Call-ID: {number}@{phone}\r\nCSeq: {number} {method}\r\n{headers}Content-Length: 0\r\n\r\n",
            host = address_of(phone),
        );
        self.send(phone, text.clone());
        Message::parse(text.into(), &Limits::default()).unwrap()
    }

    /// A phone sends a message again.
    pub fn again(&mut self, phone: &str, message: &Message) {
        self.send(phone, message.bytes().to_vec());
    }

    /// The oldest message that a phone has not looked at.
    pub fn next(&mut self, phone: &str) -> Message {
        let message = self.inboxes.get_mut(phone).and_then(VecDeque::pop_front);
        message.unwrap_or_else(|| panic!("{phone} has received nothing\n{}", self.ladder.draw()))
    }

    /// The oldest message that a phone has not looked at, if there is one.
    pub fn take(&mut self, phone: &str) -> Option<Message> {
        self.inboxes.get_mut(phone)?.pop_front()
    }

    /// The newest message of this kind that a phone has received; what lies before it is forgotten.
    pub fn last(&mut self, phone: &str, what: &str) -> Message {
        let inbox = self.inboxes.entry(PHONES.iter().find(|(name, _)| *name == phone).unwrap().0).or_default();
        let found = inbox.iter().rposition(|message| label(message).starts_with(what));
        let found = found.map(|position| inbox.drain(..=position).next_back().unwrap());
        found.unwrap_or_else(|| panic!("{phone} has received no {what}\n{}", self.ladder.draw()))
    }

    /// A phone answers a request.
    pub fn reply(&mut self, phone: &str, request: &Message, code: u16, reason: &str) {
        self.reply_with(phone, request, code, reason, "");
    }

    /// The same with header lines.
    pub fn reply_with(&mut self, phone: &str, request: &Message, code: u16, reason: &str, headers: &str) {
        let tag = format!("{phone}-tag");
        let mut bytes = Vec::new();
        sip::build::Reply {
            to_tag: tag.as_bytes(),
            headers: headers.as_bytes(),
            ..sip::build::Reply::new(request, code, reason.as_bytes())
        }
        .write(&mut bytes);
        self.send(phone, bytes);
    }

    /// The ACK of this hop for a reply other than 2xx.
    pub fn ack(&mut self, phone: &str, invite: &Message, reply: &Message) {
        self.send(phone, sip::build::ack(invite, reply));
    }

    /// The ACK end to end for a 2xx, by the route set of the reply.
    pub fn ack_success(&mut self, phone: &str, invite: &Message, reply: &Message, target: &str) {
        let routes: Vec<&[u8]> = reply.headers_named(HeaderName::RecordRoute).map(|header| header.value).collect();
        let routes: String =
            routes.iter().rev().map(|route| format!("Route: {}\r\n", String::from_utf8_lossy(route))).collect();
        let header = |message: &Message, name: HeaderName| {
            String::from_utf8_lossy(message.header(name).unwrap().value).into_owned()
        };
        let text = format!(
            "ACK {target} SIP/2.0\r\nVia: SIP/2.0/UDP {}:5060;branch=z9hG4bKack{}\r\n{routes}From: {}\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {} ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            address_of(phone),
            self.numbers,
            header(invite, HeaderName::From),
            header(reply, HeaderName::To),
            header(invite, HeaderName::CallId),
            invite.cseq().unwrap().number,
        );
        self.send(phone, text);
    }

    /// The CANCEL of a request.
    pub fn cancel(&mut self, phone: &str, invite: &Message, headers: &str) {
        self.send(phone, sip::build::cancel(invite, headers.as_bytes()));
    }

    /// Time passes, in steps of 10 ms.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now = (self.now + Duration::from_millis(10)).min(end);
            self.handle(Event::Tick);
        }
    }

    /// Time passes until all transactions are gone, as they must be in the end.
    pub fn settle(&mut self) {
        self.pass(Duration::from_secs(200));
        assert_eq!(self.engine.transactions(), 0, "transactions are left over\n{}", self.ladder.draw());
        assert_eq!(self.engine.waiting(), 0, "work is left waiting");
    }

    /// Answers the oldest question with these addresses (or `tcp/192.0.2.1:5070`), or with a fault.
    pub fn answer(&mut self, addresses: &[&str]) {
        let (token, request) = self.questions.remove(0);
        let Request::Resolve(question) = request else { panic!("{request:?}") };
        let proto = question.protos.first().copied().unwrap_or(Proto::Udp);
        let port = question.port.unwrap_or(proto.default_port());
        let destinations = addresses.iter().map(|text| match text.split_once('/') {
            Some((proto, address)) => {
                Destination { proto: Proto::of(proto.as_bytes()).unwrap(), address: address.parse().unwrap() }
            }
            None => Destination { proto, address: SocketAddr::new(text.parse().unwrap(), port) },
        });
        let resolved = Resolved { destinations: destinations.collect(), lifetime: Duration::from_secs(60) };
        let answer = if addresses.is_empty() { Err(Fault::backend("no such name")) } else { Ok(resolved) };
        self.handle(Event::Answer { token, answer: Answer::Resolved(answer) });
    }

    /// Runs a management request; its reply as text.
    pub fn manage(&mut self, request: &str) -> String {
        self.handle(Event::Manage { number: 1, request: Bytes::copy_from_slice(request.as_bytes()), pretty: false });
        match self.management.pop() {
            Some(Some(reply)) => String::from_utf8_lossy(&reply).into_owned(),
            Some(None) => "no reply".to_owned(),
            None => "later".to_owned(),
        }
    }

    /// Takes the log lines.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.0.lock().unwrap())
    }

    /// The lines that the script has logged.
    pub fn script_log(&self) -> Vec<String> {
        self.log().into_iter().filter(|line| !line.starts_with("hook: ")).collect()
    }

    /// The value of a statistic.
    pub fn count(&self, name: &str) -> i64 {
        self.engine.services().statistics.find(name).unwrap_or_else(|| panic!("no statistic {name}")).value()
    }

    /// Compares what has passed with a ladder, and forgets it.
    #[track_caller]
    pub fn expect(&mut self, expected: &str) {
        assert_eq!(self.engine.progress(), Progress::Running);
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let drawn = self.ladder.draw();
        let lines: Vec<&str> = drawn.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines, expected, "\n{drawn}");
        self.ladder.clear();
    }

    /// What has passed, one `from>to what` for each message; forgets it.
    #[track_caller]
    pub fn passed(&mut self, expected: &str) {
        let drawn = self.ladder.draw();
        let flat = self.ladder.flat();
        assert_eq!(flat, expected, "\n{drawn}");
        self.ladder.clear();
    }
}

/// The lines that load the modules.
pub const LOAD: &str = r#"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"
loadmodule "test.so"
"#;

/// All modules that a script of a test may load.
fn all_modules() -> Vec<&'static Module> {
    let families = [
        modules_core::MODULES,
        modules_calls::MODULES,
        modules_proxy::MODULES,
        modules_users::MODULES,
        modules_data::MODULES,
        modules_text::MODULES,
    ];
    families.into_iter().flatten().copied().chain([&TEST]).collect()
}

/// What is said of a script: each message with its help and its fixes.
pub fn warnings(script: &str) -> Vec<String> {
    let catalogue = catalogue_of(&all_modules());
    let names = Interned::default();
    let source = Source::from_text("test.cfg", format!("{LOAD}{script}").as_bytes());
    let (tree, mut said) = parser::parse(&source);
    let tables = NameTables {
        avps: &names.avps,
        vars: &names.vars,
        message_flags: &names.flags.message,
        branch_flags: &names.flags.branch,
    };
    said.extend(check(&tree, &source, &Environment { catalogue: &catalogue, names: tables, workers: 1 }).diagnostics);
    said.iter()
        .map(|said| {
            let (help, fix) = (said.help.as_deref().unwrap_or_default(), said.fix.as_ref());
            format!("{} | {help} | {}", said.message, fix.map_or("", |fix| &fix.replacement))
        })
        .collect()
}

type Compiled = (Vec<ModuleId>, Vec<(ModuleId, &'static str, ParamSetting)>, Arc<script::Program>);

fn compile(text: &str, catalogue: &catalogue::Catalogue, names: &Interned) -> Compiled {
    let source = Source::from_text("test.cfg", text.as_bytes());
    let (tree, diagnostics) = parser::parse(&source);
    assert!(diagnostics.iter().all(|known| !known.is_error()), "{diagnostics:#?}");
    let tables = NameTables {
        avps: &names.avps,
        vars: &names.vars,
        message_flags: &names.flags.message,
        branch_flags: &names.flags.branch,
    };
    let checked = check(&tree, &source, &Environment { catalogue, names: tables, workers: 1 });
    let loaded = std::iter::once(ModuleId(0)).chain(checked.modules.iter().copied()).collect();
    let params = checked.params.iter().map(|setting| {
        let value = match &setting.value {
            ParamValue::Int(number) => ParamSetting::Int(*number),
            ParamValue::Str(text) => ParamSetting::Str(text.clone()),
        };
        (setting.module, setting.param.name, value)
    });
    let params = params.collect();
    let program = checked.compile().unwrap_or_else(|errors| panic!("{errors:#?}"));
    (loaded, params, Arc::new(program))
}

fn received(phone: &str, bytes: Bytes, connection: Option<u64>) -> Received {
    let socket = SocketId(u16::from(connection.is_some()));
    let proto = if connection.is_some() { Proto::Tcp } else { Proto::Udp };
    let (peer, local) = (SocketAddr::new(address_of(phone), 5060), SocketAddr::from((PROXY, 5060)));
    Received { bytes, socket, proto, peer, local, connection }
}

fn phone_at(address: IpAddr) -> &'static str {
    let found = PHONES.iter().find(|(_, known)| IpAddr::from(*known) == address);
    found.unwrap_or_else(|| panic!("nobody is at {address}")).0
}

fn address_of(phone: &str) -> IpAddr {
    PHONES.iter().find(|(name, _)| *name == phone).unwrap().1.into()
}

/// `INVITE`, or `180` and for other methods than INVITE `200 BYE`.
pub fn label(message: &Message) -> String {
    if message.is_request() {
        return String::from_utf8_lossy(message.method_text()).into_owned();
    }
    match message.method() {
        Method::Invite => message.status().to_string(),
        method => format!("{} {}", message.status(), method.as_str()),
    }
}
