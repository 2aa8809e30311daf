//! The variables of the language.
use module_api::Variable;
pub(super) const ALL: &[Variable] = &[];
