//! Modules of database engines that are not inside: stock scripts load them whatever their URLs say, so the line alone
//! is no error. A URL of theirs is one, where the database is opened.

use module_api::Module;

/// `db_mysql`
pub const DB_MYSQL: Module = Module {
    name: "db_mysql",
    about: "Can be loaded, so that stock scripts start; mysql:// URLs are refused: the engine inside is SQLite.",
    aliases: &["mysql"],
    ..Module::EMPTY
};

/// `db_postgres`
pub const DB_POSTGRES: Module = Module {
    name: "db_postgres",
    about: "Can be loaded, so that stock scripts start; postgres:// URLs are refused: the engine inside is SQLite.",
    aliases: &["postgres"],
    ..Module::EMPTY
};
