//! The modules about users: where they are (`usrloc`, `registrar`), who they are (`auth`, `auth_db`, `domain`, `alias_db`,
//! `speeddial`, `enum`), what they may do (`group`, `permissions`), and what waits for them (`msilo`).

mod alias_db;
mod auth;
mod auth_db;
mod diversion;
mod domain;
mod r#enum;
mod first_row;
mod group;
mod msilo;
mod permissions;
mod registrar;
mod rows;
mod speeddial;
mod statements;
mod subject;
mod uri;
mod usrloc;

pub use r#enum::fuzz_enum;
pub use permissions::fuzz_rules;
pub use registrar::{fuzz_register, fuzzed_modules};

use module_api::Module;

/// The modules of this crate.
pub const MODULES: &[&Module] = &[
    &auth::MODULE,
    &auth_db::MODULE,
    &usrloc::MODULE,
    &registrar::MODULE,
    &uri::MODULE,
    &alias_db::MODULE,
    &domain::MODULE,
    &group::MODULE,
    &permissions::MODULE,
    &speeddial::MODULE,
    &diversion::MODULE,
    &r#enum::MODULE,
    &msilo::MODULE,
];
