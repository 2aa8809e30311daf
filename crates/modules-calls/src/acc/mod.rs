//! `acc`: accounting of transactions and calls to the log, a database and events; missed calls; extra fields.
//!
//! `do_accounting()` marks the transaction; what is then written when it ends is decided in `watch`. A `record` is
//! made from the request and the reply, and each backend writes it its own way. What becomes of a whole call is in `call`.

mod call;
mod calls;
mod columns;
mod database;
mod drain;
pub mod entry;
mod event;
mod fields;
mod functions;
mod journal;
mod loaded;
mod log;
mod marks;
mod old_fields;
pub mod opening;
mod params;
mod record;
mod request;
mod spool;
mod tables;
mod variables;
mod watch;

#[cfg(test)]
mod call_tests;
#[cfg(test)]
mod journal_tests;
#[cfg(test)]
mod old_tests;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod tests;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "acc",
    about: "Accounts transactions and calls to the log, a database and events, with missed calls and fields of the script's own.",
    after: &["dialog"],
    params: params::ALL,
    functions: &[
        functions::DO_ACCOUNTING,
        functions::DROP_ACCOUNTING,
        functions::NEW_LEG,
        loaded::LOAD,
        loaded::UNLOAD,
        request::LOG,
        request::DB,
        request::AAA,
        request::EVI,
    ],
    variables: &[variables::EXTRA, variables::LEG, variables::CURRENT_LEG],
    events: &[event::CDR, event::ACCOUNTED, event::MISSED],
    statistics: &[params::WAITING, params::OPEN],
    tables: &[tables::ACC, tables::MISSED_CALLS],
    start: params::start,
    ..Module::EMPTY
};
