//! The management commands of the server itself, a file for each group.

mod blacklists;
mod caches;
mod connections;
mod events;
mod help;
mod logging;
mod memory;
mod reports;
mod server;
mod statistics;
mod tasks;
#[cfg(test)]
mod tests;

use super::join::{join, length};
use module_api::{COMMAND, Command, Json};

pub(super) const ALL: &[Command] = &join::<Command, { length(GROUPS) }>(GROUPS, COMMAND);

const GROUPS: &[&[Command]] = &[
    server::ALL,
    help::ALL,
    tasks::ALL,
    logging::ALL,
    blacklists::ALL,
    connections::ALL,
    memory::ALL,
    caches::ALL,
    reports::ALL,
    events::ALL,
    statistics::ALL,
];

/// An object with these members, in this order.
fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Bytes as JSON text.
fn text(bytes: &[u8]) -> Json {
    Json::from(String::from_utf8_lossy(bytes))
}
