//! What the program does besides serving: a file for each command.

mod challenge;
pub mod check;
pub mod db;
pub mod doc;
mod https;
pub mod init;
pub mod mi;
pub mod modules;
pub mod user;
