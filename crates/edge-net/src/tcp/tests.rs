//! Connections over loopback.

use super::{Handler, StreamCounters, StreamOptions, Streams};
use crate::SocketOptions;
use bytes::Bytes;
use module_api::{Sending, SocketId};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

const OPTIONS: &[u8] = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn half_a_message_ends_its_connection() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = StreamOptions { message_within: std::time::Duration::from_millis(1), ..StreamOptions::default() };
    let counters = StreamCounters::default();
    let streams = Streams::listen(
        SocketId(1),
        "127.0.0.1:0".parse().unwrap(),
        &SocketOptions::default(),
        options,
        runtime.handle(),
        Arc::default(),
        counters.clone(),
        Arc::new(|_| {}),
    )
    .unwrap();
    let mut phone = TcpStream::connect(streams.local).unwrap();
    phone.write_all(&OPTIONS[..10]).unwrap();
    assert_eq!(phone.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(counters.garbled.get(), 1);
}

#[test]
fn messages_come_whole_and_answers_go_back_on_their_connection() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (send, receive) = channel();
    let send = Mutex::new(send);
    let handler: Handler = Arc::new(move |received| send.lock().unwrap().send(received).unwrap());
    let address = "127.0.0.1:0".parse().unwrap();
    let (socket, options) = (SocketOptions::default(), StreamOptions::default());
    let next = Arc::default();
    let counters = StreamCounters::default();
    let streams =
        Streams::listen(SocketId(1), address, &socket, options, runtime.handle(), next, counters, handler).unwrap();

    let mut phone = TcpStream::connect(streams.local).unwrap();
    phone.write_all(OPTIONS).unwrap();
    phone.write_all(&OPTIONS[..10]).unwrap();
    phone.write_all(&OPTIONS[10..]).unwrap();
    let first = receive.recv().unwrap();
    assert_eq!((first.bytes.as_ref(), receive.recv().unwrap().bytes.as_ref()), (OPTIONS, OPTIONS));

    let reply = Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n");
    let sending = Sending {
        socket: SocketId(1),
        to: first.peer,
        connection: first.connection,
        reuse_only: false,
        bytes: reply.clone(),
    };
    assert!(streams.send(&sending));
    let mut got = vec![0; reply.len()];
    phone.read_exact(&mut got).unwrap();
    assert_eq!(got, reply);

    // A request to the port that the phone listens on takes the same way, once the connection stands for it.
    streams.alias(first.connection.unwrap(), 5999);
    let to = std::net::SocketAddr::new(first.peer.ip(), 5999);
    assert!(streams.has_connection(None, to));
    assert!(streams.send(&Sending { to, connection: None, reuse_only: true, ..sending.clone() }));
    phone.read_exact(&mut got).unwrap();
    assert_eq!((got.as_slice(), &streams.connections()[0].aliases), (&reply[..], &vec![5999]));

    // Nothing leads anywhere else, and nothing is opened where that is forbidden.
    let to = std::net::SocketAddr::new(first.peer.ip(), 5998);
    assert!(!streams.has_connection(None, to));
    assert!(!streams.send(&Sending { to, connection: None, reuse_only: true, ..sending }));
    assert_eq!(streams.connections().len(), 1);

    phone.write_all(b"\r\n\r\n").unwrap();
    let mut pong = [0; 2];
    phone.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\r\n");
}
