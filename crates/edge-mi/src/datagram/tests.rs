//! Real sockets, over UDP and in a directory that goes away.

use super::{DatagramOptions, Datagrams, Place};
use crate::owner::Access;
use bytes::Bytes;
use module_api::{Level, LogSink, Logger, Statistics};
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(100);

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

struct Server {
    datagrams: Datagrams,
    statistics: Statistics,
    _runtime: Runtime,
}

fn directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("edge-mi-datagram-{}-{number}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

/// A server that answers with the request itself, and drops `{"drop":1}`.
fn start(options: DatagramOptions) -> Result<Server, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (statistics, log) = (Statistics::default(), Logger::new(0, 0, Arc::new(Nowhere)));
    let handler = Arc::new(|request: Bytes, reply: crate::Reply| match &request[..] {
        b"{\"drop\":1}" => drop(reply),
        b"{\"quiet\":1}" => reply(None),
        _ => reply(Some(request)),
    });
    let datagrams = Datagrams::start(runtime.handle(), options, handler, &statistics, &log);
    let datagrams = datagrams.map_err(|error| error.to_string())?;
    Ok(Server { datagrams, statistics, _runtime: runtime })
}

fn udp() -> DatagramOptions {
    DatagramOptions::at(Place::Udp(SocketAddr::from(([127, 0, 0, 1], 0))))
}

/// Asks over UDP.
fn ask(server: &Server, request: &[u8]) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    socket.send_to(request, server.datagrams.address().unwrap()).unwrap();
    let mut buffer = vec![0; 70_000];
    let count = socket.recv(&mut buffer).unwrap();
    String::from_utf8(buffer[..count].to_vec()).unwrap()
}

#[test]
fn requests_over_udp() {
    let server = start(udp()).unwrap();
    assert_eq!(ask(&server, b"{\"a\":1}\n\0"), "{\"a\":1}");
    assert_eq!(ask(&server, b"{\"drop\":1}"), "500 Internal error");
    let pretty = start(DatagramOptions { is_pretty: true, ..udp() }).unwrap();
    assert_eq!(ask(&pretty, b"{\"a\":1}"), "{\n  \"a\": 1\n}");
}

#[test]
fn what_is_no_request_is_counted_and_not_answered() {
    let server = start(DatagramOptions { bytes_max: 20, ..udp() }).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    for garbage in [&b""[..], b":which:\n", b"{\"much\":\"longer than it may be\"}"] {
        socket.send_to(garbage, server.datagrams.address().unwrap()).unwrap();
    }
    socket.send_to(b"{\"a\":1}", server.datagrams.address().unwrap()).unwrap();
    let mut buffer = [0; 100];
    let count = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"{\"a\":1}");
    assert_eq!(server.statistics.find("mi_datagram:refused_requests").unwrap().value(), 3);
}

#[test]
fn a_reply_that_does_not_fit_is_said_to() {
    let server = start(DatagramOptions { is_pretty: true, bytes_max: 20, ..udp() }).unwrap();
    assert_eq!(ask(&server, b"{\"a\":[1,2,3,4,5]}"), "500 The reply has 50 bytes, 20 fit into a datagram");
}

fn stop(server: &Server, path: &Path) {
    server.datagrams.stop();
    while path.exists() {
        std::thread::yield_now();
    }
}

#[test]
fn requests_over_a_unix_socket() {
    let directory = directory();
    let path = directory.join("mi");
    let options = DatagramOptions {
        access: Access { mode: 0o600, ..Access::default() },
        ..DatagramOptions::at(Place::Unix(path.clone()))
    };
    let server = start(options.clone()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let client = UnixDatagram::bind(directory.join("client")).unwrap();
    client.set_read_timeout(Some(LONG)).unwrap();
    client.send_to(b"{\"a\":1}", &path).unwrap();
    let mut buffer = [0; 100];
    let count = client.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"{\"a\":1}");

    // Who has no name cannot be answered.
    UnixDatagram::unbound().unwrap().send_to(b"{\"a\":1}", &path).unwrap();
    while server.statistics.find("mi_datagram:lost_replies").unwrap().value() == 0 {
        std::thread::yield_now();
    }
    let second = start(options.clone()).map(|_| ()).unwrap_err();
    assert_eq!(second, format!("mi_datagram: {}: another server listens there", path.display()));
    stop(&server, &path);
    // One that was left behind is replaced, another file is not.
    drop(UnixDatagram::bind(&path).unwrap());
    stop(&start(options.clone()).unwrap(), &path);
    fs::write(&path, "mine").unwrap();
    let refused = start(options).map(|_| ()).unwrap_err();
    assert_eq!(refused, format!("mi_datagram: {}: another file is there, which is no socket", path.display()));
    fs::remove_dir_all(&directory).unwrap();
}
