//! The modules for looking after a server: statistics, helpers for scripts, management transports.
//!
//! Invariants: a module knows `module-api`, `sip` and `catalogue`, and no other module; nothing here opens a socket,
//! reads a clock or draws a random number.

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[];
