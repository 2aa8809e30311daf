//! The modules about users: where they are (`usrloc`, `registrar`) and who they are (`auth`, `auth_db`).

mod auth;
mod auth_db;
mod registrar;
mod reply;
mod uri;
mod usrloc;

pub use registrar::{fuzz_register, fuzzed_modules};

use module_api::Module;

/// The modules of this crate.
pub const MODULES: &[&Module] = &[&auth::MODULE, &auth_db::MODULE, &usrloc::MODULE, &registrar::MODULE, &uri::MODULE];
