//! All modules there are, by family. A new family is a line here.

use catalogue::Table;
use module_api::Module;

const FAMILIES: [&[&Module]; 10] = [
    modules_core::MODULES,
    modules_proxy::MODULES,
    modules_users::MODULES,
    modules_calls::MODULES,
    modules_data::MODULES,
    modules_manage::MODULES,
    modules_text::MODULES,
    modules_outside::MODULES,
    modules_events::MODULES,
    modules_transport::MODULES,
];

/// All modules; `core` is the first.
pub fn all() -> impl Iterator<Item = &'static Module> {
    FAMILIES.into_iter().flatten().copied()
}

/// The database tables that they need.
pub fn tables() -> Vec<&'static Table> {
    all().flat_map(|module| module.tables).collect()
}
