//! A database that answers after a second, for one domain: its phones wait, nobody else does.

use crate::harness::{Phone, Server, Wire, authorization, ha1, provider_with, slow_extension};
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Phones of the slow domain, each of which registers once.
const PHONES: usize = 1_500;
/// When a phone that hears nothing asks again, as it does when it was told to come later.
const AGAIN: Duration = Duration::from_secs(4);
/// How many begin in a second.
const RATE: usize = 500;

/// Two domains with their subscribers in one table. What is looked up of the rows of one takes so many seconds.
fn server(seconds: usize, params: &str) -> Server {
    let loaded = "loadmodule \"db_sqlite.so\"";
    let extended = format!("{loaded}\nmodparam(\"db_sqlite\", \"load_extension\", \"@DIR@/slow.so\")\n{params}");
    let builder = provider_with(&[(loaded, &extended)]);
    slow_extension(builder.directory());
    let row = |user: &str, domain: &str| format!("('{user}', '{domain}', '{}')", ha1(user, domain, "secret"));
    let mut rows: Vec<String> = (0..PHONES).map(|number| row(&format!("s{number}"), "slow.example")).collect();
    rows.extend(["alice", "bob"].map(|user| row(user, "fast.example")));
    let builder = builder
        .with_rows(&format!("INSERT INTO subscriber (username, domain, ha1) VALUES {}", rows.join(",")))
        .with_rows(&format!(
            "ALTER TABLE subscriber RENAME TO people;
             CREATE VIEW subscriber AS SELECT username, domain, password,
             CASE domain WHEN 'slow.example' THEN {}ha1{} ELSE ha1 END AS ha1, ha1_sha256, ha1_sha512t256 FROM people",
            "slow(".repeat(seconds),
            ")".repeat(seconds)
        ));
    builder.start()
}

fn register(user: &str, domain: &str, cseq: u32, port: u16, more: &str) -> String {
    format!(
        "REGISTER sip:{domain} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{user}-{cseq}\n\
         From: <sip:{user}@{domain}>;tag=1\nTo: <sip:{user}@{domain}>\nCall-ID: {user}\nCSeq: {cseq} REGISTER\n\
         Max-Forwards: 70\nContact: <sip:{user}@127.0.0.1:{port}>\n{more}Content-Length: 0\n\n"
    )
}

/// A phone of the slow domain.
#[derive(Default)]
struct Slow {
    /// What it sent last, and when.
    sent: Option<(String, Instant)>,
    /// When it sent its credentials.
    asked: Option<Instant>,
    /// How long the answer took.
    took: Option<Duration>,
}

/// What is seen from outside while the phones register.
#[derive(Default)]
struct Seen {
    answered: AtomicUsize,
    pending: AtomicUsize,
    shed: AtomicUsize,
    over: AtomicBool,
}

/// Has all phones register, so many in a second; how long each waited for the answer to its credentials.
fn register_all(server: &str, seen: &Seen) -> Vec<Duration> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    socket.set_read_timeout(Some(Duration::from_millis(1))).expect("timeout");
    let port = socket.local_addr().expect("address").port();
    let send = |text: &str| {
        socket.send_to(text.replace('\n', "\r\n").as_bytes(), server).expect("sent");
    };
    let mut phones: Vec<Slow> = (0..PHONES).map(|_| Slow::default()).collect();
    let (start, mut begun, mut buffer) = (Instant::now(), 0, [0; 4096]);
    while seen.answered.load(Ordering::Relaxed) < PHONES {
        assert!(start.elapsed() < Duration::from_secs(60), "{} answers", seen.answered.load(Ordering::Relaxed));
        let due = (start.elapsed().as_millis() as usize * RATE / 1_000).min(PHONES);
        for (number, phone) in phones.iter_mut().enumerate().take(due).skip(begun) {
            let text = register(&format!("s{number}"), "slow.example", 1, port, "");
            send(&text);
            phone.sent = Some((text, Instant::now()));
        }
        begun = due;
        // The kernel may have thrown something away.
        for phone in phones.iter_mut().filter(|phone| phone.took.is_none()) {
            let Some((text, when)) = &mut phone.sent else { continue };
            if when.elapsed() > AGAIN {
                send(text);
                *when = Instant::now();
            }
        }
        for _ in 0..64 {
            let Ok(length) = socket.recv(&mut buffer) else { break };
            let reply = String::from_utf8_lossy(&buffer[..length]).into_owned();
            take(&reply, &mut phones, port, seen, send);
        }
    }
    phones.into_iter().filter_map(|phone| phone.took).collect()
}

fn take(reply: &str, phones: &mut [Slow], port: u16, seen: &Seen, send: impl Fn(&str)) {
    let user = reply.lines().find_map(|line| line.strip_prefix("Call-ID: ")).expect("Call-ID");
    let phone = &mut phones[user[1..].parse::<usize>().expect("number")];
    if reply.starts_with("SIP/2.0 503") && reply.contains("Retry-After: ") {
        // The machine is at something else: it is asked again.
        seen.shed.fetch_add(1, Ordering::Relaxed);
        return;
    }
    match (phone.asked, phone.took) {
        (None, _) => {
            assert!(reply.starts_with("SIP/2.0 401"), "{reply}");
            let credentials = authorization(reply, user, "secret", "REGISTER", "sip:slow.example");
            let text = register(user, "slow.example", 2, port, &credentials);
            send(&text);
            (phone.asked, phone.sent) = (Some(Instant::now()), Some((text, Instant::now())));
            seen.pending.fetch_add(1, Ordering::Relaxed);
        }
        (Some(asked), None) if !reply.starts_with("SIP/2.0 401") => {
            assert!(reply.starts_with("SIP/2.0 200"), "{reply}");
            phone.took = Some(asked.elapsed());
            seen.pending.fetch_sub(1, Ordering::Relaxed);
            seen.answered.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    }
}

/// The middle one, the one that only one in a hundred is above, and the highest, in milliseconds.
fn summary(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let at = |part: usize| took[(took.len() - 1) * part / 100].as_millis();
    format!("{} of them: median {} ms, 99 % {} ms, most {} ms", took.len(), at(50), at(99), at(100))
}

#[test]
fn a_domain_whose_database_is_slow_delays_no_other() {
    let server = server(1, "");
    let phone = |user| Phone::new(&server, user, "fast.example", "secret");
    let (alice, bob) = (phone("alice"), phone("bob"));
    bob.register();

    let (seen, address) = (Seen::default(), server.address());
    let mut waited = Vec::new();
    // Calls by what was so at their end: before the first of the slow phones had its answer; while many wait.
    let (mut before_any, mut among_many, mut took) = (0, 0, Vec::new());
    thread::scope(|scope| {
        let registering = scope.spawn(|| {
            let waited = register_all(&address, &seen);
            seen.over.store(true, Ordering::Relaxed);
            waited
        });
        loop {
            if seen.over.load(Ordering::Relaxed) || registering.is_finished() {
                break;
            }
            let is_begun = seen.pending.load(Ordering::Relaxed) > 0;
            took.push(alice.call(&bob));
            before_any += usize::from(is_begun && seen.answered.load(Ordering::Relaxed) == 0);
            among_many += usize::from(seen.pending.load(Ordering::Relaxed) > RATE / 4);
        }
        waited = registering.join().expect("all are answered");
    });
    println!("REGISTER of the slow domain, {}", summary(waited));
    println!("calls of the other, {}", summary(took));
    println!("{} told to come later", seen.shed.load(Ordering::Relaxed));
    println!("{before_any} calls before any slow answer, {among_many} while more than {} wait", RATE / 4);
    assert!(before_any >= 2 && among_many >= 2, "{before_any} {among_many}");
    println!("{} readers, {} MB resident", server.statistic("sql:sql_readers"), server.resident_bytes() >> 20);
    assert_eq!(server.statistic("sql:sql_late_queries"), 0);
}

#[test]
fn a_database_that_does_not_answer_costs_its_own_messages_only() {
    // SQLite itself cannot end what an extension does.
    let server = server(5, "modparam(\"db_sqlite\", \"query_timeout\", 1)");
    let phone = |user| Phone::new(&server, user, "fast.example", "secret");
    let (alice, bob) = (phone("alice"), phone("bob"));
    bob.register();
    let waiting: Vec<Wire> = (0..12)
        .map(|number| {
            let (user, wire) = (format!("s{number}"), Wire::new(&server));
            wire.send(&register(&user, "slow.example", 1, wire.port, ""));
            let challenge = wire.expect("SIP/2.0 401");
            let credentials = authorization(&challenge, &user, "secret", "REGISTER", "sip:slow.example");
            wire.send(&register(&user, "slow.example", 2, wire.port, &credentials));
            wire
        })
        .collect();
    alice.call(&bob);
    // The script cannot check them, and challenges again; the query has not ended yet.
    waiting.iter().for_each(|wire| drop(wire.expect("SIP/2.0 401")));
    assert!(server.statistic("sql:sql_late_queries") >= 12);
    alice.register();
    alice.call(&bob);
}
