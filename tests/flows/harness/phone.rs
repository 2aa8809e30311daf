//! A phone that keeps at it: it sends again what is not answered, comes again when it is told to, registers and calls.

use super::{Server, authorization};
use std::cell::Cell;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// A phone.
pub struct Phone {
    socket: UdpSocket,
    server: String,
    /// Its user part.
    pub user: String,
    /// The user that its From has.
    pub from: String,
    domain: String,
    password: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

/// A call as its caller knows it.
pub struct Talk {
    number: String,
    to: String,
    /// Where the callee is.
    pub target: String,
    routes: String,
    cseq: Cell<u32>,
}

/// When a request that nobody answers is sent again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(40);

impl Phone {
    /// A phone of a subscriber.
    pub fn new(server: &Server, user: &str, domain: &str, password: &str) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        socket.set_read_timeout(Some(Duration::from_millis(1))).expect("timeout");
        let port = socket.local_addr().expect("address").port();
        let [user, domain, password] = [user, domain, password].map(str::to_owned);
        Phone { socket, server: server.address(), from: user.clone(), user, domain, password, port }
    }

    /// Registers.
    pub fn register(&self) {
        let (uri, number) = (format!("sip:{}", self.domain), unique());
        let to = format!("<sip:{}@{}>", self.user, self.domain);
        let contact = format!("Contact: <sip:{}@127.0.0.1:{}>\n", self.user, self.port);
        let reply = self.authenticated("REGISTER", &uri, &to, &number, &contact, None);
        assert!(reply.starts_with("SIP/2.0 200"), "{reply}");
    }

    /// Calls another phone, which answers, and hangs up. How long it took until the other answered.
    pub fn call(&self, callee: &Phone) -> Duration {
        let begun = Instant::now();
        let talk = self.begin(callee);
        let took = begun.elapsed();
        self.hang_up(&talk, callee);
        took
    }

    /// Calls another phone. What comes instead of an answer.
    pub fn call_refused(&self, callee: &Phone) -> String {
        let reply = self.invite(callee, &unique());
        assert!(!reply.starts_with("SIP/2.0 2"), "{reply}");
        reply
    }

    /// Calls another phone, which answers.
    pub fn begin(&self, callee: &Phone) -> Talk {
        let number = unique();
        let ok = self.invite(callee, &number);
        assert!(ok.starts_with("SIP/2.0 200"), "{ok}");
        let to = value(&ok, "To").expect("To").to_owned();
        let target = format!("sip:127.0.0.1:{}", callee.port);
        let routes: String = ok
            .lines()
            .filter_map(|line| line.strip_prefix("Record-Route: "))
            .rev()
            .map(|route| format!("Route: {route}\n"))
            .collect();
        let cseq = value(&ok, "CSeq").and_then(|cseq| cseq.split(' ').next()).and_then(|cseq| cseq.parse().ok());
        let cseq: u32 = cseq.expect("CSeq");
        self.send(&self.request("ACK", &target, &to, &number, cseq, &routes));
        Talk { number, to, target, routes, cseq: Cell::new(cseq) }
    }

    /// Hangs up.
    pub fn hang_up(&self, talk: &Talk, callee: &Phone) {
        let reply = self.within(talk, "BYE", &talk.target, Some(callee));
        assert!(reply.starts_with("SIP/2.0 200"), "{reply}");
    }

    /// Sends a request as part of a call, or of one that was; the answer.
    pub fn within(&self, talk: &Talk, method: &str, target: &str, callee: Option<&Phone>) -> String {
        talk.cseq.set(talk.cseq.get() + 1);
        self.ask(&self.request(method, target, &talk.to, &talk.number, talk.cseq.get(), &talk.routes), callee)
    }

    fn invite(&self, callee: &Phone, number: &str) -> String {
        let uri = format!("sip:{}@{}", callee.user, self.domain);
        let contact = format!("Contact: <sip:{}@127.0.0.1:{}>\n", self.user, self.port);
        self.authenticated("INVITE", &uri, &format!("<{uri}>"), number, &contact, Some(callee))
    }

    /// Asks, answers the challenge, and comes again where the server is too busy.
    fn authenticated(
        &self,
        method: &str,
        uri: &str,
        to: &str,
        number: &str,
        more: &str,
        callee: Option<&Phone>,
    ) -> String {
        let begun = Instant::now();
        let (mut credentials, mut cseq) = (String::new(), 0);
        loop {
            assert!(begun.elapsed() < PATIENCE, "{method} of {} comes to nothing", self.user);
            cseq += 1;
            let request = self.request(method, uri, to, number, cseq, &format!("{more}{credentials}"));
            let reply = self.ask(&request, callee);
            let is_refusal = !reply.starts_with("SIP/2.0 2");
            if method == "INVITE" && is_refusal {
                let to = value(&reply, "To").expect("To");
                let ack = self.request("ACK", uri, to, number, cseq, "");
                self.send(&ack.replace("-ACK;", "-INVITE;"));
            }
            match reply.split(' ').nth(1) {
                Some("401" | "407") if credentials.is_empty() || reply.contains("stale=true") => {
                    credentials = authorization(&reply, &self.user, &self.password, method, uri);
                }
                Some("503") => {}
                _ => return reply,
            }
        }
    }

    fn request(&self, method: &str, uri: &str, to: &str, number: &str, cseq: u32, more: &str) -> String {
        format!(
            "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bK-{number}-{cseq}-{method};rport\n\
             From: <sip:{}@{}>;tag=1\nTo: {to}\nCall-ID: {number}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n\
             {more}Content-Length: 0\n\n",
            self.port, self.from, self.domain
        )
    }

    /// Sends a request until its final reply comes. Meanwhile the callee takes what comes to it.
    fn ask(&self, request: &str, callee: Option<&Phone>) -> String {
        let branch = value(request, "Via").and_then(|via| via.split("branch=").nth(1)).expect("branch");
        let branch = branch.split(';').next().unwrap_or_default();
        let begun = Instant::now();
        let mut sent: Option<Instant> = None;
        loop {
            assert!(begun.elapsed() < PATIENCE, "no answer to\n{request}");
            if sent.is_none_or(|sent| sent.elapsed() >= AGAIN) {
                self.send(request);
                sent = Some(Instant::now());
            }
            callee.inspect(|callee| callee.take());
            let Some(reply) = self.next() else { continue };
            if reply.starts_with("SIP/2.0 ") && !reply.starts_with("SIP/2.0 1") && reply.contains(branch) {
                return reply;
            }
        }
    }

    /// Answers a request that has come.
    fn take(&self) {
        let Some(request) = self.next() else { return };
        if ["INVITE ", "BYE ", "OPTIONS "].iter().any(|method| request.starts_with(method)) {
            self.send(&super::wire::answer(&request, "200 OK", "callee", &format!("127.0.0.1:{}", self.port)));
        }
    }

    fn send(&self, message: &str) {
        let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
        self.socket.send_to(message.as_bytes(), &self.server).expect("sent");
    }

    fn next(&self) -> Option<String> {
        let mut buffer = [0; 65_535];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }
}

fn value<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// A Call-ID.
fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("phone-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
