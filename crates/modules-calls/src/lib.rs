//! Modules about calls as a whole: what they are worth.

pub mod acc;
pub mod dialog;
pub mod sst;

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[&acc::MODULE, &dialog::MODULE, &sst::MODULE];
