//! The way back from a byte of the flattened text to its file, line and column.

use super::Source;
use super::alignment::Alignment;
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
    /// Of the text that went into the preprocessor. Its places are counted on from behind the end of this text.
    before: Option<Box<SourceMap>>,
}

#[derive(Clone, Debug)]
struct File {
    path: String,
    /// As read; none where a preprocessor names a file that it was not given.
    text: Option<Bytes>,
    /// Where its lines start.
    line_starts: Vec<u32>,
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
        self.aligned(offset, Alignment::start)
    }

    /// Where `span` begins and ends. Part of what a macro made is all of the macro's text.
    pub fn range(&self, span: Span) -> (Place<'_>, Place<'_>) {
        let start = self.place(span.start);
        let end = if span.end > span.start { self.aligned(span.end, Alignment::end) } else { start };
        (start, end)
    }

    /// The line in which `span` begins, with the part of it that the span covers.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        if let Some((before, start)) = self.earlier(span.start) {
            return before.excerpt(Span { start, end: start + span.end.saturating_sub(span.start) });
        }
        let (first, last) = self.range(span);
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

    /// The map of what a preprocessor made of the text that `before` is of.
    pub(super) fn after(mut self, before: SourceMap) -> SourceMap {
        for file in &mut self.files {
            if let Some(read) = before.files.iter().find(|read| read.path == file.path) {
                *file = read.clone();
            }
        }
        SourceMap { before: Some(Box::new(before)), ..self }
    }

    /// How far places of the text before the preprocessor are moved, so that they are told from those of this one.
    pub(super) fn end_of_text(&self) -> u32 {
        to_u32(self.text.len() + 1)
    }

    fn earlier(&self, offset: u32) -> Option<(&SourceMap, u32)> {
        Some((self.before.as_deref()?, offset.checked_sub(self.end_of_text())?))
    }

    fn aligned(&self, offset: u32, column: fn(&Alignment, usize) -> usize) -> Place<'_> {
        if let Some((before, offset)) = self.earlier(offset) {
            return before.place(offset);
        }
        let place = self.flat_place(offset);
        let original = self.before.as_ref().and_then(|_| self.line_in_file(offset));
        let alignment = original.and_then(|original| Alignment::of(&self.line_made(offset), &original));
        let aligned = alignment.map(|alignment| 1 + to_u32(column(&alignment, to_usize(place.column) - 1)));
        Place { column: aligned.unwrap_or(place.column), ..place }
    }

    /// The place if lines are as they were in the file.
    fn flat_place(&self, offset: u32) -> Place<'_> {
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

    /// The paths of all files the text was made of, the script itself first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    /// The line as it stands in its file, where it is recognised there.
    fn original_line(&self, offset: u32) -> Option<String> {
        let original = self.line_in_file(offset)?;
        let is_recognised = self.before.is_none() || Alignment::of(&self.line_made(offset), &original).is_some();
        is_recognised.then_some(original)
    }

    fn line_in_file(&self, offset: u32) -> Option<String> {
        self.files.get(self.piece(offset)?.file)?.line(self.flat_place(offset).line)
    }

    /// The line of the flattened text, from where its place is known.
    fn line_made(&self, offset: u32) -> String {
        let (_, line_start) = self.flat_line(offset);
        let known_from = self.piece(offset).map_or(0, |piece| piece.start);
        self.rest_of_line(line_start.max(known_from))
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
        let line_starts = text.as_deref().map(line_starts).unwrap_or_default();
        self.files.push(File { path: path.to_owned(), text, line_starts });
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
        let line_starts = line_starts(&text);
        SourceMap { files: self.files, pieces: self.pieces, line_starts, text, before: None }
    }
}

impl File {
    /// A line without its end, by its number.
    fn line(&self, number: u32) -> Option<String> {
        let start = self.line_starts.get(to_usize(number.checked_sub(1)?))?;
        self.text.as_ref()?.get(to_usize(*start)..).map(line_of)
    }
}

fn line_starts(text: &[u8]) -> Vec<u32> {
    std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|end| to_u32(end + 1))).collect()
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
