//! The modules a proxy is made of: routing by Route sets, hop limits, operations on messages, and what keeps floods
//! out.
//!
//! Invariants: a module knows `module-api`, `sip` and `catalogue`, and no other module; nothing here opens a socket,
//! reads a clock or draws a random number.

pub mod maxfwd;
pub mod options;
pub mod pike;
pub mod ratelimit;
pub mod rr;
pub mod script_helper;
pub mod signaling;
pub mod sipmsgops;
pub mod sl;
pub mod tm;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[
    &maxfwd::MODULE,
    &options::MODULE,
    &pike::MODULE,
    &ratelimit::MODULE,
    &rr::MODULE,
    &script_helper::MODULE,
    &signaling::MODULE,
    &sipmsgops::MODULE,
    &sl::MODULE,
    &tm::MODULE,
];
