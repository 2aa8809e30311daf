//! Upstream: every request gets its final reply, an INVITE exactly one; a 2xx is neither lost nor doubled.

use super::{AskKey, Hop, Watch, Way, label};
use crate::phone::text;
use crate::script::Mode;
use module_api::Time;
use sip::{HeaderName, Message, Method};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// A request that the proxy was asked.
#[derive(Debug)]
pub struct Asked {
    /// When it came first.
    pub at: Time,
    /// From where it came last.
    from: Hop,
    /// In which life of the proxy.
    pub era: u32,
    pub method: Method,
    pub call_id: String,
    /// Whom it is for.
    pub user: String,
    /// Whether it is an INVITE that begins a call.
    pub is_call: bool,
    /// Whether it is by somebody whom the proxy does not serve.
    pub is_stranger: bool,
    /// Whether it is a CANCEL for nothing.
    pub is_stray: bool,
    /// When its caller has cancelled it.
    pub cancelled_at: Option<Time>,
    /// Whether it came again long after its end, or in another life of the proxy: then nothing is certain about it.
    pub is_loose: bool,
    /// How often it came.
    copies: u32,
    /// Whether the proxy keeps a transaction for it.
    is_kept: bool,
    /// Final replies that were sent: code, tag of To, how often, the bytes' hash.
    pub finals: Vec<Final>,
    /// The branches that it was forwarded by.
    pub branches: Vec<String>,
    /// The 2xx that have come from its branches, by tag: how often; and those that came before any final reply was sent.
    pub accepted: BTreeMap<String, u32>,
    must_pass: Vec<String>,
    /// The contacts that it must reach.
    pub expected: Vec<String>,
    pub reached: Vec<String>,
}

/// A final reply that was sent.
#[derive(Debug)]
pub struct Final {
    pub code: u16,
    pub tag: String,
    pub at: Time,
    times: u32,
    bytes: bytes::Bytes,
}

/// How long after its final reply a request may come again and find its transaction: the shortest of `wt_timer` and of
/// the scripts' `fr_timeout`, less the time between two ticks.
const REMEMBERED: Duration = Duration::from_millis(2500);

impl Asked {
    /// A request comes for the first time.
    pub fn new(at: Time, from: Hop, message: &Message, is_stranger: bool, era: u32) -> Asked {
        let uri = message.to().ok().and_then(|to| to.parsed_uri().ok());
        let user = uri.map(|uri| String::from_utf8_lossy(uri.user.unwrap_or_default()).into_owned());
        Asked {
            at,
            from,
            era,
            method: message.method(),
            call_id: text::header(message, HeaderName::CallId),
            user: user.unwrap_or_default(),
            is_call: message.method() == Method::Invite && text::to_tag(message).is_empty(),
            is_stranger,
            is_stray: false,
            cancelled_at: None,
            is_loose: false,
            copies: 1,
            is_kept: false,
            finals: Vec::new(),
            branches: Vec::new(),
            accepted: BTreeMap::new(),
            must_pass: Vec::new(),
            expected: Vec::new(),
            reached: Vec::new(),
        }
    }

    /// It comes again.
    pub fn again(&mut self, now: Time, from: Hop, era: u32) {
        self.copies += 1;
        self.from = from;
        self.is_loose |= self.is_forgotten(now) || era != self.era;
    }

    /// Whether a reply may go there: to where it came from; for a stream, by that or to where its sender listens.
    fn may_be_answered(&self, way: Way, to: SocketAddr) -> bool {
        match way {
            _ if self.copies > 1 && self.is_loose => true,
            Way::Udp => self.from.way() == Way::Udp && (self.from.address == to || self.is_stranger),
            Way::Tcp => self.from.way() == Way::Tcp,
        }
    }

    /// Whether the proxy may have forgotten it.
    pub fn is_forgotten(&self, now: Time) -> bool {
        self.finals.first().is_some_and(|first| first.at + REMEMBERED < now)
    }

    /// A 2xx has come from one of its branches. Too late it may be nobody's (RFC 6026 section 8.6).
    pub fn accept(&mut self, tag: &str, is_waited_for: bool) {
        *self.accepted.entry(tag.to_owned()).or_default() += 1;
        if is_waited_for && self.finals.is_empty() && !self.must_pass.iter().any(|known| known == tag) {
            self.must_pass.push(tag.to_owned());
        }
    }

    fn answered(&mut self, now: Time, message: &Message) -> Result<(), String> {
        let code = message.status();
        let what = label(message);
        let is_invite = self.method == Method::Invite;
        // RFC 4320: other requests than INVITE get a 100 and not too early, and no 408.
        let is_early = code < 200 && now < self.at + Duration::from_secs(3);
        if !is_invite && (is_early || matches!(code, 101..200 | 408)) {
            return Err(format!("{what}, which RFC 4320 forbids"));
        }
        if code < 200 {
            // Without a transaction, each copy is another request to the script: one may be refused and the next not.
            self.is_loose |= !self.is_kept && !self.finals.is_empty() && self.copies > 1;
            self.is_kept = true;
            let is_late = !self.finals.is_empty() && !self.is_loose;
            return if is_late { Err(format!("{what} after a final reply")) } else { Ok(()) };
        }
        let tag = text::to_tag(message);
        if let Some(known) = self.finals.iter_mut().find(|known| known.bytes == *message.bytes()) {
            known.times += 1;
            let may = self.copies + self.accepted.get(&tag).copied().unwrap_or(0);
            // A refusal of an INVITE is sent again by timer G, where it may be lost.
            let is_too_often = known.times > may && !(is_invite && code >= 300 && self.from.way() == Way::Udp);
            return if is_too_often { Err(format!("{what} once more, unasked")) } else { Ok(()) };
        }
        let is_another_fork = is_invite
            && (200..300).contains(&code)
            && self.finals.iter().all(|known| (200..300).contains(&known.code) && known.tag != tag);
        let is_kept = self.is_kept || !self.branches.is_empty();
        let may_differ = !is_kept && self.finals.len() < usize::try_from(self.copies).unwrap_or(usize::MAX);
        let is_second = !self.finals.is_empty() && !self.is_loose && !is_another_fork && !may_differ;
        let first = self.finals.first().map_or(0, |known| known.code);
        self.finals.push(Final { code, tag, at: now, times: 1, bytes: message.bytes().clone() });
        if is_second { Err(format!("{what} after {first}: a second final reply")) } else { Ok(()) }
    }

    /// Whether this life of the proxy has kept its transaction, from beginning to end, as far as anybody can tell.
    pub fn is_sure(&self) -> bool {
        !self.is_loose && !self.is_stranger
    }
}

impl Watch {
    /// The proxy answers.
    pub(super) fn answers(&mut self, now: Time, way: Way, to: SocketAddr, message: &Message) {
        let call_id = text::header(message, HeaderName::CallId);
        let key: AskKey = (to.ip(), text::branch(message).unwrap_or_default(), text::cseq_method(message));
        let what = label(message);
        let Some(asked) = self.asked.get_mut(&key) else {
            // What strangers send may not be readable, and is answered all the same.
            if self.strangers.contains(&to.ip()) {
                return;
            }
            return self.breach(now, format!("{what} goes to {to}, which has not asked"), &call_id);
        };
        if !asked.may_be_answered(way, to) {
            let what = format!("{what} goes to {to} by {way:?}, which has asked from {:?}", asked.from);
            return self.breach(now, what, &call_id);
        }
        let is_first = asked.finals.is_empty();
        if let Err(wrong) = asked.answered(now, message) {
            return self.breach(now, format!("{wrong} ({to})"), &call_id);
        }
        let code = message.status();
        if code < 200 || !is_first {
            return;
        }
        let is_success = (200..300).contains(&code);
        let (is_stranger, is_call) = (asked.is_stranger, asked.is_call);
        let is_excused = self.variant.mode == Mode::SqlOnly && self.troubled_until >= asked.at;
        let is_unknown = is_call && asked.is_kept && asked.branches.is_empty() && matches!(code, 404 | 480);
        let unreached: Vec<String> =
            asked.expected.iter().filter(|contact| !asked.reached.contains(contact)).cloned().collect();
        // A CANCEL that comes while the name of one contact is looked up keeps those after it in.
        let was_reached = !asked.branches.is_empty() && asked.is_sure() && asked.cancelled_at.is_none();
        let user = asked.user.clone();
        match asked.method {
            Method::Invite if is_success => self.seen.answered += 1,
            Method::Invite => self.seen.refused += 1,
            Method::Register if is_success => {
                self.seen.registered += 1;
                if is_stranger {
                    return self.breach(now, format!("a stranger is registered as {user}"), &call_id);
                }
                if let Err(wrong) = self.bindings.promised(now, message, &call_id) {
                    return self.breach(now, wrong, &call_id);
                }
            }
            _ => {}
        }
        if !is_excused
            && (is_unknown || was_reached && is_call)
            && !unreached.is_empty()
            && !user.starts_with("series-")
        {
            let what = format!("{user} is registered at {unreached:?}, and a call did not get there ({code})");
            self.breach(now, what, &call_id);
        }
    }

    /// What a REGISTER may take away need not be reached by the calls under way.
    pub(super) fn forget_expected(&mut self, register: &Message) {
        let uri = register.to().ok().and_then(|to| to.parsed_uri().ok());
        let Some(user) = uri.and_then(|uri| uri.user) else { return };
        let Some(calls) = self.calls.get_mut(&*String::from_utf8_lossy(user)) else { return };
        let contact = text::contact(register).unwrap_or_default();
        calls.retain(|key| {
            let Some(asked) = self.asked.get_mut(key).filter(|asked| asked.branches.is_empty()) else { return false };
            asked.expected.retain(|known| *known != contact);
            true
        });
    }

    /// At the end every request has had its final reply.
    pub(super) fn all_answered(&mut self, now: Time) {
        let mut wrong = Vec::new();
        for ((peer, _, method), asked) in &self.asked {
            if asked.era != self.era || asked.is_stray || !asked.is_sure() || asked.method == Method::Ack {
                continue;
            }
            if asked.is_call || asked.method == Method::Invite {
                for tag in asked.must_pass.iter().filter(|tag| !asked.finals.iter().any(|known| known.tag == **tag)) {
                    wrong.push((asked.call_id.clone(), format!("the 200 with tag {tag} is lost on its way to {peer}")));
                }
            }
            // RFC 4320: nobody is told that another request than INVITE got no reply.
            let may_be_silent = asked.method != Method::Invite && !asked.branches.is_empty();
            if asked.finals.is_empty() && !may_be_silent {
                wrong.push((asked.call_id.clone(), format!("{method} of {peer} at {:?} was never answered", asked.at)));
            }
        }
        if let Some((call_id, what)) = wrong.into_iter().next() {
            self.breach(now, what, &call_id);
        }
    }
}
