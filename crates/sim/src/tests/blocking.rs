//! Nothing blocks: a slow or dead database costs only the messages that need it, and only what it takes.

use crate::database::Database;
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

/// Users of one domain register, calls to another need no database.
const SCRIPT: &str = r#"
loadmodule "proto_udp.so"
loadmodule "db_sqlite.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "sipmsgops.so"
loadmodule "usrloc.so"
modparam("usrloc", "working_mode_preset", "single-instance-sql-write-back")
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
modparam("auth_db", "load_credentials", "")
db_default_url = "sqlite:///sim"
route {
    if (is_method("REGISTER")) {
        if (!www_authorize("example.com", "subscriber")) {
            if ($rc == -5)
                send_reply(503, "Service Unavailable");
            else
                www_challenge("example.com", "auth");
            exit;
        }
        save("location");
        exit;
    }
    $du = "sip:10.7.0.99:5060";
    t_relay();
}
"#;

const START: Time = Time::from_unix_seconds(1_700_000_000);
const PHONES: u64 = 500;

/// A proxy, and a database whose answers take as long as it is told.
struct Bench {
    proxy: Proxy,
    database: Database,
    now: Time,
    /// When which answer comes.
    answers: BTreeMap<(Time, u64), Event>,
    takes: Duration,
    is_dead: bool,
    count: u64,
    /// What the proxy has sent: when, and what.
    sent: Vec<(Time, Message)>,
}

impl Bench {
    fn new(takes: Duration) -> Bench {
        let mut database = Database::new();
        for number in 0..PHONES {
            let user = format!("u{number}");
            let hash = ha1(Algorithm::Md5, user.as_bytes(), b"example.com", b"secret");
            let row = [("username", user.as_str()), ("domain", "example.com"), ("ha1", hash.as_str())];
            database.insert("subscriber", &row.map(|(column, value)| (column, Cell::text(value))));
        }
        let proxy = Proxy::boot(compile(SCRIPT), [1; 32], START, 0, false, &Arc::<Log>::default());
        let (answers, sent) = (BTreeMap::new(), Vec::new());
        let mut bench = Bench { proxy, database, now: START, answers, takes, is_dead: false, count: 0, sent };
        bench.handle(Event::Start);
        bench.pass(takes + Duration::from_millis(10));
        assert!(bench.proxy.is_running());
        bench
    }

    fn handle(&mut self, event: Event) {
        let Deeds { sends, requests, .. } = self.proxy.handle(event, self.now);
        for sending in sends {
            self.sent.push((self.now, Message::parse(sending.bytes, &Limits::default()).unwrap()));
        }
        for (token, request) in requests {
            let answer = match request {
                Request::Sql(_) if self.is_dead => Answer::Sql(Err(Fault::backend("the database does not answer"))),
                Request::Sql(query) => Answer::Sql(self.database.run(&query)),
                _ => Answer::Done(Ok(())),
            };
            self.count += 1;
            self.answers.insert((self.now + self.takes, self.count), Event::Answer { token, answer });
        }
    }

    /// Time passes, in steps of a millisecond.
    fn pass(&mut self, duration: Duration) {
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

    fn receive(&mut self, number: u64, bytes: Bytes) {
        let peer = SocketAddr::from(([10, 7, 1, 1], u16::try_from(6000 + number).unwrap()));
        let (socket, proto, local) = (SocketId(0), Proto::Udp, ADDRESS);
        self.handle(Event::Received(Received { bytes, socket, proto, peer, local, connection: None }));
    }

    /// A phone's REGISTER, answering the challenge if there is one.
    fn register(&mut self, number: u64, nonce: Option<&str>) {
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

    fn call(&mut self, number: u64) {
        self.request(
            "INVITE",
            number,
            "sip:x@elsewhere.example".to_owned(),
            "sip:x@elsewhere.example".to_owned(),
            1,
            String::new(),
        );
    }

    fn request(&mut self, method: &'static str, number: u64, uri: String, to: String, cseq: u32, headers: String) {
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
    fn sent(&self, label: &str) -> BTreeMap<String, Time> {
        let of_kind = self.sent.iter().filter(|(_, message)| crate::watch::label(message) == label);
        let call_id = |message: &Message| crate::phone::text::header(message, HeaderName::CallId);
        of_kind.map(|(at, message)| (call_id(message), *at)).collect()
    }

    /// The nonces of all challenges.
    fn nonces(&self) -> BTreeMap<u64, String> {
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

/// 500 phones register within a second, and calls come between them; what happened to both.
fn rush(bench: &mut Bench) -> (Vec<(Time, String)>, usize) {
    (0..PHONES).for_each(|number| bench.register(number, None));
    assert_eq!(bench.sent("401 REGISTER").len(), 500);
    let nonces = bench.nonces();
    let (mut began, mut calls) = (Vec::new(), 0);
    for (number, nonce) in &nonces {
        began.push((bench.now, format!("REGISTER-{number}")));
        bench.register(*number, Some(nonce));
        if number % 5 == 0 {
            let before = bench.sent("INVITE").len();
            bench.call(*number);
            // At the very moment it came.
            assert_eq!(bench.sent("INVITE").len(), before + 1);
            calls += 1;
        }
        bench.pass(Duration::from_millis(2));
    }
    (began, calls)
}

#[test]
fn a_slow_database_delays_nobody_longer_than_it_takes_itself() {
    let mut bench = Bench::new(Duration::from_secs(1));
    let (began, calls) = rush(&mut bench);
    bench.pass(Duration::from_secs(2));
    assert_eq!(calls, 100);
    let answered = bench.sent("200 REGISTER");
    for (at, call_id) in began {
        let took = answered[&call_id].since(at);
        assert!(took >= Duration::from_secs(1) && took < Duration::from_millis(1010), "{call_id}: {took:?}");
    }
}

#[test]
fn a_dead_database_costs_only_those_who_need_it() {
    let mut bench = Bench::new(Duration::from_millis(1));
    bench.is_dead = true;
    // What its deadline is at the edge.
    bench.takes = Duration::from_secs(10);
    let (began, calls) = rush(&mut bench);
    bench.pass(Duration::from_secs(11));
    assert_eq!(calls, 100);
    let answered = bench.sent("503 REGISTER");
    for (at, call_id) in began {
        let took = answered[&call_id].since(at);
        assert!(took >= Duration::from_secs(10) && took < Duration::from_millis(10_010), "{call_id}: {took:?}");
    }
    assert_eq!(bench.proxy.engine.waiting(), 0);
}
