//! What a constant may be beyond its type: looked at when the script is checked, by what reads it when the script runs.

/// Judges a constant as it is written, without its quotes.
pub type Judge = fn(&str) -> Verdict;

/// What is to be said of a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// It is an older spelling of this.
    Old(String),
    /// It works, without this part of it, which is logged and ignored: what is so, and what would do.
    Ignored(String, &'static str),
    /// It cannot be used: what is wrong, and what would do.
    Wrong(String, &'static str),
}

impl Verdict {
    /// Fine where it can be read; otherwise what is wrong, and what would do.
    pub fn of<T, E: ToString>(read: Result<T, E>, instead: &'static str) -> Verdict {
        match read {
            Ok(_) => Verdict::Fine,
            Err(error) => Verdict::Wrong(error.to_string(), instead),
        }
    }

    /// A number from 0 on.
    pub fn count(text: &str) -> Verdict {
        match text.trim().parse::<u32>() {
            Ok(_) => Verdict::Fine,
            Err(_) => Verdict::Wrong(format!("\"{text}\" is no number"), "a number, from 0 on"),
        }
    }

    /// Fine where this holds; otherwise the text is no `what`.
    pub fn must(holds: bool, text: &str, what: &str, instead: &'static str) -> Verdict {
        match holds {
            true => Verdict::Fine,
            false => Verdict::Wrong(format!("\"{text}\" is no {what}"), instead),
        }
    }

    /// Letters in any order; as upstream, others are logged and ignored.
    pub fn letters(text: &str, known: &str, instead: &'static str) -> Verdict {
        match text.chars().find(|letter| !known.contains(*letter)) {
            None => Verdict::Fine,
            Some(letter) => Verdict::Ignored(format!("there is no letter \"{letter}\", it is ignored"), instead),
        }
    }

    /// One of these words.
    pub fn one_of(text: &str, words: &[&str], instead: &'static str) -> Verdict {
        match words.contains(&text) {
            true => Verdict::Fine,
            false => Verdict::Wrong(format!("\"{text}\" is not known"), instead),
        }
    }
}
