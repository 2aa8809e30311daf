//! The text of a script: read from its files, made one, with the way back from each byte to its file and line.

mod alignment;
mod environment;
mod flatten;
mod include;
mod map;
mod preprocess;
#[cfg(test)]
mod tests;

pub use map::{Excerpt, Place, SourceMap};
pub use preprocess::{Preprocessed, Preprocessor};

use crate::diagnostic::Diagnostic;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io;

/// The text of a script with all its includes in place.
#[derive(Clone, Debug)]
pub struct Source {
    /// What is parsed.
    pub text: Bytes,
    /// Where each byte of it comes from.
    pub map: SourceMap,
}

impl Source {
    /// A script that is in memory already: no includes, no environment, no preprocessor.
    pub fn from_text(path: &str, text: &[u8]) -> Source {
        let text = Bytes::copy_from_slice(text);
        Source { map: SourceMap::of_one_file(path, &text), text }
    }
}

/// Access to files, so that reading a script needs none of its own.
pub trait Files {
    /// The contents of a file. The path `-` is the standard input.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
}

/// Files in memory, by their paths.
impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

/// What reading a script needs from outside.
pub struct LoadOptions<'a> {
    /// Where files come from.
    pub files: &'a dyn Files,
    /// The values of `${NAME}`.
    pub environment: &'a BTreeMap<String, String>,
}

/// Reads a script with everything it includes, through the preprocessor of `-p COMMAND` if there is one. Where something is wrong the source is what could be read, so that
/// the parser can still say what else is wrong, and messages have an excerpt to point at.
pub fn load(
    path: &str,
    options: &LoadOptions<'_>,
    preprocessor: Option<&mut dyn Preprocessor>,
) -> (Source, Vec<Diagnostic>) {
    let (flat, mut diagnostics) = flatten::flatten(path, options);
    let Some(preprocessor) = preprocessor else {
        return (flat.into_source(), diagnostics.finish());
    };
    let source = preprocess::preprocess(flat, preprocessor, &mut diagnostics);
    // What is said so far is about the text that went in.
    let behind = source.map.end_of_text();
    (source, diagnostics.finish().into_iter().map(|found| found.moved_by(behind)).collect())
}

/// The text in memory may be this long, includes counted: places are 32-bit numbers, and no script comes near.
pub(crate) const SOURCE_BYTES_MAX: usize = 16 * 1024 * 1024;
