//! Where a column of a line that a preprocessor made stands in the line of the template.

/// What both lines begin and end with, in characters. What is between was made by a macro.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alignment {
    prefix: usize,
    suffix: usize,
    made: usize,
    original: usize,
}

impl Alignment {
    /// None where nothing but blanks is common: the line was made from something else.
    pub fn of(made: &str, original: &str) -> Option<Alignment> {
        let same = |(one, other): &(char, char)| one == other;
        let lengths = (made.chars().count(), original.chars().count());
        let common: Vec<char> = made.chars().zip(original.chars()).take_while(same).map(|(one, _)| one).collect();
        let rest = lengths.0.min(lengths.1) - common.len();
        let backwards = made.chars().rev().zip(original.chars().rev()).take(rest);
        let common_end: Vec<char> = backwards.take_while(same).map(|(one, _)| one).collect();
        let is_recognised = made == original || common.iter().chain(&common_end).any(|found| !found.is_whitespace());
        let (prefix, suffix) = (common.len(), common_end.len());
        is_recognised.then_some(Alignment { prefix, suffix, made: lengths.0, original: lengths.1 })
    }

    /// Where what begins at a column of the line that was made begins in the template, from 0.
    pub fn start(&self, column: usize) -> usize {
        if column < self.prefix {
            column
        } else if column + self.suffix >= self.made {
            self.counted_back(column)
        } else {
            self.prefix
        }
    }

    /// Where what ends before a column ends in the template.
    pub fn end(&self, column: usize) -> usize {
        if column <= self.prefix {
            column
        } else if column + self.suffix > self.made {
            self.counted_back(column)
        } else {
            self.original - self.suffix
        }
    }

    fn counted_back(&self, column: usize) -> usize {
        self.original.saturating_sub(self.made.saturating_sub(column))
    }
}
