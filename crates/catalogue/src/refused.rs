//! Values that cannot be used yet.

/// A word that a parameter may not be or hold yet, because it needs what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The word.
    pub word: &'static str,
    /// What it needs, for the error at start.
    pub why: &'static str,
}

impl Refused {
    /// This word, because of `why`.
    pub const fn new(word: &'static str, why: &'static str) -> Refused {
        Refused { word, why }
    }
}
