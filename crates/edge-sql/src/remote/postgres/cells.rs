//! Values on their way into PostgreSQL and back, in its binary notation.

use crate::datetime;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use module_api::sql::Cell;
use std::error::Error as StdError;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

type Outcome<T> = Result<T, Box<dyn StdError + Sync + Send>>;

/// Seconds from the Unix epoch to PostgreSQL's.
const EPOCH: i64 = 946_684_800;
/// Days between them.
const EPOCH_DAYS: i64 = 10_957;

/// A value to bind.
#[derive(Debug)]
pub struct Bound<'a>(pub &'a Cell);

/// A value that was read.
pub struct Read(pub Cell);

/// Whether we write values of this type as the server does.
pub fn is_known(ty: &Type) -> bool {
    [
        Type::BOOL,
        Type::INT2,
        Type::INT4,
        Type::INT8,
        Type::OID,
        Type::FLOAT4,
        Type::FLOAT8,
        Type::TIMESTAMP,
        Type::TIMESTAMPTZ,
        Type::BYTEA,
    ]
    .contains(ty)
        || is_text(ty)
}

fn is_text(ty: &Type) -> bool {
    [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::UNKNOWN, Type::JSON, Type::XML].contains(ty)
        || matches!(ty.kind(), Kind::Enum(_))
        || ty.name() == "citext"
}

/// Whether the client itself refused a value, its own or the server's.
pub fn is_of_value(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    ["error serializing parameter", "error deserializing column", "expected ", "invalid "]
        .iter()
        .any(|start| text.starts_with(start))
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Outcome<IsNull> {
        if *self.0 == Cell::Null {
            return Ok(IsNull::Yes);
        }
        match *ty {
            Type::BOOL => truth(self.0)?.to_sql(ty, out),
            Type::INT2 => i16::try_from(int(self.0)?)?.to_sql(ty, out),
            Type::INT4 => i32::try_from(int(self.0)?)?.to_sql(ty, out),
            Type::INT8 => int(self.0)?.to_sql(ty, out),
            Type::OID => u32::try_from(int(self.0)?)?.to_sql(ty, out),
            Type::FLOAT4 => (real(self.0)? as f32).to_sql(ty, out),
            Type::FLOAT8 => real(self.0)?.to_sql(ty, out),
            Type::TIMESTAMP => {
                let naive = datetime::to_naive(moment(self.0)?);
                micros(naive.and_utc().timestamp()).to_sql(&Type::INT8, out)
            }
            Type::TIMESTAMPTZ => micros(moment(self.0)?).to_sql(&Type::INT8, out),
            Type::BYTEA => self.0.to_bytes().unwrap_or_default().as_ref().to_sql(ty, out),
            _ => text(self.0).to_sql(&Type::TEXT, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Read {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Outcome<Read> {
        Ok(Read(match *ty {
            Type::BOOL => Cell::Int(bool::from_sql(ty, raw)?.into()),
            Type::INT2 => Cell::Int(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Cell::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Cell::Int(i64::from_sql(ty, raw)?),
            Type::OID => Cell::Int(u32::from_sql(ty, raw)?.into()),
            // Through its digits, so that 0.1 stays 0.1.
            Type::FLOAT4 => Cell::Real(f32::from_sql(ty, raw)?.to_string().parse()?),
            Type::FLOAT8 => Cell::Real(f64::from_sql(ty, raw)?),
            Type::NUMERIC => numeric(raw)?,
            Type::TIMESTAMP => timestamp(i64::from_sql(&Type::INT8, raw)?)?,
            Type::TIMESTAMPTZ => Cell::Time(seconds(i64::from_sql(&Type::INT8, raw)?)),
            Type::DATE => date(i32::from_sql(&Type::INT4, raw)?)?,
            Type::BYTEA => Cell::Blob(Bytes::copy_from_slice(raw)),
            Type::JSONB => Cell::text(raw.get(1..).unwrap_or_default()),
            Type::UUID => uuid(raw),
            Type::VOID => Cell::Null,
            _ if is_text(ty) => Cell::text(raw),
            _ => return Err(format!("it has the type {}: write CAST(… AS text)", ty.name()).into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Outcome<Read> {
        Ok(Read(Cell::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn int(cell: &Cell) -> Outcome<i64> {
    cell.to_int().ok_or_else(|| "it is no integer".into())
}

fn real(cell: &Cell) -> Outcome<f64> {
    match cell {
        Cell::Real(number) => Ok(*number),
        _ => Ok(text(cell).trim().parse()?),
    }
}

fn truth(cell: &Cell) -> Outcome<bool> {
    match text(cell).to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "y" | "yes" | "on" => Ok(true),
        "0" | "f" | "false" | "n" | "no" | "off" => Ok(false),
        _ => Err("it is neither true nor false".into()),
    }
}

fn moment(cell: &Cell) -> Outcome<i64> {
    match cell {
        Cell::Text(_) => datetime::parse(&text(cell)).or_else(|| cell.to_int()).ok_or_else(|| "it is no date".into()),
        _ => int(cell),
    }
}

/// Text as the server takes it: UTF-8 without NUL. What is not is replaced, so that a peer's bytes lose no record.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Time(moment) => datetime::print(*moment),
        _ => String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).replace('\0', "\u{fffd}"),
    }
}

fn micros(unix_seconds: i64) -> i64 {
    unix_seconds.saturating_sub(EPOCH).saturating_mul(1_000_000)
}

fn seconds(micros: i64) -> i64 {
    micros.div_euclid(1_000_000).saturating_add(EPOCH)
}

/// A date and time of the local clock.
fn timestamp(micros: i64) -> Outcome<Cell> {
    let naive: Option<NaiveDateTime> =
        DateTime::<Utc>::from_timestamp(seconds(micros), 0).map(|moment| moment.naive_utc());
    naive.and_then(datetime::from_naive).map(Cell::Time).ok_or_else(|| "no calendar has this date".into())
}

fn date(days: i32) -> Outcome<Cell> {
    let day = i64::from(days).saturating_add(EPOCH_DAYS).saturating_mul(86_400);
    let date: Option<NaiveDate> = DateTime::<Utc>::from_timestamp(day, 0).map(|moment| moment.date_naive());
    date.map(|date| Cell::text(date.to_string())).ok_or_else(|| "no calendar has this date".into())
}

fn uuid(raw: &[u8]) -> Cell {
    let mut text = String::new();
    for (index, byte) in raw.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &format!("{byte:02x}");
    }
    Cell::text(text)
}

/// A decimal number: its digits are to the base of 10,000. An integer if it is one, else a real number.
fn numeric(raw: &[u8]) -> Outcome<Cell> {
    let words: Vec<i16> = raw.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(i16::from_be_bytes).collect();
    let [_, weight, sign, scale, digits @ ..] = words.as_slice() else { return Err("it is no number".into()) };
    if !matches!(*sign, 0 | 0x4000) {
        return Ok(Cell::Real(f64::NAN));
    }
    let mut text = String::from(if *sign == 0 { "" } else { "-" });
    let digit = |index: i32| usize::try_from(index).ok().and_then(|index| digits.get(index)).copied().unwrap_or(0);
    let weight = i32::from(*weight);
    text += "0";
    for index in 0..=weight {
        text += &format!("{:04}", digit(index));
    }
    if *scale <= 0 {
        return Ok(text.parse().map_or_else(|_| Cell::text(&text), Cell::Int));
    }
    text.push('.');
    for index in weight + 1..=weight + 1 + i32::from(*scale) / 4 {
        text += &format!("{:04}", digit(index));
    }
    Ok(Cell::Real(text.parse()?))
}
