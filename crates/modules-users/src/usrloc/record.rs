//! The record of an address of record: its contacts in the order of preference.

use super::contact::Contact;
use super::id;
use module_api::{JsonMap, Time};
use smallvec::SmallVec;

/// An address of record and its contacts.
#[derive(Clone, Debug)]
pub struct Record {
    aor: Box<[u8]>,
    contacts: SmallVec<[Contact; 1]>,
    /// Keys that scripts keep with it.
    pub keys: Option<Box<JsonMap>>,
    /// Its part of its contacts' identifiers.
    pub label: u32,
    next_contact: u16,
}

/// How contacts are ordered (`desc_time_order`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The greatest preference first; equals as they came.
    ByPreference,
    /// The last registered first.
    NewestFirst,
}

impl Record {
    /// Without contacts.
    pub fn new(aor: &[u8], label: u32) -> Record {
        Record { aor: aor.into(), contacts: SmallVec::new(), keys: None, label, next_contact: 0 }
    }

    /// The address of record.
    pub fn aor(&self) -> &[u8] {
        &self.aor
    }

    /// The contacts in order, also those whose time is over and that the timer has not removed yet.
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// The contacts in order, for changing what does not move them.
    pub fn contacts_mut(&mut self) -> &mut [Contact] {
        &mut self.contacts
    }

    /// The contacts that may be called.
    pub fn valid(&self, now: Time) -> impl Iterator<Item = &Contact> {
        self.contacts.iter().filter(move |contact| contact.is_valid(now))
    }

    /// The contact of this identifier.
    pub fn contact_mut(&mut self, id: u64) -> Option<&mut Contact> {
        self.contacts.iter_mut().find(|contact| contact.id == id)
    }

    /// Puts a contact in its place.
    pub fn insert(&mut self, contact: Contact, order: Order) {
        let place = match order {
            Order::NewestFirst => 0,
            Order::ByPreference => {
                let rank = contact.rank();
                self.contacts.iter().position(|other| other.rank() < rank).unwrap_or(self.contacts.len())
            }
        };
        self.contacts.insert(place, contact);
    }

    /// Moves a contact that has changed to its place.
    pub fn reorder(&mut self, position: usize, order: Order) {
        if position < self.contacts.len() && self.contacts.len() > 1 && !self.is_in_place(position, order) {
            let contact = self.contacts.remove(position);
            self.insert(contact, order);
        }
    }

    /// Takes a contact out.
    pub fn remove(&mut self, position: usize) -> Option<Contact> {
        (position < self.contacts.len()).then(|| self.contacts.remove(position))
    }

    /// Takes out the contacts that fail the test.
    pub fn take_unless(&mut self, keeps: impl Fn(&Contact) -> bool) -> SmallVec<[Contact; 1]> {
        let mut taken = SmallVec::new();
        let mut position = 0;
        while let Some(contact) = self.contacts.get(position) {
            if keeps(contact) {
                position += 1;
            } else {
                taken.extend(self.remove(position));
            }
        }
        taken
    }

    /// An identifier for a new contact.
    pub fn next_id(&mut self, slot: u16) -> u64 {
        loop {
            let id = id::pack(slot, self.label, self.next_contact);
            self.next_contact = self.next_contact.wrapping_add(1);
            // After 16,384 contacts the labels come round.
            if self.contacts.iter().all(|contact| contact.id != id) {
                return id;
            }
        }
    }

    /// Continues the identifiers of a contact that was loaded.
    pub fn continue_after(&mut self, id: u64) {
        self.next_contact = self.next_contact.max(id::contact_label(id).wrapping_add(1));
    }

    fn is_in_place(&self, position: usize, order: Order) -> bool {
        let rank = |at: usize| self.contacts.get(at).map(Contact::rank);
        match order {
            Order::NewestFirst => position == 0,
            Order::ByPreference => {
                let before = position.checked_sub(1).and_then(rank);
                let own = rank(position);
                before.is_none_or(|before| Some(before) >= own)
                    && rank(position + 1).is_none_or(|after| own >= Some(after))
            }
        }
    }
}
