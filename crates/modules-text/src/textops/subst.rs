//! `subst()` and its kin: `/expression/replacement/flags`, with groups and variables in the replacement.

use super::parts::{Matches, Part, change};
use super::{FOUND, ON_THE_WAY, WITH_TEXT, WITH_URI};
use crate::yes;
use bytes::Bytes;
use catalogue::{Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, FormatHandle, Function, Outcome, Run, Setup, StartError, State};
use posix_regex::Substitution;
use regex::bytes::{Captures, Regex};
use sip::Uri;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub(super) const SUBST: Function = Function {
    name: "subst",
    about: "Replaces what matches in headers and body, as sed does.",
    examples: &[
        Example { script: r#"subst("/^Subject: *good(.*)$/Subject: bad\1/i")"#, message: WITH_TEXT, returns: 1 },
        Example { script: r#"subst("/^Subject: *bad/x/")"#, message: WITH_TEXT, returns: -1 },
    ],
    run: Run::Now(|call, args| in_message(call, args, Part::Message)),
    ..SUBSTITUTING
};

pub(super) const SUBST_URI: Function = Function {
    name: "subst_uri",
    about: "Replaces what matches in the Request-URI, as sed does.",
    routes: WITH_URI,
    examples: &[
        Example { script: r#"subst_uri("/^sip:([a-z]+)@(.*)$/sip:0\1@\2;orig=\1/")"#, message: "", returns: 1 },
        Example { script: r#"subst_uri("/^sip:([0-9]+)@/sip:3463\1@/")"#, message: "", returns: -1 },
    ],
    run: Run::Now(in_uri),
    ..SUBSTITUTING
};

pub(super) const SUBST_USER: Function = Function {
    name: "subst_user",
    about: "Replaces what matches in the user part of the Request-URI, as sed does.",
    routes: WITH_URI,
    examples: &[
        Example { script: r#"subst_user("/^b(.*)/r\1/")"#, message: "", returns: 1 },
        Example { script: r#"subst_user("/3642$/36423463/")"#, message: "", returns: -1 },
    ],
    run: Run::Now(in_user),
    ..SUBSTITUTING
};

pub(super) const SUBST_BODY: Function = Function {
    name: "subst_body",
    about: "Replaces what matches in the body, as sed does.",
    examples: &[Example { script: r#"subst_body("/^openser/Strowger/ig")"#, message: WITH_TEXT, returns: 1 }],
    run: Run::Now(|call, args| in_message(call, args, Part::Body)),
    ..SUBSTITUTING
};

const SUBSTITUTING: Function = Function {
    args: &[Arg::raw(
        "/re/repl/flags",
        "An expression, what it is replaced by (`\\1` … are its groups, `$var(x)` a variable), and flags: i ignores \
         case, g replaces all matches, s lets the expression run over line ends.",
    )
    .judged(|text| Verdict::of(Substitution::parse(text.as_bytes()), "/expression/replacement/flags"))],
    routes: ON_THE_WAY,
    returns: FOUND,
    ..FUNCTION
};

/// The module's state: the substitutions of the script, by their text.
#[derive(Default)]
struct Textops {
    compiled: RwLock<BTreeMap<Bytes, Arc<Compiled>>>,
}

struct Compiled {
    regex: Regex,
    replacement: Vec<Piece>,
    matches: Matches,
}

enum Piece {
    Text(Vec<u8>),
    Variables(FormatHandle),
    Group(usize),
}

/// More than a script writes; the texts are constants, so that only reloading can ever reach it.
const COMPILED_MAX: usize = 1024;

/// Compiles what the script holds, so that what is wrong with it is said before the first message.
pub(super) fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let state = Textops::default();
    for function in ["subst", "subst_uri", "subst_user", "subst_body"] {
        let compiler = setup.compiler;
        setup.hold(function, 0, |text| {
            let compiled = Compiled::new(text.as_bytes(), |format| compiler.format(&String::from_utf8_lossy(format)))?;
            state.keep(Bytes::copy_from_slice(text.as_bytes()), Arc::new(compiled));
            Ok::<(), String>(())
        });
    }
    Ok(Arc::new(state))
}

impl Textops {
    fn get(&self, call: &Call<'_>, text: &Bytes) -> Result<Arc<Compiled>, Fault> {
        if let Some(known) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        let compiled = Compiled::new(text, |format| call.env.operations.format(format));
        let compiled = Arc::new(compiled.map_err(Fault::script)?);
        self.keep(Bytes::copy_from_slice(text), Arc::clone(&compiled));
        Ok(compiled)
    }

    fn keep(&self, text: Bytes, compiled: Arc<Compiled>) {
        let mut all = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= COMPILED_MAX {
            all.clear();
        }
        all.insert(text, compiled);
    }
}

impl Compiled {
    fn new(text: &[u8], format: impl Fn(&[u8]) -> Result<FormatHandle, String>) -> Result<Compiled, String> {
        let Substitution { expression, replacement, all } = Substitution::parse(text)?;
        let mut pieces = Vec::new();
        for piece in posix_regex::pieces(&replacement) {
            pieces.push(match piece {
                posix_regex::Piece::Group(group) => Piece::Group(group),
                posix_regex::Piece::Text(text) if text.contains(&b'$') => Piece::Variables(format(&text)?),
                posix_regex::Piece::Text(text) => Piece::Text(text),
            });
        }
        let matches = if all { Matches::All } else { Matches::First };
        Ok(Compiled { regex: expression, replacement: pieces, matches })
    }

    /// The replacement with the variables filled in: they are the same for every match.
    fn filled(&self, call: &mut Call<'_>) -> Filled {
        let piece = |piece: &Piece| match piece {
            Piece::Group(group) => FilledPiece::Group(*group),
            Piece::Text(text) => FilledPiece::Text(Bytes::copy_from_slice(text)),
            Piece::Variables(format) => FilledPiece::Text(format.print(call)),
        };
        Filled(self.replacement.iter().map(piece).collect())
    }
}

/// A replacement whose variables have their values.
struct Filled(Vec<FilledPiece>);

enum FilledPiece {
    Text(Bytes),
    Group(usize),
}

impl Filled {
    fn of(&self, found: &Captures<'_>) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &self.0 {
            match piece {
                FilledPiece::Text(piece) => text.extend_from_slice(piece),
                FilledPiece::Group(group) => {
                    text.extend_from_slice(found.get(*group).map_or(b"", |group| group.as_bytes()));
                }
            }
        }
        text
    }
}

fn in_message(call: &mut Call<'_>, args: Args<'_>, part: Part) -> Outcome {
    let compiled = call.state::<Textops>()?.get(call, args.str(0)?)?;
    let filled = compiled.filled(call);
    yes(change(call, part, &compiled.regex, compiled.matches, |found| filled.of(found)))
}

fn in_uri(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let uri = call.msg.request_uri().clone();
    let Some(changed) = substituted(call, args, &uri)? else { return Ok(-1) };
    set_uri(call, changed)
}

fn in_user(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let uri = call.msg.request_uri().clone();
    let parsed = Uri::parse(&uri)?;
    let user = parsed.user.unwrap_or_default();
    let Some(changed) = substituted(call, args, user)? else { return Ok(-1) };
    // The user stands behind the scheme and its colon, whether there is one or not.
    let start = uri.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
    let (before, rest) = uri.split_at(start);
    let rest = rest.get(user.len()..).unwrap_or_default();
    let written = match (parsed.user.is_some(), changed.is_empty()) {
        (true, true) if parsed.password.is_none() => [before, rest.strip_prefix(b"@").unwrap_or(rest)].concat(),
        (true, _) => [before, &changed, rest].concat(),
        (false, true) => uri.to_vec(),
        (false, false) => [before, &changed, b"@", rest].concat(),
    };
    set_uri(call, written)
}

fn substituted(call: &mut Call<'_>, args: Args<'_>, text: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let compiled = call.state::<Textops>()?.get(call, args.str(0)?)?;
    if !compiled.regex.is_match(text) {
        return Ok(None);
    }
    let filled = compiled.filled(call);
    let limit = if compiled.matches == Matches::All { 0 } else { 1 };
    let changed = compiled.regex.replacen(text, limit, |found: &Captures<'_>| filled.of(found));
    Ok(Some(changed.into_owned()))
}

/// With a line end in it a URI would smuggle headers into the request.
fn set_uri(call: &mut Call<'_>, uri: Vec<u8>) -> Outcome {
    Uri::parse(&uri).map_err(|error| Fault::script(format!("the changed URI is wrong: {error}")))?;
    if uri.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(Fault::script("a URI cannot have white space or control characters"));
    }
    call.msg.branches.first_mut().uri = uri.into();
    Ok(1)
}
