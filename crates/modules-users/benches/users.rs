//! What a contact takes in memory, and what saving, looking up and authorizing take in time.
//!
//! `cargo bench -p modules-users` prints the figures. They include reading the request and what the fixture does, which
//! the first figure tells.
#![allow(clippy::expect_used, reason = "a benchmark of what is not there should fail")]
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock")]

use module_api::{Answer, ArgValue, Function, Listeners, Module, ParamSetting, Request, State};
use std::sync::Arc;
use std::time::Instant;
use testkit::{Fixture, flags, str};

const CONTACTS: u32 = 1_000_000;
const ROUNDS: u32 = 200_000;

/// Nobody listens to events.
struct Nobody;

impl Listeners for Nobody {
    fn listens(&self, _: &str) -> bool {
        false
    }
}

fn main() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    let usrloc = module("usrloc");
    fixture.start(usrloc, &[]);
    let registrar = module("registrar");
    let state = fixture.start(registrar, &[]);
    fixture.out.set_listeners(Arc::new(Nobody));
    let (save, lookup) = (function(registrar, "save"), function(registrar, "lookup"));

    measure("read a REGISTER", ROUNDS, |number| fixture.next_request(&register(number, 1)));
    let before = resident_bytes();
    let quiet = [str("location"), flags(&["no-reply"])];
    measure("first save, no reply", CONTACTS, |number| {
        fixture.next_request(&register(number, 1));
        assert_eq!(fixture.call(&state, save, &quiet), 1);
    });
    println!("{:>28}: {} bytes a contact", "memory", (resident_bytes() - before) / u64::from(CONTACTS));
    measure("save again, no reply", ROUNDS, |number| {
        fixture.next_request(&register(number, 2));
        assert_eq!(fixture.call(&state, save, &quiet), 1);
    });
    measure("save again, with reply", ROUNDS, |number| {
        fixture.next_request(&register(number, 3));
        assert_eq!(fixture.call(&state, save, &quiet[..1]), 1);
        fixture.journal();
    });
    measure("read an INVITE", ROUNDS, |number| fixture.next_request(&invite(number)));
    let filtered = [str("location"), flags(&["method-filtering"])];
    measure("lookup", ROUNDS, |number| {
        fixture.next_request(&invite(number));
        assert_eq!(fixture.call(&state, lookup, &filtered), 1);
    });
    authorize();
}

fn authorize() {
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.start(module("auth"), &[("disable_nonce_check", ParamSetting::Int(1))]);
    let auth_db = module("auth_db");
    let url = ("db_url", ParamSetting::Str("sqlite:///none".to_owned()));
    let state: State = fixture.start(auth_db, &[url]);
    fixture.answer = Box::new(|request| match request {
        Request::Sql(_) => {
            Fixture::rows(&["ha1"], vec![vec![module_api::sql::Cell::text("939e7578ed9e3c518a452acee763bce9")]])
        }
        _ => Answer::Done(Ok(())),
    });
    let nonce = challenge(&mut fixture);
    let request = format!(
        "{}Authorization: Digest username=\"user1\", realm=\"example.com\", nonce=\"{nonce}\", uri=\"sip:example.com\", \
         response=\"00000000000000000000000000000000\", algorithm=MD5, cnonce=\"abcdefgh\", qop=auth, nc=00000001\n",
        register(1, 1)
    );
    measure("read with credentials", ROUNDS, |_| fixture.next_request(&request));
    let args: [ArgValue; 2] = [str(""), str("subscriber")];
    let check = function(auth_db, "www_authorize");
    let value = fixture.msg.message.credentials(sip::HeaderName::Authorization).next().is_some();
    assert!(value);
    measure("reading credentials", ROUNDS, |_| {
        std::hint::black_box(fixture.msg.message.credentials(sip::HeaderName::Authorization).next());
    });
    measure("www_authorize, MD5", ROUNDS, |_| {
        fixture.next_request(&request);
        assert_eq!(fixture.call(&state, check, &args), -2);
    });
}

fn challenge(fixture: &mut Fixture) -> String {
    let auth = module("auth");
    let state = fixture.start(auth, &[("disable_nonce_check", ParamSetting::Int(1))]);
    fixture.next_request(&register(1, 1));
    fixture.call(&state, function(auth, "www_challenge"), &[str(""), str("auth")]);
    let challenge = fixture.journal().join("\n");
    challenge.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

fn register(number: u32, cseq: u32) -> String {
    format!(
        "REGISTER sip:example.com SIP/2.0\n\
         Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK-{number}-{cseq};rport\n\
         From: <sip:user{number}@example.com>;tag=a{number}\n\
         To: <sip:user{number}@example.com>\n\
         Call-ID: 7c3f2a90-{number}@10.0.0.1\n\
         CSeq: {cseq} REGISTER\n\
         Max-Forwards: 70\n\
         Contact: <sip:user{number}@10.0.0.1:5062;transport=udp>;expires=3600\n\
         User-Agent: Phone/1.2.3\n"
    )
}

fn invite(number: u32) -> String {
    format!("INVITE sip:user{number}@example.com SIP/2.0\nMax-Forwards: 70\n")
}

fn measure(what: &str, rounds: u32, mut work: impl FnMut(u32)) {
    let start = Instant::now();
    (0..rounds).for_each(&mut work);
    println!("{what:>28}: {} ns", start.elapsed().as_nanos() / u128::from(rounds));
}

fn module(name: &str) -> &'static Module {
    modules_users::MODULES.iter().find(|module| module.name == name).expect("a module of this crate")
}

fn function(module: &'static Module, name: &str) -> &'static Function {
    module.functions.iter().find(|function| function.name == name).expect("a function of the module")
}

/// What the process has in memory, where the system tells it.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
