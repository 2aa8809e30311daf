//! Loading contacts from the database at start: a chunk of rows at a time, bad rows reported and passed over.

use super::Usrloc;
use super::columns::{CHUNK_ROWS, contact};
use super::domain::Domain;
use module_api::sql::{Cell, Query, Rows};
use module_api::{Env, Fault, Job};
use std::sync::Arc;

/// Loads all tables.
pub fn load(usrloc: &Arc<Usrloc>, env: &mut Env<'_>) -> Job {
    tables(Arc::clone(usrloc), usrloc.domains(), env)
}

fn tables(usrloc: Arc<Usrloc>, mut left: Vec<Arc<Domain>>, env: &mut Env<'_>) -> Job {
    match left.pop() {
        Some(domain) => rows_after(usrloc, domain, left, -1, env),
        None => Job::DONE,
    }
}

fn rows_after(usrloc: Arc<Usrloc>, domain: Arc<Domain>, left: Vec<Arc<Domain>>, id: i64, env: &mut Env<'_>) -> Job {
    let (Some(statements), Some(database)) = (&domain.statements, usrloc.database) else {
        return tables(usrloc, left, env);
    };
    let query = Query::new(database, &statements.load, [Cell::Int(id)]);
    Job::wait(query.into(), move |env, answer| {
        let rows = match answer.rows() {
            Ok(rows) => rows,
            Err(fault) => return Job::Done(Err(failed(&domain, &fault))),
        };
        let last = rows.rows.iter().filter_map(|row| row.first().and_then(Cell::to_int)).max();
        take(&usrloc, &domain, &rows, env);
        match last {
            Some(last) if rows.rows.len() >= CHUNK_ROWS => rows_after(usrloc, domain, left, last, env),
            _ => tables(usrloc, left, env),
        }
    })
}

fn take(usrloc: &Usrloc, domain: &Domain, rows: &Rows, env: &mut Env<'_>) {
    for row in &rows.rows {
        let id = row.first().and_then(Cell::to_int).and_then(|id| u64::try_from(id).ok());
        id.into_iter().for_each(|id| domain.avoid(id));
        match contact(row, usrloc.row_context(env)) {
            // Those whose time is over go by the timer, like all others. Were only their rows to go, the next contact of
            // the same record could get the identifier of such a row, and go with it.
            Ok((aor, contact)) if contact.is_valid(env.now) || usrloc.config.layout().stored => {
                domain.load(&aor, contact, usrloc.config.regenerates_ids);
            }
            Ok(_) => {}
            Err((column, wrong)) => {
                let key = row.first().and_then(Cell::to_bytes).unwrap_or_default();
                let key = String::from_utf8_lossy(&key).into_owned();
                let table = &domain.name;
                env.log().error(format!("table {table}, row {key}: column {column} {wrong}; the row is passed over"));
            }
        }
    }
}

fn failed(domain: &Domain, fault: &Fault) -> Fault {
    Fault::backend(format!("the contacts of table {} could not be loaded: {fault}", domain.name))
}
