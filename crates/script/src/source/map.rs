//! The way back from a byte of the flattened text to its file, line and column.

use super::Source;
use crate::ast::Span;
use bytes::Bytes;

/// Where each byte of a flattened text comes from.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<File>,
    /// In the order of the text; each holds up to the next.
    pieces: Vec<Piece>,
    /// Where the lines of the flattened text start.
    line_starts: Vec<u32>,
    text: Bytes,
}

#[derive(Clone, Debug)]
struct File {
    path: String,
    /// As read; none when a preprocessor came between, so that only the flattened text can be shown.
    text: Option<Bytes>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u32,
    file: usize,
    line: u32,
    column: u32,
    /// All of it stands for one place: the value of `${NAME}`.
    is_replacement: bool,
}

/// A place for people: lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The path of the file, as it was opened.
    pub file: &'a str,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A line of the script with the part of it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line without its end.
    pub text: String,
    /// The characters before the part.
    pub before: usize,
    /// The characters of the part, at least 1.
    pub width: usize,
}

impl SourceMap {
    pub(super) fn of_one_file(path: &str, text: &Bytes) -> SourceMap {
        let mut builder = MapBuilder::default();
        let file = builder.add_file(path, Some(text.clone()));
        builder.continue_at(file, 1, 1, false);
        builder.into_map(text.clone())
    }

    /// The place of a byte of the flattened text.
    pub fn place(&self, offset: u32) -> Place<'_> {
        let Some(piece) = self.piece(offset) else {
            return Place { file: "", line: 1, column: 1 };
        };
        let file = self.files.get(piece.file).map_or("", |file| file.path.as_str());
        if piece.is_replacement {
            return Place { file, line: piece.line, column: piece.column };
        }
        let (line, line_start) = self.flat_line(offset);
        let (piece_line, _) = self.flat_line(piece.start);
        let (counted_from, first_column) =
            if line == piece_line { (piece.start, piece.column) } else { (line_start, 1) };
        let columns = count_characters(self.bytes(counted_from, offset));
        Place { file, line: piece.line + line - piece_line, column: first_column + columns }
    }

    /// The line in which `span` begins, with the part of it that the span covers.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let (first, last) = (self.place(span.start), self.place(span.end.max(span.start)));
        let (text, before) = match self.original_line(span.start) {
            Some(line) => (line, to_usize(first.column) - 1),
            None => {
                let (_, line_start) = self.flat_line(span.start);
                let before = count_characters(self.bytes(line_start, span.start));
                (self.rest_of_line(line_start), to_usize(before))
            }
        };
        let length = text.chars().count();
        let before = before.min(length);
        let width = if (first.file, first.line) == (last.file, last.line) {
            to_usize(last.column.saturating_sub(first.column))
        } else {
            length - before
        };
        Excerpt { text, before, width: width.max(1) }
    }

    /// A line of a file, by the path it was opened with; none when a preprocessor made the text.
    pub fn line_text(&self, path: &str, line: u32) -> Option<String> {
        let file = self.files.iter().find(|file| file.path == path)?;
        nth_line(file.text.as_ref()?, line)
    }

    /// The paths of all files the text was made of, the script itself first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    fn original_line(&self, offset: u32) -> Option<String> {
        let piece = self.piece(offset)?;
        let text = self.files.get(piece.file)?.text.as_ref()?;
        nth_line(text, self.place(offset).line)
    }

    fn piece(&self, offset: u32) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.start <= offset);
        self.pieces.get(after.checked_sub(1)?)
    }

    /// The number of a line of the flattened text, from 0, and where it starts.
    fn flat_line(&self, offset: u32) -> (u32, u32) {
        let after = self.line_starts.partition_point(|start| *start <= offset);
        let index = after.saturating_sub(1);
        (to_u32(index), self.line_starts.get(index).copied().unwrap_or(0))
    }

    fn rest_of_line(&self, start: u32) -> String {
        let rest = self.text.get(to_usize(start)..).unwrap_or_default();
        line_of(rest)
    }

    fn bytes(&self, start: u32, end: u32) -> &[u8] {
        self.text.get(to_usize(start)..to_usize(end)).unwrap_or_default()
    }
}

/// A map in the making, beside the text it is about.
#[derive(Debug, Default)]
pub(super) struct MapBuilder {
    /// The text so far.
    pub text: Vec<u8>,
    files: Vec<File>,
    pieces: Vec<Piece>,
}

impl MapBuilder {
    pub fn add_file(&mut self, path: &str, text: Option<Bytes>) -> usize {
        self.files.push(File { path: path.to_owned(), text });
        self.files.len() - 1
    }

    /// A file by its path, added if it is new.
    pub fn file(&mut self, path: &str) -> usize {
        match self.files.iter().position(|file| file.path == path) {
            Some(index) => index,
            None => self.add_file(path, None),
        }
    }

    /// What is appended from now on comes from this place.
    pub fn continue_at(&mut self, file: usize, line: u32, column: u32, is_replacement: bool) {
        let piece = Piece { start: to_u32(self.text.len()), file, line, column, is_replacement };
        match self.pieces.last_mut() {
            Some(last) if last.start == piece.start => *last = piece,
            _ => self.pieces.push(piece),
        }
    }

    /// The length so far as a place.
    pub fn end(&self) -> u32 {
        to_u32(self.text.len())
    }

    pub fn into_source(mut self) -> Source {
        let text = Bytes::from(std::mem::take(&mut self.text));
        Source { map: self.into_map(text.clone()), text }
    }

    fn into_map(self, text: Bytes) -> SourceMap {
        let line_starts =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', &text).map(|end| to_u32(end + 1))).collect();
        SourceMap { files: self.files, pieces: self.pieces, line_starts, text }
    }
}

fn nth_line(text: &[u8], line: u32) -> Option<String> {
    text.split(|byte| *byte == b'\n').nth(to_usize(line.checked_sub(1)?)).map(line_of)
}

fn line_of(rest: &[u8]) -> String {
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = rest.get(..end).unwrap_or_default();
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

fn count_characters(bytes: &[u8]) -> u32 {
    to_u32(String::from_utf8_lossy(bytes).chars().count())
}

/// Places fit 32 bits because the text is bounded.
fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
