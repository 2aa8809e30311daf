//! A contact: where an address of record can be reached, and until when.

use super::agents::{UNLISTED, UserAgents};
use super::columns::on_wall;
use super::methods::Methods;
use super::text::{Field, Text};
use bytes::Bytes;
use catalogue::FlagSet;
use module_api::{JsonMap, Q, SocketId, Time, Wall};

/// A contact as it is kept: every field as small as it can be, for there are millions.
#[derive(Clone, Debug)]
pub struct Contact {
    text: Text,
    /// Its key in the database and in management commands: see [`super::id`].
    pub id: u64,
    /// When it ends, in seconds since the Unix epoch; 0: never.
    pub expires: u32,
    /// When it was last registered, in seconds since the Unix epoch.
    pub modified: u32,
    /// The CSeq number of the REGISTER.
    pub cseq: u32,
    /// Our own flags: [`MEMORY_ONLY`], and [`PUSHED_AWAKE`] as upstream has it.
    pub flags: u32,
    /// The branch flags that a call to it gets.
    pub branch_flags: FlagSet,
    /// What it supports.
    pub methods: Methods,
    /// The round trip of its last answered ping, in microseconds; 0 before the first.
    pub latency_us: u32,
    /// How long ago it was pushed awake, as the second that was; 0: never.
    pub pushed: u32,
    socket: u16,
    q: u16,
    agent: u16,
    /// `reg-id` (RFC 5626); 0: none.
    pub reg_id: u16,
    /// How the database stands to it.
    pub sync: SyncState,
    /// Keys that modules and scripts keep with it.
    pub keys: Option<Box<JsonMap>>,
}

/// How the database stands to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncState {
    /// What must be done.
    pub need: Need,
    /// Writes that have begun and not ended.
    pub in_flight: u8,
    /// Two writes ran at once: whichever was last in the database, it is written again.
    pub overlapped: bool,
    /// Another with each change, to tell whether somebody else has changed it since.
    pub version: u8,
}

/// What must be written of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It is not in the database.
    Insert,
    /// It is there with older values.
    Update,
    /// It may be there or not: a write failed.
    Rewrite,
    /// Nothing.
    Nothing,
}

/// The contact is never written to the database (`memory-only`).
pub const MEMORY_ONLY: u32 = 1;
/// The contact is woken up before it gets requests (RFC 8599). The value is upstream's, whose rows we read.
pub const PUSHED_AWAKE: u32 = 4;

/// What a registration says of a contact.
#[derive(Clone, Copy, Debug)]
pub struct Details<'a> {
    /// Its URI.
    pub uri: &'a [u8],
    /// The Call-ID of the REGISTER.
    pub call_id: &'a [u8],
    /// Where the REGISTER came from, as a URI, if that matters.
    pub received: &'a [u8],
    /// The Path.
    pub path: &'a [u8],
    /// `+sip.instance`
    pub instance: &'a [u8],
    /// What the script attached.
    pub attr: &'a [u8],
    /// The owner's cluster tag.
    pub tag: &'a [u8],
    /// The User-Agent.
    pub user_agent: &'a [u8],
    /// When it ends, in seconds since the Unix epoch; 0: never.
    pub expires: u32,
    /// Now, in seconds since the Unix epoch.
    pub modified: u32,
    /// The CSeq number.
    pub cseq: u32,
    /// Our own flags.
    pub flags: u32,
    /// Branch flags.
    pub branch_flags: FlagSet,
    /// What it supports.
    pub methods: Methods,
    /// The socket that the REGISTER came by.
    pub socket: Option<SocketId>,
    /// Its preference.
    pub q: Option<Q>,
    /// `reg-id`; 0: none.
    pub reg_id: u16,
}

const NO_SOCKET: u16 = u16::MAX;
const NO_Q: u16 = u16::MAX;

impl SyncState {
    /// The contact has changed.
    pub fn change(&mut self) {
        self.version = self.version.wrapping_add(1);
        self.write_again();
    }

    /// Its row is out of date. While a write is under way nobody knows whether there will be a row to update: were that
    /// write to fail, an UPDATE would change nothing and count as done.
    pub fn write_again(&mut self) {
        if self.need == Need::Nothing {
            self.need = if self.in_flight > 0 { Need::Rewrite } else { Need::Update };
        }
    }

    /// A write of the contact begins.
    pub fn begin(&mut self) {
        self.overlapped |= self.in_flight > 0;
        self.in_flight = self.in_flight.saturating_add(1);
        self.need = Need::Nothing;
    }

    /// A write of the contact has ended. What failed, or ran beside another, is written again.
    pub fn end(&mut self, is_written: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if !is_written || self.overlapped && self.in_flight == 0 {
            self.need = Need::Rewrite;
        }
        if self.in_flight == 0 {
            self.overlapped = false;
        }
    }
}

impl Contact {
    /// A new contact; `None` if its strings are longer than a message can be.
    pub fn new(id: u64, details: &Details<'_>, agents: &UserAgents) -> Option<Contact> {
        let mut contact = Contact {
            text: Text::default(),
            id,
            expires: 0,
            modified: 0,
            cseq: 0,
            flags: 0,
            branch_flags: FlagSet::default(),
            methods: Methods::ALL,
            latency_us: 0,
            pushed: 0,
            socket: NO_SOCKET,
            q: NO_Q,
            agent: UNLISTED,
            reg_id: 0,
            sync: SyncState { need: Need::Insert, in_flight: 0, overlapped: false, version: 0 },
            keys: None,
        };
        contact.fill(details, agents)?;
        Some(contact)
    }

    /// Takes over a new registration; false, and nothing changes, if its strings are too long.
    pub fn update(&mut self, details: &Details<'_>, agents: &UserAgents) -> bool {
        if self.fill(details, agents).is_none() {
            return false;
        }
        self.sync.change();
        true
    }

    fn fill(&mut self, details: &Details<'_>, agents: &UserAgents) -> Option<()> {
        let agent = agents.number(details.user_agent);
        let own_agent = if agent == UNLISTED { details.user_agent } else { b"" };
        let parts = [
            details.uri,
            details.call_id,
            details.received,
            details.path,
            details.instance,
            details.attr,
            details.tag,
            own_agent,
        ];
        if !self.text.is(&parts) {
            self.text = Text::new(parts)?;
        }
        self.agent = agent;
        self.expires = details.expires;
        self.modified = details.modified;
        self.cseq = details.cseq;
        self.flags = details.flags;
        self.branch_flags = details.branch_flags;
        self.methods = details.methods;
        self.socket = details.socket.map_or(NO_SOCKET, |socket| socket.0);
        self.q = details.q.map_or(NO_Q, |q| q.0);
        self.reg_id = details.reg_id;
        Some(())
    }

    /// Its URI.
    pub fn uri(&self) -> &[u8] {
        self.text.get(Field::Uri)
    }

    /// The Call-ID of its REGISTER.
    pub fn call_id(&self) -> &[u8] {
        self.text.get(Field::CallId)
    }

    /// Where its REGISTER came from; empty if that is the URI.
    pub fn received(&self) -> &[u8] {
        self.text.get(Field::Received)
    }

    /// Its Path.
    pub fn path(&self) -> &[u8] {
        self.text.get(Field::Path)
    }

    /// `+sip.instance`
    pub fn instance(&self) -> &[u8] {
        self.text.get(Field::Instance)
    }

    /// What the script attached.
    pub fn attr(&self) -> &[u8] {
        self.text.get(Field::Attr)
    }

    /// The owner's cluster tag.
    pub fn tag(&self) -> &[u8] {
        self.text.get(Field::Tag)
    }

    /// Its User-Agent.
    pub fn user_agent(&self, agents: &UserAgents) -> Bytes {
        let listed = agents.text(self.agent);
        listed.unwrap_or_else(|| Bytes::copy_from_slice(self.text.get(Field::Agent)))
    }

    /// The socket it registered by.
    pub fn socket(&self) -> Option<SocketId> {
        (self.socket != NO_SOCKET).then_some(SocketId(self.socket))
    }

    /// Its preference.
    pub fn q(&self) -> Option<Q> {
        (self.q != NO_Q).then_some(Q(self.q))
    }

    /// Its place in the order of preference: contacts without one come last, as upstream has it.
    pub fn rank(&self) -> i32 {
        self.q().map_or(-1, |q| i32::from(q.0))
    }

    /// Whether it may still be called.
    pub fn is_valid(&self, now: Time) -> bool {
        self.expires == 0 || u64::from(self.expires) > now.unix_seconds()
    }

    /// The seconds it has left; `None` if it never ends.
    pub fn seconds_left(&self, now: Time) -> Option<u64> {
        (self.expires != 0).then(|| u64::from(self.expires).saturating_sub(now.unix_seconds()))
    }

    /// When it ends by the clock on the wall; 0: never.
    pub fn expires_on(&self, wall: &Wall) -> u32 {
        if self.expires == 0 { 0 } else { on_wall(self.expires, wall).max(1) }
    }

    /// Whether the database may have it, or get it from a write under way.
    pub fn may_be_in_database(&self) -> bool {
        self.sync.need != Need::Insert || self.sync.in_flight > 0
    }

    /// Whether it belongs into the database.
    pub fn is_stored(&self) -> bool {
        self.flags & MEMORY_ONLY == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Contact;
    use crate::usrloc::Record;

    #[test]
    fn a_million_contacts_are_small() {
        assert!(size_of::<Contact>() <= 96, "{}", size_of::<Contact>());
        assert!(size_of::<Record>() <= 152, "{}", size_of::<Record>());
    }
}
