//! Regular expressions that come from variables: compiled when first used, a few kept.

use bytes::Bytes;
use posix_regex::Pattern;
use regex::bytes::Regex;
use std::sync::Arc;

/// The last few patterns with what they were compiled to.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: Vec<(Bytes, Pattern, Arc<Regex>)>,
    /// The one to replace next.
    oldest: usize,
}

const PATTERNS_MAX: usize = 16;

impl Patterns {
    /// The compiled pattern, or why it cannot be.
    pub(crate) fn compiled(&mut self, text: &Bytes, read_as: Pattern) -> Result<Arc<Regex>, String> {
        if let Some((.., regex)) = self.known.iter().find(|(known, how, _)| *how == read_as && known == text) {
            return Ok(Arc::clone(regex));
        }
        let regex = Arc::new(read_as.compile(text).map_err(|error| error.to_string())?);
        // A copy, so that a pattern cut out of a message does not keep the message.
        let entry = (Bytes::copy_from_slice(text), read_as, Arc::clone(&regex));
        match self.known.get_mut(self.oldest) {
            Some(place) => *place = entry,
            None => self.known.push(entry),
        }
        self.oldest = (self.oldest + 1) % PATTERNS_MAX;
        Ok(regex)
    }
}
