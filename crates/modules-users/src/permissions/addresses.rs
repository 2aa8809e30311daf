//! The addresses in memory: found by the subnets of each length that there is, so however many there are, a look takes
//! a few steps.

use super::entry::{Entry, Question, network};
use crate::rows::{column, shown};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use module_api::Logger;
use module_api::sql::Rows;
use std::net::IpAddr;

/// All rows of a table.
#[derive(Default)]
pub struct Addresses {
    entries: Vec<Entry>,
    /// Where the rows of a subnet are among `entries`, in the order of the table.
    subnets: HashMap<(IpAddr, u8), Vec<u32>, FixedState>,
    /// The lengths of masks that there are, the longest first: of IPv4, of IPv6.
    masks: [Vec<u8>; 2],
}

/// More rows than that are passed over.
const ENTRIES_MAX: usize = 1_000_000;

impl Addresses {
    /// What the rows say; bad ones are reported.
    pub fn read(rows: &Rows, table: &str, columns: &[String], log: &Logger) -> Addresses {
        let mut addresses = Addresses::default();
        for row in &rows.rows {
            let entry = match Entry::read(row) {
                Ok(entry) => entry,
                Err((place, wrong)) => {
                    let (row, column) = (shown(columns, row), column(columns, place));
                    log.error(format!("table {table}, row {row}: column {column} {wrong}; the row is passed over"));
                    continue;
                }
            };
            if entry.is_wider_than_written(row) {
                let (row, ip, mask) = (shown(columns, row), entry.ip, entry.mask);
                log.warning(format!("table {table}, row {row}: it is all of {ip}/{mask}; one address has mask 128"));
            }
            if !addresses.add(entry) {
                log.error(format!("table {table} has more than {ENTRIES_MAX} rows; the others are passed over"));
                break;
            }
        }
        addresses.masks.iter_mut().for_each(|masks| masks.sort_unstable_by(|one, other| other.cmp(one)));
        addresses
    }

    fn add(&mut self, entry: Entry) -> bool {
        let Some(position) = u32::try_from(self.entries.len()).ok().filter(|_| self.entries.len() < ENTRIES_MAX) else {
            return false;
        };
        let [ipv4, ipv6] = &mut self.masks;
        let masks = if entry.ip.is_ipv4() { ipv4 } else { ipv6 };
        if !masks.contains(&entry.mask) {
            masks.push(entry.mask);
        }
        self.subnets.entry((entry.ip, entry.mask)).or_default().push(position);
        self.entries.push(entry);
        true
    }

    /// The row that answers: an address before subnets, narrow ones before wide ones, then the first of the table.
    pub fn find(&self, question: &Question<'_>) -> Option<&Entry> {
        let [ipv4, ipv6] = &self.masks;
        let masks = if question.ip.is_ipv4() { ipv4 } else { ipv6 };
        masks.iter().find_map(|mask| {
            let positions = self.subnets.get(&(network(question.ip, *mask), *mask))?;
            let mut entries =
                positions.iter().filter_map(|position| self.entries.get(usize::try_from(*position).ok()?));
            entries.find(|entry| entry.answers(question))
        })
    }

    /// All rows, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}
