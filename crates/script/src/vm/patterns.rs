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
/// Compiling a byte takes as long as this many instructions.
const STEPS_A_BYTE: u64 = 8;

impl Patterns {
    /// The compiled pattern, or why it cannot be. Compiling takes from the steps that are left what it costs: a message
    /// may have chosen the pattern, and a loop another at each turn.
    pub(crate) fn compiled(
        &mut self,
        text: &Bytes,
        read_as: Pattern,
        steps_left: &mut u64,
    ) -> Result<Arc<Regex>, String> {
        if let Some((.., regex)) = self.known.iter().find(|(known, how, _)| *how == read_as && known == text) {
            return Ok(Arc::clone(regex));
        }
        let price = u64::try_from(text.len()).unwrap_or(u64::MAX).saturating_mul(STEPS_A_BYTE);
        *steps_left = steps_left.saturating_sub(price);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_costs_once_what_compiling_it_takes() {
        let (mut patterns, mut left) = (Patterns::default(), 10_000);
        let text = Bytes::from("a1".repeat(100));
        for _ in 0..2 {
            assert!(patterns.compiled(&text, Pattern::IGNORE_CASE, &mut left).is_ok());
            assert_eq!(left, 8_400);
        }
        let unfinished = Bytes::from("(".repeat(10_000));
        assert!(patterns.compiled(&unfinished, Pattern::IGNORE_CASE, &mut left).is_err());
        assert_eq!(left, 0, "what is no expression took as long to read");
    }
}
