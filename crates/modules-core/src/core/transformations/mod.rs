//! The transformations, `{class.name,arguments}`, a file for each family.

mod codecs;
mod csv;
mod date;
mod eval;
mod fuzz;
mod hashes;
mod ip;
mod name_addrs;
mod params;
mod sdp;
mod search;
mod subst;
#[cfg(test)]
mod tests;
mod text;
mod uri;
mod via;

pub use fuzz::fuzz_transformations;
pub(super) use subst::Substitutions;

use super::join::{join, length};
use bytes::Bytes;
use catalogue::Value;
use module_api::Transformation;

pub(super) const ALL: &[Transformation] = &join::<Transformation, { length(FAMILIES) }>(FAMILIES, PLAIN);

const FAMILIES: &[&[Transformation]] = &[
    text::ALL,
    search::ALL,
    codecs::ALL,
    hashes::ALL,
    date::ALL,
    eval::ALL,
    uri::ALL,
    via::ALL,
    params::ALL,
    name_addrs::ALL,
    ip::ALL,
    csv::ALL,
    sdp::ALL,
    subst::ALL,
];

/// A transformation without arguments that fails: the rest of a row.
const PLAIN: Transformation =
    Transformation { name: "", about: "", args: &[], rest: false, asks: false, run: |_, _, _| Value::Null };

/// The text to transform. It is never NULL: the caller has seen to that.
fn input(value: Value) -> Bytes {
    value.into_bytes().unwrap_or_default()
}

/// The text of an argument; `None` where it is left out or NULL.
fn argument(args: &[Value], index: usize) -> Option<Bytes> {
    args.get(index).cloned().and_then(Value::into_bytes)
}

/// The number of an argument; `None` where it is left out or none.
fn number(args: &[Value], index: usize) -> Option<i32> {
    args.get(index).and_then(Value::int)
}

/// A count as a value.
fn count(number: usize) -> Value {
    i32::try_from(number).map_or(Value::Null, Value::Int)
}
