//! Real sockets on loopback.

use crate::{Limits, Notifier};
use bytes::Bytes;
use module_api::{Fault, Notification, Statistics, Way};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::runtime::Runtime;

struct World {
    notifier: Notifier,
    statistics: Statistics,
    _runtime: Runtime,
}

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(100);

fn world(limits: Limits) -> World {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let statistics = Statistics::default();
    World { notifier: Notifier::new(runtime.handle(), limits, &statistics), statistics, _runtime: runtime }
}

impl World {
    fn send(&self, host: &str, port: u16, way: Way, text: &str, deadline: Duration) -> Receiver<Result<(), Fault>> {
        let (answer, answered) = channel();
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let notification = Notification { host: host.to_owned(), port, way, bytes, deadline };
        self.notifier.tell(notification, move |outcome| answer.send(outcome).unwrap());
        answered
    }

    fn tell(&self, port: u16, way: Way, text: &str) -> Result<(), Fault> {
        self.send("127.0.0.1", port, way, text, LONG).recv_timeout(LONG).unwrap()
    }

    fn count(&self, name: &str) -> i64 {
        self.statistics.find(&format!("events:{name}")).unwrap().value()
    }
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn read(stream: &mut TcpStream, length: usize) -> String {
    let mut text = vec![0; length];
    stream.read_exact(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn datagrams_to_addresses_and_names() {
    let world = world(Limits::default());
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let port = socket.local_addr().unwrap().port();
    for (host, text) in [("127.0.0.1", "one"), ("localhost", "two")] {
        let sent = world.send(host, port, Way::Datagram, text, LONG).recv_timeout(LONG).unwrap();
        // Where localhost is an IPv6 address first, nobody listens there.
        if host == "localhost"
            && std::net::ToSocketAddrs::to_socket_addrs(&(host, port)).unwrap().next().unwrap().is_ipv6()
        {
            continue;
        }
        assert_eq!(sent, Ok(()));
        let mut buffer = [0; 16];
        let count = socket.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], text.as_bytes());
    }
    assert!(world.send("no.such.host.invalid", 1, Way::Datagram, "x", LONG).recv_timeout(LONG).unwrap().is_err());
    assert_eq!(world.count("failed"), 1);
}

#[test]
fn a_connection_is_kept_and_made_again() {
    let world = world(Limits::default());
    let (listener, port) = listener();
    assert_eq!(world.tell(port, Way::Stream, "one"), Ok(()));
    let (mut first, _) = listener.accept().unwrap();
    assert_eq!(world.tell(port, Way::Stream, "two"), Ok(()));
    assert_eq!(read(&mut first, 6), "onetwo");
    // It is closed with something unread, which the kernel tells at once.
    assert_eq!(world.tell(port, Way::Stream, "unread"), Ok(()));
    drop(first);
    assert_eq!(world.tell(port, Way::Stream, "three"), Ok(()));
    let (mut second, _) = listener.accept().unwrap();
    assert_eq!(read(&mut second, 5), "three");
    drop((second, listener));
    assert!(world.tell(port, Way::Stream, "four").is_err());
    assert_eq!((world.count("told"), world.count("failed")), (4, 1));
}

#[test]
fn replies_confirm_or_refuse() {
    let world = world(Limits::default());
    let (listener, port) = listener();
    let first = world.send("127.0.0.1", port, Way::Confirmed(7), "request", LONG);
    let (mut peer, _) = listener.accept().unwrap();
    assert_eq!(read(&mut peer, 7), "request");
    peer.write_all(b"{\"id\":6,\"result\":0} {\"id\":7,\"result\":8}").unwrap();
    assert_eq!(first.recv_timeout(LONG).unwrap(), Ok(()));
    let second = world.send("127.0.0.1", port, Way::Confirmed(8), "request", LONG);
    assert_eq!(read(&mut peer, 7), "request");
    peer.write_all(b"{\"id\":8,\"error\":{\"message\":\"busy\"}}").unwrap();
    let text = second.recv_timeout(LONG).unwrap().unwrap_err().text;
    assert_eq!(text, format!("tcp:127.0.0.1:{port}: it was refused: busy"));
    let third = world.send("127.0.0.1", port, Way::Confirmed(9), "request", LONG);
    assert_eq!(read(&mut peer, 7), "request");
    peer.write_all(b"garbage").unwrap();
    assert!(third.recv_timeout(LONG).unwrap().is_err());
}

#[test]
fn what_is_not_confirmed_in_time_has_failed() {
    let world = world(Limits::default());
    let (listener, port) = listener();
    let brief = Duration::from_millis(50);
    let silent = world.send("127.0.0.1", port, Way::Confirmed(7), "request", brief);
    let text = silent.recv_timeout(LONG).unwrap().unwrap_err().text;
    assert!(text.ends_with("in time"), "{text}");
    drop(listener);
}

#[test]
fn what_is_too_much_is_dropped() {
    let world = world(Limits { queue: 1, connections: 1, bytes: 10, ..Limits::default() });
    let (listener, port) = listener();
    // The first is being confirmed, the second waits, the third has no room.
    let first = world.send("127.0.0.1", port, Way::Confirmed(1), "first", LONG);
    let (mut peer, _) = listener.accept().unwrap();
    assert_eq!(read(&mut peer, 5), "first");
    let second = world.send("127.0.0.1", port, Way::Stream, "second", LONG);
    assert!(world.tell(port, Way::Stream, "third").is_err());
    assert!(world.tell(1, Way::Stream, "elsewhere").is_err());
    assert_eq!(world.count("dropped"), 2);
    assert!(world.tell(port, Way::Stream, "much too long").is_err());
    peer.write_all(b"{\"id\":1}").unwrap();
    assert_eq!((first.recv_timeout(LONG).unwrap(), second.recv_timeout(LONG).unwrap()), (Ok(()), Ok(())));
}

#[test]
fn an_idle_connection_ends() {
    let world = world(Limits { idle: Duration::from_millis(20), ..Limits::default() });
    let (listener, port) = listener();
    for _ in 0..2 {
        assert_eq!(world.tell(port, Way::Stream, "x"), Ok(()));
        let (mut peer, _) = listener.accept().unwrap();
        let mut text = String::new();
        peer.read_to_string(&mut text).unwrap();
        assert_eq!(text, "x");
    }
}
