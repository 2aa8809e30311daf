//! The default provider: subscribers call each other; nobody else is served, nothing is relayed elsewhere.

use crate::harness::{Phone, Running, Server, ServerBuilder, Sipp, Users};
use crate::registration::register;

/// The embedded script on a port of the test's own.
fn provider() -> Server {
    let script = include_str!("../../crates/strowger/defaults/strowger.cfg")
        .replace("sqlite://@DATABASE@", "@DB@")
        .replace("@SPOOL@", "@DIR@/acc.spool")
        .replace("udp:*:5060", "udp:127.0.0.1:@PORT@")
        .replace("@REALM@", "127.0.0.1")
        .replace("@SECRET@", "0123456789abcdef0123456789abcdef")
        .replace("loadmodule \"tm.so\"", "loadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_inv_timeout\", 3)");
    let provider = ServerBuilder::new(&script).with_database();
    provider.with_user("alice", "wonderland").with_user("bob", "builder").start()
}

/// A phone of bob's, registered and running.
fn bobs(scenario: &'static str, server: &Server) -> (Sipp, Running) {
    let phone = Sipp::new(scenario);
    register(server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let running = phone.start(server);
    (phone, running)
}

/// What `strowger user` says about somebody.
fn user(server: &Server, args: &[&str]) -> String {
    let url = format!("sqlite://{}", server.directory.join("strowger.sqlite").display());
    server.strowger(&[&["user", "--db", &url], args].concat())
}

#[test]
fn an_alias_rings_whose_it_is_and_the_record_names_both() {
    let server = provider();
    user(&server, &["alias", "add", "bob@127.0.0.1", "1000"]);
    let (phone, mut running) = bobs("answer_and_wait", &server);
    alice("short_call", "1000").run(&server);
    phone.finish(&mut running, &server);
    let url = format!("sqlite://{}", server.directory.join("strowger.sqlite").display());
    let records = || server.strowger(&["cdr", "--db", &url, "--user", "bob", "--where", "sip_code=200", "--csv"]);
    server.until(|| records().lines().count() == 2);
    let records = records();
    assert!(records.starts_with("id,method,") && records.trim_end().ends_with(",alice,bob"), "{records}");
    assert_eq!(server.strowger(&["cdr", "--db", &url, "--user", "carol"]), "there are no such records\n");
}

#[test]
fn who_has_as_many_calls_as_allowed_gets_no_more_until_one_ends() {
    let server = provider();
    let (phone, mut running) = bobs("answer_and_wait", &server);
    user(&server, &["limit", "alice@127.0.0.1", "0"]);
    alice("call_refused", "bob").replace("@CODE@", "486").run(&server);
    user(&server, &["limit", "alice@127.0.0.1", "1"]);
    alice("short_call", "bob").run(&server);
    phone.finish(&mut running, &server);
    // The first two have left nothing behind.
    let (phone, mut running) = bobs("answer_and_wait", &server);
    alice("short_call", "bob").run(&server);
    phone.finish(&mut running, &server);
}

#[test]
fn a_call_under_way_is_shown_and_can_be_ended() {
    let server = provider();
    let management = server.management();
    assert_eq!(server.strowger(&["calls", "--url", &management]), "there are no calls\n");
    let (phone, mut running) = bobs("answer_and_wait", &server);
    let caller = alice("call_hung_up", "bob");
    let mut calling = caller.start(&server);
    let shown = || server.strowger(&["calls", "--url", &management]);
    server.until(|| shown().contains("answered"));
    let shown = shown();
    let call = shown.lines().nth(1).expect("a call");
    assert!(call.contains("sip:alice@127.0.0.1") && call.contains("sip:bob@127.0.0.1"), "{shown}");
    let id = call.split_whitespace().last().expect("its number");
    assert_eq!(server.strowger(&["calls", "--url", &management, "--end", id]), format!("ended {id}\n"));
    caller.finish(&mut calling, &server);
    phone.finish(&mut running, &server);
}

fn alice(scenario: &'static str, callee: &str) -> Sipp {
    let fields = format!("alice;[authentication username=alice password=wonderland];{callee}");
    Sipp::new(scenario).users(&Users(&[&fields]))
}

#[test]
fn subscribers_call_each_other_and_hang_up_by_the_routes_mark() {
    let server = provider();
    let phone = Sipp::new("answer_and_wait");
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let mut running = phone.start(&server);
    alice("short_call", "bob").run(&server);
    phone.finish(&mut running, &server);
    server.eventually(|| server.sql("SELECT method, sip_code FROM acc"), "INVITE|200");
}

/// What is kept of a call that bob misses: in `acc` and, once, in `missed_calls`.
fn is_missed(server: &Server, code: &str) {
    let row = format!("INVITE|{code}");
    server.eventually(|| server.sql("SELECT method, sip_code FROM acc"), &row);
    server.eventually(|| server.sql("SELECT method, sip_code FROM missed_calls"), &row);
}

#[test]
fn a_call_to_who_is_not_registered_is_missed() {
    let server = provider();
    alice("call_refused", "bob").replace("@CODE@", "480").run(&server);
    is_missed(&server, "480");
}

#[test]
fn a_call_to_who_is_busy_is_missed_once_though_two_phones_ring() {
    let server = provider();
    let phones = [Sipp::new("busy"), Sipp::new("busy")];
    let mut running = phones.each_ref().map(|phone| {
        register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
        phone.start(&server)
    });
    alice("call_refused", "bob").replace("@CODE@", "486").run(&server);
    phones.iter().zip(&mut running).for_each(|(phone, running)| phone.finish(running, &server));
    is_missed(&server, "486");
}

#[test]
fn a_call_that_nobody_answers_is_missed() {
    let server = provider();
    let phone = Sipp::new("ring");
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let mut running = phone.start(&server);
    alice("call_refused", "bob").replace("@CODE@", "408").run(&server);
    phone.finish(&mut running, &server);
    is_missed(&server, "408");
}

#[test]
fn a_call_that_its_caller_gives_up_is_missed() {
    let server = provider();
    let phone = Sipp::new("ring");
    register(&server, "bob", "builder", &format!("<sip:bob@127.0.0.1:{}>", phone.port), "200", "Contact: ");
    let mut running = phone.start(&server);
    alice("call_cancelled", "bob").run(&server);
    phone.finish(&mut running, &server);
    is_missed(&server, "487");
}

/// A contact that a call cannot be sent to.
#[test]
fn a_call_to_a_phone_that_cannot_be_reached_is_missed() {
    let server = provider();
    register(&server, "bob", "builder", "<sip:bob@nowhere.invalid>", "200", "Contact: ");
    alice("call_refused", "bob").replace("@CODE@", "480").run(&server);
    is_missed(&server, "480");
    assert!(!server.process.output().contains("ERROR"), "{}", server.process.output());
}

/// Sends a request and returns its first answer.
fn answer_to(server: &Server, request: &[u8]) -> String {
    let phone = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    let port = phone.local_addr().expect("address").port();
    // Whatever the Via says, the answer comes back to who asked.
    let request = String::from_utf8_lossy(request).replacen(";branch", &format!(":{port};branch"), 1);
    phone.send_to(request.as_bytes(), server.address()).expect("send");
    let mut reply = [0; 4096];
    let length = phone.recv(&mut reply).expect("reply");
    String::from_utf8_lossy(&reply[..length]).into_owned()
}

/// RFC 3261 section 16.3 and what RFC 4475 says of these messages.
#[test]
fn what_the_provider_does_not_speak_is_refused_by_name() {
    let server = provider();
    for (file, status) in [
        ("unkscm", "416 Unsupported URI Scheme"),
        ("novelsc", "416 Unsupported URI Scheme"),
        ("bext01", "420 Bad Extension"),
        ("zeromf", "483 Too Many Hops"),
        ("regaut01", "401 Unauthorized"),
    ] {
        let path = format!("{}/../../tests/torture/rfc4475/{file}.dat", env!("CARGO_MANIFEST_DIR"));
        let request = std::fs::read(path).expect(file);
        let answer = answer_to(&server, &request);
        assert!(answer.starts_with(&format!("SIP/2.0 {status}\r\n")), "{file}: {answer}");
        let unsupported = "\r\nUnsupported: noProxiesSupportThis, norDoAnyProxiesSupportThis\r\n";
        assert_eq!(answer.contains(unsupported), file == "bext01", "{answer}");
    }
    let zeromf = include_str!("../torture/rfc4475/zeromf.dat");
    let answer = answer_to(&server, zeromf.replace("Max-Forwards: 0", "Max-Forwards: none").as_bytes());
    assert!(answer.starts_with("SIP/2.0 400 Bad Max-Forwards\r\n"), "{answer}");
    let twice = zeromf.replace("Max-Forwards: 0", "Max-Forwards: 9\r\nProxy-Require: a\r\nProxy-Require: b");
    let answer = answer_to(&server, twice.as_bytes());
    assert!(answer.contains("\r\nUnsupported: a, b\r\n"), "{answer}");
}

#[test]
fn a_request_with_a_forged_route_goes_nowhere() {
    let server = provider();
    let victim = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    let (there, here) = (victim.local_addr().expect("address"), stranger.local_addr().expect("address"));
    let request = format!(
        "INVITE sip:1900@{there} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK-forged\r\nMax-Forwards: 70\r\n\
         Route: <sip:{};lr;call=0000>\r\nFrom: <sip:mallory@example.com>;tag=1\r\nTo: <sip:1900@{there}>;tag=2\r\n\
         Call-ID: forged\r\nCSeq: 1 INVITE\r\nContact: <sip:mallory@{here}>\r\nContent-Length: 0\r\n\r\n",
        server.address()
    );
    stranger.send_to(request.as_bytes(), server.address()).expect("send");
    let mut reply = [0; 4096];
    let length = stranger.recv(&mut reply).expect("reply");
    assert!(reply[..length].starts_with(b"SIP/2.0 481"), "{}", String::from_utf8_lossy(&reply[..length]));
    victim.set_nonblocking(true).expect("socket");
    assert!(victim.recv(&mut reply).is_err(), "it was relayed");
}

/// The two subscribers' phones, registered.
fn phones(server: &Server) -> [Phone; 2] {
    let phones = [("alice", "wonderland"), ("bob", "builder")]
        .map(|(user, password)| Phone::new(server, user, "127.0.0.1", password));
    phones.iter().for_each(Phone::register);
    phones
}

#[test]
fn a_calls_route_leads_nowhere_else_and_nowhere_once_it_is_over() {
    let server = provider();
    let [alice, bob] = phones(&server);
    let victim = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    let there = format!("sip:1900@{}", victim.local_addr().expect("address"));
    let talk = alice.begin(&bob);
    assert!(alice.within(&talk, "INVITE", &there, None).starts_with("SIP/2.0 481"));
    assert!(alice.within(&talk, "OPTIONS", &talk.target, Some(&bob)).starts_with("SIP/2.0 200"));
    alice.hang_up(&talk, &bob);
    assert!(alice.within(&talk, "INVITE", &there, None).starts_with("SIP/2.0 481"));
    assert!(alice.within(&talk, "INVITE", &talk.target, None).starts_with("SIP/2.0 481"));
    victim.set_nonblocking(true).expect("socket");
    assert!(victim.recv(&mut [0; 64]).is_err(), "it was relayed");
}

#[test]
fn the_limit_is_the_subscribers_however_his_name_is_spelled() {
    let server = provider();
    let [mut alice, bob] = phones(&server);
    user(&server, &["limit", "alice@127.0.0.1", "1"]);
    let talk = alice.begin(&bob);
    alice.from = "ALICE".to_owned();
    assert!(alice.call_refused(&bob).starts_with("SIP/2.0 486 Too Many Calls"));
    alice.from = "alice".to_owned();
    alice.hang_up(&talk, &bob);
    alice.from = "Alice".to_owned();
    alice.call(&bob);
    // The one that was refused, and the two that were answered.
    let records = || server.sql("SELECT caller, sip_code, count(*) FROM acc WHERE method = 'INVITE' GROUP BY sip_code");
    server.eventually(records, "alice|200|2\nalice|486|1");
}
