//! Registrations: what the proxy has promised to know, and what it may know.

use crate::database::Database;
use crate::phone::text;
use module_api::Time;
use module_api::sql::Cell;
use sip::{HeaderName, Message};
use std::collections::BTreeMap;
use std::time::Duration;

/// The bindings, by user and contact.
#[derive(Debug, Default)]
pub struct Bindings {
    list: BTreeMap<(String, String), Binding>,
    /// The REGISTERs that have come, by Call-ID and CSeq number: user, contact, whether it removes.
    asked: BTreeMap<(String, u32), Wish>,
    /// While the proxy stops: until when it promises anything.
    pub promises_until: Time,
}

/// What a REGISTER wants.
#[derive(Clone, Debug)]
struct Wish {
    /// When it came first.
    at: Time,
    user: String,
    contact: String,
    removes: bool,
}

/// A contact.
#[derive(Debug, Default)]
struct Binding {
    /// When a REGISTER for it came last.
    asked_at: Time,
    /// Until when the proxy may hold it to be there.
    possible_until: Time,
    /// Since when and until when it must.
    certain: Option<(Time, Time)>,
}

/// How long after its acknowledgement a contact must be in the database where it is written behind.
pub const BEHIND: Duration = Duration::from_secs(crate::script::TIMER_INTERVAL_S * 2 + 10);
/// Copies of a REGISTER may be under way so long, the database's time for them included.
const UNDER_WAY: Duration = Duration::from_secs(30);
/// The longest lifetime that a registrar of the scripts grants, and a little.
const LIFETIME_MAX_S: u64 = 7200;

impl Bindings {
    /// A REGISTER has come, in whatever shape.
    pub fn asked(&mut self, now: Time, message: &Message) {
        let Some((user, contact, lifetime)) = wish(message) else { return };
        let call_id = text::header(message, HeaderName::CallId);
        let cseq = message.cseq().map_or(0, |cseq| cseq.number);
        let wish = Wish { at: now, user: user.clone(), contact: contact.clone(), removes: lifetime == 0 };
        self.asked.entry((call_id, cseq)).or_insert(wish);
        let binding = self.list.entry((user, contact)).or_default();
        if lifetime == 0 {
            binding.certain = None;
            return;
        }
        binding.asked_at = now;
        // Refused, it may be kept all the same where the database has done what it did not acknowledge.
        let asked_until = now + Duration::from_secs(lifetime);
        binding.certain = binding.certain.map(|(since, until)| (since, until.min(asked_until)));
        let granted = Duration::from_secs(lifetime.clamp(60, LIFETIME_MAX_S) + 40);
        binding.possible_until = binding.possible_until.max(now + granted);
    }

    /// A REGISTER is acknowledged.
    ///
    /// # Errors
    /// The reply does not say what it must.
    pub fn promised(&mut self, now: Time, reply: &Message, call_id: &str) -> Result<(), String> {
        let cseq = reply.cseq().map_or(0, |cseq| cseq.number);
        let wish = self.asked.get(&(call_id.to_owned(), cseq)).cloned();
        let Some(Wish { at, user, contact, removes }) = wish else { return Ok(()) };
        let Some(binding) = self.list.get_mut(&(user.clone(), contact.clone())) else { return Ok(()) };
        let listed = reply.name_addrs(HeaderName::Contact).flatten().map(|item| item.address);
        let mut own = listed.filter(|address| address.uri == contact.as_bytes());
        let expires = own.next().and_then(|address| address.params.value(b"expires"));
        let expires: Option<u64> = expires.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        if removes {
            let is_certain = binding.asked_at + UNDER_WAY < now;
            if is_certain && expires.is_some() {
                return Err(format!("{contact} of {user} is still there though it was removed"));
            }
            if is_certain {
                binding.possible_until = now;
            }
            return Ok(());
        }
        let Some(expires) = expires.filter(|seconds| *seconds > 0) else {
            // A removal may have overtaken it.
            return Ok(());
        };
        // The reply counts from when the contact was written, which takes its time.
        let until = at + Duration::from_secs(expires);
        if until > binding.possible_until {
            return Err(format!("{contact} of {user} is there for {expires} s, longer than anybody asked for"));
        }
        if self.promises_until != Time::default() && now > self.promises_until {
            binding.certain = None;
            return Ok(());
        }
        let since = binding.certain.map_or(now, |(since, _)| since);
        binding.certain = Some((since, until));
        Ok(())
    }

    /// The contacts of a user that must be known for a while to come.
    pub fn certain(&self, user: &str, now: Time) -> Vec<String> {
        let soon = now + Duration::from_secs(20);
        let is_certain = |binding: &Binding| binding.certain.is_some_and(|(_, until)| until > soon);
        // What is a host name may not be resolved.
        let own = self.list.range((user.to_owned(), String::new())..).take_while(|((known, _), _)| known == user);
        let of_user = own.filter(|((_, contact), binding)| is_certain(binding) && !contact.contains("example.net"));
        of_user.map(|((_, contact), _)| contact.clone()).collect()
    }

    /// Until when the last of them may be there.
    pub fn last_until(&self) -> Time {
        self.list.values().map(|binding| binding.possible_until).max().unwrap_or_default()
    }

    /// A call that came then is led to this contact.
    ///
    /// # Errors
    /// It was not there.
    pub fn may_be_called(&self, user: &str, contact: &str, at: Time) -> Result<(), String> {
        match self.list.get(&(user.to_owned(), contact.to_owned())) {
            None => Err(format!("a call for {user} goes to {contact}, which was never registered")),
            Some(binding) if binding.possible_until < at => {
                Err(format!("a call for {user} goes to {contact}, which was removed or had expired"))
            }
            Some(_) => Ok(()),
        }
    }

    /// The proxy has ended; `clock` was its time. What it had promised is in the database, all of it or what it has had
    /// the time to write; what is not there is promised no more.
    ///
    /// # Errors
    /// What is not there.
    pub fn persisted(
        &mut self,
        now: Time,
        clock: Time,
        database: &Database,
        all: bool,
        behind: Option<Duration>,
        returns: bool,
    ) -> Result<(), String> {
        self.promises_until = Time::default();
        let rows = written(database);
        if returns {
            // What was removed and not yet written is there again for the next life of the proxy.
            for (key, expires) in &rows {
                let left = Duration::from_secs(expires.saturating_sub(clock.unix_seconds()));
                let binding = self.list.entry(key.clone()).or_default();
                binding.possible_until = binding.possible_until.max(now + left);
            }
        }
        for (key, binding) in &mut self.list {
            let Some((since, until)) = binding.certain.filter(|(_, until)| *until > now) else { continue };
            let ends = clock.unix_seconds() + until.since(now).as_secs();
            let row = rows.get(key);
            if row.is_some_and(|expires| expires + 2 >= ends) {
                continue;
            }
            let must = all || row.is_none() && behind.is_some_and(|behind| since + behind < now);
            if must {
                let (user, contact) = key;
                let others: Vec<_> = rows.iter().filter(|((name, _), _)| name == user).collect();
                return Err(format!(
                    "{contact} of {user} was acknowledged, until {ends} by the proxy's clock, and is lost: {others:?}"
                ));
            }
            binding.certain = None;
        }
        Ok(())
    }

    /// The clock has moved: contacts end that much sooner, or later.
    pub fn clock_moved(&mut self, seconds: i64) {
        for binding in self.list.values_mut() {
            binding.certain = None;
            if seconds < 0 {
                binding.possible_until = binding.possible_until + Duration::from_secs(seconds.unsigned_abs());
            }
        }
    }
}

/// The contacts in the database, each with the last second that one of its rows names.
fn written(database: &Database) -> BTreeMap<(String, String), u64> {
    let mut rows: BTreeMap<(String, String), u64> = BTreeMap::new();
    for [user, contact, expires] in database.rows("location", ["username", "contact", "expires"]) {
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned();
        let number = expires.to_int().and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
        let known = rows.entry((text(&user), text(&contact))).or_default();
        *known = number.max(*known);
    }
    rows
}

/// Whose contact a REGISTER is about, and for how long.
fn wish(message: &Message) -> Option<(String, String, u64)> {
    let to = message.to().ok()?;
    let user = String::from_utf8_lossy(to.parsed_uri().ok()?.user?).into_owned();
    let contact = text::contact(message)?;
    let lifetime = message.expires().ok().flatten().map_or(3600, u64::from);
    Some((user, contact, lifetime))
}
