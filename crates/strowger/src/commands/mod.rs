//! What the program does besides serving: a file for each command.

mod challenge;
pub mod check;
pub mod db;
pub mod db_copy;
pub mod doc;
mod https;
pub mod init;
pub mod mi;
pub mod modules;
mod progress;
mod sql;
pub mod user;
