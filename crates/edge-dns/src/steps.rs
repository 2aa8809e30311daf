//! From a name to the places to try: NAPTR, SRV, A and AAAA (RFC 3263 section 4).

use crate::order::{by_preference, by_priority, prefix};
use crate::resolver::no_name;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use module_api::{Destination, Fault, Proto, Question, Resolved};
use rand_core::{OsRng, TryRngCore};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// What a question is answered with.
pub(crate) struct Steps {
    pub(crate) resolver: TokioResolver,
    pub(crate) naptr: bool,
    /// `/etc/hosts` knows the name: then there is nothing to ask about it.
    pub(crate) is_written_down: bool,
    pub(crate) name: Name,
}

/// Places, and until when they hold.
#[derive(Default)]
struct Places {
    destinations: Vec<Destination>,
    until: Option<Instant>,
}

/// More places than a request can be tried at.
const DESTINATIONS_MAX: usize = 16;
/// More servers than one name should need.
const TARGETS_MAX: usize = 8;
/// An answer that ran out while others were fetched still serves who asked.
const LIFETIME_MIN: Duration = Duration::from_secs(1);

impl Steps {
    /// Where the name leads.
    pub(crate) async fn follow(self, question: &Question) -> Result<Resolved, Fault> {
        let mut places = Places::default();
        if question.port.is_none() && !self.is_written_down {
            self.servers(question, &mut places).await;
        }
        if places.destinations.is_empty() {
            let proto = question.protos.first().copied().unwrap_or(Proto::Udp);
            let port = question.port.unwrap_or(proto.default_port());
            self.addresses(self.name.clone(), proto, port, question.ipv6, &mut places).await;
        }
        places.destinations.truncate(DESTINATIONS_MAX);
        if places.destinations.is_empty() {
            return Err(no_name(&question.host));
        }
        let left = places.until.map_or(LIFETIME_MIN, |until| until.saturating_duration_since(Instant::now()));
        Ok(Resolved { destinations: places.destinations, lifetime: left.max(LIFETIME_MIN) })
    }

    /// The servers of the name's domain: those of the transport that NAPTR records prefer, else of the first transport
    /// that has any.
    async fn servers(&self, question: &Question, places: &mut Places) {
        if self.naptr && question.protos.len() > 1 {
            for (proto, replacement) in self.services(&question.protos, places).await {
                self.service(replacement, proto, question.ipv6, places).await;
                if !places.destinations.is_empty() {
                    return;
                }
            }
        }
        for proto in &question.protos {
            let prefixed = Name::from_ascii(prefix(*proto)).and_then(|prefix| prefix.append_name(&self.name));
            let Ok(name) = prefixed else { continue };
            self.service(self.absolute(name), *proto, question.ipv6, places).await;
            if !places.destinations.is_empty() {
                return;
            }
        }
    }

    /// The transports that the domain offers, with the names of their SRV records.
    async fn services(&self, protos: &[Proto], places: &mut Places) -> Vec<(Proto, Name)> {
        let Some(lookup) = self.ask(self.absolute(self.name.clone()), RecordType::NAPTR).await else {
            return Vec::new();
        };
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::NAPTR(record) => Some(record.clone()),
            _ => None,
        });
        let chosen = by_preference(records.collect(), protos);
        if !chosen.is_empty() {
            places.holds_until(lookup.valid_until());
        }
        chosen.into_iter().take(TARGETS_MAX).map(|(proto, record)| (proto, record.replacement)).collect()
    }

    /// The servers of one transport.
    async fn service(&self, name: Name, proto: Proto, ipv6: bool, places: &mut Places) {
        let Some(lookup) = self.ask(name, RecordType::SRV).await else { return };
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            // The root as target says that there is no such service (RFC 2782).
            RData::SRV(record) if !record.target.is_root() => Some(record.clone()),
            _ => None,
        });
        let records = by_priority(records.collect(), below);
        if !records.is_empty() {
            places.holds_until(lookup.valid_until());
        }
        for record in records.into_iter().take(TARGETS_MAX) {
            self.addresses(record.target, proto, record.port, ipv6, places).await;
        }
    }

    /// The addresses of a host: AAAA only where there is no A (`dns_try_ipv6`).
    async fn addresses(&self, host: Name, proto: Proto, port: u16, ipv6: bool, places: &mut Places) {
        let kinds: &[RecordType] = if ipv6 { &[RecordType::A, RecordType::AAAA] } else { &[RecordType::A] };
        for kind in kinds {
            let Some(lookup) = self.ask(host.clone(), *kind).await else { continue };
            let found: Vec<IpAddr> = lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect();
            if found.is_empty() {
                continue;
            }
            places.holds_until(lookup.valid_until());
            let found = found.into_iter().map(|ip| Destination { proto, address: SocketAddr::new(ip, port) });
            return places.destinations.extend(found);
        }
    }

    /// One question. That there is nothing, or nobody answers, is no news here: the next step may know more.
    async fn ask(&self, name: Name, kind: RecordType) -> Option<Lookup> {
        self.resolver.lookup(name, kind).await.ok()
    }

    /// A name of several parts is whole: nobody has services under a search domain's idea of it.
    fn absolute(&self, mut name: Name) -> Name {
        if self.name.num_labels() > 1 {
            name.set_fqdn(true);
        }
        name
    }
}

impl Places {
    fn holds_until(&mut self, until: Instant) {
        self.until = Some(self.until.map_or(until, |known| known.min(until)));
    }
}

/// A random number below the bound. A system that gives no randomness gives the order of the records.
fn below(bound: u32) -> u32 {
    OsRng.try_next_u32().map_or(0, |number| number % bound.max(1))
}
