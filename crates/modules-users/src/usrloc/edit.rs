//! A record being changed, and the list of what was changed, for events and the database.

use super::agents::UserAgents;
use super::contact::{Contact, Details, Need};
use super::record::{Order, Record};
use super::undo::Undo;
use smallvec::SmallVec;

/// A record under change. Whoever holds it holds the lock of its shard: nothing here waits.
pub struct Edit<'a> {
    record: &'a mut Record,
    context: EditContext<'a>,
    changes: Changes,
}

/// What an edit needs to know.
#[derive(Clone, Copy)]
pub struct EditContext<'a> {
    /// The known user agents.
    pub agents: &'a UserAgents,
    /// How contacts are ordered.
    pub order: Order,
    /// The slot of the address of record.
    pub slot: u16,
    /// Whether somebody wants copies of what changed: listeners to events, or a database written through.
    pub watched: bool,
    /// Whether the change may have to be taken back.
    pub undoable: bool,
}

/// What was changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// Copies of the contacts as they are after the change, where somebody wants them.
    pub list: SmallVec<[(Kind, Contact); 1]>,
    /// The identifiers of contacts that were removed and may be in the database.
    pub gone: SmallVec<[u64; 2]>,
    /// What takes it back, where it may have to be.
    pub undo: Vec<Undo>,
    /// Rows that say less of a contact than another row of it, and go: two requests have written it at once.
    pub twins: SmallVec<[u64; 2]>,
    /// Contacts added less contacts removed.
    pub balance: i64,
    /// The record is new.
    pub aor_inserted: bool,
    /// The record is gone.
    pub aor_deleted: bool,
}

/// The kinds of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new contact.
    Insert,
    /// A contact registered again.
    Update,
    /// A contact removed.
    Delete,
}

impl<'a> Edit<'a> {
    /// Begins.
    pub fn new(record: &'a mut Record, context: EditContext<'a>) -> Edit<'a> {
        Edit { record, context, changes: Changes::default() }
    }

    /// The record as it is now.
    pub fn record(&self) -> &Record {
        self.record
    }

    /// The record, for changing keys.
    pub fn record_mut(&mut self) -> &mut Record {
        self.record
    }

    /// The known user agents.
    pub fn agents(&self) -> &'a UserAgents {
        self.context.agents
    }

    /// Adds a contact; `None` if its strings are too long.
    pub fn insert(&mut self, details: &Details<'_>) -> Option<u64> {
        let id = self.record.next_id(self.context.slot);
        let contact = Contact::new(id, details, self.context.agents)?;
        self.note(Kind::Insert, &contact);
        if self.context.undoable {
            self.changes.undo.push(Undo::Insert { id, version: contact.sync.version });
        }
        self.record.insert(contact, self.context.order);
        self.changes.balance += 1;
        Some(id)
    }

    /// Updates the contact at a position; false if its strings are too long.
    pub fn update(&mut self, position: usize, details: &Details<'_>) -> bool {
        let Some(contact) = self.record.contacts_mut().get_mut(position) else { return false };
        let was_stored = contact.is_stored() && contact.may_be_in_database();
        let before = self.context.undoable.then(|| Box::new(contact.clone()));
        if !contact.update(details, self.context.agents) {
            return false;
        }
        self.changes.undo.extend(before.map(|before| Undo::Update { before, version: contact.sync.version }));
        if was_stored && !contact.is_stored() {
            self.changes.gone.push(contact.id);
            contact.sync.need = Need::Insert;
        }
        if self.context.watched {
            self.changes.list.push((Kind::Update, contact.clone()));
        }
        self.record.reorder(position, self.context.order);
        true
    }

    /// Removes the contact at a position.
    pub fn remove(&mut self, position: usize) {
        if let Some(contact) = self.record.remove(position) {
            self.note_gone(contact);
        }
    }

    /// Removes the contacts that fail the test; how many.
    pub fn remove_unless(&mut self, keeps: impl Fn(&Contact) -> bool) -> usize {
        let removed = self.record.take_unless(keeps);
        let count = removed.len();
        removed.into_iter().for_each(|contact| self.note_gone(contact));
        count
    }

    /// Ends with the list of changes.
    pub fn finish(self) -> Changes {
        self.changes
    }

    fn note(&mut self, kind: Kind, contact: &Contact) {
        if self.context.watched {
            self.changes.list.push((kind, contact.clone()));
        }
    }

    fn note_gone(&mut self, contact: Contact) {
        self.changes.balance -= 1;
        if contact.is_stored() && contact.may_be_in_database() {
            self.changes.gone.push(contact.id);
        }
        if self.context.undoable {
            self.changes.undo.push(Undo::Delete(Box::new(contact.clone())));
        }
        if self.context.watched {
            self.changes.list.push((Kind::Delete, contact));
        }
    }
}
