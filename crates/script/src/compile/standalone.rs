//! Variables and format strings that stand in module parameters.

use super::Lookup;
use crate::diagnostic::Diagnostic;
use crate::format::{FormatFault, parse_format, parse_variable};
use crate::program::{Format, VariableRef};
use crate::resolve::{NameTables, Resolver};
use catalogue::{Catalogue, ModuleId};
use std::collections::BTreeSet;

/// Compiles a variable, `"$avp(x)"`.
///
/// # Errors
/// What is wrong with it, for people.
pub fn compile_variable(
    text: &str,
    catalogue: &Catalogue,
    loaded: &BTreeSet<ModuleId>,
    names: NameTables<'_>,
) -> Result<VariableRef, String> {
    let variable = parse_variable(text.as_bytes()).map_err(fault_text)?;
    let mut lookup = Lookup::new(Resolver { catalogue, loaded, names }, text.as_bytes());
    let compiled = lookup.passed(&variable);
    finished(lookup, compiled)
}

/// Compiles a format string.
///
/// # Errors
/// What is wrong with it, for people.
pub fn compile_format(
    text: &str,
    catalogue: &Catalogue,
    loaded: &BTreeSet<ModuleId>,
    names: NameTables<'_>,
) -> Result<Format, String> {
    let format = parse_format(text.as_bytes()).map_err(fault_text)?;
    let mut lookup = Lookup::new(Resolver { catalogue, loaded, names }, text.as_bytes());
    let compiled = lookup.format(&format);
    finished(lookup, compiled)
}

fn finished<T>(lookup: Lookup<'_>, compiled: T) -> Result<T, String> {
    match lookup.diagnostics.finish().into_iter().find(Diagnostic::is_error) {
        Some(error) => Err(with_help(error.message, error.help)),
        None => Ok(compiled),
    }
}

fn fault_text(fault: FormatFault) -> String {
    with_help(fault.message, fault.help)
}

fn with_help(message: String, help: Option<String>) -> String {
    match help {
        Some(help) => format!("{message} ({help})"),
        None => message,
    }
}
