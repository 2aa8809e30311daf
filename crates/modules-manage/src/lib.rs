//! The modules for looking after a server: statistics, measurements, helpers for scripts, management transports.
//!
//! Invariants: a module knows `module-api` and `catalogue`; mi_http knows httpd, no other module knows another one.
//! Nothing here opens a socket or a file, reads a clock or draws a random number.

pub mod benchmark;
pub mod cfgutils;
pub mod httpd;
pub mod mi_datagram;
pub mod mi_fifo;
pub mod mi_http;
pub mod mi_script;
pub mod statistics;
mod transports;

use module_api::{Module, Outcome};

/// The modules of this family.
pub const MODULES: &[&Module] = &[
    &benchmark::MODULE,
    &cfgutils::MODULE,
    &httpd::MODULE,
    &mi_datagram::MODULE,
    &mi_fifo::MODULE,
    &mi_http::MODULE,
    &mi_script::MODULE,
    &statistics::MODULE,
];

/// The return code of a question.
fn yes(is_so: bool) -> Outcome {
    Ok(if is_so { 1 } else { -1 })
}
