//! `cachedb_local`: key-value stores in memory, for `cache_store()` and its kin.

mod collection;
mod commands;
mod functions;
pub mod image;
mod params;
mod restart;

#[cfg(test)]
mod tests;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "cachedb_local",
    about: "Key-value stores in memory, in collections, with lifetimes.",
    aliases: &["localcache"],
    params: params::ALL,
    functions: &[functions::REMOVE_CHUNK],
    commands: &[commands::REMOVE_CHUNK, commands::FETCH_CHUNK],
    statistics: &[params::ENTRIES, params::REFUSED],
    start: params::start,
    ..Module::EMPTY
};
