//! Writing contacts to the database: which statements, and what becomes of contacts when they are done.

use super::Usrloc;
use super::columns::{RowContext, Statements, values};
use super::contact::{Contact, Need};
use super::domain::Domain;
use super::edit::{Changes, Kind};
use super::record::Record;
use super::undo::Undo;
use bytes::Bytes;
use module_api::sql::{Cell, Database, Params, Query, Statement};
use module_api::{Env, Request};
use smallvec::SmallVec;
use std::sync::Arc;

/// Statements to be run together, and whose contacts they are.
pub struct Batch {
    domain: Arc<Domain>,
    statements: SmallVec<[(Arc<Statement>, Params); 1]>,
    rows: Vec<(Bytes, u64)>,
    gone: Vec<u64>,
    undo: Option<(Bytes, Vec<Undo>)>,
}

/// What waits for the answer to a batch. Dropped without one, it counts as failed.
pub struct Pending {
    domain: Arc<Domain>,
    rows: Vec<(Bytes, u64)>,
    gone: Vec<u64>,
    undo: Option<(Bytes, Vec<Undo>)>,
}

/// Rows of one transaction: enough to make its cost small, few enough that nothing waits long behind it.
const ROWS_MAX: usize = 500;

impl Batch {
    /// Without statements.
    pub fn new(domain: &Arc<Domain>) -> Batch {
        let (statements, rows, gone) = (SmallVec::new(), Vec::new(), Vec::new());
        Batch { domain: Arc::clone(domain), statements, rows, gone, undo: None }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether it should be run before more is added.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= ROWS_MAX || self.gone.len() >= ROWS_MAX
    }

    /// The question to the database, and what to do with its answer.
    pub fn begin(self, database: Database) -> (Request, Pending) {
        let Batch { domain, statements, rows, gone, undo } = self;
        (Query { database, statements }.into(), Pending { domain, rows, gone, undo })
    }

    /// Adds the contacts of a record that must be written.
    pub fn add_record(&mut self, record: &mut Record, context: RowContext<'_>) {
        let Some(statements) = &self.domain.statements else { return };
        let aor = Bytes::copy_from_slice(record.aor());
        for contact in record.contacts_mut() {
            if contact.sync.need == Need::Nothing || !contact.is_stored() {
                continue;
            }
            add_contact(&mut self.statements, statements, &aor, contact, contact.sync.need, context);
            contact.sync.begin();
            self.rows.push((aor.clone(), contact.id));
        }
    }

    /// Adds the deletion of rows, several to a statement.
    pub fn add_gone(&mut self, gone: impl IntoIterator<Item = u64>, delete_max: usize) {
        let Some(statements) = &self.domain.statements else { return };
        let first = self.gone.len();
        self.gone.extend(gone);
        for ids in self.gone.get(first..).unwrap_or_default().chunks(delete_max.max(1)) {
            let cells = ids.iter().map(|id| id_cell(*id));
            if ids.len() == delete_max {
                self.statements.push((Arc::clone(&statements.delete_some), cells.collect()));
            } else {
                let singles = cells.map(|cell| (Arc::clone(&statements.delete), std::iter::once(cell).collect()));
                self.statements.extend(singles);
            }
        }
    }

    /// What takes its change back if it fails.
    pub fn take_back_with(&mut self, aor: &[u8], steps: Vec<Undo>) {
        self.undo = Some((Bytes::copy_from_slice(aor), steps));
    }

    /// Adds a change that no memory keeps: `sql-only`.
    pub fn add_changes(&mut self, aor: &[u8], changes: &Changes, context: RowContext<'_>) {
        let Some(statements) = &self.domain.statements else { return };
        for (kind, contact) in &changes.list {
            match kind {
                Kind::Insert => {
                    add_contact(&mut self.statements, statements, aor, contact, Need::Insert, context);
                }
                // Its row may have gone since it was read: expired, or removed by another server. An UPDATE would
                // change nothing then, and the contact would be acknowledged and lost.
                Kind::Update => {
                    add_contact(&mut self.statements, statements, aor, contact, Need::Rewrite, context);
                }
                Kind::Delete => self.statements.push((Arc::clone(&statements.delete), one(contact.id))),
            }
        }
    }

    /// Adds a statement with values of its own.
    pub fn add(&mut self, statement: &Arc<Statement>, params: Params) {
        self.statements.push((Arc::clone(statement), params));
    }

    /// Adds what has gathered in a shard, as much as fits; true if there may be more.
    pub fn add_shard(&mut self, shard: usize, delete_max: usize, context: RowContext<'_>) -> bool {
        let domain = Arc::clone(&self.domain);
        let mut shard = domain.lock(shard);
        let count = shard.gone.len().min(ROWS_MAX);
        let gone: Vec<u64> = shard.gone.drain(..count).collect();
        self.add_gone(gone, delete_max);
        for record in shard.records_mut() {
            if self.is_full() {
                return true;
            }
            self.add_record(record, context);
        }
        !shard.gone.is_empty()
    }
}

impl Pending {
    /// The batch is done, or has failed: then its change is taken back if it can be, and its contacts are written again,
    /// as they are, at the next run of the timer.
    pub fn settle(mut self, is_written: bool) {
        self.end(is_written);
    }

    fn end(&mut self, is_written: bool) {
        for (aor, id) in self.rows.drain(..) {
            self.domain.touch(&aor, |record| {
                if let Some(contact) = record.contact_mut(id) {
                    contact.sync.end(is_written);
                }
            });
        }
        match self.undo.take() {
            Some((aor, steps)) if !is_written => self.domain.undo(&aor, steps),
            _ if !is_written => self.domain.lock(0).gone.append(&mut self.gone),
            _ => {}
        }
        self.gone.clear();
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.end(false);
    }
}

impl Usrloc {
    /// What rows are made with.
    pub fn row_context<'a>(&'a self, env: &'a Env<'_>) -> RowContext<'a> {
        RowContext {
            wall: &env.services.wall,
            names: &env.services.names,
            sockets: &env.services.sockets,
            agents: &self.agents,
            use_domain: self.config.use_domain,
        }
    }
}

fn add_contact(
    out: &mut SmallVec<[(Arc<Statement>, Params); 1]>,
    statements: &Statements,
    aor: &[u8],
    contact: &Contact,
    need: Need,
    context: RowContext<'_>,
) {
    let id = id_cell(contact.id);
    let values = values(aor, contact, context);
    match need {
        Need::Nothing => {}
        Need::Update => out.push((Arc::clone(&statements.update), values.chain(std::iter::once(id)).collect())),
        Need::Insert => out.push((Arc::clone(&statements.insert), std::iter::once(id).chain(values).collect())),
        Need::Rewrite => {
            out.push((Arc::clone(&statements.delete), one(contact.id)));
            out.push((Arc::clone(&statements.insert), std::iter::once(id).chain(values).collect()));
        }
    }
}

fn one(id: u64) -> Params {
    std::iter::once(id_cell(id)).collect()
}

/// Identifiers are below 2^63.
fn id_cell(id: u64) -> Cell {
    Cell::Int(i64::try_from(id).unwrap_or(i64::MAX))
}
