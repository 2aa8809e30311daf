//! Destination blacklists: where requests must not be sent. Kept here because scripts, management and the sender use them.

mod pattern;
mod rule;
#[cfg(test)]
mod tests;

use crate::Time;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use rule::{Net, Rule, Target};

/// All blacklists, by name.
#[derive(Debug, Default)]
pub struct Blacklists {
    lists: RwLock<BTreeMap<Bytes, List>>,
    /// How many lists there are, so that a server without any asks no lock.
    count: AtomicUsize,
    /// Rules that were not added because a list was full.
    refused: AtomicU64,
}

/// A blacklist.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Who made it: `core`, or a module.
    pub owner: &'static str,
    /// What may be done with it.
    pub flags: ListFlags,
    /// Its rules; the first that matches decides.
    pub rules: Vec<Rule>,
}

/// What may be done with a blacklist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListFlags {
    /// Its rules cannot be changed while running.
    pub read_only: bool,
    /// Its rules may have a lifetime.
    pub expire: bool,
    /// It is in use for every message that does not say otherwise.
    pub default: bool,
}

/// Why a rule was not added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlacklistError {
    /// There is no list of this name.
    UnknownList,
    /// The list is read-only.
    ReadOnly,
    /// The list does not take rules with a lifetime.
    NoExpiry,
    /// The list has no such rule.
    UnknownRule,
    /// The list has as many rules as it may.
    Full,
}

/// More lists than any script defines.
const LISTS_MAX: usize = 1024;
/// More rules than a list can usefully be searched for each send.
const RULES_MAX: usize = 65_536;

impl Blacklists {
    /// Makes a list from `dst_blacklist`: `name[/expire,default,readonly][:{rule,…}]`. Without flags it is read-only.
    ///
    /// # Errors
    /// What is wrong with the text, for people.
    pub fn define(&self, text: &str) -> Result<(), String> {
        let (name, flags, rules) = rule::parse_definition(text)?;
        self.create(name.as_bytes(), List { owner: "core", flags, rules })
    }

    /// Makes a list.
    ///
    /// # Errors
    /// There is one of this name, or there are too many.
    pub fn create(&self, name: &[u8], list: List) -> Result<(), String> {
        let mut lists = self.write();
        if lists.contains_key(name) {
            return Err(format!("the blacklist \"{}\" is defined twice", String::from_utf8_lossy(name)));
        }
        if lists.len() >= LISTS_MAX || list.rules.len() > RULES_MAX {
            return Err("there are too many blacklists, or too many rules in one".to_owned());
        }
        lists.insert(Bytes::copy_from_slice(name), list);
        self.count.store(lists.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Whether there is a list of this name.
    pub fn exists(&self, name: &[u8]) -> bool {
        self.read().contains_key(name)
    }

    /// A list, with the rules that have not run out.
    pub fn get(&self, name: &[u8], now: Time) -> Option<List> {
        self.read().get(name).map(|list| list.at(now))
    }

    /// All lists in the order of their names, with the rules that have not run out.
    pub fn all(&self, now: Time) -> Vec<(Bytes, List)> {
        self.read().iter().map(|(name, list)| (name.clone(), list.at(now))).collect()
    }

    /// Whether a request must not be sent to this target: a list in use has a rule for it. In use are the lists that
    /// the script named (`on`) and the default ones, without those it turned off.
    pub fn refuses(&self, on: &[Bytes], off: &[Bytes], target: &Target<'_>, now: Time) -> bool {
        if self.count.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let lists = self.read();
        let in_use =
            lists.iter().filter(|(name, list)| !off.contains(name) && (list.flags.default || on.contains(name)));
        in_use.into_iter().any(|(_, list)| list.first_match(target, now).is_some())
    }

    /// The first rule of a list that is met by a target.
    ///
    /// # Errors
    /// There is no such list.
    pub fn check(&self, name: &[u8], target: &Target<'_>, now: Time) -> Result<Option<Rule>, BlacklistError> {
        let lists = self.read();
        let list = lists.get(name).ok_or(BlacklistError::UnknownList)?;
        Ok(list.first_match(target, now).cloned())
    }

    /// The names of all lists with a rule that is met by a target.
    pub fn check_all(&self, target: &Target<'_>, now: Time) -> Vec<Bytes> {
        let lists = self.read();
        let met = lists.iter().filter(|(_, list)| list.first_match(target, now).is_some());
        met.map(|(name, _)| name.clone()).collect()
    }

    /// Adds a rule; one that is there already gets its lifetime.
    ///
    /// # Errors
    /// The list is unknown, read-only or full, or takes no lifetimes.
    pub fn add(&self, name: &[u8], rule: Rule, now: Time) -> Result<(), BlacklistError> {
        let mut lists = self.write();
        let list = lists.get_mut(name).ok_or(BlacklistError::UnknownList)?;
        list.add(rule, now).inspect_err(|error| {
            if *error == BlacklistError::Full {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// List or rule are unknown, or the list is read-only.
    pub fn remove(&self, name: &[u8], rule: &Rule) -> Result<(), BlacklistError> {
        let mut lists = self.write();
        let list = lists.get_mut(name).ok_or(BlacklistError::UnknownList)?;
        if list.flags.read_only {
            return Err(BlacklistError::ReadOnly);
        }
        let position = list.rules.iter().position(|known| known.is_same(rule));
        list.rules.remove(position.ok_or(BlacklistError::UnknownRule)?);
        Ok(())
    }

    /// How many rules were refused because their list was full.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Bytes, List>> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Bytes, List>> {
        self.lists.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn add(&mut self, rule: Rule, now: Time) -> Result<(), BlacklistError> {
        if self.flags.read_only {
            return Err(BlacklistError::ReadOnly);
        }
        if rule.until.is_some() && !self.flags.expire {
            return Err(BlacklistError::NoExpiry);
        }
        if let Some(known) = self.rules.iter_mut().find(|known| known.is_same(&rule)) {
            known.until = rule.until;
            return Ok(());
        }
        if self.rules.len() >= RULES_MAX {
            self.rules.retain(|known| known.lives(now));
        }
        if self.rules.len() >= RULES_MAX {
            return Err(BlacklistError::Full);
        }
        self.rules.push(rule);
        Ok(())
    }

    fn first_match(&self, target: &Target<'_>, now: Time) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.lives(now) && rule.is_met(target))
    }

    fn at(&self, now: Time) -> List {
        let rules = self.rules.iter().filter(|rule| rule.lives(now)).cloned().collect();
        List { rules, ..*self }
    }
}

impl fmt::Display for BlacklistError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            BlacklistError::UnknownList => "there is no such blacklist",
            BlacklistError::ReadOnly => "the blacklist is read-only",
            BlacklistError::NoExpiry => "the blacklist takes no rules with a lifetime",
            BlacklistError::UnknownRule => "the blacklist has no such rule",
            BlacklistError::Full => "the blacklist is full",
        })
    }
}
