//! What the table is asked, with the names that the script gives it.

use super::{
    DB_TABLE, SC_BODY, SC_CTYPE, SC_EXP_TIME, SC_FROM, SC_INC_TIME, SC_MID, SC_SND_TIME, SC_TO, SC_URI_HOST,
    SC_URI_USER,
};
use catalogue::Param;
use module_api::sql::{Cell, Database, Query, Statement};
use module_api::{Params, Time};
use std::sync::Arc;

/// The statements, each made once.
pub struct Statements {
    insert: Arc<Statement>,
    count: Arc<Statement>,
    next: Arc<Statement>,
    due: Arc<Statement>,
    delete: Arc<Statement>,
    clean: Arc<Statement>,
}

/// How many reminders are read at once.
pub const DUE_MAX: usize = 50;

/// A message to be kept.
pub struct NewRow<'a> {
    pub from: &'a [u8],
    pub to: &'a [u8],
    pub user: &'a [u8],
    pub domain: &'a [u8],
    pub body: &'a [u8],
    pub content_type: &'a [u8],
    /// Times in seconds; that of sending is 0 for whenever its owner comes.
    pub came_at: i64,
    pub ends_at: i64,
    pub send_at: i64,
}

impl Statements {
    /// With the names that the script gives.
    pub fn new(params: &Params<'_>) -> Statements {
        let name = |param: &Param| -> String {
            let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '$');
            params.text(param).chars().filter(kept).collect()
        };
        let [table, id, from, to, user, domain, body, content_type, ends, came, send] = [
            &DB_TABLE,
            &SC_MID,
            &SC_FROM,
            &SC_TO,
            &SC_URI_USER,
            &SC_URI_HOST,
            &SC_BODY,
            &SC_CTYPE,
            &SC_EXP_TIME,
            &SC_INC_TIME,
            &SC_SND_TIME,
        ]
        .map(name);
        let read = format!("SELECT {id}, {from}, {to}, {user}, {domain}, {body}, {content_type}, {came} FROM {table}");
        let of_owner = format!("{user} = ? AND {domain} = ? AND {ends} > ?");
        let insert = [&from, &to, &user, &domain, &body, &content_type, &came, &ends, &send].map(String::as_str);
        Statements {
            insert: Statement::insert(&table, &insert),
            count: Statement::raw(format!("SELECT count(*) FROM {table} WHERE {of_owner}")),
            next: Statement::raw(format!("{read} WHERE {of_owner} AND {send} = 0 AND {id} > ? ORDER BY {id} LIMIT 1")),
            due: Statement::raw(format!(
                "{read} WHERE {send} > 0 AND {send} <= ? AND {ends} > ? AND {id} > ? ORDER BY {id} LIMIT {DUE_MAX}"
            )),
            delete: Statement::delete(&table, &[&id]),
            clean: Statement::raw(format!("DELETE FROM {table} WHERE {ends} <= ?")),
        }
    }

    /// Keeps a message.
    pub fn insert(&self, database: Database, row: &NewRow<'_>) -> Query {
        let texts = [row.from, row.to, row.user, row.domain].map(Cell::text);
        let body = Cell::Blob(bytes::Bytes::copy_from_slice(row.body));
        let times = [row.came_at, row.ends_at, row.send_at].map(Cell::Int);
        let cells = texts.into_iter().chain([body, Cell::text(row.content_type)]).chain(times);
        Query::new(database, &self.insert, cells)
    }

    /// How many messages an owner has.
    pub fn count(&self, database: Database, user: &[u8], domain: &[u8], now: Time) -> Query {
        Query::new(database, &self.count, [Cell::text(user), Cell::text(domain), seconds(now)])
    }

    /// The owner's next message after the one of this number.
    pub fn next(&self, database: Database, user: &[u8], domain: &[u8], now: Time, after: i64) -> Query {
        let cells = [Cell::text(user), Cell::text(domain), seconds(now), Cell::Int(after)];
        Query::new(database, &self.next, cells)
    }

    /// The next messages after the one of this number whose time has come.
    pub fn due(&self, database: Database, now: Time, after: i64) -> Query {
        Query::new(database, &self.due, [seconds(now), seconds(now), Cell::Int(after)])
    }

    /// Deletes a message.
    pub fn delete(&self, database: Database, id: i64) -> Query {
        Query::new(database, &self.delete, [Cell::Int(id)])
    }

    /// Deletes what is too old.
    pub fn clean(&self, database: Database, now: Time) -> Query {
        Query::new(database, &self.clean, [seconds(now)])
    }
}

fn seconds(time: Time) -> Cell {
    Cell::Int(i64::try_from(time.unix_seconds()).unwrap_or(i64::MAX))
}
