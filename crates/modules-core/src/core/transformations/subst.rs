//! `{re.subst,/expression/replacement/flags}`.

use super::{argument, input};
use crate::core::Core;
use bytes::Bytes;
use catalogue::{TransformationArg, Value, Verdict};
use module_api::{Call, Transformation};
use posix_regex::{Piece, Substitution, pieces};
use regex::bytes::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub(super) const ALL: &[Transformation] = &[Transformation {
    name: "re.subst",
    about: "The text with what an expression matches replaced; \\1 … in the replacement are its groups. Flags: i \
            ignores case, s lets the expression run over line ends, g replaces all matches.",
    args: &[TransformationArg::str("/re/repl/flags").judged(|text| {
        Verdict::of(Compiled::parse(text.as_bytes()), "/expression/replacement/flags, with flags among i, s and g")
    })],
    rest: true,
    asks: false,
    run: |call, value, args| subst(call, value, args),
}];

/// The substitutions that have been compiled, by their text.
#[derive(Debug, Default)]
pub(in crate::core) struct Substitutions {
    compiled: RwLock<BTreeMap<Bytes, Arc<Compiled>>>,
}

/// A compiled `/expression/replacement/flags`.
#[derive(Debug)]
struct Compiled {
    regex: Regex,
    replacement: Vec<Piece>,
    all: bool,
}

/// More substitutions than a script writes. Those made of variables could be without end, so past it all are dropped
/// and the script's own come back with the next message.
const COMPILED_MAX: usize = 1024;

fn subst(call: &mut Call<'_>, value: Value, args: &[Value]) -> Value {
    let Some(text) = argument(args, 0) else { return Value::Null };
    let compiled = match call.state::<Core>() {
        Ok(core) => core.substitutions.get(&text),
        Err(_) => Compiled::parse(&text).map(Arc::new),
    };
    match compiled {
        Ok(substitution) => Value::Str(substitution.apply(input(value))),
        Err(error) => {
            call.env.log().warning(format!("{{re.subst}}: {error}"));
            Value::Null
        }
    }
}

impl Substitutions {
    fn get(&self, text: &Bytes) -> Result<Arc<Compiled>, String> {
        if let Some(known) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(Compiled::parse(text)?);
        let mut compiled = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        if compiled.len() >= COMPILED_MAX {
            compiled.clear();
        }
        // A copy, for the text may be a slice of a message that would be kept with it.
        compiled.insert(Bytes::copy_from_slice(text), Arc::clone(&made));
        Ok(made)
    }
}

impl Compiled {
    fn parse(text: &[u8]) -> Result<Compiled, String> {
        let Substitution { expression, replacement, all } = Substitution::parse(text)?;
        Ok(Compiled { regex: expression, replacement: pieces(&replacement), all })
    }

    fn apply(&self, text: Bytes) -> Bytes {
        let limit = if self.all { 0 } else { 1 };
        let replaced = self.regex.replacen(&text, limit, |found: &Captures<'_>| self.replacement_for(found));
        match replaced {
            std::borrow::Cow::Owned(replaced) => replaced.into(),
            std::borrow::Cow::Borrowed(_) => text,
        }
    }

    fn replacement_for(&self, found: &Captures<'_>) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &self.replacement {
            match piece {
                Piece::Text(piece) => text.extend_from_slice(piece),
                Piece::Group(group) => text.extend_from_slice(found.get(*group).map_or(b"", |group| group.as_bytes())),
            }
        }
        text
    }
}
