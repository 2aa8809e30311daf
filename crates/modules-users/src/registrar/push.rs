//! Push notifications (RFC 8599): phones that sleep are woken up through a push service before they get a request.
//! The push itself is the script's: it hears of it by `E_UL_CONTACT_REFRESH`.

use super::params::*;
use super::refusal::Refusal;
use super::register::Wanted;
use super::seal::Seal;
use crate::usrloc::contact::{Contact, PUSHED_AWAKE};
use bytes::Bytes;
use module_api::{Env, Params, StartError, Time};
use sip::Uri;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// The settings, and who waits for which phone.
pub struct Push {
    providers: Vec<String>,
    match_params: Vec<Vec<u8>>,
    self_refresh_s: u32,
    skip_s: u32,
    /// The seconds a request waits.
    pub timeout_s: u32,
    /// Seals references by which phones are woken up within calls, if that is on.
    references: Option<Seal>,
    waiting: Mutex<BTreeMap<u64, SmallVec<[u64; 2]>>>,
}

/// More phones than are ever waited for at once; past it requests do not wait.
const WAITING_MAX: usize = 100_000;

impl Push {
    /// From the parameters; `None` without `pn_enable`.
    ///
    /// # Errors
    /// There is no push service.
    pub fn read(params: &Params<'_>, secret: &[u8]) -> Result<Option<Push>, StartError> {
        if !params.is_on(&PN_ENABLE) {
            return Ok(None);
        }
        let list = |param| -> Vec<String> {
            let items = params.text(param).split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(str::to_ascii_lowercase).collect()
        };
        let providers = list(&PN_PROVIDERS);
        if providers.is_empty() {
            return Err(StartError::param(PN_PROVIDERS.name, "pn_enable needs the names of push services here"));
        }
        let count = |param| u32::try_from(params.int(param)).unwrap_or(0);
        Ok(Some(Push {
            providers,
            match_params: list(&PN_CT_MATCH_PARAMS).into_iter().map(String::into_bytes).collect(),
            self_refresh_s: count(&PN_PNSREG_INTERVAL),
            skip_s: count(&PN_SKIP_PN_INTERVAL),
            timeout_s: count(&PN_REFRESH_TIMEOUT),
            references: params.is_on(&PN_ENABLE_PURR).then(|| Seal::new(secret)),
            waiting: Mutex::default(),
        }))
    }

    /// Whether a contact is to be woken up.
    ///
    /// # Errors
    /// Its push service is not ours.
    pub fn wakes(&self, uri: &Uri<'_>) -> Result<bool, Refusal> {
        // Without a value the phone only asks which services there are (RFC 8599 section 4.1.1).
        let Some(provider) = uri.params.value(b"pn-provider") else { return Ok(false) };
        if !self.providers.iter().any(|known| provider.eq_ignore_ascii_case(known.as_bytes())) {
            return Err(Refusal::PushNotSupported);
        }
        Ok(self.match_params.iter().all(|name| uri.params.has(name)))
    }

    /// Whether two contacts are the same phone to the push service.
    pub fn is_same(&self, one: &Uri<'_>, other: &Uri<'_>) -> bool {
        self.match_params.iter().all(|name| one.params.has(name) && one.params.get(name) == other.params.get(name))
    }

    /// Whether a contact must be woken up before it gets a request.
    pub fn sleeps(&self, contact: &Contact, now: Time) -> bool {
        let age = now.unix_seconds().saturating_sub(u64::from(contact.modified));
        contact.flags & PUSHED_AWAKE != 0 && age >= u64::from(self.skip_s)
    }

    /// A contact's URI without what only the push service needs.
    pub fn stripped(&self, uri: &[u8]) -> Bytes {
        let Ok(parsed) = Uri::parse(uri) else { return Bytes::copy_from_slice(uri) };
        let start = uri.len() - parsed.headers.map_or(0, |headers| headers.len() + 1) - parsed.params.as_bytes().len();
        let mut out = uri.get(..start).unwrap_or_default().to_vec();
        for (name, value) in parsed.params.iter() {
            if self.match_params.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                continue;
            }
            out.push(b';');
            out.extend_from_slice(name);
            if let Some(value) = value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
        if let Some(headers) = parsed.headers {
            out.push(b'?');
            out.extend_from_slice(headers);
        }
        Bytes::from(out)
    }

    /// Appends Feature-Caps for the reply to a REGISTER whose contacts name push services.
    pub fn write_features(&self, out: &mut Vec<u8>, aor: &[u8], list: &[Wanted<'_>], bound: &[u64], drawn: u64) {
        let Some(asking) = list.iter().find(|wanted| wanted.uri.params.has(b"pn-provider")) else { return };
        let asked = asking.uri.params.value(b"pn-provider");
        let told = |name: &&String| asked.is_none_or(|asked| asked.eq_ignore_ascii_case(name.as_bytes()));
        for provider in self.providers.iter().filter(told) {
            // Writing to a Vec cannot fail.
            let _ = write!(out, "Feature-Caps: *;+sip.pns=\"{provider}\"");
            if asking.is_pushed && asking.refreshes_itself {
                let _ = write!(out, ";+sip.pnsreg=\"{}\"", self.self_refresh_s);
            }
            if let (Some(seal), Some(id), true) = (&self.references, bound.first(), asking.is_pushed) {
                let plain = [aor, &id.to_be_bytes()].concat();
                let _ = write!(out, ";+sip.pnspurr=\"{}\"", seal.seal(drawn, &plain));
            }
            out.extend_from_slice(b"\r\n");
        }
    }

    /// The address of record and contact that a reference stands for.
    pub fn referred(&self, reference: &[u8]) -> Option<(Bytes, u64)> {
        let plain = self.references.as_ref()?.open(reference)?;
        let (aor, id) = plain.split_last_chunk::<8>()?;
        Some((Bytes::copy_from_slice(aor), u64::from_be_bytes(*id)))
    }

    /// Waits for a contact with this promise; false if too many are waited for.
    pub fn wait(&self, contact: u64, promise: u64) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            return false;
        }
        waiting.entry(contact).or_default().push(promise);
        true
    }

    /// No longer waits for a contact.
    pub fn give_up(&self, contact: u64, promise: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(promises) = waiting.get_mut(&contact) {
            promises.retain(|known| *known != promise);
            if promises.is_empty() {
                waiting.remove(&contact);
            }
        }
    }

    /// A contact has registered: who waits for it goes on.
    pub fn awake(&self, env: &mut Env<'_>, contacts: &[u64]) {
        for contact in contacts {
            let promises = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(contact);
            let operations = env.operations;
            promises.into_iter().flatten().for_each(|promise| operations.fulfil(env, promise));
        }
    }
}
