//! What nobody should send: garbage, halves and giants by UDP, TCP, HTTP and FIFO, and broken rows in the database. The
//! server says what is wrong, goes on answering, and stays as small as it was.

use crate::harness::{Server, ServerBuilder, run_to_end};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::time::Duration;

const PROVIDER: &str = include_str!("configs/residential.cfg");
const OVER_TCP: &str = include_str!("configs/template.m4");
/// How much larger the server may be afterwards, in bytes: what the largest single inputs may leave behind.
const GROWTH_MAX: u64 = 64 << 20;

const INVITE: &str = "INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKabuse;rport\r\n\
    Max-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@127.0.0.1>;tag=1\r\nTo: <sip:bob@127.0.0.1>\r\nCall-ID: abuse\r\n\
    CSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:9>\r\nContent-Type: application/sdp\r\nContent-Length: 4\r\n\r\nv=0\n";

fn provider() -> Server {
    ServerBuilder::new(PROVIDER).with_database().with_user("alice", "wonderland").start()
}

/// The same garbage in every run: Marsaglia's xorshift.
struct Noise(u64);

impl Noise {
    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number() as u8).collect()
    }
}

fn options(branch: usize, transport: &str) -> String {
    format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK{branch};rport\r\nFrom: \
         <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: \
         9\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Asks by UDP until an answer comes: the question itself may be lost when the socket's buffer is full of garbage.
fn answers(server: &Server) {
    let phone = UdpSocket::bind("127.0.0.1:0").expect("socket");
    phone.set_read_timeout(Some(Duration::from_millis(500))).expect("timeout");
    let mut buffer = [0; 2048];
    for attempt in 0..20 {
        phone.send_to(options(attempt, "UDP").as_bytes(), server.address()).expect("send");
        if let Ok(length) = phone.recv(&mut buffer) {
            let reply = String::from_utf8_lossy(&buffer[..length]);
            assert!(reply.starts_with("SIP/2.0 "), "{reply}");
            return;
        }
    }
    panic!("no answer\n{}", server.process.output());
}

/// Runs the abuse; the server must answer afterwards, and must not have grown.
fn survives(server: &Server, abuse: impl FnOnce(&Server)) {
    answers(server);
    let before = server.resident_bytes();
    abuse(server);
    answers(server);
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "it grew by {grown} bytes");
    let said = server.process.output();
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn datagrams_of_any_kind_are_survived() {
    let server = provider();
    survives(&server, |server| {
        let sender = UdpSocket::bind("127.0.0.1:0").expect("socket");
        let send = |bytes: &[u8]| drop(sender.send_to(bytes, server.address()));
        let mut noise = Noise(0x5eed);
        for round in 0..2_000 {
            if round % 20 == 0 {
                // What the server has not read yet would be thrown away by the kernel.
                answers(server);
            }
            let length = noise.below(1_500);
            send(&noise.bytes(length));
            send(&INVITE.as_bytes()[..noise.below(INVITE.len())]);
            let mut changed = INVITE.as_bytes().to_vec();
            for _ in 0..=noise.below(4) {
                let at = noise.below(changed.len());
                changed[at] = noise.number() as u8;
            }
            send(&changed);
        }
        send(&noise.bytes(65_507));
        send(INVITE.replace("Max-Forwards", &format!("X: {}\r\nMax-Forwards", "y".repeat(60_000))).as_bytes());
        send(INVITE.replace("Max-Forwards", &format!("{}Max-Forwards", "X: y\r\n".repeat(9_000))).as_bytes());
        send(INVITE.replace("Via", &format!("{}Via", "Via: SIP/2.0/UDP 127.0.0.1:9\r\n".repeat(1_900))).as_bytes());
        for length in ["99999999999999999999", "-1", "4294967295", "x", ""] {
            send(INVITE.replace("Length: 4", &format!("Length: {length}")).as_bytes());
        }
        send(INVITE.replace("CSeq: 1", "CSeq: 99999999999").as_bytes());
        send(INVITE.replace("sip:bob@127.0.0.1 ", &format!("sip:{}@127.0.0.1 ", "%00".repeat(15_000))).as_bytes());
    });
    let refused = server.mi(&["get_statistics", "[\"core:err_requests\"]"]);
    let count: u32 = refused.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("count");
    assert!(count > 4_000, "{refused}");
    let lines = server.process.output().lines().count();
    assert!(lines < 1_000, "the log is flooded: {lines} lines");
}

#[test]
fn streams_of_any_kind_are_survived() {
    let server = ServerBuilder::new(OVER_TCP).with_database().args(&["-p", "m4"]).start();
    survives(&server, |server| {
        let mut noise = Noise(0xca11);
        let mut halves = Vec::new();
        for _ in 0..200 {
            let mut stream = TcpStream::connect(server.address()).expect("connection");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("timeout");
            // It may be closed while we still write.
            let _ = match noise.below(4) {
                0 => stream.write_all(&noise.bytes(3_000)),
                1 => stream.write_all(&INVITE.as_bytes()[..noise.below(INVITE.len())]),
                2 => stream.write_all(INVITE.replace("Length: 4", "Length: 4000000000").as_bytes()),
                _ => stream.write_all(&b"X".repeat(200_000)),
            };
            halves.push(stream);
        }
        let mut stream = TcpStream::connect(server.address()).expect("connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("timeout");
        for byte in options(1, "TCP").as_bytes() {
            stream.write_all(&[*byte]).expect("write");
        }
        let mut reply = [0; 8];
        stream.read_exact(&mut reply).expect("reply");
        assert_eq!(&reply, b"SIP/2.0 ");
    });
}

/// What comes back for raw bytes to the management port, until the server closes or has nothing more to say.
fn http(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.mi_port)).expect("connection");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
    // It may be closed while we still write.
    let _ = stream.write_all(request);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

fn post(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /mi HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[test]
fn management_requests_of_any_kind_are_survived() {
    let server = provider();
    survives(&server, |server| {
        for (body, code) in [
            ("nonsense", "-32700"),
            ("{\"jsonrpc\":\"2.0\",\"method\":", "-32700"),
            ("[{\"jsonrpc\":\"2.0\",\"method\":\"version\",\"id\":1}]", "-32600"),
            ("{\"jsonrpc\":\"1.0\",\"method\":\"version\",\"id\":1}", "-32600"),
            ("{\"jsonrpc\":\"2.0\",\"method\":7,\"id\":1}", "-32600"),
            ("{\"jsonrpc\":\"2.0\",\"method\":\"version\",\"params\":7,\"id\":1}", "-32600"),
            ("{\"jsonrpc\":\"2.0\",\"method\":\"nothing\",\"id\":1}", "-32601"),
            ("{\"jsonrpc\":\"2.0\",\"method\":\"usrloc:rm\",\"params\":[[[[]]]],\"id\":1}", "-32602"),
        ] {
            let reply = http(server, &post(body));
            assert!(reply.starts_with("HTTP/1.1 200") && reply.contains(code), "{body}: {reply}");
        }
        let deep = http(server, &post(&"[".repeat(20_000)));
        assert!(deep.contains("-32700"), "{deep}");
        let giant = http(server, &post(&" ".repeat(20_000_000)));
        assert!(giant.is_empty() || giant.starts_with("HTTP/1.1 413"), "{giant}");
        let elsewhere = http(server, b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert!(elsewhere.starts_with("HTTP/1.1 400"), "{elsewhere}");
        let mut noise = Noise(0xd1a1);
        for _ in 0..50 {
            http(server, &noise.bytes(400));
        }
        let halves: Vec<TcpStream> = (0..100)
            .map(|_| {
                let mut stream = TcpStream::connect(("127.0.0.1", server.mi_port)).expect("connection");
                let _ = stream.write_all(b"POST /mi HTTP/1.1\r\nContent-Le");
                stream
            })
            .collect();
        assert!(server.mi(&["version"]).contains("Server"), "{}", server.mi(&["version"]));
        drop(halves);
    });
}

#[test]
fn lines_of_any_kind_into_the_fifo_are_survived() {
    let server = provider();
    survives(&server, |server| {
        let path = server.directory.join("fifo");
        let mut fifo = fs::OpenOptions::new().write(true).custom_flags(0).open(&path).expect("fifo");
        let mut noise = Noise(0xf1f0);
        for _ in 0..50 {
            fifo.write_all(&noise.bytes(500)).expect("write");
        }
        fifo.write_all(b"\n:../../tmp/x:{\"jsonrpc\":\"2.0\",\"method\":\"version\",\"id\":1}\n").expect("write");
        fifo.write_all(format!("\n:r:{{{}\n", "x".repeat(200_000)).as_bytes()).expect("write");
        fifo.write_all(b"\n:strowger.cfg:{}\n:nobody:{}\n:::::\n").expect("write");
        let reply = server.directory.join("reply");
        let (made, said) = run_to_end(Command::new("mkfifo").arg(&reply), Duration::from_secs(5));
        assert!(made.success(), "{said}");
        fifo.write_all(b":reply:{\"jsonrpc\":\"2.0\",\"method\":\"version\",\"id\":1}\n").expect("write");
        let text = fs::read_to_string(&reply).expect("reply");
        assert!(text.contains("\"Server\""), "{text}");
    });
    assert!(!server.directory.join("../tmp").exists());
    // A reply goes into FIFOs only: the script is still a script.
    assert!(fs::read_to_string(server.directory.join("strowger.cfg")).expect("script").contains("route"));
}

#[test]
fn broken_rows_are_named_and_skipped() {
    let good = "INSERT INTO location (contact_id, username, domain, contact, expires, callid, cseq) VALUES";
    let server = ServerBuilder::new(PROVIDER)
        .with_database()
        .with_rows(&format!("{good} (11, 'alice', '127.0.0.1', 'sip:alice@127.0.0.1:7001', 2000000000, 'a', 1)"))
        .with_rows(&format!("{good} (12, 'bob', '127.0.0.1', 'not a contact', 2000000000, 'b', 1)"))
        .with_rows(&format!("{good} (13, 'carol', '127.0.0.1', 'sip:carol@127.0.0.1', 'tomorrow', 'c', 1)"))
        .with_rows(&format!("{good} (14, 'dave', '127.0.0.1', '', 2000000000, 'd', 1)"))
        .with_rows(&format!("{good} (15, 'erin', '127.0.0.1', 'sip:erin@127.0.0.1:7002', 2000000000, 'e', 1)"))
        .start();
    let said = server.process.output();
    for (key, column) in [("12", "contact"), ("13", "expires"), ("14", "contact")] {
        let is_named = |line: &str| line.contains("location") && line.contains(key) && line.contains(column);
        assert!(said.lines().any(is_named), "{key} {column}: {said}");
    }
    let contacts = server.mi(&["usrloc:dump"]);
    assert!(contacts.contains("alice@127.0.0.1:7001") && contacts.contains("erin@127.0.0.1:7002"), "{contacts}");
    assert!(!contacts.contains("carol") && !contacts.contains("not a contact"), "{contacts}");
}

#[test]
fn command_lines_that_mean_nothing_are_refused() {
    for (args, named) in [
        (vec!["-l", "udp:127.0.0.1:99999"], "udp:127.0.0.1:99999"),
        (vec!["-l", "no such host"], "no such host"),
        (vec!["-u", "nobody-of-this-name"], "nobody-of-this-name"),
        (vec!["-g", "no-group-of-this-name"], "no-group-of-this-name"),
        (vec!["-w", "/nonexistent"], "/nonexistent"),
        (vec!["-t", "/nonexistent"], "/nonexistent"),
        (vec!["-P", "/nonexistent/pid"], "/nonexistent/pid"),
        (vec!["-p", "exit 3"], "exit 3"),
        (vec!["-m", "lots"], "lots"),
        (vec!["-o", "nothing"], "NAME=VALUE"),
        (vec!["--nonsense"], "--nonsense"),
    ] {
        let said = ServerBuilder::new(PROVIDER).with_database().args(&args).refused();
        assert!(said.contains(named) && !said.contains("panicked"), "{args:?}: {said}");
    }
}
