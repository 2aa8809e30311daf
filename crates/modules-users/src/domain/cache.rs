//! The table of domains in memory: rows by name, and the search for a domain or one that it is below.

use super::Domains;
use crate::rows::{column, shown};
use bytes::Bytes;
use module_api::sql::{Cell, Query, Rows};
use module_api::{Fault, Job, Logger};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The domains by their names in small letters.
#[derive(Default)]
pub struct Cache {
    domains: BTreeMap<Bytes, Entry>,
}

/// A domain of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name as the table has it.
    pub name: Bytes,
    /// Its attributes, if it has any.
    pub attrs: Option<Bytes>,
    /// Whether all domains below it are ours, too.
    pub accepts_subdomains: bool,
}

/// More rows than that are passed over.
const DOMAINS_MAX: usize = 1_000_000;
/// A name of DNS has no more labels.
const LABELS_MAX: usize = 127;

impl Cache {
    /// What the rows say: domain, attributes, whether subdomains are accepted. A bad row is reported.
    pub fn read(rows: &Rows, table: &str, columns: &[String; 3], log: &Logger) -> Cache {
        let mut cache = Cache::default();
        for row in &rows.rows {
            let entry = match Entry::read(row) {
                Ok(entry) => entry,
                Err((place, wrong)) => {
                    let (row, column) = (shown(columns, row), column(columns, place));
                    log.error(format!("table {table}, row {row}: column {column} {wrong}; the row is passed over"));
                    continue;
                }
            };
            if cache.domains.len() >= DOMAINS_MAX {
                log.error(format!("table {table} has more than {DOMAINS_MAX} domains; the others are passed over"));
                break;
            }
            cache.domains.insert(Bytes::from(entry.name.to_ascii_lowercase()), entry);
        }
        cache
    }

    /// The row that makes a domain ours: its own, or the nearest of those it is below that accepts subdomains.
    pub fn find(&self, domain: &[u8]) -> Option<&Entry> {
        let domain = domain.to_ascii_lowercase();
        let found = |name: &[u8]| self.domains.get(name);
        found(&domain).or_else(|| parents(&domain).filter_map(found).find(|entry| entry.accepts_subdomains))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.domains.values()
    }
}

impl Entry {
    fn read(row: &[Cell]) -> Result<Entry, (usize, &'static str)> {
        let name = row.first().and_then(Cell::to_bytes).unwrap_or_default();
        if name.is_empty() {
            return Err((0, "is empty"));
        }
        let attrs = row.get(1).and_then(Cell::to_bytes).filter(|attrs| !attrs.is_empty());
        let accepts_subdomains = match row.get(2) {
            None | Some(Cell::Null) => false,
            Some(cell) => cell.to_int().ok_or((2, "is no number"))? > 0,
        };
        Ok(Entry { name, attrs, accepts_subdomains })
    }
}

/// The domains that a domain is below, the nearest first.
pub fn parents(domain: &[u8]) -> impl Iterator<Item = &[u8]> {
    let dots = domain.iter().enumerate().filter(|(_, byte)| **byte == b'.').take(LABELS_MAX);
    dots.filter_map(move |(dot, _)| domain.get(dot + 1..)).filter(|parent| !parent.is_empty())
}

/// Reads the table before the first message is accepted.
pub fn load_at_start(module: Arc<Domains>) -> Job {
    let query = Query::new(module.database, &module.load, []);
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(rows) => {
            module.replace(Cache::read(&rows, &module.table, &module.columns, env.log()));
            Job::DONE
        }
        Err(fault) => {
            let table = &module.table;
            Job::Done(Err(Fault::backend(format!("the domains of table {table} could not be loaded: {fault}"))))
        }
    })
}
