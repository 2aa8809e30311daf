//! What older releases wrote differently, and what it is today.

mod expressions;
mod functions;
mod globals;
mod modules;
mod variables;

pub(crate) use expressions::{OldOperand, host_of, old_operand};
pub(crate) use functions::{gone_function, needs_no_parentheses};
pub(crate) use globals::{OldGlobal, Unit, old_global};
pub(crate) use modules::{MI_JSON, OLD_DEFAULTS, OldModule, OldParam, old_module, old_param, speaks_otherwise};
pub(crate) use variables::gone_variable;
