//! The declaration of a script variable.

use crate::Alias;

/// A variable, `$name`. `R` is what reads and writes it; `()` where only the declaration is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Variable<R: 'static> {
    /// Its name without the dollar, e.g. `ru`, `msg.branch.flag`.
    pub name: &'static str,
    /// Names of older releases.
    pub aliases: &'static [Alias],
    /// What it holds, one sentence.
    pub about: &'static str,
    /// Whether a script may assign to it.
    pub access: Access,
    /// Whether it takes a name in parentheses.
    pub inner: Inner,
    /// Whether it takes an index in brackets.
    pub indexed: bool,
    /// What the index may be said to count in, behind a slash: `active` in `$(tm.branch.uri[0/active])`.
    pub index_sets: &'static [&'static str],
    /// What reads and writes it.
    pub run: R,
}

/// What makes the byte behind it an ordinary one in the name of an [`Inner::Path`].
pub const PATH_ESCAPE: u8 = 0x1b;

/// Whether a script may assign to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It may be read only.
    Read,
    /// It may be read and assigned.
    ReadWrite,
}

/// Whether a variable takes a name in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner {
    /// No.
    None,
    /// It may.
    Optional,
    /// It must: a name, a format (`$time(%H:%M)`), the way to a part (`$sdp.line(a=[1])`). All of it may come from
    /// variables.
    Name,
    /// It must, and is turned into a [`crate::NameId`] (`$avp`, `$var`).
    Interned,
    /// It must, and it is one of these words.
    Word(&'static [&'static str]),
    /// It may, and it is one of these words.
    OptionalWord(&'static [&'static str]),
    /// It must, and is a path (`$json(a/$var(key)[0])`): in what a variable contributes, each byte that could part the
    /// path comes behind [`PATH_ESCAPE`], so that a value is one key whatever it holds.
    Path,
}

impl<R> Variable<R> {
    /// The declaration alone.
    pub const fn declaration(&self) -> Variable<()> {
        Variable {
            name: self.name,
            aliases: self.aliases,
            about: self.about,
            access: self.access,
            inner: self.inner,
            indexed: self.indexed,
            index_sets: self.index_sets,
            run: (),
        }
    }
}
