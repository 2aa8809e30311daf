//! What a REGISTER asks for, read once.

use super::Registrar;
use super::flags::{PathMode, SaveOptions};
use super::refusal::Refusal;
use super::{outbound, path};
use crate::usrloc::Methods;
use crate::usrloc::contact::{Details, MEMORY_ONLY, PUSHED_AWAKE};
use bytes::Bytes;
use catalogue::FlagSet;
use module_api::{Q, SocketId};
use sip::text::{number, unquote};
use sip::{HeaderName, ListItem, Message, NameAddr, Uri};
use smallvec::SmallVec;

/// A REGISTER.
pub struct Register<'m> {
    /// Its Call-ID.
    pub call_id: &'m [u8],
    /// Its CSeq number.
    pub cseq: u32,
    /// Its contacts.
    pub contacts: Contacts<'m>,
    /// Its Path, where it is kept.
    pub path: Vec<u8>,
    /// Whether the reply tells the Path.
    pub tells_path: bool,
    /// Its User-Agent.
    pub user_agent: &'m [u8],
    /// What Allow says.
    pub methods: Methods,
    /// Whether it supports GRUUs.
    pub supports_gruu: bool,
    /// Whether its contact is a flow of an instance (RFC 5626).
    pub is_outbound: bool,
    /// What the server adds to all its contacts.
    pub given: Given,
}

/// What a contact gets from us, not from the phone.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Where the REGISTER came from, as `received_avp` or the Path says.
    pub received: Bytes,
    /// What the script attaches.
    pub attr: Bytes,
    /// The owner's cluster tag.
    pub tag: Bytes,
    /// The branch flags of the request.
    pub branch_flags: FlagSet,
    /// The socket it came by.
    pub socket: Option<SocketId>,
    /// Seconds by which lifetimes are changed, one for each contact in turn.
    pub deviations: SmallVec<[i64; 4]>,
    /// Now, in seconds since the Unix epoch.
    pub now_s: u32,
    /// The bytes that contacts may take in the reply; `None`: any number.
    pub reply_room: Option<usize>,
}

/// The contacts of a REGISTER.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and the large one is the usual one")]
pub enum Contacts<'m> {
    /// None: it asks which there are.
    None,
    /// `*`: all are removed.
    Star,
    /// These are added, updated, or removed.
    List(SmallVec<[Wanted<'m>; 2]>),
}

/// A contact of a REGISTER.
pub struct Wanted<'m> {
    /// Its URI.
    pub uri: Uri<'m>,
    /// Its preference.
    pub q: Option<Q>,
    /// The seconds it is to last; 0: it is removed.
    pub lifetime_s: u32,
    /// `+sip.instance` without its quotes.
    pub instance: &'m [u8],
    /// `reg-id`; 0: none.
    pub reg_id: u16,
    /// What it supports.
    pub methods: Methods,
    /// Whether it is woken up by push notifications.
    pub is_pushed: bool,
    /// Whether the phone wakes up by itself in time to register again (`+sip.pnsreg`).
    pub refreshes_itself: bool,
}

/// More contacts than any phone registers at once.
const CONTACTS_MAX: usize = 64;
/// RFC 3261 section 10.3, step 6: an hour and more is never too brief.
const REFUSED_BELOW_S: u32 = 3600;

impl<'m> Register<'m> {
    /// Reads a REGISTER. `lifetime` says, for a contact, the seconds that another registrar has granted.
    ///
    /// # Errors
    /// What the phone is told.
    pub fn read(
        registrar: &Registrar,
        message: &'m Message,
        options: &SaveOptions,
        given: Given,
        granted: Option<&dyn Fn(&NameAddr<'_>) -> u32>,
    ) -> Result<Register<'m>, Refusal> {
        let cseq = message.cseq().map_err(|_| Refusal::BadCSeq)?;
        let allow = message.value(HeaderName::Allow).map(Methods::of_allow);
        let mut register = Register {
            call_id: message.call_id().map_err(|_| Refusal::BadCallId)?,
            cseq: cseq.number,
            contacts: Contacts::None,
            path: Vec::new(),
            tells_path: false,
            user_agent: message.value(HeaderName::UserAgent).unwrap_or_default(),
            methods: allow.unwrap_or(Methods::ALL),
            supports_gruu: registrar.gruu.is_some() && supports(message, b"gruu"),
            is_outbound: false,
            given,
        };
        if granted.is_none() {
            check_required(registrar, message, options)?;
        }
        register.read_path(registrar, message, options)?;
        register.contacts = register.read_contacts(registrar, message, options, granted)?;
        register.is_outbound = outbound::apply(message, &mut register.contacts)?;
        Ok(register)
    }

    fn read_path(&mut self, registrar: &Registrar, message: &Message, options: &SaveOptions) -> Result<(), Refusal> {
        if options.path == PathMode::Ignore {
            return Ok(());
        }
        self.path = path::joined(message).ok_or(Refusal::BadPath)?;
        if self.path.is_empty() {
            return Ok(());
        }
        let is_supported = supports(message, b"path");
        if options.path == PathMode::Strict && !is_supported {
            return Err(Refusal::PathNotSupported(std::mem::take(&mut self.path)));
        }
        self.tells_path = is_supported && options.path != PathMode::Off;
        if options.path_received
            && let Some(received) = path::received(&self.path)
        {
            self.given.received = received;
            if let Some(flag) = registrar.usrloc.config.nat_flag {
                self.given.branch_flags.set(flag);
            }
        }
        Ok(())
    }

    fn read_contacts(
        &mut self,
        registrar: &Registrar,
        message: &'m Message,
        options: &SaveOptions,
        granted: Option<&dyn Fn(&NameAddr<'_>) -> u32>,
    ) -> Result<Contacts<'m>, Refusal> {
        let expires = message.value(HeaderName::Expires);
        let mut list = SmallVec::new();
        let mut is_star = false;
        for item in message.name_addrs(HeaderName::Contact) {
            let ListItem { address, .. } = item.map_err(|_| Refusal::BadContact)?;
            if is_star || list.len() >= CONTACTS_MAX {
                return Err(if is_star { Refusal::StarNotAlone } else { Refusal::TooManyContacts });
            }
            if address.is_star() {
                is_star = true;
                continue;
            }
            // RFC 4475 section 3.1.2.13: whose the headers are is not for us to guess.
            if address.is_ambiguous() {
                return Err(Refusal::BadContact);
            }
            let deviation = self.given.deviations.get(list.len()).copied().unwrap_or(0);
            let wished = match granted {
                Some(granted) => granted(&address),
                None => lifetime(registrar, options, &address, expires, deviation)?,
            };
            list.push(wanted(registrar, &address, wished, self.methods)?);
        }
        match (is_star, list.is_empty()) {
            (true, false) => Err(Refusal::StarNotAlone),
            // RFC 3261 section 10.2.2
            (true, true) if expires.and_then(number) == Some(0) => Ok(Contacts::Star),
            (true, true) => Err(Refusal::StarNotZero),
            (false, true) => Ok(Contacts::None),
            (false, false) => Ok(Contacts::List(list)),
        }
    }

    /// What is kept of a contact.
    pub fn details<'a>(&'a self, wanted: &'a Wanted<'a>, options: &SaveOptions) -> Details<'a> {
        let kept = if options.memory_only { MEMORY_ONLY } else { 0 };
        let pushed = if wanted.is_pushed { PUSHED_AWAKE } else { 0 };
        Details {
            uri: wanted.uri.text,
            call_id: self.call_id,
            received: &self.given.received,
            path: &self.path,
            instance: wanted.instance,
            attr: &self.given.attr,
            tag: &self.given.tag,
            user_agent: self.user_agent,
            expires: self.given.now_s.saturating_add(wanted.lifetime_s),
            modified: self.given.now_s,
            cseq: self.cseq,
            flags: kept | pushed,
            branch_flags: self.given.branch_flags,
            methods: wanted.methods,
            socket: self.given.socket,
            q: wanted.q,
            reg_id: wanted.reg_id,
        }
    }
}

fn wanted<'m>(
    registrar: &Registrar,
    address: &NameAddr<'m>,
    lifetime_s: u32,
    methods: Methods,
) -> Result<Wanted<'m>, Refusal> {
    if address.uri.len() > registrar.limits.contact {
        return Err(Refusal::ContactTooLong);
    }
    let uri = Uri::parse(address.uri).map_err(|_| Refusal::BadContact)?;
    let is_pushed = match &registrar.push {
        Some(push) => push.wakes(&uri)?,
        None => false,
    };
    let mut wanted = Wanted {
        uri,
        q: registrar.default_q,
        lifetime_s,
        instance: b"",
        reg_id: 0,
        methods,
        is_pushed,
        refreshes_itself: false,
    };
    for (name, value) in address.params.iter() {
        let value = value.unwrap_or_default();
        if name.eq_ignore_ascii_case(b"q") {
            wanted.q = Some(Q::parse(value).ok_or(Refusal::BadQ)?);
        } else if name.eq_ignore_ascii_case(b"+sip.instance") {
            wanted.instance = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(value);
        } else if name.eq_ignore_ascii_case(b"reg-id") {
            // RFC 5626 section 4.2: a positive number; any other is no reg-id.
            wanted.reg_id = number(value).and_then(|id| u16::try_from(id).ok()).unwrap_or(0);
        } else if name.eq_ignore_ascii_case(b"methods") {
            wanted.methods = Methods::of_allow(&unquote(value));
        } else if name.eq_ignore_ascii_case(b"+sip.pnsreg") {
            wanted.refreshes_itself = true;
        }
    }
    Ok(wanted)
}

/// The seconds that a contact gets: as it wishes, else as Expires says, else the default, within the bounds. A wish
/// that cannot be read, or is too large for a number of seconds, counts as none (RFC 3261 section 10.2.1.1, RFC 4475
/// section 3.1.2.4).
fn lifetime(
    registrar: &Registrar,
    options: &SaveOptions,
    address: &NameAddr<'_>,
    expires: Option<&[u8]>,
    deviation: i64,
) -> Result<u32, Refusal> {
    let wish = address.params.value(b"expires").or(expires);
    let wish = wish.map(|wish| number(wish).unwrap_or(registrar.default_expires_s));
    let wish = wish.unwrap_or(registrar.default_expires_s);
    if wish == 0 {
        return Ok(0);
    }
    if registrar.refuses_brief && wish < options.min_expires_s.min(REFUSED_BELOW_S) {
        return Err(Refusal::TooBrief(options.min_expires_s));
    }
    let most_s = if options.max_expires_s > 0 { options.max_expires_s } else { u32::MAX };
    let bounded = |seconds: u32| seconds.max(options.min_expires_s).min(most_s);
    let granted = bounded(wish);
    let moved = u32::try_from(i64::from(granted).saturating_add(deviation).max(1)).unwrap_or(granted);
    Ok(bounded(moved))
}

/// What a registrar does not know it must not grant.
fn check_required(registrar: &Registrar, message: &Message, options: &SaveOptions) -> Result<(), Refusal> {
    let is_there = |option: &&[u8]| {
        option.eq_ignore_ascii_case(b"outbound")
            || option.eq_ignore_ascii_case(b"path") && !matches!(options.path, PathMode::Ignore | PathMode::Off)
            || option.eq_ignore_ascii_case(b"gruu") && registrar.gruu.is_some()
    };
    let required = option_tags(message, HeaderName::Require).filter(|option| !option.is_empty());
    let missing: Vec<&[u8]> = required.filter(|option| !is_there(option)).collect();
    if missing.is_empty() { Ok(()) } else { Err(Refusal::ExtensionsRequired(missing.join(&b", "[..]))) }
}

/// Whether Supported names an option.
pub fn supports(message: &Message, option: &[u8]) -> bool {
    option_tags(message, HeaderName::Supported).any(|supported| supported.eq_ignore_ascii_case(option))
}

/// The option tags of a header.
pub fn option_tags(message: &Message, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let values = message.headers_named(name).flat_map(|header| header.value.split(|byte| *byte == b','));
    values.map(<[u8]>::trim_ascii)
}
