//! The modules that work on text: in messages, in numbers, in expressions, in JSON, in identifiers.
//!
//! Invariants: a module knows `module-api`, `sip` and `catalogue`, and no other module; nothing here opens a socket,
//! reads a clock or draws a random number.

pub mod json;
pub mod mathops;
pub mod regex;
pub mod textops;
pub mod uuid;

use module_api::{Module, Outcome};

/// The modules of this family.
pub const MODULES: &[&Module] = &[&json::MODULE, &mathops::MODULE, &regex::MODULE, &textops::MODULE, &uuid::MODULE];

/// The return code of a question.
fn yes(is_so: bool) -> Outcome {
    Ok(if is_so { 1 } else { -1 })
}
