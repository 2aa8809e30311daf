//! Where users are, for modules that ping contacts. Module `usrloc` offers it in [`crate::Wishes`].

use crate::{Env, SocketId, Time};
use bytes::Bytes;
use catalogue::FlagSet;
use std::time::Duration;

/// The contacts of all location tables.
pub trait Location: Send + Sync {
    /// Shows each contact that may be called, in one of so many parts: who goes through all of them should take a
    /// part at a time, for messages wait meanwhile.
    fn visit(&self, part: usize, parts: usize, now: Time, visit: &mut dyn FnMut(&ContactView<'_>));

    /// A contact answered a ping after this time.
    fn answered(&self, env: &mut Env<'_>, contact: &ContactKey, round_trip: Duration);

    /// Removes a contact.
    fn remove(&self, env: &mut Env<'_>, contact: &ContactKey);

    /// The branch flag of contacts behind a NAT (`nat_bflag`).
    fn nat_flag(&self) -> Option<u8>;
}

/// A contact, as long as it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct ContactView<'a> {
    /// The name of its table.
    pub table: &'a str,
    /// Its address of record.
    pub aor: &'a [u8],
    /// Its identifier.
    pub id: u64,
    /// Its URI.
    pub uri: &'a [u8],
    /// Where its registration came from, as a URI; empty if that is the URI's host.
    pub received: &'a [u8],
    /// Its Path; empty if there is none.
    pub path: &'a [u8],
    /// The socket it registered by.
    pub socket: Option<SocketId>,
    /// Its branch flags.
    pub flags: FlagSet,
    /// When it ends, in seconds since the Unix epoch; 0: never.
    pub expires: u32,
}

/// What tells a contact from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactKey {
    /// The name of its table.
    pub table: Bytes,
    /// Its address of record.
    pub aor: Bytes,
    /// Its identifier.
    pub id: u64,
}

impl ContactView<'_> {
    /// What tells it from all others, to keep.
    pub fn key(&self) -> ContactKey {
        ContactKey {
            table: Bytes::copy_from_slice(self.table.as_bytes()),
            aor: Bytes::copy_from_slice(self.aor),
            id: self.id,
        }
    }
}
