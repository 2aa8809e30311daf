//! Values to SQLite and back.

use bytes::Bytes;
use chrono::{Local, TimeZone};
use module_api::sql::Cell;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};

/// A value as a parameter of a statement.
pub struct Param<'a>(pub &'a Cell);

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Int(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Real(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Cell::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Cell::Time(seconds) => ToSqlOutput::Owned(Value::Text(date_time(*seconds))),
        })
    }
}

/// A column of a row.
pub fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(Bytes::copy_from_slice(text)),
        ValueRef::Blob(bytes) => Cell::Blob(Bytes::copy_from_slice(bytes)),
    }
}

/// `YYYY-MM-DD HH:MM:SS` in local time, as the other engines' DATETIME columns have it.
fn date_time(seconds: i64) -> String {
    let time = Local.timestamp_opt(seconds, 0).earliest();
    time.map_or_else(|| seconds.to_string(), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}
