//! Server transactions (RFC 3261 section 17.2, RFC 6026), and what a callee does with a call.

use super::text::{self, SDP};
use super::{Alarm, Hand, Mood, Phone, T1, T2, T4};
use bytes::Bytes;
use sip::{HeaderName, Message, Method};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Names a server transaction: branch and method.
pub type ServerKey = (String, String);

/// A server transaction.
#[derive(Debug)]
pub struct Server {
    request: Arc<Message>,
    /// The connection that it came by.
    connection: Option<u64>,
    last: Option<Bytes>,
    code: u16,
    /// Whether the ACK has come.
    is_acknowledged: bool,
    every: Duration,
    to_tag: String,
    /// What the callee means to answer, and after how long.
    plan: VecDeque<(Duration, u16)>,
    /// The dialog that its 2xx has made.
    dialog: Option<u64>,
}

impl Phone {
    /// A request comes.
    pub(super) fn request(&mut self, request: &Arc<Message>, connection: Option<u64>, hand: &mut Hand<'_>) {
        let Some(branch) = text::branch(request) else { return };
        let method = String::from_utf8_lossy(request.method_text()).into_owned();
        if request.method() == Method::Ack {
            return self.acknowledged(branch, request, hand);
        }
        let key = (branch, method);
        if let Some(known) = self.servers.get(&key) {
            return known.last.iter().for_each(|last| hand.send_by(last.clone(), connection));
        }
        let to_tag = text::to_tag(request);
        let server = Server {
            request: Arc::clone(request),
            connection,
            last: None,
            code: 0,
            is_acknowledged: false,
            every: T1,
            to_tag: if to_tag.is_empty() { self.fresh("t") } else { to_tag.clone() },
            plan: VecDeque::new(),
            dialog: None,
        };
        self.servers.insert(key.clone(), server);
        match request.method() {
            Method::Invite if to_tag.is_empty() => self.called(&key, hand),
            Method::Invite => self.changed(&key, request, hand),
            Method::Cancel => self.taken_back(&key, hand),
            Method::Bye => self.ended(&key, request, hand),
            _ => self.answer(&key, 200, hand),
        }
    }

    /// A call: what the callee will do.
    fn called(&mut self, key: &ServerKey, hand: &mut Hand<'_>) {
        let draw = &mut self.chance;
        let ring = (draw.duration(0, 1200), 180);
        let plan: Vec<(Duration, u16)> = match self.mood {
            Mood::Obliging => vec![(Duration::from_millis(20), 180), (Duration::from_millis(150), 200)],
            Mood::Calm | Mood::Quiet => vec![(Duration::from_millis(20), 486)],
            Mood::Wild if draw.happens(self.manners.silent) => Vec::new(),
            Mood::Wild if draw.happens(self.manners.declines) => vec![ring, (draw.duration(50, 3000), 603)],
            Mood::Wild => {
                let codes = [486, 480, 404, 500, 503, 302, 488];
                match draw.below(20) {
                    0..9 => vec![ring, (draw.duration(0, 7000), 200)],
                    9 => vec![ring, (draw.duration(10, 900), 183), (draw.duration(10, 4000), 200)],
                    10 | 11 => vec![(draw.duration(0, 300), 200)],
                    12 | 13 => vec![ring, (Duration::from_secs(200), 480)],
                    14 => {
                        vec![(draw.duration(0, 30), 100), (draw.duration(100, 3000), draw.pick(&codes).unwrap_or(486))]
                    }
                    15 => vec![ring, (Duration::from_secs(6), 180), (draw.duration(0, 9000), 200)],
                    _ => vec![ring, (draw.duration(0, 5000), draw.pick(&codes).unwrap_or(486))],
                }
            }
        };
        let Some(server) = self.servers.get_mut(key) else { return };
        server.plan = plan.into();
        if server.plan.is_empty() {
            hand.wake(Duration::from_secs(150), Alarm::ForgetServer(key.clone()));
        }
        self.plan_next(key, hand);
    }

    fn plan_next(&mut self, key: &ServerKey, hand: &mut Hand<'_>) {
        let next = self.servers.get(key).and_then(|server| server.plan.front());
        if let Some((after, _)) = next {
            hand.wake(*after, Alarm::Next(key.clone()));
        }
    }

    /// The next thing that the callee means to do.
    pub(super) fn next_step(&mut self, key: &ServerKey, hand: &mut Hand<'_>) {
        let Some(server) = self.servers.get_mut(key) else { return };
        if server.code >= 200 {
            return;
        }
        let Some((_, code)) = server.plan.pop_front() else { return };
        self.answer(key, code, hand);
        self.plan_next(key, hand);
    }

    /// An INVITE within a call.
    fn changed(&mut self, key: &ServerKey, request: &Message, hand: &mut Hand<'_>) {
        let Some(number) = self.dialog_of_request(request) else { return self.answer(key, 481, hand) };
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let Some(dialog) = self.dialogs.get_mut(&number) else { return };
        let code = match () {
            () if cseq <= dialog.remote_cseq => 500,
            () if dialog.is_changing || dialog.is_ending => 491,
            () => 200,
        };
        dialog.remote_cseq = dialog.remote_cseq.max(cseq);
        if let Some(server) = self.servers.get_mut(key) {
            server.dialog = Some(number);
        }
        self.answer(key, code, hand);
    }

    /// CANCEL.
    fn taken_back(&mut self, key: &ServerKey, hand: &mut Hand<'_>) {
        let invite = (key.0.clone(), "INVITE".to_owned());
        let Some(code) = self.servers.get(&invite).map(|server| server.code) else {
            return self.answer(key, 481, hand);
        };
        self.answer(key, 200, hand);
        if code < 200 {
            self.answer(&invite, 487, hand);
        }
    }

    /// BYE.
    fn ended(&mut self, key: &ServerKey, request: &Message, hand: &mut Hand<'_>) {
        let Some(number) = self.dialog_of_request(request) else { return self.answer(key, 481, hand) };
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        if self.dialogs.get(&number).is_some_and(|dialog| cseq <= dialog.remote_cseq) {
            return self.answer(key, 500, hand);
        }
        // Whoever ends the call knows of it: the 2xx is sent no more. Our own BYE may be under way: both get their answers.
        let begun = self.servers.values_mut().filter(|server| server.dialog == Some(number));
        begun.for_each(|server| server.is_acknowledged = true);
        self.dialogs.remove(&number);
        self.answer(key, 200, hand);
    }

    fn dialog_of_request(&self, request: &Message) -> Option<u64> {
        let call_id = text::header(request, HeaderName::CallId);
        self.dialog_of(&call_id, &text::to_tag(request), &text::from_tag(request))
    }

    /// ACK: of this hop for a refusal, or end to end for a 2xx.
    fn acknowledged(&mut self, branch: String, request: &Message, hand: &mut Hand<'_>) {
        let key = (branch, "INVITE".to_owned());
        if let Some(server) = self.servers.get_mut(&key).filter(|server| server.code >= 300) {
            if !server.is_acknowledged {
                server.is_acknowledged = true;
                hand.wake(T4, Alarm::ForgetServer(key));
            }
            return;
        }
        let Some(number) = self.dialog_of_request(request) else { return };
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let acknowledged = self.servers.values_mut().filter(|server| {
            server.dialog == Some(number) && server.request.cseq().is_ok_and(|known| known.number == cseq)
        });
        acknowledged.for_each(|server| server.is_acknowledged = true);
        if let Some(dialog) = self.dialogs.get_mut(&number) {
            dialog.is_confirmed = true;
        }
    }

    /// Answers a request.
    fn answer(&mut self, key: &ServerKey, code: u16, hand: &mut Hand<'_>) {
        let contact = self.contact();
        let Some(server) = self.servers.get_mut(key) else { return };
        if server.code >= 200 {
            return;
        }
        let request = Arc::clone(&server.request);
        let is_invite = request.method() == Method::Invite;
        let has_body = is_invite && matches!(code, 183 | 200);
        let contact = match code {
            302 => "Contact: <sip:elsewhere@198.51.100.77>\r\n".to_owned(),
            _ if is_invite && (101..300).contains(&code) => format!("Contact: <{contact}>\r\n"),
            _ => String::new(),
        };
        let mut bytes = Vec::new();
        sip::build::Reply {
            to_tag: server.to_tag.as_bytes(),
            headers: contact.as_bytes(),
            content_type: if has_body { b"application/sdp" } else { b"" },
            body: if has_body { SDP.as_bytes() } else { b"" },
            ..sip::build::Reply::new(&request, code, reason(code).as_bytes())
        }
        .write(&mut bytes);
        let bytes = Bytes::from(bytes);
        server.code = code;
        server.last = Some(bytes.clone());
        let to_tag = server.to_tag.clone();
        hand.send_by(bytes, server.connection);
        if code < 200 {
            return;
        }
        hand.wake(T1 * 64, Alarm::ForgetServer(key.clone()));
        if !is_invite {
            return;
        }
        // A refusal is sent again where it may be lost, a 2xx in any case: the way to the caller may be another.
        if code < 300 || server.connection.is_none() {
            hand.wake(T1, Alarm::Repeat(key.clone()));
        }
        if code >= 300 || self.servers.get(key).is_some_and(|server| server.dialog.is_some()) {
            return;
        }
        let dialog = self.dialog_of_callee(&request, &to_tag);
        if let Some(server) = self.servers.get_mut(key) {
            server.dialog = Some(dialog);
        }
        self.talk(dialog, hand);
    }

    /// Timer G, or a 2xx without ACK (RFC 3261 section 13.3.1.4).
    pub(super) fn repeat(&mut self, key: &ServerKey, hand: &mut Hand<'_>) {
        let Some(server) = self.servers.get_mut(key) else { return };
        if server.is_acknowledged {
            return;
        }
        server.every = (server.every * 2).min(T2);
        server.last.iter().for_each(|last| hand.send_by(last.clone(), server.connection));
        hand.wake(server.every, Alarm::Repeat(key.clone()));
    }

    /// The transaction is over. A 2xx that was never acknowledged ends its call.
    pub(super) fn forget_server(&mut self, key: &ServerKey, hand: &mut Hand<'_>) {
        let Some(server) = self.servers.remove(key) else { return };
        let Some(dialog) = server.dialog.filter(|_| !server.is_acknowledged && (200..300).contains(&server.code))
        else {
            return;
        };
        if self.dialogs.get(&dialog).is_some_and(|dialog| !dialog.is_ending) {
            self.bye(dialog, hand);
        }
    }
}

/// A code's reason.
fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        302 => "Moved Temporarily",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        491 => "Request Pending",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Other",
    }
}
