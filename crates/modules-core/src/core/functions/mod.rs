//! The functions of the language, a file for each family.

mod blacklists;
mod branches;
mod cache;
mod connections;
mod construct_uri;
mod destination;
mod events;
mod flags;
mod printing;
mod request_uri;
mod sending;
mod serial;
mod sockets;
mod status;
#[cfg(test)]
mod tests;
mod trace;
mod via;

pub(super) use sockets::named as socket_named;

use super::join::{join, length};
use module_api::{FUNCTION, Function};

pub(super) const ALL: &[Function] = &join::<Function, { length(FAMILIES) }>(FAMILIES, FUNCTION);

const FAMILIES: &[&[Function]] = &[
    flags::ALL,
    request_uri::ALL,
    destination::ALL,
    branches::ALL,
    serial::ALL,
    via::ALL,
    sockets::ALL,
    connections::ALL,
    sending::ALL,
    blacklists::ALL,
    cache::ALL,
    events::ALL,
    status::ALL,
    printing::ALL,
    trace::ALL,
    construct_uri::ALL,
];
