//! Databases: statements go in from any thread, rows come out of the engine's own threads.
//!
//! [`Databases::open`] opens what the modules asked for and checks their tables; [`Databases::submit`] never waits.
//! Every query is answered exactly once: with rows, or with a fault that says whose it is. A query that changes
//! something is answered when the change is on the disk.
//!
//! Invariants: what waits is bounded, and so is how long a statement runs; a database that fails is left alone for a
//! while and its queries answered with a fault at once.

mod breaker;
mod counters;
mod databases;
pub mod datetime;
mod error;
mod look;
mod needs;
mod options;
mod place;
mod queue;
mod remote;
pub mod schema;
mod set;
mod sqlite;
mod url;

pub use databases::Databases;
pub use error::OpenError;
pub use look::look;
pub use options::{DatabaseSets, Options, Tuning};
pub use place::Place;
pub use url::{Engine, Server, Url};

use module_api::Fault;
use module_api::sql::Rows;

/// What takes the answer to a query. It is called once, by a thread of the database, and should not take long.
pub type Reply = Box<dyn FnOnce(Result<Rows, Fault>) + Send>;
