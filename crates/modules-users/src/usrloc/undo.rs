//! Taking a change back: written through, what the database did not take was not acknowledged, and must not be called.

use super::contact::{Contact, Need};
use super::edit::Changes;
use super::record::{Order, Record};

/// What takes one step of a change back.
#[derive(Debug)]
pub enum Undo {
    /// A new contact goes, if it is still the version that was put in.
    Insert {
        /// Its identifier.
        id: u64,
        /// Its version.
        version: u8,
    },
    /// A contact is again as it was, if it is still the version that was made of it.
    Update {
        /// As it was.
        before: Box<Contact>,
        /// The version that was made of it.
        version: u8,
    },
    /// A contact comes back, unless its phone has registered anew.
    Delete(Box<Contact>),
}

/// Takes steps back, the last first. What somebody else has changed since stays as it is: it has a write of its own.
///
/// Whether the database has what failed is not known. So what stays is written again, and what goes is deleted there.
pub fn take_back(record: &mut Record, steps: Vec<Undo>, order: Order) -> Changes {
    let mut changes = Changes::default();
    for step in steps.into_iter().rev() {
        match step {
            Undo::Insert { id, version } => {
                let is_same = |contact: &Contact| contact.id == id && contact.sync.version == version;
                let taken = record.take_unless(|contact| !is_same(contact));
                changes.balance -= i64::try_from(taken.len()).unwrap_or(0);
                changes.gone.extend(taken.iter().filter(|contact| contact.is_stored()).map(|contact| contact.id));
            }
            Undo::Update { before, version } => restore(record, *before, version, order),
            Undo::Delete(contact) => {
                if record.contacts().iter().any(|other| other.id == contact.id || other.uri() == contact.uri()) {
                    changes.gone.push(contact.id);
                    continue;
                }
                record.insert(unsure(*contact), order);
                changes.balance += 1;
            }
        }
    }
    changes
}

fn restore(record: &mut Record, mut before: Contact, version: u8, order: Order) {
    let Some(position) = record.contacts().iter().position(|contact| contact.id == before.id) else { return };
    let Some(contact) = record.contacts_mut().get_mut(position) else { return };
    if contact.sync.version != version {
        return;
    }
    let sync = contact.sync;
    (before.latency_us, before.keys) = (contact.latency_us, contact.keys.take());
    *contact = unsure(before);
    // Writes of it that are still under way go on being counted.
    (contact.sync.in_flight, contact.sync.overlapped) = (sync.in_flight, sync.overlapped);
    contact.sync.version = sync.version.wrapping_add(1);
    record.reorder(position, order);
}

fn unsure(mut contact: Contact) -> Contact {
    (contact.sync.in_flight, contact.sync.overlapped) = (0, false);
    contact.sync.need = Need::Rewrite;
    contact
}
