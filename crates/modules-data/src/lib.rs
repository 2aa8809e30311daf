//! Modules about data: databases and caches for scripts.

pub mod avpops;
pub mod cachedb_local;
pub mod db_sqlite;
pub mod other_engines;
pub mod sqlops;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[
    &avpops::MODULE,
    &cachedb_local::MODULE,
    &db_sqlite::MODULE,
    &other_engines::DB_MYSQL,
    &other_engines::DB_POSTGRES,
    &sqlops::MODULE,
];
