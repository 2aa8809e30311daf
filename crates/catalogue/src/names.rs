//! Names of AVPs and script variables turned into numbers, so that running scripts compare integers.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// A name of an AVP or script variable, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// The table of names. It only grows, and is bounded: names may come from messages (`$avp($hdr(X))`).
#[derive(Debug, Default)]
pub struct Names {
    table: RwLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    ids: BTreeMap<Bytes, NameId>,
    names: Vec<Bytes>,
    refused: u64,
}

/// More different names than any script has; past it new ones read as NULL.
const NAMES_MAX: usize = 65_536;

impl Names {
    /// The number of a name, given now if it is new. `None` when the table is full.
    pub fn intern(&self, name: &[u8]) -> Option<NameId> {
        if let Some(id) = self.table.read().unwrap_or_else(PoisonError::into_inner).ids.get(name) {
            return Some(*id);
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = table.ids.get(name) {
            return Some(*id);
        }
        if table.names.len() >= NAMES_MAX {
            table.refused += 1;
            return None;
        }
        let id = NameId(u32::try_from(table.names.len()).ok()?);
        let name = Bytes::copy_from_slice(name);
        table.names.push(name.clone());
        table.ids.insert(name, id);
        Some(id)
    }

    /// The name of a number.
    pub fn name(&self, id: NameId) -> Option<Bytes> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.names.get(usize::try_from(id.0).ok()?).cloned()
    }

    /// How many names were refused because the table was full.
    pub fn refused(&self) -> u64 {
        self.table.read().unwrap_or_else(PoisonError::into_inner).refused
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_name_keeps_its_number() {
        let names = Names::default();
        let first = names.intern(b"caller").unwrap();
        assert_ne!(names.intern(b"callee").unwrap(), first);
        assert_eq!(names.intern(b"caller").unwrap(), first);
        assert_eq!(names.name(first).unwrap(), "caller");
    }
}
