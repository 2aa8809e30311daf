//! The resolver: questions in, answers out, counted and measured.

use crate::options::Options;
use crate::steps::Steps;
use crate::system::Current;
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{Name, RData};
use module_api::{Counter, Fault, Question, Resolved};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Looks names up.
#[derive(Clone)]
pub struct Resolver {
    options: Arc<Options>,
    current: Arc<Mutex<Current>>,
    total: Counter,
    slow: Counter,
}

/// What a resolver needs of the system, read while the system's files can still be seen.
pub struct Prepared {
    options: Options,
    current: Current,
}

/// How many names an alias may lead over.
const NAMES_MAX: usize = 16;
/// How long all the steps of a question may take together.
const DEADLINE: Duration = Duration::from_secs(30);

impl Prepared {
    /// Reads the system's files.
    ///
    /// # Errors
    /// Why no resolver can be made, for people.
    pub fn new(options: Options) -> Result<Prepared, String> {
        let current = Current::new(&options).map_err(|error| format!("names cannot be looked up: {error}"))?;
        Ok(Prepared { options, current })
    }
}

impl Resolver {
    /// `total` counts the questions, `slow` those that took long.
    pub fn new(prepared: Prepared, total: Counter, slow: Counter) -> Resolver {
        let Prepared { options, current } = prepared;
        Resolver { options: Arc::new(options), current: Arc::new(Mutex::new(current)), total, slow }
    }

    /// Where a name leads.
    ///
    /// # Errors
    /// Nowhere, or nobody answers.
    pub async fn resolve(&self, question: &Question) -> Result<Resolved, Fault> {
        let steps = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            current.refresh(&self.options);
            let name = Name::from_utf8(&question.host).map_err(|_| no_name(&question.host))?;
            let is_written_down = current.is_written_down(&name);
            Steps { resolver: current.resolver.clone(), naptr: self.options.naptr, is_written_down, name }
        };
        self.measured(&question.host, steps.follow(question)).await.ok_or_else(|| too_late(&question.host))?
    }

    /// The names of an address.
    ///
    /// # Errors
    /// It has none, or nobody answers.
    pub async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, Fault> {
        let resolver = self.current();
        let shown = address.to_string();
        let answer = self.measured(&shown, resolver.reverse_lookup(address)).await;
        let lookup = match answer {
            Some(Ok(lookup)) => lookup,
            Some(Err(error)) => return Err(Fault::next_hop(format!("{shown}: no name is known: {error}"))),
            None => return Err(too_late(&shown)),
        };
        let names: Vec<String> = lookup
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::PTR(name) => Some(name.0.to_utf8().trim_end_matches('.').to_owned()),
                _ => None,
            })
            .collect();
        if names.is_empty() { Err(Fault::next_hop(format!("{shown}: no name is known"))) } else { Ok(names) }
    }

    /// The names that a name stands for: those its aliases (CNAME) lead over, the last of which has the addresses.
    ///
    /// # Errors
    /// It leads nowhere, or nobody answers.
    pub async fn names_behind(&self, host: &str) -> Result<Vec<String>, Fault> {
        let name = Name::from_utf8(host).map_err(|_| no_name(host))?;
        let resolver = self.current();
        let answer = self.measured(host, resolver.lookup_ip(name)).await.ok_or_else(|| too_late(host))?;
        let lookup = answer.map_err(|_| no_name(host))?;
        let targets = lookup.as_lookup().answers().iter().filter_map(|record| match &record.data {
            RData::CNAME(name) => Some(name.0.to_utf8().trim_end_matches('.').to_owned()),
            _ => None,
        });
        let mut names: Vec<String> = targets.take(NAMES_MAX).collect();
        // They come for either family.
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    pub(crate) fn current(&self) -> TokioResolver {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.refresh(&self.options);
        current.resolver.clone()
    }

    pub(crate) async fn measured<T>(&self, what: &str, work: impl Future<Output = T>) -> Option<T> {
        self.total.increment();
        let asked = Instant::now();
        let answer = tokio::time::timeout(DEADLINE, work).await.ok();
        let took = asked.elapsed();
        if took > self.options.slow_after {
            self.slow.increment();
            if let Some(slow) = &self.options.slow {
                slow(what, took);
            }
        }
        answer
    }
}

pub(crate) fn no_name(host: &str) -> Fault {
    Fault::next_hop(format!("{host}: no address is known for this name"))
}

pub(crate) fn too_late(host: &str) -> Fault {
    Fault::next_hop(format!("{host}: the name servers do not answer"))
}
