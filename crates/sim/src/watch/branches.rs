//! Downstream: requests go where the caller may be led, ACK and CANCEL where they must.

use super::{AskKey, Watch, Way, label};
use crate::phone::text;
use module_api::Time;
use sip::{HeaderName, Message, Method};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A request as the proxy sent it, by the branch in its Via.
#[derive(Debug)]
pub struct Branch {
    /// In which life of the proxy.
    era: u32,
    method: Method,
    call_id: String,
    way: Way,
    to: SocketAddr,
    uri: Vec<u8>,
    cseq: u32,
    bytes: bytes::Bytes,
    /// Whose request it is.
    upstream: AskKey,
    /// When it was sent, and when a provisional reply came.
    at: Time,
    provisional_at: Option<Time>,
    /// The final replies that have come, with their To, and when the first one did.
    finals: Vec<(u16, String)>,
    final_at: Option<Time>,
    acks: u32,
    /// Whether a final reply has come while its transaction was there for certain.
    must_acknowledge: bool,
    is_cancelled: bool,
}

impl Watch {
    /// A reply comes in.
    pub(super) fn replies(&mut self, now: Time, peer: SocketAddr, message: &Message) {
        let Some(branch) = text::branch(message).and_then(|branch| self.branches.get_mut(&branch)) else { return };
        if self.strangers.contains(&peer.ip()) || message.method() != branch.method {
            return;
        }
        let code = message.status();
        if code < 200 {
            branch.provisional_at.get_or_insert(now);
            return;
        }
        // Past its patience the proxy may have given up; its clock ticks now and then.
        let (any, last) = self.variant.patience();
        let first = branch.provisional_at.filter(|at| *at < branch.at + any);
        let patience = first.map_or(branch.at + any, |at| at + last);
        let is_waited_for = now + Duration::from_millis(200) < patience;
        let upstream = self.asked.get(&branch.upstream);
        branch.must_acknowledge |=
            is_waited_for && upstream.is_some_and(|asked| asked.finals.is_empty() && asked.era == self.era);
        branch.final_at.get_or_insert(now);
        branch.finals.push((code, text::header(message, HeaderName::To)));
        let is_success = branch.method == Method::Invite && (200..300).contains(&code);
        // What a new life of the proxy gets for its former one is nobody's.
        let asked = self.asked.get_mut(&branch.upstream).filter(|asked| asked.era == self.era);
        if let (true, Some(asked)) = (is_success, asked) {
            asked.accept(&text::to_tag(message), is_waited_for);
        }
    }

    /// The proxy sends a request.
    pub(super) fn forwards(&mut self, now: Time, way: Way, to: SocketAddr, message: &Message) {
        let call_id = text::header(message, HeaderName::CallId);
        let name = text::branch(message).unwrap_or_default();
        let upstream = self.branches.get(&name).and_then(|branch| self.asked.get(&branch.upstream));
        let cancelled_at = upstream.and_then(|asked| asked.cancelled_at);
        let checked = match self.branches.get_mut(&name) {
            Some(branch) => match message.method() {
                _ if branch.way != way => {
                    Err(format!("{} leaves by another transport than its request", label(message)))
                }
                Method::Ack if branch.method == Method::Invite => branch.acknowledged(to, message),
                Method::Cancel if branch.method == Method::Invite => branch.cancelled(to, message, cancelled_at),
                // The ACK of a 2xx goes on each time its caller sends it, by whichever connection: its Via tells them apart.
                Method::Ack if branch.to == to && (came_by_stream(message) || branch.bytes == *message.bytes()) => {
                    Ok(())
                }
                _ if way == Way::Tcp => Err(format!("{} is sent again over a connection", label(message))),
                _ if branch.bytes == *message.bytes() && branch.to == to => Ok(()),
                _ => Err(format!("{} is not what was sent with this branch before", label(message))),
            },
            None => self.new_branch(now, way, to, name, message),
        };
        if let Err(wrong) = checked {
            self.breach(now, wrong, &call_id);
        }
    }

    fn new_branch(
        &mut self,
        now: Time,
        way: Way,
        to: SocketAddr,
        name: String,
        message: &Message,
    ) -> Result<(), String> {
        let what = label(message);
        if message.method() == Method::Cancel {
            return Err(format!("CANCEL to {to} for a branch that there is not"));
        }
        let key = came_from(message).ok_or_else(|| format!("{what} to {to} is nobody's"))?;
        let Some(asked) = self.asked.get_mut(&key) else {
            return Err(format!("{what} to {to} is forwarded for {}, which has not asked", key.0));
        };
        let has_tag = !text::to_tag(message).is_empty();
        let is_let_through = !self.variant.marks_dialogs() && (has_tag || message.method() == Method::Ack);
        if asked.is_stranger && !is_let_through {
            return Err(format!("{what} of a stranger is relayed to {to}"));
        }
        let uri = message.request_uri();
        let contact = String::from_utf8_lossy(uri).into_owned();
        if asked.is_call {
            let user = asked.user.strip_prefix("series-").unwrap_or(&asked.user);
            self.bindings.may_be_called(user, &contact, asked.at)?;
        }
        asked.reached.push(contact);
        asked.branches.push(name.clone());
        if asked.finals.iter().any(|known| (200..300).contains(&known.code)) && asked.is_call && asked.is_sure() {
            return Err(format!("{what} goes out to {to} after the call was answered"));
        }
        let branch = Branch {
            era: self.era,
            method: message.method(),
            call_id: asked.call_id.clone(),
            way,
            to,
            uri: uri.to_vec(),
            cseq: message.cseq().map_or(0, |cseq| cseq.number),
            bytes: message.bytes().clone(),
            upstream: key,
            at: now,
            provisional_at: None,
            finals: Vec::new(),
            final_at: None,
            acks: 0,
            must_acknowledge: false,
            is_cancelled: false,
        };
        self.branches.insert(name, branch);
        Ok(())
    }

    /// At the end every refusal of an INVITE has had its ACK.
    pub(super) fn all_acknowledged(&mut self, now: Time) {
        let missing = self.branches.values().find(|branch| {
            let is_refused = branch.finals.first().is_some_and(|(code, _)| *code >= 300);
            branch.era == self.era
                && branch.method == Method::Invite
                && is_refused
                && branch.must_acknowledge
                && branch.acks == 0
        });
        let Some(branch) = missing else { return };
        // What comes after the end of the transaction is not answered any more.
        let is_loose = self.asked.get(&branch.upstream).is_none_or(|asked| !asked.is_sure());
        if !is_loose {
            let (what, call_id) =
                (format!("the {} of {} got no ACK", branch.finals[0].0, branch.to), branch.call_id.clone());
            self.breach(now, what, &call_id);
        }
    }
}

impl Branch {
    fn acknowledged(&mut self, to: SocketAddr, message: &Message) -> Result<(), String> {
        self.acks += 1;
        self.is_of_this_hop(to, message)?;
        let own = text::header(message, HeaderName::To);
        let refusals = self.finals.iter().filter(|(code, _)| *code >= 300);
        if !refusals.clone().any(|(_, to)| *to == own) {
            return Err(format!("ACK to {to}, which has not refused with this To: {own}"));
        }
        Ok(())
    }

    fn cancelled(&mut self, to: SocketAddr, message: &Message, asked_at: Option<Time>) -> Result<(), String> {
        self.is_of_this_hop(to, message)?;
        let is_first = !std::mem::replace(&mut self.is_cancelled, true);
        if !is_first && self.way == Way::Tcp {
            return Err(format!("CANCEL to {to} is sent again over a connection"));
        }
        if is_first && self.provisional_at.is_none() {
            return Err(format!("CANCEL to {to} before any provisional reply"));
        }
        // While the script waits, CANCEL and reply do too, and are then taken in the order they came.
        let is_late = self.final_at.is_some_and(|at| asked_at.is_none_or(|asked_at| at < asked_at));
        if is_first && is_late {
            return Err(format!("CANCEL to {to} after its {}", self.finals[0].0));
        }
        Ok(())
    }

    /// ACK of this hop and CANCEL go where the INVITE went, and look like it.
    fn is_of_this_hop(&self, to: SocketAddr, message: &Message) -> Result<(), String> {
        let is_same = to == self.to
            && message.request_uri() == self.uri
            && message.cseq().is_ok_and(|cseq| cseq.number == self.cseq)
            && text::header(message, HeaderName::CallId) == self.call_id
            && message.vias().count() == 1;
        if is_same { Ok(()) } else { Err(format!("{} to {to} is not for the INVITE of its branch", label(message))) }
    }
}

/// Whether the second Via says that a request came by a connection.
fn came_by_stream(message: &Message) -> bool {
    message.vias().nth(1).is_some_and(|via| via.is_ok_and(|via| via.transport == b"TCP"))
}

/// Whose request it is that the proxy forwards: the second Via says so.
fn came_from(message: &Message) -> Option<AskKey> {
    let via = message.vias().nth(1)?.ok()?;
    let address: IpAddr = via.received_ip().or_else(|| via.host_ip())?;
    let branch = String::from_utf8_lossy(via.branch()?).into_owned();
    let method = String::from_utf8_lossy(message.method_text()).into_owned();
    Some((address, branch, method))
}
