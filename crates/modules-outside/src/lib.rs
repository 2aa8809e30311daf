//! The modules that reach out of the server: programs and HTTP services that a script asks.
//!
//! Invariants: a module knows `module-api` and `catalogue`, and no other module. Nothing here runs a program or opens a
//! socket: that is asked of an edge, and nobody else waits for its answer.

pub mod exec;
pub mod rest_client;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[&exec::MODULE, &rest_client::MODULE];
