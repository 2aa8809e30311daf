//! What the program does besides serving: a file for each command.

pub mod calls;
pub mod cdr;
mod challenge;
pub mod check;
#[cfg(test)]
mod check_tests;
mod client;
mod columns;
pub mod db;
pub mod db_copy;
pub mod doc;
mod https;
pub mod init;
pub mod mi;
pub mod modules;
mod progress;
mod sql;
pub mod ul;
pub mod user;
