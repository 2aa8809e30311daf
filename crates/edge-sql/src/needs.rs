//! What modules need of tables besides their versions: the columns that a script names.

use crate::{OpenError, Place};

/// The tables among them, each once.
pub fn tables_of(columns: &[(String, String)]) -> Vec<&str> {
    let mut tables: Vec<&str> = columns.iter().map(|(table, _)| table.as_str()).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// Those of a table that are not among the present ones. The case of names does not count in SQL.
pub fn missing_columns(place: &Place, table: &str, present: &[String], needed: &[(String, String)]) -> Vec<OpenError> {
    let of_table = needed.iter().filter(|(of, _)| of == table).map(|(_, column)| column);
    let missing = of_table.filter(|column| !present.iter().any(|name| name.eq_ignore_ascii_case(column)));
    let mut errors: Vec<OpenError> = missing
        .map(|column| OpenError::MissingColumn {
            place: place.clone(),
            table: table.to_owned(),
            column: column.clone(),
        })
        .collect();
    errors.dedup();
    errors
}

/// What is wrong with a set, from what is wrong with each of its databases: one that cannot be had now is no harm as long
/// as another can.
pub fn of_set(members: Vec<Vec<OpenError>>) -> Vec<OpenError> {
    let one_is_there = members.iter().any(|errors| !errors.iter().any(OpenError::is_absence));
    let mut errors: Vec<OpenError> = members.into_iter().flatten().collect();
    errors.retain(|error| !(one_is_there && error.is_absence()));
    errors
}
