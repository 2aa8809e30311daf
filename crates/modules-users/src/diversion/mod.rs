//! `diversion`: Diversion headers, by which a call says whom it was for before it was forwarded (RFC 5806).

#[cfg(test)]
mod tests;

use crate::subject::is_usable;
use bytes::Bytes;
use catalogue::{Arg, Example, Param, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Module, Outcome, Run, Setup, StartError, State, judge};
use std::borrow::Cow;
use std::sync::Arc;

/// The module `diversion`.
pub const MODULE: Module = Module {
    name: "diversion",
    about: "Adds Diversion headers: whom a call was for before it was forwarded.",
    params: &[SUFFIX],
    functions: &[ADD_DIVERSION],
    start,
    ..Module::EMPTY
};

const SUFFIX: Param = Param::str("suffix", "", "What is appended to the header: more parameters, \";privacy=full\".");

const ADD_DIVERSION: Function = Function {
    name: "add_diversion",
    about: "Adds a Diversion header before those that are there.",
    args: &[
        Arg::str("reason", "Why the call goes elsewhere: user-busy, no-answer, unconditional …")
            .judged(|text| Verdict::must(is_reason(text.as_bytes()), text, "reason", "a word, like user-busy")),
        Arg::str("uri", "Whom it was for, if not whom the request came for.").judged(judge::optional_uri).optional(),
        Arg::int("counter", "How many diversions the header stands for.").optional().within(0, i32::MAX),
    ],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL),
    returns: &[(1, "added"), (-1, "the reason or the URI cannot stand in a header")],
    examples: &[
        Example { script: "add_diversion(\"user-busy\")", message: "", returns: 1 },
        Example { script: "add_diversion(\"user-busy\", \"sip:carol@example.com\", 2)", message: "", returns: 1 },
        Example { script: "add_diversion(\"user-busy\\r\\nX: y\")", message: "", returns: -1 },
    ],
    run: Run::Now(add),
    ..FUNCTION
};

/// The state of the module.
struct Diversion {
    suffix: String,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let suffix = setup.params.text(&SUFFIX).to_owned();
    if suffix.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(StartError::param(SUFFIX.name, "it cannot have line ends or control characters"));
    }
    Ok(Arc::new(Diversion { suffix }))
}

fn is_reason(text: &[u8]) -> bool {
    !text.is_empty() && !text.iter().any(u8::is_ascii_control)
}

fn add(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let module = call.state::<Diversion>()?;
    let reason = args.str(0)?;
    if !is_reason(reason) {
        return Err(Fault::script("the reason of a Diversion is empty or has control characters"));
    }
    let uri = match args.opt_str(1).filter(|uri| !uri.is_empty()) {
        Some(uri) => &uri[..],
        // As it came: what the script has put in its place is where the call is diverted to.
        None => call.msg.message.request_uri(),
    };
    if !is_usable(uri) || uri.contains(&b'>') {
        return Err(Fault::script("the URI of a Diversion is none"));
    }
    let mut line = [b"Diversion: <", uri, b">;reason=", &*quoted(reason)].concat();
    if let Some(counter) = args.opt_int(2)? {
        line.extend_from_slice(format!(";counter={counter}").as_bytes());
    }
    line.extend_from_slice(module.suffix.as_bytes());
    line.extend_from_slice(b"\r\n");
    let first = call.msg.message.headers_called(b"Diversion").next().map(|header| header.index);
    call.msg.edits.insert_above(first, Bytes::from(line));
    Ok(1)
}

/// A reason as a header may have it (RFC 5806): a token, or what is in quotes, parameters behind it. Anything else is put
/// in quotes, or what a caller sends could write headers.
fn quoted(reason: &[u8]) -> Cow<'_, [u8]> {
    if is_value(reason) {
        return Cow::Borrowed(reason);
    }
    let mut text = vec![b'"'];
    for byte in reason {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
    Cow::Owned(text)
}

/// Tokens and texts in quotes, parted by `;` and `=`.
fn is_value(text: &[u8]) -> bool {
    let (mut rest, mut wants_word) = (text, true);
    while let Some((first, after)) = rest.split_first() {
        let is_sign = matches!(first, b';' | b'=');
        if is_sign == wants_word {
            return false;
        }
        let end = match first {
            b';' | b'=' => 1,
            b'"' => match end_of_quoted(after) {
                Some(end) => 1 + end,
                None => return false,
            },
            _ => rest.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(rest.len()),
        };
        if end == 0 {
            return false;
        }
        (rest, wants_word) = (rest.get(end..).unwrap_or_default(), is_sign);
    }
    !wants_word
}

/// Where the text behind an opening quote goes on once that is closed.
fn end_of_quoted(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    for (place, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(place + 1),
            _ => {}
        }
    }
    None
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}
