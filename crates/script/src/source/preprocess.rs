//! The preprocessor of `-p COMMAND`: the text goes through it with marker lines, so that places survive.

use super::map::MapBuilder;
use super::{SOURCE_BYTES_MAX, Source};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use std::io;

/// The command that the text of the script goes through before it is parsed.
pub trait Preprocessor {
    /// How the user named it, for messages.
    fn command(&self) -> &str;
    /// Gives it the text and waits for what it makes of it.
    fn run(&mut self, text: &[u8]) -> io::Result<Preprocessed>;
}

/// What a preprocessor made.
#[derive(Clone, Debug, Default)]
pub struct Preprocessed {
    /// Its standard output.
    pub output: Vec<u8>,
    /// Its exit status; 0 is success.
    pub status: i32,
    /// Its standard error.
    pub errors: String,
}

const FILE_BEGIN: &str = "__OSSPP_FILEBEGIN__";
const FILE_END: &str = "__OSSPP_FILEEND__";
const LINE: &str = "__OSSPP_LINE__";
const ANY_MARKER: &[u8] = b"__OSSPP_";

/// Sends the flattened text through the preprocessor.
pub(super) fn preprocess(
    flat: MapBuilder,
    preprocessor: &mut dyn Preprocessor,
    diagnostics: &mut Diagnostics,
) -> Source {
    let given = flat.into_source();
    let (marked, lines) = with_markers(&given);
    let fault = match preprocessor.run(&marked) {
        Ok(made) if made.status == 0 && made.output.len() <= SOURCE_BYTES_MAX => {
            let made = without_markers(&made.output, &given, &lines);
            return made_of(given, made);
        }
        Ok(made) if made.status == 0 => format!("gave more than {SOURCE_BYTES_MAX} bytes"),
        Ok(made) if made.errors.trim().is_empty() => format!("ended with status {}", made.status),
        Ok(made) => format!("ended with status {}: {}", made.status, made.errors.trim()),
        Err(error) => format!("could not be run: {error}"),
    };
    let message = format!("the preprocessor {} {fault}", preprocessor.command());
    diagnostics.push(Diagnostic::error_without_place(codes::PREPROCESSOR_FAILED, message));
    made_of(given, Source::from_text("<preprocessor>", b""))
}

fn made_of(given: Source, made: Source) -> Source {
    Source { text: made.text, map: made.map.after(given.map) }
}

/// The text with a marker where a file begins and ends, and before each line that no macro can be in the middle of; and where
/// each line of that is in the text without.
fn with_markers(source: &Source) -> (Vec<u8>, Vec<u32>) {
    let mut marked = Vec::with_capacity(source.text.len() * 2);
    let mut lines = Vec::new();
    let mut open_files: Vec<&str> = Vec::new();
    let mut balance = Balance::default();
    let mut offset = 0;
    for line in source.text.split_inclusive(|byte| *byte == b'\n') {
        let place = source.map.place(offset);
        while open_files.last().is_some_and(|file| *file != place.file) && open_files.contains(&place.file) {
            open_files.pop();
            marked.extend_from_slice(format!("{FILE_END}\n").as_bytes());
            lines.push(offset);
        }
        let is_new_file = open_files.last() != Some(&place.file);
        if is_new_file {
            open_files.push(place.file);
            marked.extend_from_slice(format!("{FILE_BEGIN} \"{}\"\n", place.file).as_bytes());
            lines.push(offset);
        }
        if is_new_file || balance.is_even() {
            marked.extend_from_slice(format!("{LINE} {}\n", place.line).as_bytes());
            lines.push(offset);
        }
        marked.extend_from_slice(line);
        lines.push(offset);
        balance.take(line);
        offset = offset.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
    }
    (marked, lines)
}

/// Where a marker would become part of a macro's argument that is compared or taken apart: between parentheses. Text
/// in m4's quotes is read again when it is inserted, so what counts there is the parentheses since the quote.
struct Balance {
    /// Open parentheses, outside quotes and within each open quote.
    open: Vec<u32>,
}

impl Default for Balance {
    fn default() -> Balance {
        Balance { open: vec![0] }
    }
}

impl Balance {
    fn is_even(&self) -> bool {
        self.open.last().is_none_or(|open| *open == 0)
    }

    fn take(&mut self, line: &[u8]) {
        let mut is_string = false;
        for byte in line {
            match byte {
                b'`' => self.open.push(0),
                b'\'' if self.open.len() > 1 => drop(self.open.pop()),
                // m4 knows comments outside quotes only.
                b'#' if self.open.len() == 1 && !is_string => return,
                b'"' => is_string = !is_string,
                b'(' if !is_string => self.change(|open| open.saturating_add(1)),
                b')' if !is_string => self.change(|open| open.saturating_sub(1)),
                _ => {}
            }
        }
    }

    fn change(&mut self, count: impl Fn(u32) -> u32) {
        if let Some(open) = self.open.last_mut() {
            *open = count(*open);
        }
    }
}

/// Takes the markers out again, wherever the preprocessor has put them, and reads the places off them. A preprocessor that
/// begins with a line `#line` tells with more of them where its text comes from: they know the files that it has read itself.
fn without_markers(text: &[u8], given: &Source, lines: &[u32]) -> Source {
    let mut clean = MapBuilder::default();
    let mut open_files = Vec::new();
    let mut synced = text.starts_with(SYNC).then_some(Synced { given, lines, file: None });
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let is_sync = synced.as_mut().is_some_and(|synced| synced.take(line, &mut clean));
        if !is_sync {
            take_line(line, &mut clean, &mut open_files);
        }
    }
    clean.into_source()
}

/// A line with the markers that are in it.
fn take_line(line: &[u8], clean: &mut MapBuilder, open_files: &mut Vec<usize>) {
    let mut rest = line;
    while let Some(found) = memchr::memmem::find(rest, ANY_MARKER) {
        let (before, from_marker) = rest.split_at_checked(found).unwrap_or((rest, b""));
        clean.text.extend_from_slice(before);
        let (marker, after) = marker(from_marker);
        match marker {
            Marker::FileBegin(path) => {
                open_files.push(clean.file(&path));
                continue_in(clean, open_files, 1);
            }
            Marker::FileEnd => {
                open_files.pop();
            }
            Marker::Line(number) => continue_in(clean, open_files, number),
            Marker::None => clean.text.extend_from_slice(ANY_MARKER),
        }
        rest = after;
    }
    clean.text.extend_from_slice(rest);
}

/// What `m4 -s` writes where its output does not go on in step with its input: `#line 3 "file"`, or `#line 3` in the same file.
const SYNC: &[u8] = b"#line ";
/// What m4 calls the text that it was given.
const GIVEN: &str = "stdin";

/// The places that lines `#line` tell of.
struct Synced<'a> {
    given: &'a Source,
    /// Where each line of the text that the preprocessor was given is in `given`.
    lines: &'a [u32],
    /// The file that the preprocessor is in, if it is not in what it was given.
    file: Option<usize>,
}

impl Synced<'_> {
    /// Goes on at the place that the line tells of; false if it tells of none.
    fn take(&mut self, line: &[u8], clean: &mut MapBuilder) -> bool {
        let Some(told) = line.strip_prefix(SYNC).and_then(|told| std::str::from_utf8(told).ok()) else { return false };
        let (number, path) = told.trim_end().split_once(' ').unwrap_or((told.trim_end(), ""));
        let Ok(number) = number.parse::<u32>() else { return false };
        match path.strip_prefix('"').and_then(|path| path.strip_suffix('"')) {
            // Where it has been elsewhere; else our own marks know better, within the arguments of macros too.
            Some(GIVEN) if self.file.take().is_some() => self.continue_in_given(number, clean),
            Some(GIVEN) => {}
            Some(path) => self.file = Some(clean.file(path)),
            None if path.is_empty() => {}
            None => return false,
        }
        if let Some(file) = self.file {
            clean.continue_at(file, number, 1, false);
        }
        true
    }

    fn continue_in_given(&self, number: u32, clean: &mut MapBuilder) {
        let line = usize::try_from(number).ok().and_then(|number| self.lines.get(number.checked_sub(1)?));
        let Some(offset) = line else { return };
        let place = self.given.map.place(*offset);
        let file = clean.file(place.file);
        clean.continue_at(file, place.line, 1, false);
    }
}

fn continue_in(clean: &mut MapBuilder, open_files: &[usize], line: u32) {
    if let Some(file) = open_files.last() {
        clean.continue_at(*file, line, 1, false);
    }
}

enum Marker {
    FileBegin(String),
    FileEnd,
    Line(u32),
    None,
}

/// The marker that `text` starts with, and what follows it and its line end.
fn marker(text: &[u8]) -> (Marker, &[u8]) {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let line = String::from_utf8_lossy(text.get(..end).unwrap_or_default()).into_owned();
    let after_line = text.get(end + 1..).unwrap_or_default();
    if let Some(path) = line.strip_prefix(FILE_BEGIN) {
        return (Marker::FileBegin(path.trim().trim_matches('"').to_owned()), after_line);
    }
    if line.strip_prefix(FILE_END).is_some_and(|rest| rest.trim().is_empty()) {
        return (Marker::FileEnd, after_line);
    }
    let number = line.strip_prefix(LINE).and_then(|rest| rest.trim().parse().ok());
    match number {
        Some(number) => (Marker::Line(number), after_line),
        None => (Marker::None, text.get(ANY_MARKER.len()..).unwrap_or_default()),
    }
}
