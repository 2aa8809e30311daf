//! What a call needs to know of a contact, and which contacts a call may go to.

use super::Registrar;
use super::flags::LookupOptions;
use super::gruu::Referred;
use super::path;
use crate::usrloc::contact::Contact;
use crate::usrloc::{Record, UserAgents};
use bytes::Bytes;
use catalogue::{FlagSet, Value};
use module_api::{BRANCHES_MAX, Branch, Q, SocketId, Time};
use sip::Method;
use smallvec::SmallVec;

/// A contact that a call may go to.
#[derive(Clone, Debug)]
pub struct Target {
    uri: Bytes,
    destination: Option<Bytes>,
    path: Option<Bytes>,
    q: Option<Q>,
    socket: Option<SocketId>,
    flags: FlagSet,
    attr: Option<Bytes>,
    latency_us: u32,
}

/// A contact that sleeps.
#[derive(Clone, Debug)]
pub struct Sleeper {
    /// The address of record.
    pub aor: Bytes,
    /// The contact.
    pub contact: Contact,
}

/// What was found for a call.
#[derive(Default)]
pub struct Found {
    /// Where it may go, in order.
    pub targets: SmallVec<[Target; 2]>,
    /// Whom to wake up.
    pub sleepers: Vec<Sleeper>,
    /// There are contacts that do not support the method.
    pub lacks_method: bool,
}

/// Which contacts are wanted.
pub struct Wish {
    /// As the script says.
    pub options: LookupOptions,
    /// The method of the request.
    pub method: Method,
    /// Only this one.
    pub referred: Option<Referred>,
    /// Now.
    pub now: Time,
}

impl Wish {
    /// Collects the contacts of a record.
    pub fn collect(&self, registrar: &Registrar, record: &Record, agents: &UserAgents, found: &mut Found) {
        for contact in record.valid(self.now) {
            if self.referred.as_ref().is_some_and(|referred| !referred.is(contact)) {
                continue;
            }
            if self.options.method_filtering && !contact.methods.contains(self.method) {
                found.lacks_method = true;
                continue;
            }
            if !self.fits(contact, agents) {
                continue;
            }
            if registrar.push.as_ref().is_some_and(|push| push.sleeps(contact, self.now)) {
                if found.sleepers.len() < BRANCHES_MAX {
                    let sleeper = Sleeper { aor: Bytes::copy_from_slice(record.aor()), contact: contact.clone() };
                    found.sleepers.push(sleeper);
                }
                continue;
            }
            if found.targets.len() < BRANCHES_MAX {
                found.targets.push(Target::of(registrar, contact));
            }
        }
        if self.options.sort_by_latency {
            // Who has never answered a ping comes last.
            found.targets.sort_by_key(|target| target.latency_us.wrapping_sub(1));
        }
    }

    fn fits(&self, contact: &Contact, agents: &UserAgents) -> bool {
        let is_fast = self.options.latency_us_max.is_none_or(|max| contact.latency_us <= max);
        let is_make = self.options.user_agent.as_ref();
        is_fast && is_make.is_none_or(|expression| expression.is_match(&contact.user_agent(agents)))
    }
}

impl Target {
    /// A contact as it is now.
    pub fn of(registrar: &Registrar, contact: &Contact) -> Target {
        let uri = match &registrar.push {
            Some(push) => push.stripped(contact.uri()),
            None => Bytes::copy_from_slice(contact.uri()),
        };
        // NAT is the affair of the first proxy of a path, not ours: its URI goes before where we saw the phone.
        let hop = path::first_uri(contact.path()).unwrap_or(contact.received());
        let some = |text: &[u8]| (!text.is_empty()).then(|| Bytes::copy_from_slice(text));
        Target {
            uri,
            destination: some(hop),
            path: some(contact.path()),
            q: contact.q(),
            socket: contact.socket(),
            flags: contact.branch_flags,
            attr: some(contact.attr()),
            latency_us: contact.latency_us,
        }
    }

    /// What the script attached to it.
    pub fn attr(&self) -> Bytes {
        self.attr.clone().unwrap_or_default()
    }

    /// As a branch.
    pub fn branch(self, registrar: &Registrar) -> Branch {
        let mut branch = Branch {
            uri: self.uri,
            destination: self.destination,
            path: self.path,
            q: self.q,
            socket: self.socket,
            flags: self.flags,
            ..Branch::default()
        };
        if let (Some(attr), false) = (self.attr, registrar.attr_name.is_empty()) {
            branch.attributes.push((registrar.attr_name.clone(), Value::Str(attr)));
        }
        branch
    }
}
