//! What a script passes to functions, held to what is there: stores, groups, lists, routes. It is known once all modules
//! have started.

use crate::{Params, Services, StartError};
use std::fmt::Display;

/// What there is, and what is refused.
pub struct Judging<'a> {
    /// What the script sets of the module's parameters.
    pub params: Params<'a>,
    /// What all modules have made.
    pub services: &'a Services,
    /// The constants that the script passes to a function as an argument.
    pub constants: &'a dyn Fn(&str, usize) -> Vec<String>,
    /// Whether the script has a `route` of a name.
    pub has_route: &'a dyn Fn(&str) -> bool,
    /// What is refused so far.
    pub refused: Vec<StartError>,
}

impl Judging<'_> {
    /// Refuses the constants that are passed to a function as this argument (0 is the first) and cannot be read; an empty
    /// one is an argument left out.
    pub fn hold<E: Display>(&mut self, function: &'static str, argument: usize, read: impl Fn(&str) -> Result<(), E>) {
        self.refused.extend(refused(self.constants, function, argument, read));
    }
}

/// An error for each of the constants that cannot be read.
pub(crate) fn refused<E: Display>(
    constants: &dyn Fn(&str, usize) -> Vec<String>,
    function: &'static str,
    argument: usize,
    read: impl Fn(&str) -> Result<(), E>,
) -> Vec<StartError> {
    let constants = constants(function, argument).into_iter().filter(|text| !text.is_empty());
    let wrong = constants.filter_map(|text| {
        let wrong = read(&text).err()?;
        Some(StartError::constant(function, argument, text, wrong))
    });
    wrong.collect()
}
