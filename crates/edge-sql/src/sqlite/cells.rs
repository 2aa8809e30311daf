//! Values on their way into SQLite and back.

use crate::datetime;
use bytes::Bytes;
use module_api::sql::Cell;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// A value to bind.
pub struct Bound<'a>(pub &'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Int(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Real(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Cell::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Cell::Time(moment) => ToSqlOutput::Owned(Value::Text(datetime::print(*moment))),
        })
    }
}

/// A value read from a column.
pub fn read(value: ValueRef<'_>, is_datetime: bool) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(moment) if is_datetime => Cell::Time(moment),
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => {
            let moment = is_datetime.then(|| std::str::from_utf8(text).ok().and_then(datetime::parse)).flatten();
            moment.map_or_else(|| Cell::Text(Bytes::copy_from_slice(text)), Cell::Time)
        }
        ValueRef::Blob(bytes) => Cell::Blob(Bytes::copy_from_slice(bytes)),
    }
}

/// Whether a column of this declared type holds moments.
pub fn is_datetime(declared: Option<&str>) -> bool {
    declared.is_some_and(|declared| {
        let starts = |word: &str| declared.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        starts("DATETIME") || starts("TIMESTAMP")
    })
}
