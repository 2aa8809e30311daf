//! Addresses of host names that were looked up, for what reads a value and cannot wait itself (`{ip.resolve}`).
//!
//! Where a script is about to evaluate such a value, the engine evaluates it once with leave to ask, waits for what was
//! asked, and evaluates it again; where nothing can wait, the question goes out in the background.

use crate::{Answer, Env, Job, Question, Request, Time};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

/// What is known of host names.
#[derive(Debug, Default)]
pub struct Hosts {
    table: RwLock<BTreeMap<Bytes, Known>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// `None`: it has no address, or the answer is not there yet.
    address: Option<IpAddr>,
    /// Whether that is what the name servers said, rather than what holds until they do.
    is_answered: bool,
    /// When it is asked for again.
    until: Time,
}

/// More names than a script resolves; past it the one that runs out first goes.
const HOSTS_MAX: usize = 4096;
/// An answer is good for the evaluation it was asked for, whatever its lifetime.
const LIFETIME_MIN: Duration = Duration::from_secs(1);
/// How long a question is not repeated.
const PATIENCE: Duration = Duration::from_secs(5);

impl Hosts {
    /// The address of a host. What is unknown or old is asked for: by the engine, which evaluates again with the
    /// answer, or in the background; then a name met for the first time has no address yet, one met before keeps its
    /// last one.
    pub fn resolve(&self, env: &mut Env<'_>, host: &[u8]) -> Option<IpAddr> {
        let name = host.to_ascii_lowercase();
        let known = self.table.read().unwrap_or_else(PoisonError::into_inner).get(name.as_slice()).copied();
        let known = known.filter(|known| known.is_answered || !env.out.may_ask());
        if let Some(known) = known.filter(|known| known.until > env.now) {
            return known.address;
        }
        let last = known.and_then(|known| known.address);
        let host = String::from_utf8(name.clone()).ok()?;
        let question = Question::addresses(host, env.services.settings.dns_try_ipv6);
        if env.out.may_ask() {
            env.out.ask(question);
            return None;
        }
        self.keep(&name, Known { address: last, is_answered: false, until: env.now + PATIENCE });
        env.start(Job::wait(Request::Resolve(question.clone()), move |env, answer| {
            env.services.hosts.learn(&question, answer, env.now);
            Job::DONE
        }));
        last
    }

    /// Takes the answer to a question.
    pub fn learn(&self, question: &Question, answer: Answer, now: Time) {
        let (address, lifetime) = match answer.resolved() {
            Ok(resolved) => (resolved.addresses().first().copied(), resolved.lifetime.max(LIFETIME_MIN)),
            Err(_) => (None, PATIENCE),
        };
        self.keep(question.host.as_bytes(), Known { address, is_answered: true, until: now + lifetime });
    }

    fn keep(&self, host: &[u8], known: Known) {
        let mut table = self.write();
        if table.len() >= HOSTS_MAX && !table.contains_key(host) {
            let first = table.iter().min_by_key(|(_, known)| known.until).map(|(name, _)| name.clone());
            if let Some(first) = first {
                table.remove(&first);
            }
        }
        table.insert(Bytes::copy_from_slice(host), known);
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Bytes, Known>> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}
