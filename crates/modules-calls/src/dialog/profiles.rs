//! Profiles: which dialogs are of a kind, with or without a value each, and how many.

use super::id::DialogId;
use module_api::{CacheOperation, CacheReply, Env, Fault, Job, Services, StartError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All profiles.
pub struct Profiles {
    list: Vec<Profile>,
    shared: Shared,
}

/// A profile.
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether dialogs are in it with a value.
    pub has_value: bool,
    /// Whether it is counted in a key-value store, with other servers (`/s`).
    pub is_shared: bool,
    members: Mutex<Members>,
}

/// The dialogs of a profile, by value.
#[derive(Default)]
struct Members {
    by_value: BTreeMap<Box<[u8]>, BTreeSet<DialogId>>,
    count: usize,
}

/// Where shared profiles are counted.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// The name of the store, as cachedb modules offer it.
    pub store: Option<String>,
    /// `profile_value_prefix`
    pub value_prefix: String,
    /// `profile_no_value_prefix`
    pub no_value_prefix: String,
    /// `profile_size_prefix`
    pub size_prefix: String,
    /// `profile_timeout`
    pub expires_s: u32,
}

/// More profiles than any script has.
const PROFILES_MAX: usize = 256;

impl Profiles {
    /// None.
    pub fn new(shared: Shared) -> Profiles {
        Profiles { list: Vec::new(), shared }
    }

    /// Adds the profiles of a parameter: `name ; name/s`.
    ///
    /// # Errors
    /// A name is there already, or asks for what is not there.
    pub fn add(&mut self, param: &'static str, text: &str, has_value: bool) -> Result<(), StartError> {
        let refuse = |name: &str, why: &str| StartError::param(param, format!("profile {name}: {why}")).value(text);
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, suffix) = word.split_once('/').map_or((word, ""), |(name, suffix)| (name.trim(), suffix.trim()));
            let is_shared = match suffix {
                "" => false,
                "s" if self.shared.store.is_some() => true,
                "s" => return Err(refuse(name, "/s counts it in a key-value store: set cachedb_url")),
                "b" => return Err(refuse(name, "/b counts it over a cluster, which needs the module clusterer")),
                _ => return Err(refuse(name, "what follows the name is /s or /b")),
            };
            if self.named(name.as_bytes()).is_some() {
                return Err(refuse(name, "it is there already"));
            }
            if self.list.len() >= PROFILES_MAX {
                return Err(refuse(name, "there are too many"));
            }
            self.list.push(Profile { name: name.to_owned(), has_value, is_shared, members: Mutex::default() });
        }
        Ok(())
    }

    /// All of them.
    pub fn all(&self) -> &[Profile] {
        &self.list
    }

    /// The profile of this name, with its number. A script may write the suffix too.
    pub fn named(&self, name: &[u8]) -> Option<(usize, &Profile)> {
        let name = name.split(|byte| *byte == b'/').next().unwrap_or(name).trim_ascii();
        self.list.iter().enumerate().find(|(_, profile)| profile.name.as_bytes() == name)
    }

    /// The profile of this number.
    pub fn get(&self, number: usize) -> Option<&Profile> {
        self.list.get(number)
    }

    /// A dialog is in a profile from now on.
    pub fn join(&self, env: &mut Env<'_>, number: usize, value: &[u8], id: DialogId) {
        let Some(profile) = self.list.get(number) else { return };
        if profile.insert(value, id) && profile.is_shared {
            self.count(env, profile, value, 1);
        }
    }

    /// The same for a dialog that was counted before a restart.
    pub fn join_again(&self, number: usize, value: &[u8], id: DialogId) {
        if let Some(profile) = self.list.get(number) {
            profile.insert(value, id);
        }
    }

    /// A dialog is in a profile no more.
    pub fn leave(&self, env: &mut Env<'_>, number: usize, value: &[u8], id: DialogId) {
        let Some(profile) = self.list.get(number) else { return };
        if profile.take(value, id) && profile.is_shared {
            self.count(env, profile, value, -1);
        }
    }

    /// How many dialogs other servers and this one have in a shared profile.
    ///
    /// # Errors
    /// The store is not there.
    pub fn ask_size(
        &self,
        services: &Services,
        now: module_api::Time,
        profile: &Profile,
        value: Option<&[u8]>,
    ) -> Result<CacheReply, Fault> {
        let key = match value.filter(|_| profile.has_value) {
            Some(value) => self.key(profile, value),
            None if profile.has_value => format!("{}{}", self.shared.size_prefix, profile.name).into_bytes(),
            None => self.key(profile, b""),
        };
        let store = services.cache(self.shared.store.as_deref().unwrap_or_default().as_bytes())?;
        Ok(store.run(CacheOperation::FetchCounter(key.into()), now))
    }

    fn key(&self, profile: &Profile, value: &[u8]) -> Vec<u8> {
        if !profile.has_value {
            return format!("{}{}", self.shared.no_value_prefix, profile.name).into_bytes();
        }
        [self.shared.value_prefix.as_bytes(), profile.name.as_bytes(), b"_", value].concat()
    }

    /// Adds to the counters of a shared profile.
    fn count(&self, env: &mut Env<'_>, profile: &Profile, value: &[u8], amount: i32) {
        let mut keys = vec![self.key(profile, value)];
        if profile.has_value {
            keys.push(format!("{}{}", self.shared.size_prefix, profile.name).into_bytes());
        }
        let name = self.shared.store.as_deref().unwrap_or_default();
        for key in keys {
            let operation = CacheOperation::Add { key: key.into(), amount, expires_s: self.shared.expires_s };
            let asked = env.services.cache(name.as_bytes()).map(|store| store.run(operation, env.now));
            let fault = match asked {
                Ok(CacheReply::Now(reply)) => reply.err(),
                Ok(CacheReply::Wait(request, read)) => {
                    env.start(Job::wait(request, move |_, answer| Job::Done(read(answer).map(|_| ()))));
                    None
                }
                Err(fault) => Some(fault),
            };
            if let Some(fault) = fault {
                env.log().error(format!("dialog profile {} is not counted: {fault}", profile.name));
            }
        }
    }
}

impl Profile {
    /// How many dialogs it has here, with this value if one is given.
    pub fn size(&self, value: Option<&[u8]>) -> usize {
        let members = self.lock();
        match value.filter(|_| self.has_value) {
            Some(value) => members.by_value.get(value).map_or(0, BTreeSet::len),
            None => members.count,
        }
    }

    /// The dialogs it has here, with this value if one is given.
    pub fn dialogs(&self, value: Option<&[u8]>) -> Vec<DialogId> {
        let members = self.lock();
        match value.filter(|_| self.has_value) {
            Some(value) => members.by_value.get(value).into_iter().flatten().copied().collect(),
            None => {
                let all: BTreeSet<DialogId> = members.by_value.values().flatten().copied().collect();
                all.into_iter().collect()
            }
        }
    }

    /// Its values, with how many dialogs have each.
    pub fn values(&self) -> Vec<(Box<[u8]>, usize)> {
        self.lock().by_value.iter().map(|(value, dialogs)| (value.clone(), dialogs.len())).collect()
    }

    fn insert(&self, value: &[u8], id: DialogId) -> bool {
        let mut members = self.lock();
        let is_new = match members.by_value.get_mut(value) {
            Some(dialogs) => dialogs.insert(id),
            None => members.by_value.entry(value.into()).or_default().insert(id),
        };
        members.count += usize::from(is_new);
        is_new
    }

    fn take(&self, value: &[u8], id: DialogId) -> bool {
        let mut members = self.lock();
        let Some(dialogs) = members.by_value.get_mut(value) else { return false };
        let was_there = dialogs.remove(&id);
        if dialogs.is_empty() {
            members.by_value.remove(value);
        }
        members.count -= usize::from(was_there);
        was_there
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number in a store's answer.
///
/// # Errors
/// The store's fault, or its value is no number.
pub fn number(reply: Result<Option<bytes::Bytes>, Fault>) -> Result<usize, Fault> {
    let Some(text) = reply? else { return Ok(0) };
    let number: Option<i64> = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
    let number = number.ok_or(Fault::backend("the store's value is no number"))?;
    Ok(usize::try_from(number).unwrap_or(0))
}
