//! Values on their way into MySQL and back.

use crate::datetime;
use bytes::Bytes;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use module_api::sql::Cell;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Column, Value};

/// The character set of what is no text.
const BINARY: u16 = 63;

/// A value to bind. What is no UTF-8 in a text is replaced, so that a peer's bytes lose no record.
pub fn bound(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::NULL,
        Cell::Int(number) => Value::Int(*number),
        Cell::Real(number) => Value::Double(*number),
        Cell::Text(text) => Value::Bytes(String::from_utf8_lossy(text).into_owned().into_bytes()),
        Cell::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        Cell::Time(moment) => date_of(datetime::to_naive(*moment)),
    }
}

fn date_of(face: NaiveDateTime) -> Value {
    let small = |number: u32| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(face.year()).unwrap_or(1970);
    let (month, day) = (small(face.month()), small(face.day()));
    Value::Date(year, month, day, small(face.hour()), small(face.minute()), small(face.second()), 0)
}

/// A value that was read; where the statement could not be prepared all values are texts.
pub fn read(value: Value, column: &Column) -> Cell {
    match value {
        Value::NULL => Cell::Null,
        Value::Int(number) => Cell::Int(number),
        Value::UInt(number) => i64::try_from(number).map_or_else(|_| Cell::text(number.to_string()), Cell::Int),
        // Through its digits, so that 0.1 stays 0.1.
        Value::Float(number) => Cell::Real(number.to_string().parse().unwrap_or(f64::from(number))),
        Value::Double(number) => Cell::Real(number),
        Value::Date(year, month, day, hour, minute, second, _) => {
            let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
            if is_date(column.column_type()) {
                return Cell::text(format!("{year:04}-{month:02}-{day:02}"));
            }
            let face = date.and_then(|date| date.and_hms_opt(hour.into(), minute.into(), second.into()));
            // The date of zeros is MySQL's word for none.
            face.and_then(datetime::from_naive).map_or(Cell::Null, Cell::Time)
        }
        Value::Time(is_negative, days, hours, minutes, seconds, _) => {
            let (sign, hours) = (if is_negative { "-" } else { "" }, days * 24 + u32::from(hours));
            Cell::text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"))
        }
        Value::Bytes(bytes) => of_bytes(bytes, column),
    }
}

fn of_bytes(bytes: Vec<u8>, column: &Column) -> Cell {
    use ColumnType::{
        MYSQL_TYPE_BIT, MYSQL_TYPE_DATETIME, MYSQL_TYPE_DECIMAL, MYSQL_TYPE_DOUBLE, MYSQL_TYPE_FLOAT, MYSQL_TYPE_INT24,
        MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_SHORT, MYSQL_TYPE_TIMESTAMP,
        MYSQL_TYPE_TINY, MYSQL_TYPE_YEAR,
    };
    let text = || std::str::from_utf8(&bytes).unwrap_or_default();
    let known = match column.column_type() {
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG | MYSQL_TYPE_LONGLONG
        | MYSQL_TYPE_YEAR => text().parse().ok().map(Cell::Int),
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL | MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE => {
            let whole = text().parse().ok().map(Cell::Int);
            whole.or_else(|| text().parse().ok().map(Cell::Real))
        }
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP => {
            return datetime::parse(text()).map_or(Cell::Null, Cell::Time);
        }
        MYSQL_TYPE_BIT => Some(Cell::Int(bytes.iter().fold(0, |number: i64, byte| number << 8 | i64::from(*byte)))),
        _ => None,
    };
    if let Some(cell) = known {
        return cell;
    }
    let is_binary = column.character_set() == BINARY && column.flags().contains(ColumnFlags::BINARY_FLAG);
    if is_binary && holds_bytes(column.column_type()) {
        return Cell::Blob(Bytes::from(bytes));
    }
    Cell::Text(Bytes::from(bytes))
}

fn is_date(kind: ColumnType) -> bool {
    matches!(kind, ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE)
}

fn holds_bytes(kind: ColumnType) -> bool {
    use ColumnType::{
        MYSQL_TYPE_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_STRING, MYSQL_TYPE_TINY_BLOB,
        MYSQL_TYPE_VAR_STRING,
    };
    matches!(
        kind,
        MYSQL_TYPE_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
    )
}
