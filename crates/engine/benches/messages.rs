//! What a message costs in the engine, sockets left out: nanoseconds for each operation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "a bench measures time and fails loudly"
)]

use bytes::Bytes;
use catalogue::ModuleId;
use engine::{Blueprint, Bounds, Engine, Event, Received, Worker, catalogue_of};
use module_api::{
    Interned, Level, LogSink, Logger, ParamSetting, Proto, Settings, SocketId, Sockets, Time, UnknownProcess,
};
use script::ast::ParamValue;
use script::source::Source;
use script::{Environment, NameTables, check, parser};
use sip::{Limits, Message};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

const OPTIONS: &str = r#"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"
route {
    if (!mf_process_maxfwd_header(10)) { sl_send_reply(483, "Too Many Hops"); exit; }
    if (is_method("OPTIONS") && is_myself("$rd")) { sl_send_reply(200, "OK"); exit; }
    sl_send_reply(405, "Method Not Allowed");
}
"#;

const RELAY: &str = r#"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
modparam("rr", "append_fromtag", 0)
loadmodule "sipmsgops.so"
route {
    if (has_totag()) {
        if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
        if (!loose_route()) { sl_send_reply(404, "Not here"); exit; }
        if (!t_relay()) sl_reply_error();
        exit;
    }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    record_route();
    if (!t_relay()) sl_reply_error();
}
"#;

/// Arguments: how many rounds to run (few are enough for who counts instructions), and a word to choose a measurement.
fn main() {
    let mut bench = Bench::new(OPTIONS);
    bench.measure("OPTIONS answered", |bench, number| {
        bench.receive(1, request("OPTIONS", "sip:example.com", number, "", ""));
        bench.worker.drain_sends().count()
    });
    let mut bench = Bench::new(RELAY);
    bench.measure("call relayed (6 messages in, 7 out)", call);
}

/// INVITE, 180, 200, ACK, BYE, 200.
fn call(bench: &mut Bench, number: u32) -> usize {
    bench.now = Time(bench.now.0 + 1_000);
    if number.is_multiple_of(10) {
        bench.worker.handle(Event::Tick, bench.now);
    }
    bench.receive(1, request("INVITE", "sip:bob@127.0.0.3:5062", number, "", SDP));
    let mut sent = 0;
    let mut invite = None;
    for sending in bench.worker.drain_sends() {
        sent += 1;
        if sending.bytes.starts_with(b"INVITE") {
            invite = Some(sending.bytes);
        }
    }
    let invite = Message::parse(invite.expect("it was relayed"), &Limits::default()).unwrap();
    bench.receive(2, reply(&invite, 180, ""));
    sent += bench.worker.drain_sends().count();
    bench.receive(2, reply(&invite, 200, SDP));
    sent += bench.worker.drain_sends().count();
    let route = "Route: <sip:127.0.0.1:5070;lr>\r\n";
    bench.receive(1, request("ACK", "sip:bob@127.0.0.3:5062", number, route, ""));
    sent += bench.worker.drain_sends().count();
    bench.receive(1, request("BYE", "sip:bob@127.0.0.3:5062", number, route, ""));
    let bye = bench.worker.drain_sends().next().expect("it was relayed").bytes;
    sent += 1;
    let bye = Message::parse(bye, &Limits::default()).unwrap();
    bench.receive(2, reply(&bye, 200, ""));
    sent + bench.worker.drain_sends().count()
}

struct Bench {
    worker: Worker,
    now: Time,
    rounds: u32,
}

impl Bench {
    fn new(script: &str) -> Bench {
        let now = Time::from_unix_seconds(1_700_000_000);
        let worker = engine(script, now).worker();
        let rounds = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
        let mut bench = Bench { worker, now, rounds };
        bench.worker.handle(Event::Start, now);
        bench
    }

    fn receive(&mut self, phone: u8, bytes: Bytes) {
        let peer = SocketAddr::from(([127, 0, 0, 1 + phone], 5060 + u16::from(phone)));
        let local = SocketAddr::from(([127, 0, 0, 1], 5070));
        let received = Received { bytes, socket: SocketId(0), proto: Proto::Udp, peer, local, connection: None };
        self.worker.handle(Event::Received(received), self.now);
    }

    /// The generator's own work is in the figure; it is small beside the engine's.
    fn measure(&mut self, name: &str, operation: impl Fn(&mut Bench, u32) -> usize) {
        let word = std::env::args().skip(1).find(|arg| arg.starts_with(|first: char| first.is_ascii_alphabetic()));
        if word.is_some_and(|word| !name.contains(&word)) {
            return;
        }
        let mut sent = 0;
        let rounds = self.rounds;
        for number in 0..rounds / 10 {
            operation(self, number);
        }
        let start = Instant::now();
        for number in rounds..2 * rounds {
            sent += operation(self, number);
        }
        let nanoseconds = start.elapsed().as_nanos() / u128::from(rounds);
        println!("{name:<40} {nanoseconds:>7} ns/op, {} messages out", sent / rounds as usize);
    }
}

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

fn request(method: &str, uri: &str, number: u32, headers: &str, body: &str) -> Bytes {
    let tag = if headers.is_empty() { "" } else { ";tag=callee" };
    Bytes::from(format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5061;branch=z9hG4bK{method}{number};rport\r\n{headers}\
         Max-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@sip.example.com>;tag=caller{number}\r\n\
         To: <sip:bob@sip.example.com>{tag}\r\nCall-ID: {number}@127.0.0.2\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:alice@127.0.0.2:5061>\r\nUser-Agent: bench\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

fn reply(request: &Message, code: u16, body: &str) -> Bytes {
    let mut bytes = Vec::new();
    sip::build::Reply {
        to_tag: b"callee",
        headers: b"Contact: <sip:bob@127.0.0.3:5062>\r\n",
        body: body.as_bytes(),
        content_type: b"application/sdp",
        ..sip::build::Reply::new(request, code, b"Reason")
    }
    .write(&mut bytes);
    bytes.into()
}

fn engine(text: &str, now: Time) -> Engine {
    let modules = [modules_core::MODULES, modules_proxy::MODULES].concat();
    let catalogue = Arc::new(catalogue_of(&modules));
    let names = Arc::new(Interned::default());
    let source = Source::from_text("bench.cfg", text.as_bytes());
    let (tree, _) = parser::parse(&source);
    let tables = NameTables {
        avps: &names.avps,
        vars: &names.vars,
        message_flags: &names.flags.message,
        branch_flags: &names.flags.branch,
    };
    let checked = check(&tree, &source, &Environment { catalogue: &catalogue, names: tables, workers: 1 });
    let loaded = std::iter::once(ModuleId(0)).chain(checked.modules.iter().copied()).collect();
    let params = checked.params.iter().map(|setting| {
        let value = match &setting.value {
            ParamValue::Int(number) => ParamSetting::Int(*number),
            ParamValue::Str(text) => ParamSetting::Str(text.clone()),
        };
        (setting.module, setting.param.name, value)
    });
    let params = params.collect();
    let mut sockets = Sockets::default();
    sockets.add(Proto::Udp, SocketAddr::from(([127, 0, 0, 1], 5070)), None, None, false);
    sockets.add_alias(None, b"example.com", None, true);
    let blueprint = Blueprint {
        modules: &modules,
        catalogue: Arc::clone(&catalogue),
        loaded,
        params,
        program: Arc::new(checked.compile().expect("the script is right")),
        constants: Box::new(|_, _| Vec::new()),
        reloader: None,
        settings: Settings::default(),
        sockets,
        names,
        log: Logger::new(-1, -1, Arc::new(Nowhere)),
        process: Arc::new(UnknownProcess),
        bounds: Bounds::default(),
        seed: [1; 32],
        now,
    };
    Engine::start(blueprint).unwrap_or_else(|failures| panic!("{failures:?}")).engine
}
