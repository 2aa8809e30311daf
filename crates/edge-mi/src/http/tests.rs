//! Conversations on loopback: what goes over the wire, byte for byte.

use super::{Http, HttpOptions, MiRoot, Roots};
use crate::Handler;
use bytes::Bytes;
use module_api::{Level, LogSink, Logger, Statistics};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

/// Answers with the request itself; drops "drop", takes "notify" for a notification, and answers "long" with more than the
/// system keeps for a client that does not read.
fn echo() -> Handler {
    Arc::new(|request: Bytes, reply| match &request[..] {
        b"\"drop\"" => drop(reply),
        b"\"notify\"" => reply(None),
        b"\"long\"" => reply(Some(vec![b'x'; 32 << 20].into())),
        _ => reply(Some(request)),
    })
}

pub(super) struct Server {
    pub(super) http: Http,
    pub(super) statistics: Statistics,
    _runtime: Runtime,
}

pub(super) fn server(change: impl FnOnce(&mut HttpOptions)) -> Server {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut options = HttpOptions { address: ([127, 0, 0, 1], 0).into(), ..HttpOptions::default() };
    change(&mut options);
    let mut roots = Roots::default();
    roots.add("mi", Arc::new(MiRoot::new(echo(), false, &options)));
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    let statistics = Statistics::default();
    let http = Http::start(runtime.handle(), options, roots, &statistics, &log).unwrap();
    Server { http, statistics, _runtime: runtime }
}

impl Server {
    /// Sends lines and reads all that comes back, without its Date.
    fn say(&self, lines: &str) -> String {
        let mut stream = TcpStream::connect(self.http.address()).unwrap();
        stream.write_all(lines.replace('\n', "\r\n").as_bytes()).unwrap();
        let mut said = Vec::new();
        // A server that hangs up may do so with a reset.
        let _ = stream.read_to_end(&mut said);
        let text = String::from_utf8(said).unwrap();
        text.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n")
    }

    fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        self.say(&format!(
            "POST {path} HTTP/1.1\nHost: x\nConnection: close\n{headers}Content-Length: {length}\n\n{body}"
        ))
    }
}

const JSON: &str = "Content-Type: application/json; charset=utf-8\n";

#[test]
fn a_command_is_answered() {
    let said = server(|_| ()).post("/mi", JSON, "{\"method\":\"version\"}");
    let expected = "HTTP/1.1 200 OK\ncontent-type: application/json\nconnection: close\ncontent-length: 20\n\n\
                    {\"method\":\"version\"}";
    assert_eq!(said, expected);
}

#[test]
fn who_does_not_read_its_answer_loses_its_place() {
    let server = server(|options| {
        options.connections_max = 1;
        options.idle = Some(Duration::from_secs(1));
    });
    let mut silent = TcpStream::connect(server.http.address()).unwrap();
    let request = format!("POST /mi HTTP/1.1\nHost: x\n{JSON}Content-Length: 6\n\n\"long\"");
    silent.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
    let stalled = server.statistics.counter("httpd", "stalled_connections", true);
    for _ in 0..4_000 {
        if stalled.get() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(stalled.get(), 1);
    // Its place is free again, once the connection is closed.
    let request = format!("POST /mi HTTP/1.1\nHost: x\nConnection: close\n{JSON}Content-Length: 2\n\n{{}}");
    let asks = || {
        let mut stream = TcpStream::connect(server.http.address()).ok()?;
        stream.write_all(request.replace('\n', "\r\n").as_bytes()).ok()?;
        let mut said = String::new();
        stream.read_to_string(&mut said).ok().filter(|_| !said.is_empty()).map(|_| said)
    };
    let said = std::iter::repeat_with(asks).flatten().next().unwrap();
    assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
    drop(silent);
}

#[test]
fn what_is_refused_has_its_own_code() {
    let server = server(|options| options.request_bytes_max = 100);
    let first = |said: String| said.lines().next().unwrap_or("(hung up)").to_owned();
    assert_eq!(first(server.post("/mi/", JSON, "\"notify\"")), "HTTP/1.1 202 Accepted");
    assert_eq!(first(server.post("/mi", JSON, "\"drop\"")), "HTTP/1.1 500 Internal Server Error");
    assert_eq!(first(server.post("/mi", JSON, "")), "HTTP/1.1 400 Bad Request");
    assert_eq!(first(server.post("/other", JSON, "{}")), "HTTP/1.1 400 Bad Request");
    assert_eq!(first(server.post("/mi", "Content-Type: text/plain\n", "{}")), "(hung up)");
    assert_eq!(first(server.post("/mi", "", "{}")), "(hung up)");
    assert_eq!(first(server.post("/mi", JSON, &"x".repeat(101))), "HTTP/1.1 413 Payload Too Large");
    let get = "GET /mi?x HTTP/1.1\nHost: x\nConnection: close\n\n";
    assert_eq!(first(server.say(get)), "HTTP/1.1 405 Method Not Allowed");
    assert_eq!(first(server.say(&get.replace("GET", "PUT"))), "HTTP/1.1 406 Not Acceptable");
}

#[test]
fn a_reply_longer_than_allowed_is_an_error() {
    let said = server(|options| options.reply_bytes_max = Some(8)).post("/mi", JSON, "{\"long\":1}");
    assert!(said.starts_with("HTTP/1.1 500 ") && said.contains("buf_size"), "{said}");
}

#[test]
fn credentials_are_asked_for() {
    let server = server(|options| options.credentials = Some(("admin".into(), "s3cret".into())));
    let said = server.post("/mi", JSON, "{}");
    assert!(said.starts_with("HTTP/1.1 401 Unauthorized\n"), "{said}");
    assert!(said.contains("www-authenticate: Basic realm=\"OpenSIPS MI\""), "{said}");
    let headers = format!("{JSON}Authorization: Basic YWRtaW46czNjcmV0\n");
    assert!(server.post("/mi", &headers, "{}").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_connection_takes_several_requests() {
    let server = server(|_| ());
    let one = format!("POST /mi HTTP/1.1\nHost: x\n{JSON}Content-Length: 2\n\n{{}}");
    let last = one.replace("Host: x\n", "Host: x\nConnection: close\n");
    assert_eq!(server.say(&format!("{one}{one}{last}")).matches("200 OK").count(), 3);
}

#[test]
fn silence_ends_a_connection() {
    let server = server(|options| {
        (options.idle, options.arrives_within) = (Some(Duration::from_millis(50)), Duration::from_millis(50));
    });
    assert_eq!(server.say(""), "");
    assert_eq!(server.say("POST /mi HTTP/1.1\nHost: x\n"), "");
    assert_eq!(server.say(&format!("POST /mi HTTP/1.1\nHost: x\n{JSON}Content-Length: 10\n\n{{}}")), "");
}

#[test]
fn every_address_is_of_both_families() {
    let server = server(|options| options.address = (Ipv6Addr::UNSPECIFIED, 0).into());
    let port = server.http.address().port();
    let mut reached = 0;
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        // A machine without IPv6 has nothing to be reached by there.
        let has_address = UdpSocket::bind((ip, 0)).is_ok();
        assert_eq!(TcpStream::connect((ip, port)).is_ok(), has_address, "{ip}");
        reached += u32::from(has_address);
    }
    assert!(reached > 0);
}

#[test]
fn a_silent_connection_may_stay() {
    let server = server(|options| options.idle = None);
    let mut stream = TcpStream::connect(server.http.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let waited = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(waited.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waited}");
}

#[test]
fn an_address_in_use_is_named() {
    let first = server(|_| ());
    let address = first.http.address();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    let options = HttpOptions { address, ..HttpOptions::default() };
    let error = Http::start(runtime.handle(), options, Roots::default(), &Statistics::default(), &log).err().unwrap();
    assert!(error.to_string().starts_with(&format!("httpd: {address}: ")), "{error}");
}

#[test]
fn a_stopped_server_lets_go_of_its_address() {
    let server = server(|_| ());
    server.http.stop();
    // Connections that were waiting may still be taken; soon there are none.
    while TcpStream::connect(server.http.address()).is_ok() {
        std::thread::yield_now();
    }
}
