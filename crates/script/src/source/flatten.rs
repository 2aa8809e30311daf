//! Puts the included files in place, and the values of the environment.

use super::environment::{Reference, reference};
use super::include::{Include, Malformed, PATH_BYTES_MAX, candidates, include};
use super::map::MapBuilder;
use super::{LoadOptions, SOURCE_BYTES_MAX};
use crate::ast::Span;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use bytes::Bytes;
use std::io;

/// Files may include each other this deeply, as upstream allows.
const INCLUDE_DEPTH_MAX: usize = 50;

/// Reads `path` and everything it includes.
pub(super) fn flatten(path: &str, options: &LoadOptions<'_>) -> (MapBuilder, Diagnostics) {
    let mut flattener = Flattener {
        options,
        flat: MapBuilder::default(),
        diagnostics: Diagnostics::default(),
        within: Within::Code,
        around: Vec::new(),
    };
    match options.files.read(path) {
        Ok(text) => flattener.file(if path == "-" { "<stdin>" } else { path }, text, 0),
        Err(error) => {
            let message = format!("cannot read {path}: {error}");
            flattener.diagnostics.push(Diagnostic::error_without_place(codes::FILE_UNREADABLE, message));
        }
    }
    (flattener.flat, flattener.diagnostics)
}

struct Flattener<'a> {
    options: &'a LoadOptions<'a>,
    flat: MapBuilder,
    diagnostics: Diagnostics,
    within: Within,
    /// The files that are being read, each included by the one before.
    around: Vec<String>,
}

/// What the text so far leaves open. Strings hide comments, and comments hide references to the environment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    DoubleQuotes,
    /// Ends with its line here: an apostrophe in the text around an m4 template must not hide the rest of it.
    SingleQuotes,
    Comment {
        depth: u32,
    },
    LineComment,
}

/// A line being copied.
struct Line<'a> {
    text: &'a [u8],
    file: usize,
    number: u32,
}

impl Line<'_> {
    /// The column of a byte.
    fn column(&self, byte: usize) -> u32 {
        let before = String::from_utf8_lossy(self.text.get(..byte).unwrap_or_default()).chars().count();
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

fn unset(name: &str) -> String {
    format!("{name} is not set in the environment")
}

impl Flattener<'_> {
    fn file(&mut self, path: &str, text: Vec<u8>, depth: usize) {
        let text = Bytes::from(text);
        let file = self.flat.add_file(path, Some(text.clone()));
        for (number, line) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
            if self.flat.text.len() + line.len() > SOURCE_BYTES_MAX {
                let message = format!("the script with its includes is longer than {SOURCE_BYTES_MAX} bytes");
                self.diagnostics.push(Diagnostic::error_without_place(codes::TOO_LARGE, message));
                return;
            }
            self.line(path, &Line { text: line, file, number }, depth);
        }
        // A last line without its end must not run into what follows the include.
        if depth > 0 && !self.flat.text.ends_with(b"\n") {
            self.flat.text.push(b'\n');
        }
    }

    fn line(&mut self, path: &str, line: &Line<'_>, depth: usize) {
        self.flat.continue_at(line.file, line.number, 1, false);
        match include(line.text) {
            None => self.copy(line, 0),
            Some(Ok(found)) => self.include(path, line, &found, depth),
            Some(Err(malformed)) => {
                let start = self.flat.end();
                self.copy(line, 0);
                let fault = |message: &str| Diagnostic::error(codes::INCLUDE_MALFORMED, self.from(start), message);
                let fault = match malformed {
                    Malformed::NoPath => {
                        fault("the path is missing").help("write the path in quotes: include_file \"path\"")
                    }
                    Malformed::TooLong => fault(&format!("a path has at most {PATH_BYTES_MAX} bytes")),
                };
                self.diagnostics.push(fault);
            }
        }
    }

    /// The text of the file takes the place of the line up to the closing quote.
    fn include(&mut self, including: &str, line: &Line<'_>, found: &Include<'_>, depth: usize) {
        match self.open(including, found, depth) {
            Ok((path, text)) => {
                self.around.push(including.to_owned());
                self.file(&path, text, depth + 1);
                self.around.pop();
                self.flat.continue_at(line.file, line.number, line.column(found.rest_start), false);
                self.copy(line, found.rest_start);
            }
            Err((code, message)) => self.missing(line, found, code, message),
        }
    }

    fn open(&self, including: &str, found: &Include<'_>, depth: usize) -> Result<(String, Vec<u8>), (Code, String)> {
        if depth + 1 > INCLUDE_DEPTH_MAX {
            let message = format!("files include each other more than {INCLUDE_DEPTH_MAX} deep");
            return Err((codes::INCLUDE_TOO_DEEP, message));
        }
        let path = self.with_environment(found.path)?;
        let mut last_error = io::Error::from(io::ErrorKind::NotFound);
        for candidate in candidates(&path, including) {
            match self.options.files.read(&candidate) {
                Ok(_) if candidate == including || self.around.contains(&candidate) => {
                    return Err((codes::INCLUDE_TOO_DEEP, format!("{candidate} includes itself")));
                }
                Ok(text) => return Ok((candidate, text)),
                Err(error) => last_error = error,
            }
        }
        Err((codes::FILE_UNREADABLE, format!("cannot read {path}: {last_error}")))
    }

    /// The line stays as a comment: something for the message to point at.
    fn missing(&mut self, line: &Line<'_>, found: &Include<'_>, code: Code, message: String) {
        self.flat.text.push(b'#');
        self.flat.continue_at(line.file, line.number, line.column(found.path_start), false);
        let start = self.flat.end();
        self.flat.text.extend_from_slice(found.path);
        self.diagnostics.push(Diagnostic::error(code, self.from(start), message));
        self.flat.text.push(b'\n');
    }

    fn with_environment(&self, path: &[u8]) -> Result<String, (Code, String)> {
        let mut expanded = Vec::new();
        let mut rest = path;
        while let Some((byte, after)) = rest.split_first() {
            let Some(found) = reference(rest) else {
                expanded.push(*byte);
                rest = after;
                continue;
            };
            let value = self.value(found.name, found.default);
            let value = value.ok_or_else(|| (codes::ENVIRONMENT_UNSET, unset(found.name)))?;
            expanded.extend_from_slice(value);
            rest = rest.get(found.length..).unwrap_or_default();
        }
        Ok(String::from_utf8_lossy(&expanded).into_owned())
    }

    /// Copies the line from a byte on, with the values of the environment in place of their names.
    fn copy(&mut self, line: &Line<'_>, from: usize) {
        let mut at = from;
        while let Some(byte) = line.text.get(at) {
            let rest = line.text.get(at..).unwrap_or_default();
            if !self.within.is_comment()
                && let Some(found) = reference(rest)
            {
                self.substitute(line, at, &found);
                at += found.length;
                continue;
            }
            if *byte == 0 {
                let place = Span { start: self.flat.end(), end: self.flat.end() + 1 };
                self.diagnostics.push(Diagnostic::error(codes::NUL_BYTE, place, "the script contains a NUL byte"));
            }
            let length = self.within.step(rest);
            self.flat.text.extend_from_slice(rest.get(..length).unwrap_or_default());
            at += length;
        }
    }

    fn substitute(&mut self, line: &Line<'_>, at: usize, found: &Reference<'_>) {
        let column = line.column(at);
        let start = self.flat.end();
        match self.value(found.name, found.default) {
            Some(value) => {
                let value = value.to_vec();
                self.flat.continue_at(line.file, line.number, column, true);
                self.flat.text.extend_from_slice(&value);
            }
            None => {
                // The text stays as long as it is: something for the message to point at. Within a string nothing
                // that the parser would find fault with may stay.
                let written = line.text.get(at..at + found.length).unwrap_or_default();
                match self.within {
                    Within::DoubleQuotes | Within::SingleQuotes => {
                        self.flat.text.resize(self.flat.text.len() + written.len(), b'0');
                    }
                    _ => self.flat.text.extend_from_slice(written),
                }
                let fault = Diagnostic::error(codes::ENVIRONMENT_UNSET, self.from(start), unset(found.name));
                self.diagnostics.push(fault.help(format!("set it, or give a default: ${{{}:-value}}", found.name)));
            }
        }
        self.flat.continue_at(line.file, line.number, line.column(at + found.length), false);
    }

    /// An empty variable counts as unset where there is a default, as in a shell.
    fn value<'v>(&'v self, name: &str, default: Option<&'v [u8]>) -> Option<&'v [u8]> {
        let set = self.options.environment.get(name).map(String::as_bytes);
        if default.is_some() { set.filter(|value| !value.is_empty()).or(default) } else { set }
    }

    fn from(&self, start: u32) -> Span {
        Span { start, end: self.flat.end() }
    }
}

impl Within {
    fn is_comment(self) -> bool {
        matches!(self, Within::Comment { .. } | Within::LineComment)
    }

    /// Takes in what `rest` starts with, and says how many bytes that were.
    fn step(&mut self, rest: &[u8]) -> usize {
        let (next, length) = match (*self, rest) {
            (Within::Code, [b'/', b'*', ..]) => (Within::Comment { depth: 1 }, 2),
            (Within::Code, [b'#', ..]) => (Within::LineComment, 1),
            (Within::Code, [b'"', ..]) => (Within::DoubleQuotes, 1),
            (Within::Code, [b'\'', ..]) => (Within::SingleQuotes, 1),
            (Within::DoubleQuotes, [b'\\', _, ..]) => (Within::DoubleQuotes, 2),
            (Within::DoubleQuotes, [b'"', ..]) => (Within::Code, 1),
            (Within::SingleQuotes, [b'\'' | b'\n', ..]) => (Within::Code, 1),
            (Within::LineComment, [b'\n', ..]) => (Within::Code, 1),
            (Within::Comment { depth }, [b'/', b'*', ..]) => (Within::Comment { depth: depth.saturating_add(1) }, 2),
            (Within::Comment { depth: 1 }, [b'*', b'/', ..]) => (Within::Code, 2),
            (Within::Comment { depth }, [b'*', b'/', ..]) => (Within::Comment { depth: depth - 1 }, 2),
            (within, _) => (within, 1),
        };
        *self = next;
        length
    }
}
