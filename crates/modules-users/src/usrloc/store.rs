//! How other modules of this crate reach contacts: records read and changed wherever the mode keeps them.

use super::columns::{aor_cells, contact};
use super::contact::Contact;
use super::domain::Domain;
use super::edit::{Changes, Edit, EditContext};
use super::record::Record;
use super::write::Batch;
use super::{Mode, Usrloc, events, id};
use bytes::Bytes;
use module_api::sql::{Query, Rows};
use module_api::{Call, Env, Fault, Flow, Request};
use smallvec::SmallVec;
use std::sync::Arc;

impl Usrloc {
    /// Whether contacts are in memory.
    pub fn is_in_memory(&self) -> bool {
        self.config.mode != Mode::SqlOnly
    }

    /// Reads a record: `look` sees it, while its shard is locked, and `then` goes on with what it took.
    pub fn read<T>(
        self: &Arc<Self>,
        call: &mut Call<'_>,
        domain: &Arc<Domain>,
        aor: Bytes,
        look: impl FnOnce(Option<&Record>) -> T + Send + 'static,
        then: impl for<'a, 'b> FnOnce(&'a mut Call<'b>, T) -> Flow + Send + 'static,
    ) -> Flow {
        if self.is_in_memory() {
            let taken = domain.read(&aor, look);
            return then(call, taken);
        }
        let request = match self.fetch(domain, &aor) {
            Ok(request) => request,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let usrloc = Arc::clone(self);
        Flow::wait(request, move |call, answer| {
            let record = answer.rows().map(|rows| usrloc.record(&aor, &rows, &mut call.env));
            match record {
                Ok(record) => {
                    let taken = look(Some(&record).filter(|record| !record.contacts().is_empty()));
                    then(call, taken)
                }
                Err(fault) => Flow::Done(Err(fault)),
            }
        })
    }

    /// Changes a record: `work` does it, while its shard is locked, and `then` goes on when the change is as safe as
    /// the mode promises, with the fault if it could not be made so.
    pub fn change<T: Send + 'static>(
        self: &Arc<Self>,
        call: &mut Call<'_>,
        domain: &Arc<Domain>,
        aor: Bytes,
        work: impl FnOnce(&mut Edit<'_>) -> T + Send + 'static,
        then: impl for<'a, 'b> FnOnce(&'a mut Call<'b>, T, Result<(), Fault>) -> Flow + Send + 'static,
    ) -> Flow {
        if self.is_in_memory() {
            let (made, changes) = domain.change(&aor, events::are_wanted(&call.env), work);
            return self.commit(call, domain, &aor, changes, |call, written| then(call, made, written));
        }
        let request = match self.fetch(domain, &aor) {
            Ok(request) => request,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let (usrloc, domain) = (Arc::clone(self), Arc::clone(domain));
        Flow::wait(request, move |call, answer| match answer.rows() {
            Ok(rows) => {
                let (made, changes) = usrloc.edit_rows(&aor, &rows, &mut call.env, work);
                usrloc.commit(call, &domain, &aor, changes, |call, written| then(call, made, written))
            }
            Err(fault) => Flow::Done(Err(fault)),
        })
    }

    /// Makes a change as safe as the mode promises, raises its events, and goes on with `then`. What could not be made
    /// safe is taken back, and was no event.
    pub fn commit(
        self: &Arc<Self>,
        call: &mut Call<'_>,
        domain: &Arc<Domain>,
        aor: &[u8],
        mut changes: Changes,
        then: impl for<'a, 'b> FnOnce(&'a mut Call<'b>, Result<(), Fault>) -> Flow + Send + 'static,
    ) -> Flow {
        let Some((request, pending)) = self.batch(&call.env, domain, aor, &mut changes) else {
            events::raise(self, &mut call.env, domain, aor, &changes);
            return then(call, Ok(()));
        };
        let (usrloc, domain, aor) = (Arc::clone(self), Arc::clone(domain), Bytes::copy_from_slice(aor));
        Flow::wait(request, move |call, answer| {
            let fault = answer.into_fault();
            pending.settle(fault.is_none());
            if fault.is_none() {
                events::raise(&usrloc, &mut call.env, &domain, &aor, &changes);
            }
            then(call, fault.map_or(Ok(()), Err))
        })
    }

    /// What must be written before a change counts as made; nothing where memory is enough.
    pub fn batch(
        &self,
        env: &Env<'_>,
        domain: &Arc<Domain>,
        aor: &[u8],
        changes: &mut Changes,
    ) -> Option<(Request, super::write::Pending)> {
        let database = self.database?;
        let mut batch = Batch::new(domain);
        match self.config.mode {
            Mode::Memory | Mode::WriteBack => return None,
            Mode::SqlOnly => {
                batch.add_changes(aor, changes, self.row_context(env));
                batch.add_gone(changes.twins.iter().copied(), self.config.delete_max);
            }
            Mode::WriteThrough => {
                domain.touch(aor, |record| batch.add_record(record, self.row_context(env)));
                batch.add_gone(changes.gone.iter().copied(), self.config.delete_max);
                batch.take_back_with(aor, std::mem::take(&mut changes.undo));
            }
        }
        (!batch.is_empty()).then(|| batch.begin(database))
    }

    /// The question for the rows of an address of record.
    ///
    /// # Errors
    /// There is no database, which no mode that asks is without.
    pub fn fetch(&self, domain: &Domain, aor: &[u8]) -> Result<Request, Fault> {
        let (Some(statements), Some(database)) = (&domain.statements, self.database) else {
            return Err(Fault::us("contacts are kept in a database that is not there"));
        };
        Ok(Query::new(database, &statements.fetch, aor_cells(aor, self.config.use_domain)).into())
    }

    /// The record that rows make.
    pub fn record(&self, aor: &[u8], rows: &Rows, env: &mut Env<'_>) -> Record {
        self.record_and_twins(aor, rows, env).0
    }

    /// The record that rows make, and the rows that are not in it. Between reading a record and writing a contact that is
    /// not in it, another request of the same phone may do the same, and each gives the contact a row of its own: the one
    /// that says more counts.
    fn record_and_twins(&self, aor: &[u8], rows: &Rows, env: &mut Env<'_>) -> (Record, SmallVec<[u64; 2]>) {
        // Servers that share the table draw labels of their own.
        let label = env.random.next_u32();
        let (mut record, mut twins) = (Record::new(aor, label), SmallVec::new());
        for row in &rows.rows {
            let contact = match contact(row, self.row_context(env)) {
                Ok((_, contact)) => contact,
                Err((column, wrong)) => {
                    env.log().error(format!("a row of contacts: column {column} {wrong}"));
                    continue;
                }
            };
            let is_twin = |known: &Contact| known.uri() == contact.uri() && known.call_id() == contact.call_id();
            let Some(place) = record.contacts().iter().position(is_twin) else {
                record.insert(contact, self.config.order);
                continue;
            };
            let age = |contact: &Contact| (contact.cseq, contact.modified, contact.expires);
            let is_newer = record.contacts().get(place).is_some_and(|known| age(known) < age(&contact));
            if !is_newer {
                twins.push(contact.id);
                continue;
            }
            twins.extend(record.remove(place).map(|known| known.id));
            record.insert(contact, self.config.order);
        }
        (record, twins)
    }

    /// Changes the record that rows make.
    pub fn edit_rows<T>(
        &self,
        aor: &[u8],
        rows: &Rows,
        env: &mut Env<'_>,
        work: impl FnOnce(&mut Edit<'_>) -> T,
    ) -> (T, Changes) {
        let (mut record, twins) = self.record_and_twins(aor, rows, env);
        let was_empty = record.contacts().is_empty();
        let slot = id::slot(aor, self.config.hash_size);
        let context =
            EditContext { agents: &self.agents, order: self.config.order, slot, watched: true, undoable: false };
        let mut edit = Edit::new(&mut record, context);
        let made = work(&mut edit);
        let mut changes = edit.finish();
        // Where nothing else is written, they go with the next change.
        if !changes.list.is_empty() {
            changes.twins = twins;
        }
        changes.aor_inserted = was_empty && !record.contacts().is_empty();
        changes.aor_deleted = !was_empty && record.contacts().is_empty();
        (made, changes)
    }
}
