//! The declaration of a database table that a module needs (`compat/schema.md`).

/// A table with upstream's name and version.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The version in table `version`.
    pub version: i32,
    /// Its columns.
    pub columns: &'static [Column],
    /// Indexes: name, columns, whether unique.
    pub indexes: &'static [(&'static str, &'static [&'static str], bool)],
}

/// A column, with its type in standard SQL words as in `compat/schema.md`.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its SQL type with constraints and default, as the SQLite schema has it.
    pub sql: &'static str,
}
