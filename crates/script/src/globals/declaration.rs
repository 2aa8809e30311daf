//! What a global parameter is.

use catalogue::{Default, Judge};

/// The declaration of a global parameter.
#[derive(Clone, Copy, Debug)]
pub struct GlobalParam {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: GlobalKind,
    /// What holds when it is not set.
    pub default: Default,
    /// The least and greatest value of an integer.
    pub range: Option<(i32, i32)>,
    /// What a string may be, where `words` does not say it.
    pub judge: Option<Judge>,
    /// Whether a number beyond the range counts as the nearest in it.
    pub is_clamped: bool,
    /// The words a string may be; empty: any.
    pub words: &'static [&'static str],
    /// Whether it may be set several times, each adding a value.
    pub repeats: bool,
    /// Other spellings of today.
    pub spellings: &'static [&'static str],
    /// Names of older releases, for the same thing.
    pub old: &'static [&'static str],
    /// How scripts of today say it, where it is of older releases only.
    pub today: Option<&'static str>,
    /// Why setting it changes nothing here.
    pub no_effect: Option<&'static str>,
    /// One sentence: what it is for.
    pub about: &'static str,
}

/// What a global parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalKind {
    /// yes, no, on, off, 1, 0 …
    Bool,
    /// A number.
    Int,
    /// A string in quotes.
    Str,
    /// A path, with or without quotes.
    Path,
    /// A word, or a string in quotes.
    Word,
    /// A host or address, with or without quotes.
    Host,
    /// A type-of-service number, or its name.
    TypeOfService,
    /// A socket, or a bond of them.
    Socket,
    /// A name of our own.
    HostAlias,
    /// A number of workers, with a scaling profile.
    Workers,
    /// A scaling profile.
    ScalingProfile,
    /// A list of forbidden destinations.
    Blacklist,
    /// A group of modules.
    MemoryGroup,
}

impl GlobalParam {
    pub(super) const fn of(name: &'static str, kind: GlobalKind, default: Default, about: &'static str) -> GlobalParam {
        GlobalParam {
            name,
            kind,
            default,
            range: None,
            judge: None,
            is_clamped: false,
            words: &[],
            repeats: false,
            spellings: &[],
            old: &[],
            today: None,
            no_effect: None,
            about,
        }
    }

    pub(super) const fn bool(name: &'static str, default: bool, about: &'static str) -> GlobalParam {
        let default = if default { 1 } else { 0 };
        GlobalParam::of(name, GlobalKind::Bool, Default::Int(default), about)
    }

    pub(super) const fn int(name: &'static str, default: i32, about: &'static str) -> GlobalParam {
        GlobalParam::of(name, GlobalKind::Int, Default::Int(default), about)
    }

    pub(super) const fn str(name: &'static str, default: &'static str, about: &'static str) -> GlobalParam {
        GlobalParam::of(name, GlobalKind::Str, Default::Str(default), about)
    }

    pub(super) const fn unset(name: &'static str, kind: GlobalKind, about: &'static str) -> GlobalParam {
        GlobalParam::of(name, kind, Default::Unset, about)
    }

    pub(super) const fn within(self, least: i32, greatest: i32) -> GlobalParam {
        GlobalParam { range: Some((least, greatest)), ..self }
    }

    /// The same; what is beyond counts as the nearest.
    pub(super) const fn clamped(self, least: i32, greatest: i32) -> GlobalParam {
        GlobalParam { range: Some((least, greatest)), is_clamped: true, ..self }
    }

    pub(super) const fn judged(self, judge: Judge) -> GlobalParam {
        GlobalParam { judge: Some(judge), ..self }
    }

    pub(super) const fn one_of(self, words: &'static [&'static str]) -> GlobalParam {
        GlobalParam { words, ..self }
    }

    pub(super) const fn repeats(self) -> GlobalParam {
        GlobalParam { repeats: true, ..self }
    }

    pub(super) const fn spelt(self, spellings: &'static [&'static str]) -> GlobalParam {
        GlobalParam { spellings, ..self }
    }

    pub(super) const fn once(self, old: &'static [&'static str]) -> GlobalParam {
        GlobalParam { old, ..self }
    }

    pub(super) const fn of_older_releases(self, today: &'static str) -> GlobalParam {
        GlobalParam { today: Some(today), ..self }
    }

    pub(super) const fn no_effect(self, why: &'static str) -> GlobalParam {
        GlobalParam { no_effect: Some(why), ..self }
    }
}
