//! Statements on tables that the script names: each made once, and kept.

use bytes::Bytes;
use module_api::sql::Statement;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The statements made so far, by what they are for and the table's name.
#[derive(Default)]
pub struct Statements<P>(RwLock<BTreeMap<(P, Bytes), Arc<Statement>>>);

/// Table names may come from variables; past this many, statements are made each time.
const STATEMENTS_MAX: usize = 256;

impl<P: Ord + Copy> Statements<P> {
    /// The statement for a purpose on a table, made if it is new.
    pub fn of(&self, purpose: P, table: &Bytes, make: impl FnOnce(&str) -> Arc<Statement>) -> Arc<Statement> {
        let key = (purpose, table.clone());
        if let Some(statement) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(statement);
        }
        let statement = make(&String::from_utf8_lossy(table));
        let mut made = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if made.len() < STATEMENTS_MAX {
            // The name may be part of a message, which it must not keep.
            made.insert((purpose, Bytes::copy_from_slice(table)), Arc::clone(&statement));
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_made_once_for_a_purpose_and_a_table() {
        let statements = Statements::default();
        let (one, other) = (Bytes::from_static(b"one"), Bytes::from_static(b"other"));
        let make = |table: &str| Statement::delete(table, &[]);
        let first = statements.of(1, &one, make);
        assert!(Arc::ptr_eq(&first, &statements.of(1, &one, make)));
        assert!(!Arc::ptr_eq(&first, &statements.of(2, &one, make)));
        assert_eq!(statements.of(1, &other, make).sql, "DELETE FROM other");
        for number in 0..2 * STATEMENTS_MAX {
            statements.of(1, &Bytes::from(number.to_string()), make);
        }
        assert_eq!(statements.0.read().unwrap().len(), STATEMENTS_MAX);
    }
}
