//! The owners whose messages are being sent: one message at a time for each (RFC 3428 section 8), so that they come in
//! order, and none twice.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The owners whose messages are being sent, each with whether it has come again meanwhile.
#[derive(Clone, Default)]
pub struct Owners(Arc<Mutex<BTreeMap<Owner, bool>>>);

/// User and domain.
pub type Owner = (Bytes, Bytes);

/// What came of an owner's wish.
pub enum Entered {
    /// The messages can be sent; the owner is out again when this is dropped.
    Yes(Turn),
    /// They are being sent already, and will be looked for once more.
    Already,
    /// Too many others are getting theirs.
    Full,
}

/// An owner's turn.
pub struct Turn {
    owners: Owners,
    /// Whose it is.
    pub owner: Owner,
    /// Whether it has ended: then the owner may have the next one already.
    is_over: bool,
}

/// Owners who get messages at a time; each has one request under way.
const OWNERS_MAX: usize = 10_000;

impl Owners {
    /// An owner has come.
    pub fn enter(&self, owner: Owner) -> Entered {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(again) = inside.get_mut(&owner) {
            *again = true;
            return Entered::Already;
        }
        if inside.len() >= OWNERS_MAX {
            return Entered::Full;
        }
        inside.insert(owner.clone(), false);
        Entered::Yes(Turn { owners: self.clone(), owner, is_over: false })
    }
}

impl Turn {
    /// Ends it, unless the owner has come again since it began, or since this was asked the last time.
    pub fn end(mut self) -> Option<Turn> {
        {
            let mut inside = self.owners.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !inside.get_mut(&self.owner).is_some_and(std::mem::take) {
                inside.remove(&self.owner);
                self.is_over = true;
            }
        }
        (!self.is_over).then_some(self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            self.owners.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entered, OWNERS_MAX, Owners};
    use bytes::Bytes;

    #[test]
    fn an_owner_is_in_once_and_so_many_are_in_at_most() {
        let owners = Owners::default();
        let enter = |name: &str| owners.enter((Bytes::copy_from_slice(name.as_bytes()), Bytes::new()));
        let Entered::Yes(first) = enter("first") else { panic!("there is room") };
        assert!(matches!(enter("first"), Entered::Already));
        let first = first.end().expect("who has come again goes on");
        let all: Vec<Entered> = (1..OWNERS_MAX).map(|number| enter(&number.to_string())).collect();
        assert!(all.iter().all(|entered| matches!(entered, Entered::Yes(_))));
        assert!(matches!(enter("late"), Entered::Full));
        assert!(first.end().is_none());
        let Entered::Yes(late) = enter("late") else { panic!("there is room again") };
        drop(late);
        assert!(matches!(enter("later"), Entered::Yes(_)));
    }
}
