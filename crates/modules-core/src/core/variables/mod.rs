//! The variables of the language, a file for each family.

mod addresses;
mod auth;
mod avps;
mod body;
mod branch_fields;
mod branches;
mod colours;
mod contacts;
mod destination;
mod faults;
mod flags;
mod fuzz;
mod headers;
mod language;
mod legacy_branches;
mod message;
mod original_uri;
mod place;
mod process;
mod request_uri;
mod sdp;
mod sockets;
#[cfg(test)]
mod tests;
mod time;
mod uris;

pub use fuzz::fuzz_variables;
pub(super) use time::{CTIME, formatted};

use super::join::{join, length};
use module_api::{VARIABLE, Variable};

pub(super) const ALL: &[Variable] = &join::<Variable, { length(FAMILIES) }>(FAMILIES, VARIABLE);

const FAMILIES: &[&[Variable]] = &[
    avps::ALL,
    request_uri::ALL,
    original_uri::ALL,
    destination::ALL,
    addresses::ALL,
    auth::ALL,
    headers::ALL,
    contacts::ALL,
    body::ALL,
    message::ALL,
    flags::ALL,
    branches::ALL,
    legacy_branches::ALL,
    sockets::ALL,
    sdp::ALL,
    time::ALL,
    process::ALL,
    faults::ALL,
    language::ALL,
    colours::ALL,
];
