//! Format strings and variables: `"sip:$rU@$(fd{s.tolower})"`.

mod reader;
#[cfg(test)]
mod tests;
mod transformation;
mod variable;

pub(crate) use reader::{OldName, Reader};
pub(crate) use transformation::joined;

use crate::ast::{Span, Text, Variable};
use crate::lexer::Places;

/// Why a format string or variable cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatFault {
    /// Where, counted from the start of what was read.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would work instead.
    pub help: Option<String>,
}

/// Reads a format string: its escapes are undone already.
pub fn parse_format(text: &[u8]) -> Result<Text, FormatFault> {
    Reader::new(text, &START).format()
}

/// Reads the one variable that `text` is, blanks around it aside.
pub fn parse_variable(text: &[u8]) -> Result<Variable, FormatFault> {
    let mut reader = Reader::new(text, &START);
    reader.skip_blanks();
    let variable = reader.variable()?;
    reader.skip_blanks();
    reader.nothing_left()?;
    Ok(variable)
}

/// Reads a list of variables separated by `;` or `,`, as module parameters and output arguments have them.
pub fn parse_variables(text: &[u8]) -> Result<Vec<Variable>, FormatFault> {
    let mut reader = Reader::new(text, &START);
    let mut variables = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.is_at_end() && !variables.is_empty() {
            return Ok(variables);
        }
        variables.push(reader.variable()?);
        reader.skip_blanks();
        if !reader.skip(b';') && !reader.skip(b',') {
            reader.nothing_left()?;
            return Ok(variables);
        }
    }
}

const START: Places = Places::Straight(0);
