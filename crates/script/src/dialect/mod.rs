//! What older releases wrote differently, and what it is today.

mod expressions;
mod globals;

pub(crate) use expressions::{OldOperand, old_operand};
pub(crate) use globals::{OldGlobal, Unit, old_global};
