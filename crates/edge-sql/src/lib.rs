//! Databases: takes queries with their values, answers with rows. The engine inside is SQLite.
//!
//! [`Databases::open`] checks that every database is there with the tables its modules need; [`Databases::submit`] never
//! waits: the answer comes on a thread of the database. A database that fails again and again is left alone for a
//! moment ([`breaker`]), so that it costs its own messages only.

mod breaker;
mod convert;
mod databases;
mod error;
mod options;
mod reader;
pub mod schema;
mod sqlite;
mod url;
mod writer;

#[cfg(test)]
mod tests;

pub use databases::{Databases, Reply};
pub use error::OpenError;
pub use options::SqliteOptions;
pub use url::sqlite_path;
