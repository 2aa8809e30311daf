//! The declaration of a module parameter (`modparam`).

use crate::{Alias, Refused};

/// A parameter of a module, set with `modparam`.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Names of older releases.
    pub aliases: &'static [Alias],
    /// What it takes.
    pub kind: ParamKind,
    /// What holds when it is not set.
    pub default: Default,
    /// The least and greatest value of an integer.
    pub range: Option<(i32, i32)>,
    /// The words a string may be; empty: any.
    pub words: &'static [&'static str],
    /// Those of the words that need what is not there yet; setting them is a start-up error.
    pub refused: &'static [Refused],
    /// Whether it may be set several times, each adding a value.
    pub repeats: bool,
    /// Why setting it changes nothing here, for what only sized upstream's processes or memory.
    pub no_effect: Option<&'static str>,
    /// What is written today, for what is only there for old scripts; setting it is worth a warning with this text.
    pub today: Option<&'static str>,
    /// Whether its value, `name=…`, gives `$var(name)` its first value.
    pub sets_variable: bool,
    /// What it needs that is not there yet; setting it to anything but its default is a start-up error with this text.
    pub unavailable: Option<&'static str>,
    /// One sentence: what it is for.
    pub about: &'static str,
}

/// The type of a module parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// An integer (also the words yes/no/on/off …).
    Int,
    /// A string.
    Str,
    /// A variable, `"$avp(x)"`.
    Var,
    /// A format string.
    Format,
    /// A flag name.
    Flag,
    /// The name of a `route[…]`.
    Route,
    /// Either an integer or a string (fifo_group).
    IntOrStr,
}

/// The default of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// None: the parameter is unset.
    Unset,
    /// An integer.
    Int(i32),
    /// A string.
    Str(&'static str),
}

impl Param {
    const fn of(name: &'static str, kind: ParamKind, default: Default, about: &'static str) -> Param {
        Param {
            name,
            aliases: &[],
            kind,
            default,
            range: None,
            words: &[],
            refused: &[],
            repeats: false,
            no_effect: None,
            today: None,
            sets_variable: false,
            unavailable: None,
            about,
        }
    }

    /// An integer with a default.
    pub const fn int(name: &'static str, default: i32, about: &'static str) -> Param {
        Param::of(name, ParamKind::Int, Default::Int(default), about)
    }

    /// A string with a default.
    pub const fn str(name: &'static str, default: &'static str, about: &'static str) -> Param {
        Param::of(name, ParamKind::Str, Default::Str(default), about)
    }

    /// A parameter of this type that is unset unless the script sets it.
    pub const fn unset(name: &'static str, kind: ParamKind, about: &'static str) -> Param {
        Param::of(name, kind, Default::Unset, about)
    }

    /// The integers it may be, both ends included.
    pub const fn within(self, least: i32, greatest: i32) -> Param {
        Param { range: Some((least, greatest)), ..self }
    }

    /// The words it may be.
    pub const fn one_of(self, words: &'static [&'static str]) -> Param {
        Param { words, ..self }
    }

    /// These of the words cannot be used yet.
    pub const fn refusing(self, refused: &'static [Refused]) -> Param {
        Param { refused, ..self }
    }

    /// It may be set several times.
    pub const fn repeats(self) -> Param {
        Param { repeats: true, ..self }
    }

    /// Older names.
    pub const fn aliases(self, aliases: &'static [Alias]) -> Param {
        Param { aliases, ..self }
    }

    /// It is accepted and changes nothing, because of `why`.
    pub const fn no_effect(self, why: &'static str) -> Param {
        Param { no_effect: Some(why), ..self }
    }

    /// Its value, `name=…`, gives `$var(name)` its first value.
    pub const fn sets_variable(self) -> Param {
        Param { sets_variable: true, ..self }
    }

    /// It is there for old scripts; `today` is written in its place.
    pub const fn today(self, today: &'static str) -> Param {
        Param { today: Some(today), ..self }
    }

    /// Setting it to anything but its default is an error with the text `why`.
    pub const fn unavailable(self, why: &'static str) -> Param {
        Param { unavailable: Some(why), ..self }
    }
}
