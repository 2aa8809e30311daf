//! The commands.
use module_api::Command;
pub(super) const ALL: &[Command] = &[];
