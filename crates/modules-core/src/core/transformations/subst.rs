//! `{re.subst,/expression/replacement/flags}`.

use super::{argument, input};
use crate::core::Core;
use bytes::Bytes;
use catalogue::{TransformationArg, Value};
use module_api::{Call, Transformation};
use posix_regex::Pattern;
use regex::bytes::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub(super) const ALL: &[Transformation] = &[Transformation {
    name: "re.subst",
    about: "The text with what an expression matches replaced; \\1 … in the replacement are its groups. Flags: i \
            ignores case, s lets the expression run over line ends, g replaces all matches.",
    args: &[TransformationArg::str("/re/repl/flags")],
    rest: true,
    asks: false,
    run: |call, value, args| subst(call, value, args),
}];

/// The substitutions that have been compiled, by their text.
#[derive(Debug, Default)]
pub(in crate::core) struct Substitutions {
    compiled: RwLock<BTreeMap<Bytes, Arc<Substitution>>>,
}

/// A compiled `/expression/replacement/flags`.
#[derive(Debug)]
struct Substitution {
    regex: Regex,
    replacement: Vec<Piece>,
    all: bool,
}

/// A piece of a replacement.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Group(usize),
}

/// More substitutions than a script writes. Those made of variables could be without end, so past it all are dropped
/// and the script's own come back with the next message.
const COMPILED_MAX: usize = 1024;

fn subst(call: &mut Call<'_>, value: Value, args: &[Value]) -> Value {
    let Some(text) = argument(args, 0) else { return Value::Null };
    let compiled = match call.state::<Core>() {
        Ok(core) => core.substitutions.get(&text),
        Err(_) => Substitution::parse(&text).map(Arc::new),
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
    fn get(&self, text: &Bytes) -> Result<Arc<Substitution>, String> {
        if let Some(known) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(Substitution::parse(text)?);
        let mut compiled = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        if compiled.len() >= COMPILED_MAX {
            compiled.clear();
        }
        // A copy, for the text may be a slice of a message that would be kept with it.
        compiled.insert(Bytes::copy_from_slice(text), Arc::clone(&made));
        Ok(made)
    }
}

impl Substitution {
    fn parse(text: &[u8]) -> Result<Substitution, String> {
        let Some((mark, rest)) = text.trim_ascii().split_first() else {
            return Err("the expression is empty".to_owned());
        };
        let missing = || "it is written /expression/replacement/flags".to_owned();
        let (expression, rest) = split(rest, *mark).ok_or_else(missing)?;
        let (replacement, flags) = split(rest, *mark).ok_or_else(missing)?;
        if let Some(unknown) = flags.iter().find(|flag| !b"isg".contains(flag)) {
            return Err(format!("it has no flag \"{}\"", char::from(*unknown)));
        }
        // Without the flag s an expression keeps to one line, as POSIX's REG_NEWLINE has it.
        let pattern = Pattern { ignore_case: flags.contains(&b'i'), by_line: !flags.contains(&b's') };
        let regex = pattern.compile(&expression).map_err(|error| format!("the expression cannot be used: {error}"))?;
        Ok(Substitution { regex, replacement: pieces(&replacement), all: flags.contains(&b'g') })
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

/// The text up to the mark, and what follows it. A mark behind a backslash counts as text.
fn split(text: &[u8], mark: u8) -> Option<(Vec<u8>, &[u8])> {
    let mut part = Vec::new();
    let mut at = 0;
    loop {
        match (text.get(at)?, text.get(at + 1)) {
            (b'\\', Some(next)) if *next == mark => {
                part.push(mark);
                at += 2;
            }
            (b'\\', Some(next)) => {
                part.extend([b'\\', *next]);
                at += 2;
            }
            (byte, _) if *byte == mark => return Some((part, text.get(at + 1..)?)),
            (byte, _) => {
                part.push(*byte);
                at += 1;
            }
        }
    }
}

fn pieces(text: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match bytes.next() {
            Some(digit @ b'0'..=b'9') => {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(Piece::Group(usize::from(digit - b'0')));
            }
            Some(b'n') => plain.push(b'\n'),
            Some(b'r') => plain.push(b'\r'),
            Some(b't') => plain.push(b'\t'),
            Some(other) => plain.push(other),
            None => plain.push(b'\\'),
        }
    }
    pieces.push(Piece::Text(plain));
    pieces
}
