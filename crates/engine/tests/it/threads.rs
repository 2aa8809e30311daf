//! Many calls over several workers at a time: whichever worker gets a message, each call ends as it should.

use crate::world::World;
use bytes::Bytes;
use engine::{Event, Received, Worker};
use module_api::{Proto, SocketId};
use sip::{Limits, Message, Method};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const CALLS: usize = 400;
const WORKERS: usize = 4;

const SCRIPT: &str = r#"
route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) { if (is_method("ACK") && t_check_trans()) { t_relay(); exit; } }
    t_on_reply("count");
    t_on_failure("again");
    t_relay();
}
onreply_route[count] { $avp(n) = $rs; }
failure_route[again] {
    if (t_check_status("486") && $rU == "bob") { $ru = "sip:carol@192.0.2.30"; t_relay(); }
}
"#;

/// The wires: messages under way to the proxy.
#[derive(Default)]
struct Wires {
    queue: Mutex<VecDeque<(SocketAddr, Bytes)>>,
    /// Calls that alice has seen answered.
    answered: AtomicUsize,
    /// Final replies that alice has got.
    finals: AtomicUsize,
}

impl Wires {
    fn put(&self, from: [u8; 4], bytes: Vec<u8>) {
        self.queue.lock().unwrap().push_back((SocketAddr::from((from, 5060)), bytes.into()));
    }

    /// What a phone does with a message: bob is busy, carol answers, everything twice as on a bad network.
    fn arrive(&self, to: IpAddr, bytes: Bytes) {
        let message = Message::parse(bytes, &Limits::default()).unwrap();
        let reply = |code: u16, from: [u8; 4]| {
            let mut out = Vec::new();
            let tag = format!("{from:?}").replace([' ', '[', ']', ','], "");
            sip::build::Reply { to_tag: tag.as_bytes(), ..sip::build::Reply::new(&message, code, b"Reason") }
                .write(&mut out);
            self.put(from, out.clone());
            self.put(from, out);
        };
        const BOB: [u8; 4] = [192, 0, 2, 20];
        const CAROL: [u8; 4] = [192, 0, 2, 30];
        match (to, message.is_request(), message.method()) {
            (to, true, Method::Invite) if to == IpAddr::from(BOB) => reply(486, BOB),
            (to, true, Method::Invite) if to == IpAddr::from(CAROL) => {
                reply(180, CAROL);
                reply(200, CAROL);
            }
            (_, false, Method::Invite) if message.status() >= 200 => {
                self.finals.fetch_add(1, Ordering::Relaxed);
                if message.status() == 200 {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                }
            }
            _ => {}
        }
    }

    fn run(&self, mut worker: Worker, now: module_api::Time) {
        let mut idle = 0;
        while idle < 200 {
            let next = self.queue.lock().unwrap().pop_front();
            let Some((peer, bytes)) = next else {
                idle += 1;
                std::thread::yield_now();
                continue;
            };
            idle = 0;
            let local = SocketAddr::from(([192, 0, 2, 1], 5060));
            let received = Received { bytes, socket: SocketId(0), proto: Proto::Udp, peer, local, connection: None };
            worker.handle(Event::Received(received), now);
            for sending in worker.drain_sends() {
                self.arrive(sending.to.ip(), sending.bytes);
            }
        }
    }
}

#[test]
fn any_worker_may_get_any_message() {
    let mut world = World::new(SCRIPT);
    let wires = Wires::default();
    for number in 0..CALLS {
        let invite = format!(
            "INVITE sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKt{number}\r\n\
             From: <sip:alice@example.com>;tag={number}\r\nTo: <sip:bob@example.com>\r\nCall-ID: t{number}\r\n\
             CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        wires.put([192, 0, 2, 10], invite.clone().into_bytes());
        wires.put([192, 0, 2, 10], invite.into_bytes());
    }
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            let worker = world.engine.worker();
            let (wires, now) = (&wires, world.now);
            scope.spawn(move || wires.run(worker, now));
        }
    });
    // Each 200 came twice, and both were passed on: they end at the caller's ACK.
    assert_eq!(wires.answered.load(Ordering::Relaxed), 2 * CALLS);
    assert_eq!(wires.finals.load(Ordering::Relaxed), 2 * CALLS);
    assert_eq!(world.engine.transactions(), CALLS);
    assert_eq!(world.count("engine:mail_lost"), 0);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.engine.transactions(), 0);
}
