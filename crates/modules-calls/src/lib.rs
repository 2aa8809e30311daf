//! Modules about calls as a whole: what they are worth.

pub mod acc;
pub mod dialog;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[&acc::MODULE, &dialog::MODULE];
