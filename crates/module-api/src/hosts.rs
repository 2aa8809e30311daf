//! Addresses of host names that were looked up, for what cannot wait for a name server (`{ip.resolve}`).

use crate::{Answer, Env, Job, Proto, Request, Time};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};
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
    /// When it is asked for again.
    until: Time,
}

/// More names than a script resolves; past it the ones that ran out go, then new ones are not kept.
const HOSTS_MAX: usize = 4096;
/// The resolver gives no lifetimes; a minute follows a moved host soon enough.
const LIFETIME: Duration = Duration::from_secs(60);
/// How long a question is not repeated.
const PATIENCE: Duration = Duration::from_secs(5);

impl Hosts {
    /// The address of a host as last known. What is unknown or old is asked for in the background: a name met for the
    /// first time has no address yet, one met before keeps its last one.
    pub fn resolve(&self, env: &mut Env<'_>, host: &[u8]) -> Option<IpAddr> {
        let name = host.to_ascii_lowercase();
        let known = self.table.read().unwrap_or_else(PoisonError::into_inner).get(name.as_slice()).copied();
        if let Some(known) = known.filter(|known| known.until > env.now) {
            return known.address;
        }
        let last = known.and_then(|known| known.address);
        let Ok(host) = String::from_utf8(name.clone()) else { return None };
        if self.keep(&name, Known { address: last, until: env.now + PATIENCE }, env.now) {
            env.start(ask(host, env.services.settings.dns_try_ipv6));
        }
        last
    }

    fn learn(&self, host: &[u8], address: Option<IpAddr>, now: Time) {
        self.keep(host, Known { address, until: now + LIFETIME }, now);
    }

    fn keep(&self, host: &[u8], known: Known, now: Time) -> bool {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= HOSTS_MAX && !table.contains_key(host) {
            table.retain(|_, known| known.until > now);
        }
        if table.len() >= HOSTS_MAX && !table.contains_key(host) {
            return false;
        }
        table.insert(Bytes::copy_from_slice(host), known);
        true
    }
}

fn ask(host: String, ipv6: bool) -> Job {
    let name = host.clone();
    Job::wait(Request::Resolve { host, proto: Proto::Udp, ipv6 }, move |env, answer| {
        let address = match answer {
            Answer::Resolved(Ok(addresses)) => addresses.first().copied(),
            _ => None,
        };
        env.services.hosts.learn(name.as_bytes(), address, env.now);
        Job::DONE
    })
}
