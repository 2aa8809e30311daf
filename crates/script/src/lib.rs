//! The script language: text -> checked program -> virtual machine. It knows signatures, not SIP.
//!
//! [`source`] reads the file with its includes and preprocessor; `lexer` and `parser` make the tree of [`ast`];
//! `check` holds it against the catalogue; `compile` makes a `program`; `vm` runs it on a `host`.
//! Whatever is wrong becomes a [`diagnostic`], with its place in the text.

pub mod ast;
pub mod check;
mod compile;
pub mod diagnostic;
mod dialect;
pub mod format;
mod fuzz;
pub mod globals;
pub mod host;
pub mod hostname;
pub mod language;
mod lexer;
pub mod listing;
pub mod parser;
pub mod program;
mod resolve;
pub mod source;
pub mod vm;

pub use check::{Checked, Environment, ParamSetting, check};
pub use compile::{compile_format, compile_variable};
pub use program::{Format, Line, Program, RouteIndex, VariableRef};
pub use resolve::NameTables;
pub use resolve::nearest::nearest;

#[doc(hidden)]
pub use fuzz::{fuzz_front, fuzz_vm};
pub use parser::parse;
pub use source::load;
