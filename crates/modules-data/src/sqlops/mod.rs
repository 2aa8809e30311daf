//! `sqlops`: SQL from scripts: raw queries, structured ones, and AVPs kept in a table of user preferences.

mod avp;
mod filter;
mod params;
mod preferences;
mod query;
mod results;
mod scheme;
mod source;
mod structured;

#[cfg(test)]
mod tests;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "sqlops",
    about: "SQL queries from scripts, with their results in variables.",
    params: params::ALL,
    functions: &[
        query::QUERY,
        query::QUERY_ONE,
        structured::SELECT,
        structured::SELECT_ONE,
        structured::UPDATE,
        structured::INSERT,
        structured::REPLACE,
        structured::DELETE,
        avp::LOAD,
        avp::STORE,
        avp::DELETE,
    ],
    tables: &[preferences::TABLE],
    start: params::start,
    ..Module::EMPTY
};
