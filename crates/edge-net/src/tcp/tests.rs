//! Connections over loopback.

use super::open::connect;
use super::{Common, Handler, PerSource, QueueMax, StreamCounters, StreamOptions, Streams};
use crate::{Received, SocketOptions};
use bytes::Bytes;
use module_api::{Sending, SocketId};
use sip::Offence;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::runtime::Runtime;

const OPTIONS: &[u8] = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 2\r\n\r\nhi";

/// What the handler was called with.
#[derive(Debug)]
enum Came {
    Message(Received),
    Unframed(Bytes, Offence),
    Unsent(Bytes),
}

/// Says what came; sends each message back by its connection where it is told to.
struct Teller {
    send: Mutex<Sender<Came>>,
    echo: OnceLock<Arc<Streams>>,
}

impl Teller {
    fn tell(&self, came: Came) {
        // The test may be over.
        let _ = self.send.lock().unwrap().send(came);
    }

    fn echo(&self, received: &Received) {
        if let Some(streams) = self.echo.get() {
            streams.send(&answer(received, &received.bytes));
        }
    }
}

impl Handler for Teller {
    fn message(&self, received: Received) {
        self.echo(&received);
        self.tell(Came::Message(received));
    }

    fn unframed(&self, head: Received, offence: Offence) {
        self.echo(&head);
        self.tell(Came::Unframed(head.bytes, offence));
    }

    fn unsent(&self, message: Sending) {
        self.tell(Came::Unsent(message.bytes));
    }
}

/// A listening socket with what came by it.
struct Listening {
    streams: Arc<Streams>,
    teller: Arc<Teller>,
    came: Receiver<Came>,
    counters: StreamCounters,
    runtime: Runtime,
}

fn listen(options: StreamOptions) -> Listening {
    listen_with(options, &SocketOptions::default())
}

fn listen_with(options: StreamOptions, socket: &SocketOptions) -> Listening {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (send, came) = channel();
    let teller = Arc::new(Teller { send: Mutex::new(send), echo: OnceLock::new() });
    let counters = StreamCounters::default();
    let handler = Arc::clone(&teller) as Arc<dyn Handler>;
    let common = Common::new(options, counters.clone(), runtime.handle(), handler);
    let address = "127.0.0.1:0".parse().unwrap();
    let streams = Streams::listen(SocketId(1), address, socket, common).unwrap();
    Listening { streams, teller, came, counters, runtime }
}

impl Listening {
    fn echoing(self) -> Listening {
        assert!(self.teller.echo.set(Arc::clone(&self.streams)).is_ok());
        self
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.streams.local).unwrap()
    }

    /// A connection that has sent a message, and the message.
    fn known(&self) -> (TcpStream, Received) {
        let mut phone = self.connect();
        phone.write_all(OPTIONS).unwrap();
        let received = self.message();
        (phone, received)
    }

    fn message(&self) -> Received {
        match self.came.recv().unwrap() {
            Came::Message(received) => received,
            other => panic!("{other:?}"),
        }
    }
}

fn answer(received: &Received, bytes: &Bytes) -> Sending {
    Sending {
        socket: SocketId(1),
        to: received.peer,
        connection: received.connection,
        reuse_only: false,
        bytes: bytes.clone(),
        otherwise: None,
    }
}

fn to(peer: SocketAddr, bytes: &'static [u8]) -> Sending {
    Sending {
        socket: SocketId(1),
        to: peer,
        connection: None,
        reuse_only: false,
        bytes: Bytes::from_static(bytes),
        otherwise: None,
    }
}

fn read(phone: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut got = vec![0; length];
    phone.read_exact(&mut got).unwrap();
    got
}

/// All that comes until the server closes.
fn read_to_end(phone: &mut TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    phone.read_to_end(&mut got).unwrap();
    got
}

#[test]
fn messages_come_whole_and_answers_go_back_on_their_connection() {
    let server = listen(StreamOptions::default());
    let mut phone = server.connect();
    phone.write_all(OPTIONS).unwrap();
    phone.write_all(&OPTIONS[..10]).unwrap();
    phone.write_all(&OPTIONS[10..]).unwrap();
    let first = server.message();
    assert_eq!((first.bytes.as_ref(), server.message().bytes.as_ref()), (OPTIONS, OPTIONS));

    let reply = Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n");
    assert!(server.streams.send(&answer(&first, &reply)));
    assert_eq!(read(&mut phone, reply.len()), reply);

    // A request to the port that the phone listens on takes the same way, once the connection stands for it.
    server.streams.alias(first.connection.unwrap(), 5999);
    assert!(server.streams.send(&to(SocketAddr::new(first.peer.ip(), 5999), b"INVITE")));
    assert_eq!(read(&mut phone, 6), b"INVITE");
    assert_eq!(server.streams.connections()[0].aliases, vec![5999]);
    assert!(server.streams.has_connection(None, SocketAddr::new(first.peer.ip(), 5999)));

    // Nothing leads anywhere else, and nothing is opened where that is forbidden.
    let elsewhere = SocketAddr::new(first.peer.ip(), 5998);
    assert!(!server.streams.has_connection(None, elsewhere));
    assert!(!server.streams.send(&Sending { reuse_only: true, ..to(elsewhere, b"INVITE") }));
    assert_eq!(server.streams.connections().len(), 1);

    phone.write_all(b"\r\n\r\n").unwrap();
    assert_eq!(read(&mut phone, 2), b"\r\n");
}

#[test]
fn connections_show_until_when_they_live() {
    let server = listen(StreamOptions { idle: Duration::from_secs(1000), ..StreamOptions::default() });
    let (_phone, first) = server.known();
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    let lifetime = || server.streams.connections()[0].lifetime.unix_seconds();
    assert!((before + 900..=now() + 1000).contains(&lifetime()), "{} {before}", lifetime());
    server.streams.keep(first.connection.unwrap(), Duration::from_secs(5000));
    assert!((before + 4900..=now() + 5000).contains(&lifetime()), "{} {before}", lifetime());
}

#[test]
fn half_a_message_ends_its_connection() {
    let server = listen(StreamOptions { message_within: Duration::from_millis(1), ..StreamOptions::default() });
    let mut phone = server.connect();
    phone.write_all(&OPTIONS[..10]).unwrap();
    assert_eq!(read_to_end(&mut phone), b"");
    assert_eq!(server.counters.garbled.get(), 1);
}

#[test]
fn a_message_in_too_many_parts_ends_its_connection() {
    let server = listen(StreamOptions { message_reads_max: Some(1), ..StreamOptions::default() });
    let mut phone = server.connect();
    phone.write_all(OPTIONS).unwrap();
    assert_eq!(server.message().bytes.as_ref(), OPTIONS);
    phone.write_all(&OPTIONS[..10]).unwrap();
    assert_eq!(read_to_end(&mut phone), b"");
    assert_eq!(server.counters.garbled.get(), 1);
}

#[test]
fn a_silent_connection_ends() {
    let server = listen(StreamOptions { idle: Duration::from_millis(1), ..StreamOptions::default() });
    assert_eq!(read_to_end(&mut server.connect()), b"");
}

#[test]
fn what_cannot_be_framed_is_answered_and_nothing_after_it_is_read() {
    let server = listen(StreamOptions::default()).echoing();
    let mut phone = server.connect();
    let head = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n";
    phone.write_all(OPTIONS).unwrap();
    assert_eq!(read(&mut phone, OPTIONS.len()), OPTIONS);
    // What follows stays unread when the server closes, which must not cost the phone its answer.
    phone.write_all(&[head.as_slice(), &OPTIONS.repeat(1000)].concat()).unwrap();
    assert_eq!(read_to_end(&mut phone), head);
    assert_eq!(server.message().bytes.as_ref(), OPTIONS);
    let Came::Unframed(bytes, Offence::Header(_)) = server.came.recv().unwrap() else { panic!("unframed") };
    assert_eq!(bytes.as_ref(), head);
    assert_eq!((server.came.try_recv().is_err(), server.counters.garbled.get()), (true, 1));
}

#[test]
fn a_crlf_alone_is_half_a_ping_unless_it_is_dropped() {
    let server = listen(StreamOptions { drops_single_crlf: true, ..StreamOptions::default() });
    let (mut phone, first) = server.known();
    phone.write_all(b"\r\n").unwrap();
    // The message shows that what came before it has been read.
    phone.write_all(OPTIONS).unwrap();
    server.message();
    phone.write_all(b"\r\n\r\n").unwrap();
    assert_eq!(read(&mut phone, 2), b"\r\n");
    assert!(server.streams.close(first.connection.unwrap()));
    assert_eq!(read_to_end(&mut phone), b"");
}

#[test]
fn a_closed_connection_ends_at_once_with_what_was_sent() {
    let server = listen(StreamOptions::default());
    let (mut phone, first) = server.known();
    let number = first.connection.unwrap();
    assert!(server.streams.send(&answer(&first, &Bytes::from_static(b"BYE"))));
    assert!(server.streams.close(number) && !server.streams.close(number));
    assert_eq!(read_to_end(&mut phone), b"BYE");
    assert!(server.streams.connections().is_empty());
}

#[test]
fn pipelined_messages_are_answered_whole_and_in_order() {
    let server = listen(StreamOptions::default()).echoing();
    let message = |number: usize| format!("OPTIONS sip:{number} SIP/2.0\r\nContent-Length: 0\r\n\r\n");
    let stream: String = (0..3_000).map(message).collect();
    let phones: Vec<_> = (0..4).map(|_| server.connect()).collect();
    let threads: Vec<_> = phones
        .into_iter()
        .map(|mut phone| {
            let (mut writer, stream) = (phone.try_clone().unwrap(), stream.clone());
            std::thread::spawn(move || {
                let sent = stream.clone();
                let writing = std::thread::spawn(move || writer.write_all(sent.as_bytes()).unwrap());
                let got = read(&mut phone, stream.len());
                writing.join().unwrap();
                assert!(got == stream.as_bytes());
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn what_many_threads_send_arrives_whole_and_in_each_threads_order() {
    let queue = QueueMax { bytes: 100_000_000, ..QueueMax::default() };
    let server = listen(StreamOptions { queue, ..StreamOptions::default() });
    let (mut phone, first) = server.known();
    let senders: Vec<_> = (0..4_u8)
        .map(|sender| {
            let (streams, first) = (Arc::clone(&server.streams), first.clone());
            std::thread::spawn(move || {
                for number in 0..2_000_u16 {
                    let mut bytes = vec![sender; 900];
                    bytes[1..3].copy_from_slice(&number.to_be_bytes());
                    assert!(streams.send(&answer(&first, &bytes.into())));
                }
            })
        })
        .collect();
    let mut next = [0_u16; 4];
    for _ in 0..8_000 {
        let got = read(&mut phone, 900);
        let sender = usize::from(got[0]);
        assert_eq!(u16::from_be_bytes([got[1], got[2]]), next[sender]);
        assert!(got[3..].iter().all(|byte| *byte == got[0]));
        next[sender] += 1;
    }
    senders.into_iter().for_each(|sender| sender.join().unwrap());
}

/// How many messages of 60,000 bytes wait for a peer that does not read when it is dropped.
fn waiting_for_who_does_not_read(queue: QueueMax) -> usize {
    let server = listen(StreamOptions { queue, ..StreamOptions::default() });
    let (_phone, first) = server.known();
    let message = Bytes::from(vec![b'x'; 60_000]);
    // The system's own buffers take some megabytes.
    let taken = (0..10_000).take_while(|_| server.streams.send(&answer(&first, &message))).count();
    assert!(taken < 10_000);
    assert_eq!(server.counters.stalled.get(), 1);
    // The connection's task gives the room back before it tells what did not leave, and the runtime waits for it.
    while server.streams.common.room.used() > 0 {
        std::thread::yield_now();
    }
    let Listening { came, counters, runtime, .. } = server;
    drop(runtime);
    let waited = came.try_iter().filter(|came| matches!(came, Came::Unsent(_))).count();
    assert_eq!(counters.dropped.get(), i64::try_from(waited).unwrap() + 1);
    waited
}

#[test]
fn a_peer_that_does_not_read_costs_so_much_and_is_dropped() {
    let own = QueueMax { chunks: None, bytes: 600_000, shared_bytes: 0 };
    assert_eq!(waiting_for_who_does_not_read(own), 10);
    assert_eq!(waiting_for_who_does_not_read(QueueMax { shared_bytes: 4_800_000, ..own }), 16);
    assert_eq!(waiting_for_who_does_not_read(QueueMax { chunks: Some(3), ..own }), 3);
}

#[test]
fn a_peer_that_takes_nothing_for_too_long_is_dropped() {
    let queue = QueueMax { bytes: 100_000_000, ..QueueMax::default() };
    let stalled_within = Duration::from_millis(1);
    let server = listen(StreamOptions { stalled_within, queue, ..StreamOptions::default() });
    let (_phone, first) = server.known();
    let message = Bytes::from(vec![b'x'; 60_000]);
    // More than the system's own buffers take; the connection may be gone before the last of it.
    let _ = (0..600).take_while(|_| server.streams.send(&answer(&first, &message))).count();
    let Came::Unsent(_) = server.came.recv().unwrap() else { panic!("unsent") };
    assert_eq!(server.counters.stalled.get(), 1);
}

#[test]
fn what_a_refused_connection_was_to_carry_comes_back() {
    let server = listen(StreamOptions::default());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(server.streams.send(&to(nobody, b"INVITE")));
    let Came::Unsent(bytes) = server.came.recv().unwrap() else { panic!("unsent") };
    assert_eq!((bytes.as_ref(), server.counters.unopened.get()), (b"INVITE".as_slice(), 1));
    assert!(server.streams.connections().is_empty());
}

#[test]
fn messages_to_a_new_peer_share_one_connection_and_come_in_order() {
    let server = listen(StreamOptions::default());
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap();
    for text in [b"first".as_slice(), b"next!", b"last!"] {
        assert!(server.streams.send(&to(address, text)));
    }
    let (mut stream, _) = peer.accept().unwrap();
    assert_eq!(read(&mut stream, 15), b"firstnext!last!");
    assert_eq!(server.streams.connections().len(), 1);
}

#[test]
fn who_says_nothing_gives_way_to_who_comes() {
    let server = listen(StreamOptions { connections_max: 2, ..StreamOptions::default() });
    let mut silent = server.connect();
    let (_first, _) = server.known();
    let (_second, _) = server.known();
    assert_eq!(read_to_end(&mut silent), b"");
    // Both have spoken: there is no more room.
    assert_eq!(read_to_end(&mut server.connect()), b"");
    assert_eq!((server.counters.refused.get(), server.streams.connections().len()), (1, 2));
}

#[test]
fn one_source_has_no_more_than_its_share() {
    let server = listen(StreamOptions { per_source: PerSource::AtMost(1), ..StreamOptions::default() });
    let (first, _) = server.known();
    assert_eq!(read_to_end(&mut server.connect()), b"");
    assert_eq!(server.counters.refused.get(), 1);
    drop(first);
    // Its place is free as soon as its end has been seen.
    while !server.streams.connections().is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn opened_connections_have_the_type_of_service_of_the_socket() {
    let marked = SocketOptions { tos: 0x1c, ..SocketOptions::default() };
    let listening = listen_with(StreamOptions::default(), &marked);
    let phone = TcpListener::bind("127.0.0.1:0").unwrap();
    let opened = connect(&listening.streams, phone.local_addr().unwrap());
    let opened = listening.runtime.block_on(opened).unwrap();
    assert_eq!(socket2::SockRef::from(&opened).tos_v4().unwrap(), 0x1c);
}
