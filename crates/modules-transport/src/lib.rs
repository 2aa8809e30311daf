//! The transport modules: they declare and check parameters; the edge that owns the sockets reads them.

use module_api::Module;

/// The modules of this family.
pub const MODULES: &[&Module] = &[];
