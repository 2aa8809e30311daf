//! Many phones at two places: those at one call those at the other, hold the call, and hang up. They send again what is not
//! answered, so that they live through a server that is killed, and know which calls were answered.

use super::Server;
use super::wire::answer;
use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The callees' place, where every call is answered at once.
pub struct Callees {
    /// Its port on 127.0.0.1.
    pub port: u16,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The callers' place.
pub struct Callers {
    socket: UdpSocket,
    port: u16,
    server: u16,
    calls: BTreeMap<String, Call>,
    next: usize,
    /// How many calls are there at a time.
    together: usize,
    /// How long a call lasts.
    lasts: Duration,
    /// Until when none begins, as the server has too much to do.
    pause: Instant,
    /// How many were answered and have been hung up, both of which the other side has said.
    pub done: usize,
}

struct Call {
    /// The number of the INVITE: a refused one is followed by another.
    cseq: u32,
    /// The request that is not answered yet, when it is sent again.
    request: String,
    again: Instant,
    /// What is sent when the call has lasted, and when.
    hang_up: Option<(Instant, String)>,
}

/// When a request that nobody answers is sent again.
const AGAIN: Duration = Duration::from_millis(500);

impl Callees {
    /// Begins to answer.
    pub fn start() -> Callees {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("timeout");
        let port = socket.local_addr().expect("address").port();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 65_535];
            while !ends.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if request.starts_with("INVITE ") || request.starts_with("BYE ") {
                    let reply = answer(&request, "200 OK", "callee", &format!("127.0.0.1:{port}"));
                    let _ = socket.send_to(reply.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes(), from);
                }
            }
        });
        Callees { port, is_over, thread: Some(thread) }
    }
}

impl Drop for Callees {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl Callers {
    /// Callers of this server that have so many calls at a time, each for so long.
    pub fn new(server: &Server, together: usize, lasts: Duration) -> Callers {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        socket.set_read_timeout(Some(Duration::from_millis(2))).expect("timeout");
        let port = socket.local_addr().expect("address").port();
        let (calls, pause) = (BTreeMap::new(), Instant::now());
        Callers { socket, port, server: server.port, calls, next: 0, together, lasts, pause, done: 0 }
    }

    /// Calls until so many calls have ended since the beginning.
    pub fn until_done(&mut self, count: usize) {
        self.until(|callers| callers.done >= count, true);
    }

    /// Has every call that has begun come to its end, and begins no other.
    pub fn finish(&mut self) {
        self.until(|callers| callers.calls.is_empty(), false);
    }

    /// How many calls have begun.
    pub fn begun(&self) -> usize {
        self.next
    }

    fn until(&mut self, is_so: impl Fn(&Callers) -> bool, calls_more: bool) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !is_so(self) {
            assert!(Instant::now() < deadline, "the calls come to nothing: {} are done", self.done);
            while calls_more && self.calls.len() < self.together && self.pause <= Instant::now() {
                self.begin();
            }
            self.hear();
            self.send_what_is_due();
        }
    }

    fn begin(&mut self) {
        let call_id = format!("crowd-{}", self.next);
        self.next += 1;
        let invite = self.request("INVITE", "sip:callee@127.0.0.1", "", &call_id, 1, "");
        self.send(&invite);
        self.calls.insert(call_id, Call { cseq: 1, request: invite, again: Instant::now() + AGAIN, hang_up: None });
    }

    fn hear(&mut self) {
        let mut buffer = [0; 65_535];
        let Ok(length) = self.socket.recv(&mut buffer) else { return };
        let reply = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let value = |name: &str| reply.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        if !reply.starts_with("SIP/2.0 ") || reply.starts_with("SIP/2.0 1") {
            return;
        }
        let (call_id, cseq) = (value("Call-ID").expect("Call-ID").to_owned(), value("CSeq").expect("CSeq"));
        if reply.starts_with("SIP/2.0 503 ") {
            return self.refused(&call_id, &reply, cseq);
        }
        assert!(reply.starts_with("SIP/2.0 200 "), "{reply}");
        if cseq.ends_with("BYE") {
            self.done += usize::from(self.calls.remove(&call_id).is_some());
            return;
        }
        let routes = reply.lines().filter_map(|line| line.strip_prefix("Record-Route: ")).rev();
        let routes: String = routes.map(|route| format!("Route: {route}\n")).collect();
        let target = value("Contact").expect("Contact").trim_matches(['<', '>']).to_owned();
        let number: u32 = cseq.split(' ').next().and_then(|number| number.parse().ok()).expect("CSeq");
        self.send(&self.request("ACK", &target, ";tag=callee", &call_id, number, &routes));
        let bye = self.request("BYE", &target, ";tag=callee", &call_id, number + 1, &routes);
        let hangs_up_at = Instant::now() + self.lasts;
        let Some(call) = self.calls.get_mut(&call_id) else { return };
        if call.hang_up.is_none() && call.request.starts_with("INVITE") {
            call.hang_up = Some((hangs_up_at, bye));
        }
    }

    /// The server has too much to do: a refused INVITE is followed by another, anything else is sent again when it is due.
    fn refused(&mut self, call_id: &str, reply: &str, cseq: &str) {
        self.pause = Instant::now() + AGAIN;
        let Some((number, "INVITE")) = cseq.split_once(' ') else { return };
        let number: u32 = number.parse().expect("CSeq");
        let tag = reply.lines().find_map(|line| line.strip_prefix("To: ")?.split_once('>')).map_or("", |(_, tag)| tag);
        let ack = self.request("ACK", "sip:callee@127.0.0.1", tag, call_id, number, "");
        self.send(&ack.replace("-ACK;", "-INVITE;"));
        let invite = self.request("INVITE", "sip:callee@127.0.0.1", "", call_id, number + 1, "");
        let Some(call) = self.calls.get_mut(call_id) else { return };
        if call.cseq == number && call.request.starts_with("INVITE ") && call.hang_up.is_none() {
            (call.cseq, call.request, call.again) = (number + 1, invite, Instant::now() + AGAIN);
        }
    }

    fn send_what_is_due(&mut self) {
        let now = Instant::now();
        let mut due = Vec::new();
        for call in self.calls.values_mut() {
            match call.hang_up.take_if(|(at, _)| *at <= now) {
                Some((_, bye)) => {
                    call.request = bye;
                    call.again = now + AGAIN;
                    due.push(call.request.clone());
                }
                None if call.hang_up.is_none() && call.again <= now => {
                    call.again = now + AGAIN;
                    due.push(call.request.clone());
                }
                None => {}
            }
        }
        due.iter().for_each(|request| self.send(request));
    }

    fn request(&self, method: &str, uri: &str, tag: &str, call_id: &str, cseq: u32, more: &str) -> String {
        let port = self.port;
        format!(
            "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{call_id}-{cseq}-{method};rport\n\
             From: <sip:caller@127.0.0.1>;tag={call_id}\nTo: <sip:callee@127.0.0.1>{tag}\nCall-ID: {call_id}\n\
             CSeq: {cseq} {method}\nContact: <sip:caller@127.0.0.1:{port}>\nMax-Forwards: 70\n{more}Content-Length: 0\n\n"
        )
    }

    fn send(&self, message: &str) {
        let message = message.replace('\n', "\r\n");
        // Where the server is away, the next one may hear of that.
        let _ = self.socket.send_to(message.as_bytes(), ("127.0.0.1", self.server));
    }
}
