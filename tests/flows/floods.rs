//! Floods, amplification, loops and fork bombs: what comes from outside in any number stops nobody else, sends nobody
//! more than was sent, and holds no more memory than it may.

use crate::harness::{Phone, ServerBuilder, provider_with};
use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const RELAY: &str = include_str!("configs/relay.cfg");

/// A request as short as it can be and still be taken: what an attacker pays least for.
fn shortest(method: &str, uri: &str, number: usize, port: u16) -> String {
    format!(
        "{method} {uri} SIP/2.0\nv:SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{method}{number}\nf:<sip:a@b>;tag=1\n\
         t:<{uri}>\ni:{method}{number}\nCSeq:1 {method}\nMax-Forwards:9\nm:<sip:a@127.0.0.1:{port}>\nl:0\n\n"
    )
    .replace('\n', "\r\n")
}

/// Sends all of this again and again, each time with another number, until the honest are done; how often.
fn flood(server: &str, over: &AtomicBool, messages: impl Fn(usize, u16) -> Vec<Vec<u8>>) -> usize {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    let port = socket.local_addr().expect("address").port();
    let mut number = 0;
    while !over.load(Ordering::Relaxed) {
        for message in messages(number, port) {
            // What the kernel has no room for is lost, as it would be on the way.
            let _ = socket.send_to(&message, server);
        }
        number += 1;
        // Nobody reads what comes back.
        thread::sleep(Duration::from_millis(1));
    }
    number
}

#[test]
fn honest_phones_register_and_call_while_others_flood() {
    let tcp = "loadmodule \"proto_udp.so\"\nloadmodule \"proto_tcp.so\"\nsocket = tcp:127.0.0.1:@PORT@";
    let server = provider_with(&[("loadmodule \"proto_udp.so\"", tcp)]).start();
    let (address, over, sent) = (server.address(), AtomicBool::new(false), AtomicUsize::new(0));
    let (alice, bob) =
        (Phone::new(&server, "alice", "127.0.0.1", "wonderland"), Phone::new(&server, "bob", "127.0.0.1", "builder"));
    let count = |name: &str| server.statistic(name);
    let before = count("core:rcv_requests");
    let mut took = Vec::new();
    let requests = |number: usize, port: u16| {
        let of = |method: &str| shortest(method, "sip:nobody@127.0.0.1", number, port).into_bytes();
        let half = of("INVITE");
        let half = half[..half.len() / 2].to_vec();
        vec![of("INVITE"), of("REGISTER"), of("OPTIONS"), half, vec![0xff; 400], b"\r\n\r\n".to_vec()]
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| sent.fetch_add(flood(&address, &over, requests), Ordering::Relaxed));
        }
        scope.spawn(|| {
            let mut halves = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let Ok(mut stream) = TcpStream::connect(&address) else { continue };
                // It may be closed at once.
                let _ = stream.write_all(b"INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP ");
                halves.push(stream);
                if halves.len() > 200 {
                    halves.clear();
                }
                thread::sleep(Duration::from_millis(2));
            }
        });
        for _ in 0..30 {
            alice.register();
            bob.register();
            took.push(alice.call(&bob));
        }
        over.store(true, Ordering::Relaxed);
    });
    took.sort_unstable();
    let flooded = count("core:rcv_requests") - before;
    println!("{} turns of a flood, {flooded} requests read; calls in {took:?}", sent.load(Ordering::Relaxed));
    assert!(flooded > 100, "{flooded}");
    assert!(!server.process.output().contains("panicked"));
}

/// Sends one message; how many bytes come back until it is still for longer than anything is sent again.
fn bytes_back(server: &str, message: &str, socket: &UdpSocket) -> usize {
    socket.send_to(message.as_bytes(), server).expect("sent");
    let mut buffer = [0; 65_535];
    let mut total = 0;
    while let Ok(length) = socket.recv(&mut buffer) {
        total += length;
    }
    total
}

#[test]
fn nobody_gets_many_times_the_bytes_that_were_sent_in_his_name() {
    // The default script, with retransmissions so fast that all of them would come while it is waited.
    let script = include_str!("../../crates/strowger/defaults/strowger.cfg")
        .replace("sqlite://@DATABASE@", "@DB@")
        .replace("@SPOOL@", "@DIR@/acc.spool")
        .replace("udp:*:5060", "udp:127.0.0.1:@PORT@")
        .replace("@REALM@", "127.0.0.1")
        .replace("@SECRET@", "0123456789abcdef0123456789abcdef")
        .replace(
            "loadmodule \"tm.so\"",
            "loadmodule \"tm.so\"\nmodparam(\"tm\", \"T1_timer\", 20)\nmodparam(\"tm\", \"T2_timer\", 40)",
        );
    assert!(script.contains("T1_timer"));
    let server = ServerBuilder::new(&script).with_database().with_user("bob", "builder").start();
    let bob = Phone::new(&server, "bob", "127.0.0.1", "builder");
    bob.register();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    socket.set_read_timeout(Some(Duration::from_millis(400))).expect("timeout");
    let port = socket.local_addr().expect("address").port();
    let of = |method: &str, uri: &str| shortest(method, uri, 1, port);
    let bye = of("BYE", "sip:bob@127.0.0.1").replace("t:<sip:bob@127.0.0.1>", "t:<sip:bob@127.0.0.1>;tag=9");
    for (what, message) in [
        ("OPTIONS to us", of("OPTIONS", "sip:127.0.0.1")),
        ("OPTIONS to somebody", of("OPTIONS", "sip:bob@127.0.0.1")),
        ("REGISTER", of("REGISTER", "sip:127.0.0.1")),
        ("INVITE to a subscriber", of("INVITE", "sip:bob@127.0.0.1")),
        ("INVITE to nobody", of("INVITE", "sip:nobody@127.0.0.1")),
        ("INVITE to elsewhere", of("INVITE", "sip:a@192.0.2.1")),
        ("MESSAGE", of("MESSAGE", "sip:bob@127.0.0.1")),
        ("BYE in no call", bye),
        ("no hop left", of("INVITE", "sip:bob@127.0.0.1").replace("Max-Forwards:9", "Max-Forwards:0")),
        ("a bad CSeq", of("INVITE", "sip:bob@127.0.0.1").replace("CSeq:1 INVITE", "CSeq:1 BYE")),
        ("a bad URI", of("INVITE", "sip:bob@127.0.0.1").replace("INVITE sip:", "INVITE :")),
        ("half a message", of("INVITE", "sip:bob@127.0.0.1")[..150].to_owned()),
        ("garbage", "\u{1}".repeat(200)),
    ] {
        let back = bytes_back(&server.address(), &message, &socket);
        println!("{what}: {} bytes in, {back} out, {:.1} times", message.len(), back as f64 / message.len() as f64);
        assert!(back <= 3 * message.len(), "{what}: {} bytes in, {back} out", message.len());
    }
}

/// A proxy that sends each request to itself, as two new ones.
const BOMB: &str = "log_level = 1\nxlog_level = 1\nstderror_enabled = yes\nsocket = udp:127.0.0.1:@PORT@\n\
    loadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\nloadmodule \"tm.so\"\nloadmodule \"maxfwd.so\"\n\
    loadmodule \"httpd.so\"\nmodparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\"\n\
    route {
        if (!mf_process_maxfwd_header(70)) { sl_send_reply(483, \"Too Many Hops\"); exit; }
        if ($rU == \"end\") { sl_send_reply(404, \"Not Found\"); exit; }
        if ($rU == \"loop\") {
            append_branch(\"sip:end@127.0.0.1:@PORT@\");
            $ru = \"sip:loop@127.0.0.1:@PORT@\";
            if (!t_relay()) xlog(\"L_ERR\", \"relay says $rc\\n\");
            exit;
        }
        $var(user) = $rU;
        $ru = \"sip:$(var(user))a@127.0.0.1:@PORT@\";
        append_branch(\"sip:$(var(user))b@127.0.0.1:@PORT@\");
        if (!t_relay()) sl_reply_error();
    }";

#[test]
fn loops_and_fork_bombs_end_early() {
    let server = ServerBuilder::new(BOMB).start();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    let port = socket.local_addr().expect("address").port();
    let last = |user: &str, number: usize| {
        let uri = format!("sip:{user}@127.0.0.1:{}", server.port);
        socket.send_to(shortest("OPTIONS", &uri, number, port).as_bytes(), server.address()).expect("sent");
        let mut buffer = [0; 65_535];
        loop {
            let length = socket.recv(&mut buffer).expect("an answer");
            let reply = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if !reply.starts_with("SIP/2.0 1") {
                return reply;
            }
        }
    };
    // RFC 5393 section 4.2: what comes back unchanged to a proxy that forks is a loop, and gets a 482.
    let reply = last("loop", 1);
    assert!(reply.starts_with("SIP/2.0 482") || reply.starts_with("SIP/2.0 404"), "{reply}");
    server.until(|| server.process.output().contains("relay says -3"));
    let after_loop = server.statistic("tm:UAS_transactions");
    assert!(after_loop <= 4, "{after_loop}");
    // RFC 5393 section 5: what changes each time, and forks, has a breadth of 60 in all, where 2^70 would be for Max-Forwards.
    let reply = last("bomb", 2);
    assert!(reply.starts_with("SIP/2.0 440"), "{reply}");
    let transactions = server.statistic("tm:UAS_transactions") - after_loop;
    println!("{transactions} transactions of one bomb");
    assert!(transactions <= 2 * 60, "{transactions}");
}

#[test]
fn what_a_flood_leaves_in_memory_is_what_is_counted() {
    let loaded = "loadmodule \"proto_udp.so\"";
    let managed = format!(
        "{loaded}\nloadmodule \"httpd.so\"\nmodparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\""
    );
    let script = RELAY.replace("@T1@", "60000").replace("@T2@", "60000").replace(loaded, &managed);
    let server = ServerBuilder::new(&script).start();
    // Whoever is called never answers.
    let hole = UdpSocket::bind("127.0.0.1:0").expect("socket");
    let uri = format!("sip:bob@127.0.0.1:{}", hole.local_addr().expect("address").port());
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("timeout");
    let port = socket.local_addr().expect("address").port();
    let (before, begun) = (server.resident_bytes(), Instant::now());
    let (mut number, mut buffer) = (0, [0; 4096]);
    let padding = format!("X: {}\r\nl:0", "y".repeat(1_200));
    // So that what is being made is not taken for what is kept: some thousands at least.
    while number < 3_000 || begun.elapsed() < Duration::from_secs(3) {
        let message = shortest("INVITE", &uri, number, port).replace("l:0", &padding);
        socket.send_to(message.as_bytes(), server.address()).expect("sent");
        number += 1;
        if number % 20 == 0 {
            while socket.recv(&mut buffer).is_ok_and(|_| number % 500 == 0) {}
        }
    }
    let (held, transactions) = (server.statistic("engine:held_bytes"), server.statistic("tm:inuse_transactions"));
    let grown = server.resident_bytes().saturating_sub(before);
    println!("{transactions} transactions of {number}: {held} bytes counted, {grown} resident");
    assert!(transactions > 500, "{transactions} of {number}");
    assert!(grown < held * 2 + (32 << 20), "{grown} bytes for {held} counted");
}
