//! Being reachable: REGISTER, again before its time is over, and no more.

use super::client::Purpose;
use super::text::{self, Draft};
use super::{Alarm, Hand, Mood, Phone};
use module_api::Time;
use sip::{HeaderName, Message};
use std::time::Duration;

/// What a phone knows of its registration.
#[derive(Debug, Default)]
pub struct Registration {
    /// The Call-ID of all its REGISTERs.
    call_id: String,
    cseq: u32,
    /// Until when the server has promised to know it.
    pub until: Time,
    /// Whether a REGISTER is under way.
    is_busy: bool,
    /// Whether another one follows at once: what is under way may be acknowledged by a server that has stopped since, and
    /// whose successor has another clock.
    is_repeated: bool,
    /// Whether it wants to be registered.
    is_wanted: bool,
    /// When the next one is due; alarms of others are old.
    due: Time,
}

impl Registration {
    /// None yet.
    pub fn new(call_id: String) -> Registration {
        Registration { call_id, is_wanted: true, ..Registration::default() }
    }
}

impl Phone {
    /// Registers, or removes its contact.
    pub(super) fn register(&mut self, removes: bool, hand: &mut Hand<'_>) {
        let is_due = removes || self.registration.due <= hand.now || self.mood != Mood::Wild;
        self.registration.is_repeated |= self.registration.is_busy && self.mood == Mood::Calm;
        if self.registration.is_busy || self.mood == Mood::Quiet || !is_due {
            return;
        }
        self.registration.is_busy = true;
        self.registration.is_wanted = !removes;
        self.registration.cseq += 1;
        let lifetime = match self.mood {
            _ if removes => 0,
            Mood::Wild => self.chance.between(60, self.manners.expires_s.max(60)),
            _ => 3600,
        };
        let own = text::address_of_record(&self.user);
        let uri = format!("sip:{}", crate::script::DOMAIN);
        let credentials = match &mut self.challenge {
            Some(challenge) if challenge.header == "Authorization" => {
                challenge.answer(&self.user, &self.password, "REGISTER", &uri)
            }
            _ => String::new(),
        };
        let draft = Draft {
            method: "REGISTER",
            uri,
            from: format!("<{own}>;tag={}", self.fresh("f")),
            to: format!("<{own}>"),
            call_id: self.registration.call_id.clone(),
            cseq: self.registration.cseq,
            routes: Vec::new(),
            contact: Some(self.contact()),
            headers: format!("{credentials}Expires: {lifetime}\r\n"),
            body: "",
        };
        self.start(draft, Purpose::Register { removes, tries: 0 }, hand);
    }

    /// Removes its contact, for a while.
    pub(super) fn unregister(&mut self, hand: &mut Hand<'_>) {
        if self.mood != Mood::Wild {
            return;
        }
        if !self.registration.is_busy {
            self.register(true, hand);
        }
        hand.wake(self.chance.duration(20_000, 60_000), Alarm::Unregister);
    }

    pub(super) fn registered_again(&mut self, draft: &Draft) {
        self.registration.cseq = draft.cseq;
    }

    pub(super) fn registered(&mut self, removes: bool, reply: &Message, hand: &mut Hand<'_>) {
        self.registration.is_busy = false;
        if removes {
            self.registration.until = hand.now;
            let wait = self.chance.duration(2000, 30_000);
            return self.register_in(wait, hand);
        }
        let lifetime = self.granted(reply);
        self.registration.until = hand.now + Duration::from_secs(lifetime);
        let early = Duration::from_secs((lifetime / 2).max(10));
        let is_repeated = std::mem::take(&mut self.registration.is_repeated);
        let early = if is_repeated { Duration::from_secs(1) } else { early };
        self.register_in(early.min(Duration::from_secs(lifetime)), hand);
    }

    pub(super) fn not_registered(&mut self, hand: &mut Hand<'_>) {
        self.registration.is_busy = false;
        let longest = if self.mood == Mood::Wild { 15_000 } else { 4000 };
        let wait = self.chance.duration(500, longest);
        self.register_in(wait, hand);
    }

    fn register_in(&mut self, after: Duration, hand: &mut Hand<'_>) {
        self.registration.due = hand.now + after;
        hand.wake(after, Alarm::Register);
    }

    /// The seconds that a 200 grants our contact; 0 if it does not list it.
    fn granted(&self, reply: &Message) -> u64 {
        let own = self.contact();
        let listed = reply.name_addrs(HeaderName::Contact).flatten().map(|item| item.address);
        let mut own = listed.filter(|address| address.uri == own.as_bytes());
        let expires = own.next().and_then(|address| address.params.value(b"expires"));
        expires.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok()).unwrap_or(0)
    }
}
