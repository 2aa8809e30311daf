//! One expression: compiled, matched within a bound, kept for the next time.

use bytes::Bytes;
use module_api::Fault;
use pcre2::bytes::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// How expressions are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) caseless: bool,
    pub(super) multi_line: bool,
    pub(super) dotall: bool,
    pub(super) extended: bool,
}

/// An expression that cannot hang a worker.
pub(super) struct Expression(Regex);

/// What became of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    Yes,
    No,
    /// It took too many steps or too much memory.
    GivenUp,
}

/// The steps of one match: some ten milliseconds. Expressions on what a message holds need hundreds.
const STEPS_MAX: u32 = 100_000;
/// The memory of one match, in KiB.
const HEAP_MAX: u32 = 4096;
/// A longer expression is none that a person wrote.
const EXPRESSION_BYTES_MAX: usize = 2 << 20;
/// PCRE2's numbers for a bound that was hit: on steps, on depth, on memory.
const BOUND_ERRORS: [i32; 3] = [-47, -53, -63];

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// It is none, or too long.
    pub(super) fn new(text: &[u8], options: Options) -> Result<Expression, Fault> {
        let shown = String::from_utf8_lossy(text);
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(Fault::script("the expression is too long"));
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return Err(Fault::script(format!("\"{shown}\" is not UTF-8 text")));
        };
        // What an expression itself says can only lower a bound.
        let bounds = format!("(*LIMIT_MATCH={STEPS_MAX})(*LIMIT_HEAP={HEAP_MAX})");
        let mut builder = RegexBuilder::new();
        builder.caseless(options.caseless).multi_line(options.multi_line);
        builder.dotall(options.dotall).extended(options.extended);
        builder.build(&format!("{bounds}{text}")).map(Expression).map_err(|error| {
            let (why, at) = (error.to_string(), error.offset().unwrap_or(0).saturating_sub(bounds.len()));
            let why = why.rsplit(": ").next().unwrap_or_default();
            Fault::script(format!("\"{shown}\" is no expression: {why}, at byte {at}"))
        })
    }

    /// Whether it matches a text somewhere.
    ///
    /// # Errors
    /// It cannot be matched with this text: it calls itself without end.
    pub(super) fn matches(&self, text: &[u8]) -> Result<Matched, Fault> {
        match self.0.is_match(text) {
            Ok(true) => Ok(Matched::Yes),
            Ok(false) => Ok(Matched::No),
            Err(error) if BOUND_ERRORS.contains(&error.code()) => Ok(Matched::GivenUp),
            Err(error) => Err(Fault::script(format!("the expression cannot be matched: {error}"))),
        }
    }
}

/// The expressions that have been compiled, by their text.
pub(super) struct Compiled {
    options: Options,
    known: RwLock<BTreeMap<Bytes, Arc<Expression>>>,
}

/// More than a script writes. Those made of variables could be without end, so past it all are dropped and the script's
/// own come back with the next message.
const COMPILED_MAX: usize = 1024;

impl Compiled {
    pub(super) fn new(options: Options) -> Compiled {
        Compiled { options, known: RwLock::default() }
    }

    /// The compiled expression.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn get(&self, text: &Bytes) -> Result<Arc<Expression>, Fault> {
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(Expression::new(text, self.options)?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= COMPILED_MAX {
            known.clear();
        }
        // A copy, for the text may be a slice of a message that would be kept with it.
        known.insert(Bytes::copy_from_slice(text), Arc::clone(&made));
        Ok(made)
    }
}
