//! The parameters of a module, as the engine passes them on: text by name.

use crate::EdgeError;
use std::collections::BTreeMap;

/// Reads them.
#[derive(Clone, Copy)]
pub struct EdgeParams<'a> {
    module: &'static str,
    values: &'a BTreeMap<&'static str, String>,
}

impl<'a> EdgeParams<'a> {
    /// The parameters of this module.
    pub const fn new(module: &'static str, values: &'a BTreeMap<&'static str, String>) -> EdgeParams<'a> {
        EdgeParams { module, values }
    }

    /// A text that is set and not empty.
    pub fn text(&self, param: &str) -> Option<&'a str> {
        self.values.get(param).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A number, or its default.
    ///
    /// # Errors
    /// It is none.
    pub fn number<T: std::str::FromStr>(&self, param: &'static str, default: T) -> Result<T, EdgeError> {
        let Some(text) = self.text(param) else { return Ok(default) };
        text.parse().map_err(|_| self.bad(param, format!("\"{text}\" is no number that it can have")))
    }

    /// Whether a number is not 0.
    ///
    /// # Errors
    /// It is none.
    pub fn is_on(&self, param: &'static str) -> Result<bool, EdgeError> {
        self.number(param, 0i64).map(|number| number != 0)
    }

    /// The error of a parameter.
    pub fn bad(&self, param: &'static str, reason: impl Into<String>) -> EdgeError {
        EdgeError::BadParam { module: self.module, param, reason: reason.into() }
    }
}
