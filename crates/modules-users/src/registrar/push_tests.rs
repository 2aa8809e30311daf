//! Phones that are woken up by push notifications.

use super::*;
use crate::usrloc;
use module_api::{Answer, ArgValue, ParamSetting, Request, State};
use std::time::Duration;
use testkit::{Fixture, str};

struct Server {
    fixture: Fixture,
    usrloc: State,
    registrar: State,
}

const CONTACT: &str = "<sip:alice@192.0.2.1;pn-provider=fcm;pn-prid=token;pn-param=app;x=y>";
const ASLEEP: &str = "INVITE sip:alice@example.com SIP/2.0\nCall-ID: caller";

impl Server {
    fn new(more: &[(&'static str, ParamSetting)]) -> Server {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        let refresh = [("contact_refresh_timer", ParamSetting::Int(1)), ("timer_interval", ParamSetting::Int(1))];
        let usrloc = fixture.start(&usrloc::MODULE, &refresh);
        let providers = ParamSetting::Str("fcm, apns".to_owned());
        let base = [("pn_enable", ParamSetting::Int(1)), ("pn_providers", providers)];
        let params: Vec<_> = base.iter().chain(more).cloned().collect();
        let registrar = fixture.start(&MODULE, &params);
        Server { fixture, usrloc, registrar }
    }

    fn register(&mut self, lines: &str) -> String {
        self.fixture.next_request(&format!("REGISTER sip:example.com SIP/2.0\nTo: <sip:alice@example.com>\n{lines}"));
        self.fixture.call(&self.registrar, &save::SAVE, &[str("location")]);
        let reply = self.fixture.journal().join("\n");
        self.fixture.out.drain_events();
        self.fixture.now = self.fixture.now + Duration::from_secs(10);
        reply
    }

    fn call(&mut self, function: &module_api::Function) -> i32 {
        let table: [ArgValue; 1] = [str("location")];
        self.fixture.call(&self.registrar, function, &table)
    }

    /// The events, with the values that tell who is woken up and why.
    fn events(&mut self) -> Vec<String> {
        let events = self.fixture.out.drain_events().map(|raised| {
            let value = |name: &str| {
                let value = raised.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.text());
                String::from_utf8_lossy(&value.flatten().unwrap_or_default()).into_owned()
            };
            format!("{} {} {} {}", raised.event, value("uri"), value("reason"), value("req_callid"))
        });
        events.collect()
    }

    /// Lets each wait end: with the phone registered again, or without.
    fn answer(&mut self, wakes_up: bool) {
        self.fixture.answer = Box::new(move |request| {
            assert!(matches!(request, Request::Promise { deadline, .. } if *deadline == Duration::from_secs(6)));
            Answer::Done(if wakes_up { Ok(()) } else { Err(Fault::backend("no answer came in time")) })
        });
    }

    /// What the call at hand has led to, and what follows from it.
    fn journal(&mut self) -> String {
        self.fixture.run_background().unwrap();
        self.fixture.journal().join("; ")
    }
}

#[test]
fn push_services_are_told_and_unknown_ones_refused() {
    for (contact, reply) in [
        (
            "<sip:a@b;pn-provider>",
            "Contact: <sip:a@b;pn-provider>;expires=3600\nFeature-Caps: *;+sip.pns=\"fcm\"\nFeature-Caps: *;+sip.pns=\"apns\"",
        ),
        (
            "<sip:a@b;pn-provider=fcm;pn-prid=1;pn-param=2>;+sip.pnsreg",
            "Contact: <sip:a@b;pn-provider=fcm;pn-prid=1;pn-param=2>;expires=3600\n\
             Feature-Caps: *;+sip.pns=\"fcm\";+sip.pnsreg=\"130\"",
        ),
        ("<sip:a@b>", "Contact: <sip:a@b>;expires=3600"),
    ] {
        assert_eq!(Server::new(&[]).register(&format!("Contact: {contact}")), format!("reply 200 OK\n{reply}"));
    }
    let refused =
        "reply 555 Push Notification Service Not Supported\nP-Registrar-Error: the push service is not supported";
    assert_eq!(Server::new(&[]).register("Contact: <sip:a@b;pn-provider=carrier-pigeon>"), refused);
    let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
    fixture.start(&usrloc::MODULE, &[]);
    assert!(fixture.try_start(&MODULE, &[("pn_enable", ParamSetting::Int(1))]).is_err(), "no push service");
}

#[test]
fn a_phone_is_the_same_wherever_it_registers_from() {
    let mut server = Server::new(&[]);
    server.register(&format!("Contact: {CONTACT}"));
    let elsewhere = CONTACT.replace("192.0.2.1", "198.51.100.1");
    let reply = server.register(&format!("Call-ID: 2\nContact: {elsewhere}"));
    assert_eq!(reply.matches("expires=").count(), 1, "{reply}");
}

#[test]
fn a_call_comes_to_the_phone_when_it_has_woken_up() {
    let mut server = Server::new(&[]);
    server.register(&format!("Contact: {CONTACT}"));
    let event =
        "E_UL_CONTACT_REFRESH sip:alice@192.0.2.1;pn-provider=fcm;pn-prid=token;pn-param=app;x=y ini-INVITE caller";
    for (wakes_up, more) in [(false, ""), (true, "; late branch sip:alice@192.0.2.1;x=y")] {
        server.answer(wakes_up);
        server.fixture.next_request(ASLEEP);
        assert_eq!(server.call(&lookup::LOOKUP), 2);
        assert_eq!(server.fixture.msg.request_uri(), "sip:alice@example.com", "no branch");
        assert_eq!(server.journal(), format!("create; expect 1 branches within 6s{more}"));
        assert_eq!(server.events(), [event]);
    }
}

#[test]
fn a_phone_is_known_to_sleep_by_upstreams_bit() {
    let mut server = Server::new(&[]);
    server.register(&format!("Contact: {CONTACT}"));
    let table = server.usrloc.clone().downcast::<Usrloc>().unwrap().domain(b"location").unwrap();
    let flags = table.read(b"alice@example.com", |record| record.unwrap().contacts()[0].flags);
    assert_eq!(flags, 4);
}

#[test]
fn a_phone_that_has_just_registered_is_awake() {
    let mut server = Server::new(&[("pn_skip_pn_interval", ParamSetting::Int(30))]);
    server.register(&format!("Contact: {CONTACT}"));
    server.fixture.next_request(ASLEEP);
    assert_eq!(server.call(&lookup::LOOKUP), 1);
    assert!(server.events().is_empty());
}

#[test]
fn phones_that_are_awake_do_not_wait_for_those_that_sleep() {
    let mut server = Server::new(&[]);
    let other = CONTACT.replace("token", "other").replace("192.0.2.1", "192.0.2.8");
    server.register(&format!("Contact: {CONTACT}, <sip:alice@192.0.2.7>, {other}"));
    server.answer(true);
    server.fixture.next_request(ASLEEP);
    assert_eq!(server.call(&lookup::LOOKUP), 1);
    assert_eq!(server.fixture.msg.request_uri(), "sip:alice@192.0.2.7");
    assert_eq!(server.fixture.msg.branches.count(), 1);
    assert_eq!(server.events().len(), 2);
    assert_eq!(
        server.journal(),
        "create; expect 2 branches within 6s; late branch sip:alice@192.0.2.1;x=y; late branch sip:alice@192.0.2.8;x=y"
    );
    // One phone is wanted, and one is awake.
    server.fixture.next_request(ASLEEP);
    assert_eq!(
        server.fixture.call(&server.registrar, &lookup::LOOKUP, &[str("location"), testkit::flags(&["no-branches"])]),
        1
    );
    assert_eq!((server.events().len(), server.journal().as_str()), (0, ""));
}

#[test]
fn a_reference_wakes_up_a_phone_within_a_call() {
    let mut server = Server::new(&[("pn_enable_purr", ParamSetting::Int(1))]);
    let reply = server.register(&format!("Contact: {CONTACT}"));
    let reference = reply.split("+sip.pnspurr=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    server.answer(true);
    for (uri, code) in [
        (format!("sip:alice@192.0.2.1;pn-purr={reference}"), 1),
        ("sip:alice@192.0.2.1;pn-purr=AAAA".to_owned(), 2),
        ("sip:alice@192.0.2.1".to_owned(), 2),
    ] {
        server.fixture.next_request(&format!("BYE {uri} SIP/2.0\nCall-ID: caller"));
        assert_eq!(server.call(&purr::PN_PROCESS_PURR), code, "{uri}");
        assert_eq!(server.events().iter().filter(|event| event.ends_with("mid-BYE caller")).count(), code as usize % 2);
        server.register(&format!("CSeq: {} REGISTER\nContact: {CONTACT}", code + 1));
    }
}

#[test]
fn a_contact_is_woken_up_before_it_ends() {
    let mut server = Server::new(&[]);
    server.register(&format!("Contact: {CONTACT};expires=600"));
    let tick = |server: &mut Server, seconds| {
        server.fixture.now = server.fixture.now + Duration::from_secs(seconds);
        let timers = std::mem::take(&mut server.fixture.wishes.timers);
        let job = server.fixture.with_env(|env| timers[0].1(env));
        server.fixture.wishes.timers = timers;
        server.fixture.run(job).unwrap();
        server.events().len()
    };
    let counts = [460, 9, 1, 60].map(|seconds| tick(&mut server, seconds));
    assert_eq!(counts, [0, 1, 0, 0], "once, {} seconds before its end", 120 + 1);
}
