//! AVPs of a transaction, and script variables of a message.

use catalogue::{NameId, Value};
use smallvec::SmallVec;

/// The AVPs of a transaction: for each name a list of values, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Avps {
    /// In the order of the values; values of different names are mixed.
    list: Vec<(NameId, Value)>,
}

/// More AVPs than any script keeps; past it the oldest of the same name is dropped.
const AVPS_MAX: usize = 4096;

impl Avps {
    /// The values of a name, newest first.
    pub fn values(&self, name: NameId) -> impl DoubleEndedIterator<Item = &Value> {
        self.list.iter().rev().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The newest value; NULL if there is none.
    pub fn first(&self, name: NameId) -> Value {
        self.values(name).next().cloned().unwrap_or_default()
    }

    /// The value at a position; negative positions count from the oldest. NULL if there is none.
    pub fn at(&self, name: NameId, index: i32) -> Value {
        self.position(name, index)
            .and_then(|position| self.list.get(position))
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }

    /// How many values a name has.
    pub fn count(&self, name: NameId) -> usize {
        self.values(name).count()
    }

    /// Adds a value that will be the first.
    pub fn push(&mut self, name: NameId, value: Value) {
        if self.list.len() >= AVPS_MAX {
            self.remove_at(name, -1);
        }
        if self.list.len() < AVPS_MAX {
            self.list.push((name, value));
        }
    }

    /// Adds a value that will be the last.
    pub fn append(&mut self, name: NameId, value: Value) {
        if self.list.len() < AVPS_MAX {
            self.list.insert(0, (name, value));
        }
    }

    /// Replaces the value at a position; with none there, nothing happens and the answer is false.
    pub fn replace_at(&mut self, name: NameId, index: i32, value: Value) -> bool {
        let Some(position) = self.position(name, index) else { return false };
        if let Some(entry) = self.list.get_mut(position) {
            entry.1 = value;
        }
        true
    }

    /// Removes the value at a position.
    pub fn remove_at(&mut self, name: NameId, index: i32) -> bool {
        let Some(position) = self.position(name, index) else { return false };
        self.list.remove(position);
        true
    }

    /// Removes all values of a name.
    pub fn clear(&mut self, name: NameId) {
        self.list.retain(|(known, _)| *known != name);
    }

    /// All names and values, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (NameId, &Value)> {
        self.list.iter().rev().map(|(name, value)| (*name, value))
    }

    fn position(&self, name: NameId, index: i32) -> Option<usize> {
        let mut positions =
            self.list.iter().enumerate().rev().filter(|(_, (known, _))| *known == name).map(|(position, _)| position);
        match usize::try_from(index) {
            Ok(index) => positions.nth(index),
            Err(_) => {
                let from_end = usize::try_from(index.unsigned_abs()).ok()?.checked_sub(1)?;
                let all: SmallVec<[usize; 8]> = positions.collect();
                all.iter().rev().nth(from_end).copied()
            }
        }
    }
}

/// `$var(name)`: values of this message's run of the script. They begin as `startup_route` left them.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    list: Vec<(NameId, Value)>,
}

impl Vars {
    /// The value of a name; NULL if it was never set.
    pub fn get(&self, name: NameId) -> Value {
        self.list.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Sets a value.
    pub fn set(&mut self, name: NameId, value: Value) {
        match self.list.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => self.list.push((name, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Avps;
    use catalogue::{NameId, Value};

    #[test]
    fn the_newest_value_is_index_0() {
        let (mut avps, name) = (Avps::default(), NameId(1));
        for number in 1..=3 {
            avps.push(name, Value::Int(number));
        }
        avps.push(NameId(2), Value::Int(9));
        assert_eq!([avps.at(name, 0), avps.at(name, 2), avps.at(name, -1)], [3, 1, 1].map(Value::Int));
        avps.append(name, Value::Int(0));
        assert_eq!(avps.at(name, -1), Value::Int(0));
        assert!(avps.remove_at(name, 0));
        assert_eq!(avps.first(name), Value::Int(2));
        assert_eq!(avps.at(name, 7), Value::Null);
    }
}
