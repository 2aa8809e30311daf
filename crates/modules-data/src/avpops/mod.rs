//! `avpops`: the module of releases before 3.6, kept for their scripts. Operators, transformations and `sqlops` do today
//! what it did; each call is warned of with the line of today.

mod change;
mod check;
mod names;
mod operate;
mod push;
mod today;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "avpops",
    about: "AVPs as scripts before 3.6 compared, copied and changed them; operators and sqlops do so today.",
    functions: &[
        check::IS_SET,
        check::CHECK,
        change::COPY,
        change::DELETE,
        change::INSERT,
        change::SHUFFLE,
        operate::OPERATE,
        operate::SUBSTITUTE,
        push::PUSH_TO,
    ],
    ..Module::EMPTY
};
