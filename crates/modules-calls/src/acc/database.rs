//! Records in a database table. They are written in the background; while the database fails they wait in memory, and
//! what cannot wait any more goes to the log whole.

use super::entry::Entry;
use super::marks::{Backend, Occasion};
use super::params::Acc;
use super::record::Record;
use super::{journal, log};
use catalogue::Value;
use module_api::sql::{Cell, Database, Params, Query, Statement};
use module_api::{Env, Fault, Job, Request, Whose};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long a record waits before it is written again.
pub const RETRY: Duration = Duration::from_secs(5);
/// How many tables have their statement kept; more are made anew each time.
const TABLES_MAX: usize = 64;

/// Writes a record, a row for each leg.
pub fn write(env: &mut Env<'_>, acc: &Arc<Acc>, table: &str, of: Occasion, record: Record) {
    write_after(env, acc, table, of, record, Before::default());
}

/// What there was of a record before it was one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// The entry of its call on the disk, which the record takes the place of.
    pub held: Option<u64>,
    /// It may have been written before the server was started.
    pub is_doubtful: bool,
}

/// The same for a record that takes the place of something.
pub fn write_after(env: &mut Env<'_>, acc: &Arc<Acc>, table: &str, of: Occasion, record: Record, before: Before) {
    let Some(database) = acc.database else {
        return give_up(env, acc, "no db_url is set", &record);
    };
    let legs = if acc.fields.leg.tags.is_empty() { 1 } else { record.legs.len() };
    let rows = record.legs.iter().take(legs).map(|leg| row(acc, &record, leg, of));
    if let Some(journal) = &acc.journal {
        let columns = columns(acc, of).map(str::to_owned).collect();
        let entry = Entry { table: table.to_owned(), columns, rows: rows.collect() };
        let (own, table) = (Arc::clone(acc), table.to_owned());
        return journal::write(env, acc, journal, entry, before, move |env, fault| {
            env.log().error(format!("acc: a record is not on the disk ({fault}); it waits in memory"));
            without_journal(own, database, &table, of, record)
        });
    }
    env.start(without_journal(Arc::clone(acc), database, table, of, record));
}

fn without_journal(acc: Arc<Acc>, database: Database, table: &str, of: Occasion, record: Record) -> Job {
    let statement = statement(&acc, table, of);
    let legs = if acc.fields.leg.tags.is_empty() { 1 } else { record.legs.len() };
    let rows = record.legs.iter().take(legs).map(|leg| (Arc::clone(&statement), row(&acc, &record, leg, of)));
    let query = Query::batch(database, rows);
    insert(acc, query, Arc::new(record))
}

fn insert(acc: Arc<Acc>, query: Query, record: Arc<Record>) -> Job {
    let again = query.clone();
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(_) => Job::DONE,
        Err(fault) => retry(env, acc, again, record, &fault),
    })
}

/// Only a database in trouble can do later what it cannot do now.
fn retry(env: &mut Env<'_>, acc: Arc<Acc>, query: Query, record: Arc<Record>, fault: &Fault) -> Job {
    let number = if fault.whose == Whose::Script { None } else { acc.spool.put(&record) };
    let Some(number) = number else {
        give_up(env, &acc, &fault.text, &record);
        return Job::DONE;
    };
    env.log().warning(format!("acc: the database fails ({fault}); the record is written again later"));
    Job::wait(Request::Sleep(RETRY), move |_, _| match acc.spool.take(number) {
        Some(record) => insert(acc, query, record),
        None => Job::DONE,
    })
}

/// At a clean stop: what still waits goes to the log.
pub fn stop(env: &mut Env<'_>, acc: &Acc) {
    for record in acc.spool.close() {
        give_up(env, acc, "the server stops while the database fails", &record);
    }
}

/// A record that cannot be written is not lost: it goes to the log whole.
fn give_up(env: &mut Env<'_>, acc: &Acc, why: &str, record: &Record) {
    env.log().error(log::whole(acc, &format!("ACC: not in the database ({why}), the record is"), record));
}

/// The INSERT of a table.
fn statement(acc: &Acc, table: &str, of: Occasion) -> Arc<Statement> {
    let mut statements = acc.statements.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (table.to_owned(), of);
    if let Some(statement) = statements.get(&key) {
        return Arc::clone(statement);
    }
    let columns: Vec<&str> = columns(acc, of).collect();
    let statement = Statement::insert(table, &columns);
    if statements.len() < TABLES_MAX {
        statements.insert(key, Arc::clone(&statement));
    }
    statement
}

/// The columns of a row.
fn columns(acc: &Acc, of: Occasion) -> impl Iterator<Item = &str> {
    let fixed = acc.columns.names.iter().map(String::as_str);
    let times: &[&str] = match of {
        Occasion::Missed => &["setuptime", "created"],
        Occasion::Call => &["setuptime", "created", "duration", "ms_duration"],
        Occasion::Done | Occasion::Failed => &[],
    };
    let fields = [&acc.fields.extra, &acc.fields.leg].into_iter().flat_map(|set| set.of(Backend::Db));
    fixed.chain(times.iter().copied()).chain(fields.map(|(name, _)| name))
}

/// The values, in the order of [`columns`].
fn row(acc: &Acc, record: &Record, leg: &[Value], of: Occasion) -> Params {
    let texts = [&record.method, &record.from_tag, &record.to_tag, &record.callid, &record.code, &record.reason];
    let mut row: Params = texts.into_iter().map(|text| Cell::Text(text.clone())).collect();
    row.push(time(record.time));
    if matches!(of, Occasion::Missed | Occasion::Call) {
        row.extend([number(record.setup_seconds()), time(record.created)]);
    }
    if of == Occasion::Call {
        row.extend([number(record.duration.unwrap_or_default().as_secs()), number(record.ms_duration())]);
    }
    row.extend(acc.fields.extra.of(Backend::Db).map(|(_, position)| cell(record.extra.get(position))));
    row.extend(acc.fields.leg.of(Backend::Db).map(|(_, position)| cell(leg.get(position))));
    row
}

fn time(time: module_api::Time) -> Cell {
    Cell::Time(i64::try_from(time.unix_seconds()).unwrap_or(i64::MAX))
}

/// A number as a column of the schema holds it, which is of 32 bits with a sign in PostgreSQL.
fn number(number: u64) -> Cell {
    Cell::Int(i64::from(i32::try_from(number).unwrap_or(i32::MAX)))
}

fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Int(number)) => Cell::Int(i64::from(*number)),
        Some(Value::Str(text)) => Cell::Text(text.clone()),
    }
}
