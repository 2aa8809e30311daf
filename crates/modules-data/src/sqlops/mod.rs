//! `sqlops`: SQL from scripts.

mod params;
mod query;
mod results;

#[cfg(test)]
mod tests;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "sqlops",
    about: "SQL queries from scripts, with their results in variables.",
    params: params::ALL,
    functions: &[query::QUERY, query::QUERY_ONE],
    start: params::start,
    ..Module::EMPTY
};
