//! The transformations.
use module_api::Transformation;
pub(super) const ALL: &[Transformation] = &[];
/// Fuzz.
pub fn fuzz_transformations(_: &[u8]) {}
