//! Modules about data: databases and caches for scripts.

pub mod avpops;
pub mod cachedb_local;
pub mod db_mysql;
pub mod db_postgres;
pub mod db_sqlite;
pub mod db_virtual;
mod server_params;
pub mod sqlops;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[
    &avpops::MODULE,
    &cachedb_local::MODULE,
    &db_mysql::MODULE,
    &db_postgres::MODULE,
    &db_sqlite::MODULE,
    &db_virtual::MODULE,
    &sqlops::MODULE,
];
