//! User agents written once: a million phones are of a few hundred makes.

use bytes::Bytes;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

/// The texts of User-Agent headers, numbered. It only grows, and only so far: what does not fit, contacts keep
/// themselves, so that inventing names costs the server no more than inventing contacts.
#[derive(Debug)]
pub struct UserAgents {
    table: RwLock<Table>,
    hasher: FixedState,
}

#[derive(Debug, Default)]
struct Table {
    texts: Vec<Bytes>,
    numbers: HashTable<u16>,
}

/// A number that stands for no text of the table.
pub const UNLISTED: u16 = u16::MAX;

const AGENTS_MAX: usize = 4096;
const AGENT_BYTES_MAX: usize = 255;

impl UserAgents {
    /// An empty table; the seed keeps peers from choosing names that collide.
    pub fn new(seed: u64) -> UserAgents {
        UserAgents { table: RwLock::default(), hasher: FixedState::with_seed(seed) }
    }

    /// The number of a text, given now if it is new; [`UNLISTED`] where the table is full or the text long.
    pub fn number(&self, text: &[u8]) -> u16 {
        if text.len() > AGENT_BYTES_MAX {
            return UNLISTED;
        }
        let hash = self.hasher.hash_one(text);
        if let Some(number) = self.table.read().unwrap_or_else(PoisonError::into_inner).find(hash, text) {
            return number;
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = table.find(hash, text) {
            return number;
        }
        if table.texts.len() >= AGENTS_MAX {
            return UNLISTED;
        }
        let number = u16::try_from(table.texts.len()).unwrap_or(UNLISTED);
        let Table { texts, numbers } = &mut *table;
        texts.push(Bytes::copy_from_slice(text));
        let rehash = |number: &u16| texts.get(usize::from(*number)).map_or(0, |text| self.hasher.hash_one(&text[..]));
        numbers.insert_unique(hash, number, rehash);
        number
    }

    /// The text of a number.
    pub fn text(&self, number: u16) -> Option<Bytes> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).texts.get(usize::from(number)).cloned()
    }
}

impl Table {
    fn find(&self, hash: u64, text: &[u8]) -> Option<u16> {
        let is_it = |number: &u16| self.texts.get(usize::from(*number)).is_some_and(|known| known == text);
        self.numbers.find(hash, is_it).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{AGENTS_MAX, UNLISTED, UserAgents};

    #[test]
    fn a_text_keeps_its_number() {
        let agents = UserAgents::new(1);
        let first = agents.number(b"Phone 1.0");
        assert_ne!(agents.number(b"Phone 2.0"), first);
        assert_eq!(agents.number(b"Phone 1.0"), first);
        assert_eq!(agents.text(first).unwrap(), "Phone 1.0");
    }

    #[test]
    fn a_full_table_gives_no_more_numbers() {
        let agents = UserAgents::new(1);
        for number in 0..AGENTS_MAX {
            assert_ne!(agents.number(number.to_string().as_bytes()), UNLISTED);
        }
        assert_eq!(agents.number(b"one more"), UNLISTED);
        assert_ne!(agents.number(b"7"), UNLISTED);
        assert_eq!(agents.text(UNLISTED), None);
    }
}
