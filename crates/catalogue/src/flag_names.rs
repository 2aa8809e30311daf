//! The names of message and branch flags, numbered as they are first seen: 32 of each kind.

use std::sync::{PoisonError, RwLock};

/// A set of flags, by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagSet(pub u32);

impl FlagSet {
    /// Sets a flag.
    pub const fn set(&mut self, number: u8) {
        self.0 |= 1 << (number % 32);
    }

    /// Clears a flag.
    pub const fn reset(&mut self, number: u8) {
        self.0 &= !(1 << (number % 32));
    }

    /// Whether a flag is set.
    pub const fn is_set(self, number: u8) -> bool {
        self.0 & (1 << (number % 32)) != 0
    }
}

/// The names of one kind of flag. Names need no declaration; numbers of older scripts are names too.
#[derive(Debug, Default)]
pub struct FlagNames {
    names: RwLock<Vec<String>>,
}

const FLAGS_MAX: usize = 32;

impl FlagNames {
    /// The number of a flag, given now if its name is new. `None`: there are 32 other names already.
    pub fn number(&self, name: &str) -> Option<u8> {
        if let Some(number) = self.known(name) {
            return Some(number);
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(position) = names.iter().position(|known| known == name) {
            return u8::try_from(position).ok();
        }
        if names.len() >= FLAGS_MAX {
            return None;
        }
        names.push(name.to_owned());
        u8::try_from(names.len() - 1).ok()
    }

    /// The number of a flag that some script or parameter has named before.
    pub fn known(&self, name: &str) -> Option<u8> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.iter().position(|known| known == name).and_then(|position| u8::try_from(position).ok())
    }

    /// The names of the flags in a set, separated by blanks, in the order of their numbers.
    pub fn list(&self, set: FlagSet) -> String {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let set = (0u8..).zip(names.iter()).filter(|(number, _)| set.is_set(*number));
        set.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The set of the flags in a list separated by blanks; unknown names get numbers while there are any.
    pub fn parse(&self, list: &str) -> FlagSet {
        let mut set = FlagSet::default();
        for number in list.split_ascii_whitespace().filter_map(|name| self.number(name)) {
            set.set(number);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::FlagNames;

    #[test]
    fn names_become_bits_and_back() {
        let names = FlagNames::default();
        let set = names.parse("NAT TCP_PERSISTENT NAT");
        assert_eq!(set.0, 0b11);
        assert_eq!(names.list(set), "NAT TCP_PERSISTENT");
    }

    #[test]
    fn the_thirty_third_name_is_refused() {
        let names = FlagNames::default();
        for number in 0..32 {
            assert_eq!(names.number(&number.to_string()), Some(number));
        }
        assert_eq!(names.number("one more"), None);
    }
}
