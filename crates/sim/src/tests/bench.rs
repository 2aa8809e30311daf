//! A proxy and a database whose answers take as long as a test says, in steps of a millisecond: for scenes that are told
//! line by line.

use crate::database::Database;
use crate::disk::Disk;
use crate::phone::text::{Draft, address_of_record};
use crate::proxy::{ADDRESS, Deeds, Log, Proxy};
use crate::script::compile;
use bytes::Bytes;
use engine::{Event, Received};
use module_api::sql::Cell;
use module_api::{Answer, Fault, Proto, Request, SocketId, Time};
use sip::digest::{Algorithm, Input, ha1, response};
use sip::{HeaderName, Limits, Message};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const START: Time = Time::from_unix_seconds(1_700_000_000);
/// Users that the database knows: `u0` and so on.
pub const PHONES: u64 = 500;

/// A proxy, and a database whose answers take as long as it is told.
pub struct Bench {
    pub proxy: Proxy,
    pub database: Database,
    pub now: Time,
    /// When which answer comes.
    answers: BTreeMap<(Time, u64), Event>,
    pub takes: Duration,
    pub is_dead: bool,
    disk: Disk,
    count: u64,
    /// What the proxy has sent: when, and what.
    pub sent: Vec<(Time, Message)>,
}

impl Bench {
    pub fn new(script: &str, takes: Duration) -> Bench {
        let mut database = Database::new();
        for number in 0..PHONES {
            let user = format!("u{number}");
            let hash = ha1(Algorithm::Md5, user.as_bytes(), b"example.com", b"secret");
            let row = [("username", user.as_str()), ("domain", "example.com"), ("ha1", hash.as_str())];
            database.insert("subscriber", &row.map(|(column, value)| (column, Cell::text(value))));
        }
        let proxy = Proxy::boot(compile(script), [1; 32], START, 0, false, &Arc::<Log>::default());
        let (answers, sent) = (BTreeMap::new(), Vec::new());
        let mut bench = Bench {
            proxy,
            database,
            now: START,
            answers,
            takes,
            is_dead: false,
            disk: Disk::default(),
            count: 0,
            sent,
        };
        bench.handle(Event::Start);
        bench.pass(takes + Duration::from_millis(10));
        assert!(bench.proxy.is_running());
        bench
    }

    pub fn handle(&mut self, event: Event) {
        let Deeds { sends, requests, .. } = self.proxy.handle(event, self.now);
        for sending in sends {
            self.sent.push((self.now, Message::parse(sending.bytes, &Limits::default()).unwrap()));
        }
        for (token, request) in requests {
            let answer = match request {
                Request::Sql(_) if self.is_dead => Answer::Sql(Err(Fault::backend("the database does not answer"))),
                Request::Sql(query) => Answer::Sql(self.database.run(&query)),
                Request::Journal { step, .. } => Answer::Journal(Ok(self.disk.step(step))),
                _ => Answer::Done(Ok(())),
            };
            self.count += 1;
            self.answers.insert((self.now + self.takes, self.count), Event::Answer { token, answer });
        }
    }

    /// Time passes, in steps of a millisecond.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now = self.now + Duration::from_millis(1);
            while let Some(entry) = self.answers.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let answer = entry.remove();
                self.handle(answer);
            }
            if self.now.0.is_multiple_of(10_000) {
                self.handle(Event::Tick);
            }
        }
    }

    pub fn receive(&mut self, number: u64, bytes: Bytes) {
        let peer = SocketAddr::from(([10, 7, 1, 1], u16::try_from(6000 + number).unwrap()));
        let (socket, proto, local) = (SocketId(0), Proto::Udp, ADDRESS);
        self.handle(Event::Received(Received { bytes, socket, proto, peer, local, connection: None }));
    }

    /// A phone's REGISTER, answering the challenge if there is one.
    pub fn register(&mut self, number: u64, nonce: Option<&str>) {
        let (user, uri) = (format!("u{number}"), "sip:example.com");
        let own = address_of_record(&user);
        let credentials = nonce.map(|nonce| {
            let hash = ha1(Algorithm::Md5, user.as_bytes(), b"example.com", b"secret");
            let input = Input {
                nonce: nonce.as_bytes(),
                nc: b"00000001",
                cnonce: b"c",
                qop: b"auth",
                method: b"REGISTER",
                uri: uri.as_bytes(),
                body: b"",
            };
            let answer = response(Algorithm::Md5, hash.as_bytes(), &input);
            format!(
                "Authorization: Digest username=\"{user}\", realm=\"example.com\", nonce=\"{nonce}\", uri=\"{uri}\", \
                 response=\"{answer}\", qop=auth, nc=00000001, cnonce=\"c\"\r\n"
            )
        });
        let cseq = if nonce.is_some() { 2 } else { 1 };
        self.request("REGISTER", number, uri.to_owned(), own, cseq, credentials.unwrap_or_default());
    }

    /// A call to somebody elsewhere.
    pub fn call(&mut self, number: u64) {
        let callee = "sip:x@elsewhere.example".to_owned();
        self.request("INVITE", number, callee.clone(), callee, 1, String::new());
    }

    /// Whom the proxy has sent to replies with this line, and nothing but what it must copy.
    pub fn reply(&mut self, request: &Message, status: &str) {
        let copied = [HeaderName::From, HeaderName::CallId, HeaderName::CSeq]
            .map(|name| format!("{}: {}\r\n", name.as_str(), crate::phone::text::header(request, name)));
        let vias: String = request
            .headers_named(HeaderName::Via)
            .map(|via| format!("Via: {}\r\n", String::from_utf8_lossy(via.value)))
            .collect();
        let to = crate::phone::text::header(request, HeaderName::To);
        let text = format!("SIP/2.0 {status}\r\n{vias}{}To: {to};tag=t\r\nContent-Length: 0\r\n\r\n", copied.concat());
        self.receive(99, text.into());
    }

    /// The last message of this kind that was sent.
    pub fn last(&self, label: &str) -> Message {
        let of_kind = self.sent.iter().rev().find(|(_, message)| crate::watch::label(message) == label);
        of_kind.map_or_else(|| panic!("no {label} was sent"), |(_, message)| message.clone())
    }

    /// How many messages of this kind were sent.
    pub fn count(&self, label: &str) -> usize {
        self.sent.iter().filter(|(_, message)| crate::watch::label(message) == label).count()
    }

    pub fn request(&mut self, method: &'static str, number: u64, uri: String, to: String, cseq: u32, headers: String) {
        let draft = Draft {
            method,
            uri,
            from: format!("<sip:u{number}@example.com>;tag=f{number}"),
            to: format!("<{to}>"),
            call_id: format!("{method}-{number}"),
            cseq,
            routes: Vec::new(),
            contact: Some(format!("sip:u{number}@10.7.1.1:{}", 6000 + number)),
            headers,
            body: "",
        };
        let address = SocketAddr::from(([10, 7, 1, 1], u16::try_from(6000 + number).unwrap()));
        self.receive(number, draft.write(address.into(), &format!("z9hG4bK{method}{number}x{cseq}")));
    }

    /// When messages of this kind were sent, by Call-ID.
    pub fn sent(&self, label: &str) -> BTreeMap<String, Time> {
        let of_kind = self.sent.iter().filter(|(_, message)| crate::watch::label(message) == label);
        let call_id = |message: &Message| crate::phone::text::header(message, HeaderName::CallId);
        of_kind.map(|(at, message)| (call_id(message), *at)).collect()
    }

    /// The nonces of all challenges.
    pub fn nonces(&self) -> BTreeMap<u64, String> {
        let challenges = self.sent.iter().filter(|(_, message)| message.status() == 401);
        let nonce = |message: &Message| {
            let value = crate::phone::text::header(message, HeaderName::WwwAuthenticate);
            value.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        let number = |message: &Message| {
            let call_id = crate::phone::text::header(message, HeaderName::CallId);
            call_id.rsplit('-').next().unwrap().parse().unwrap()
        };
        challenges.map(|(_, message)| (number(message), nonce(message))).collect()
    }
}
