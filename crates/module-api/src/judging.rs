//! What a script passes to functions, held to what is there: stores, groups, lists, routes. It is known once all modules
//! have started.

use crate::{Params, PassedConstant, Services, StartError};
use std::borrow::Cow;

/// What there is, and what is refused.
pub struct Judging<'a> {
    /// What the script sets of the module's parameters.
    pub params: Params<'a>,
    /// What all modules have made.
    pub services: &'a Services,
    /// The constants that the script passes to a function as an argument.
    pub constants: &'a dyn Fn(&str, usize) -> Vec<String>,
    /// The names of the script's `route[…]`.
    pub routes: &'a [&'a str],
    /// What is refused so far.
    pub refused: Vec<StartError>,
}

/// Why a constant is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    text: String,
    /// A name that is not known, and those that are.
    unknown: Option<UnknownName>,
}

/// A name that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// The names there are.
    pub known: Vec<String>,
}

impl Refusal {
    /// There is no `what` of this name; these there are.
    pub fn unknown(what: &str, name: &str, known: impl IntoIterator<Item = impl Into<String>>) -> Refusal {
        let known = known.into_iter().map(Into::into).collect();
        let unknown = Some(UnknownName { name: name.to_owned(), known });
        Refusal { text: format!("there is no {what} \"{name}\""), unknown }
    }

    /// Fine if the name is one of these.
    ///
    /// # Errors
    /// It is none.
    pub fn unless_one_of(what: &str, name: &str, known: &[impl AsRef<str>]) -> Result<(), Refusal> {
        match known.iter().any(|known| known.as_ref() == name) {
            true => Ok(()),
            false => Err(Refusal::unknown(what, name, known.iter().map(|known| known.as_ref().to_owned()))),
        }
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Refusal {
        Refusal { text, unknown: None }
    }
}

impl From<Cow<'static, str>> for Refusal {
    fn from(text: Cow<'static, str>) -> Refusal {
        text.into_owned().into()
    }
}

impl Judging<'_> {
    /// Refuses the constants that are passed to a function as this argument (0 is the first) and cannot be read; an empty
    /// one is an argument left out.
    pub fn hold<E: Into<Refusal>>(
        &mut self,
        function: &'static str,
        argument: usize,
        read: impl Fn(&str) -> Result<(), E>,
    ) {
        self.refused.extend(refused(self.constants, function, argument, read));
    }
}

/// An error for each of the constants that cannot be read.
pub(crate) fn refused<E: Into<Refusal>>(
    constants: &dyn Fn(&str, usize) -> Vec<String>,
    function: &'static str,
    argument: usize,
    read: impl Fn(&str) -> Result<(), E>,
) -> Vec<StartError> {
    let constants = constants(function, argument).into_iter().filter(|text| !text.is_empty());
    let wrong = constants.filter_map(|text| {
        let Refusal { text: wrong, unknown } = read(&text).err()?.into();
        Some(StartError::constant(PassedConstant { function, argument, text, unknown }, wrong))
    });
    wrong.collect()
}
