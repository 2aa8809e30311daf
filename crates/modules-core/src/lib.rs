//! The module that every script has without loading it: the functions, variables and transformations of the language
//! that are not syntax, and the management commands of the server itself.
//!
//! Invariants: it knows `module-api`, `sip` and `catalogue`, and no other module; nothing here opens a socket, reads a
//! clock or draws a random number.

pub mod core;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[&core::MODULE];
