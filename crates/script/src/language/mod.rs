//! What the language itself consists of, for `strowger doc` and the reference: lines, routes, statements, operators.
//!
//! Every example is parsed by a test, and every symbol and kind of route that the parser knows has its entry.

mod lines;
mod operators;
mod routes;
mod statements;
#[cfg(test)]
mod tests;

/// An element of the language.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// How it is written: the words or symbols by which it is found.
    pub names: &'static [&'static str],
    /// What kind of element it is.
    pub kind: Kind,
    /// Its form.
    pub form: &'static str,
    /// What it does.
    pub about: &'static str,
    /// A use of it: of a statement or operator a statement, else lines of a script.
    pub example: &'static str,
}

/// The kinds of elements, in the order of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It stands on the top level.
    Line,
    /// A block of statements on the top level.
    Route,
    /// It does something.
    Statement,
    /// It stands between values, or before one.
    Operator,
    /// A value.
    Value,
}

impl Kind {
    /// Above such elements.
    pub const fn heading(self) -> &'static str {
        match self {
            Kind::Line => "Lines",
            Kind::Route => "Routes",
            Kind::Statement => "Statements",
            Kind::Operator => "Operators",
            Kind::Value => "Values",
        }
    }
}

/// All elements, those of one kind together.
pub fn all() -> impl Iterator<Item = &'static Element> {
    [lines::ALL, routes::ALL, statements::ALL, operators::ALL, operators::VALUES].into_iter().flatten()
}
