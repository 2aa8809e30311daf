//! The declaration of a transformation, `{class.name,arguments}`.

use crate::Judge;

/// A transformation of a value.
#[derive(Clone, Copy, Debug)]
pub struct Transformation<R: 'static> {
    /// Its whole name, lower case: `s.len`, `uri.param`, `nameaddr.uri`. `nameaddr.N.uri` is written with its
    /// number in a script; the number is the first argument, absent without it.
    pub name: &'static str,
    /// What it yields, one sentence.
    pub about: &'static str,
    /// Its arguments.
    pub args: &'static [TransformationArg],
    /// Whether the last argument is everything up to the closing brace, commas and all (`re.subst`, `s.eval`).
    pub rest: bool,
    /// Whether it may ask for what it needs: where it can be waited for, it is evaluated again with the answer.
    pub asks: bool,
    /// What runs.
    pub run: R,
}

/// An argument of a transformation. Each may be a variable.
#[derive(Clone, Copy, Debug)]
pub struct TransformationArg {
    /// Its name in the documentation.
    pub name: &'static str,
    /// Whether it must be an integer.
    pub int: bool,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether blanks count (separators).
    pub verbatim: bool,
    /// What a constant may be, where its type does not say it.
    pub judge: Option<Judge>,
}

impl TransformationArg {
    /// A text argument.
    pub const fn str(name: &'static str) -> TransformationArg {
        TransformationArg { name, int: false, optional: false, verbatim: false, judge: None }
    }

    /// An integer argument.
    pub const fn int(name: &'static str) -> TransformationArg {
        TransformationArg { name, int: true, optional: false, verbatim: false, judge: None }
    }

    /// It may be left out.
    pub const fn optional(self) -> TransformationArg {
        TransformationArg { optional: true, ..self }
    }

    /// A constant is judged when the script is checked.
    pub const fn judged(self, judge: Judge) -> TransformationArg {
        TransformationArg { judge: Some(judge), ..self }
    }

    /// Blanks count.
    pub const fn verbatim(self) -> TransformationArg {
        TransformationArg { verbatim: true, ..self }
    }
}

impl<R> Transformation<R> {
    /// The declaration alone.
    pub const fn declaration(&self) -> Transformation<()> {
        Transformation {
            name: self.name,
            about: self.about,
            args: self.args,
            rest: self.rest,
            asks: self.asks,
            run: (),
        }
    }
}
