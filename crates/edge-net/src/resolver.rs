//! Host names to addresses, with a small memory.

use module_api::{Counter, Fault};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Looks names up through the system's resolver.
#[derive(Clone, Default)]
pub struct Resolver {
    known: Arc<Mutex<BTreeMap<String, Entry>>>,
    total: Counter,
    slow: Counter,
}

struct Entry {
    addresses: Vec<IpAddr>,
    until: Instant,
}

/// How many names are remembered.
const NAMES_MAX: usize = 10_000;
/// How long an answer is remembered: the system's resolver tells no lifetime.
const REMEMBERED: Duration = Duration::from_secs(30);
/// How long a name without address is remembered.
const FAILURE_REMEMBERED: Duration = Duration::from_secs(5);
/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// From when on an answer counts as slow.
const SLOW: Duration = Duration::from_millis(500);

impl Resolver {
    /// `total` counts the questions, `slow` those that took long.
    pub fn new(total: Counter, slow: Counter) -> Resolver {
        Resolver { known: Arc::default(), total, slow }
    }

    /// The addresses of a name: IPv4 first; IPv6 too where asked for, or only that where the name has no other.
    ///
    /// # Errors
    /// It has none, or nobody answers.
    pub async fn lookup(&self, host: &str, ipv6: bool) -> Result<Vec<IpAddr>, Fault> {
        let key = host.trim_end_matches('.').to_ascii_lowercase();
        let addresses = match self.remembered(&key) {
            Some(addresses) => addresses,
            None => self.ask(key).await,
        };
        let (mut v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.into_iter().partition(IpAddr::is_ipv4);
        if ipv6 || v4.is_empty() {
            v4.extend(v6);
        }
        if v4.is_empty() { Err(Fault::next_hop(format!("{host}: no address is known for this name"))) } else { Ok(v4) }
    }

    async fn ask(&self, name: String) -> Vec<IpAddr> {
        self.total.increment();
        let asked = Instant::now();
        let answer = tokio::time::timeout(DEADLINE, tokio::net::lookup_host((name.clone(), 0))).await;
        if asked.elapsed() > SLOW {
            self.slow.increment();
        }
        let addresses: Vec<IpAddr> = match answer {
            Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
            _ => Vec::new(),
        };
        let lifetime = if addresses.is_empty() { FAILURE_REMEMBERED } else { REMEMBERED };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= NAMES_MAX {
            known.retain(|_, entry| entry.until > asked);
        }
        if known.len() < NAMES_MAX {
            known.insert(name, Entry { addresses: addresses.clone(), until: asked + lifetime });
        }
        addresses
    }

    fn remembered(&self, name: &str) -> Option<Vec<IpAddr>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|entry| entry.until > Instant::now()).map(|entry| entry.addresses.clone())
    }
}
