//! The notation of the files: who may reach whom, a rule on each line, as `hosts.allow` has it.
//!
//! ```text
//! # From (or To)              : Request-URI (or Contact)
//! ALL                         : "^sip:361[0-9]*@abc\.com$" EXCEPT "^sip:3613@abc\.com$", "^sip:3614@abc\.com$"
//! "^sip:3677[0-9]*@abc\.com$" : ALL
//! ```

use posix_regex::Pattern;
use regex::bytes::Regex;

/// The rules of a file.
#[derive(Debug, Default)]
pub struct Rules(Vec<Rule>);

/// A line: both sides must match.
#[derive(Debug)]
struct Rule {
    left: Side,
    right: Side,
}

/// A side of a rule: matches what is listed and not excepted.
#[derive(Debug)]
struct Side {
    listed: Expressions,
    excepted: Option<Expressions>,
}

/// `ALL`, or one of several expressions.
#[derive(Debug)]
enum Expressions {
    All,
    Any(Vec<Regex>),
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Colon,
    Comma,
    /// `ALL`
    All,
    Except,
    /// What stands in quotes.
    Quoted(&'a [u8]),
}

/// A rule is tried for each call: a file with more than that is refused.
const RULES_MAX: usize = 10_000;

impl Rules {
    /// Reads a file.
    ///
    /// # Errors
    /// The line and what is wrong with it. A rule passed over would let through whom it should stop.
    pub fn parse(content: &[u8]) -> Result<Rules, String> {
        let mut rules = Vec::new();
        for (number, line) in (1..).zip(content.split(|byte| *byte == b'\n')) {
            let rule =
                tokens(line).and_then(|tokens| rule(&tokens)).map_err(|wrong| format!("line {number}: {wrong}"))?;
            if rules.len() >= RULES_MAX && rule.is_some() {
                return Err(format!("line {number}: there are more than {RULES_MAX} rules"));
            }
            rules.extend(rule);
        }
        Ok(Rules(rules))
    }

    /// Whether a rule matches the pair.
    pub fn match_pair(&self, left: &[u8], right: &[u8]) -> bool {
        self.0.iter().any(|rule| rule.left.matches(left) && rule.right.matches(right))
    }
}

impl Side {
    fn matches(&self, text: &[u8]) -> bool {
        self.listed.match_text(text) && !self.excepted.as_ref().is_some_and(|excepted| excepted.match_text(text))
    }
}

impl Expressions {
    fn match_text(&self, text: &[u8]) -> bool {
        match self {
            Expressions::All => true,
            Expressions::Any(expressions) => expressions.iter().any(|expression| expression.is_match(text)),
        }
    }
}

fn tokens(line: &[u8]) -> Result<Vec<Token<'_>>, String> {
    let (mut tokens, mut rest) = (Vec::new(), line);
    loop {
        rest = rest.trim_ascii_start();
        let Some((first, after)) = rest.split_first() else { return Ok(tokens) };
        (tokens, rest) = match first {
            b'#' => return Ok(tokens),
            b':' => (with(tokens, Token::Colon), after),
            b',' => (with(tokens, Token::Comma), after),
            b'"' => {
                let end = after.iter().position(|byte| *byte == b'"').ok_or("a quote is not closed")?;
                let (inside, after) = after.split_at(end);
                (with(tokens, Token::Quoted(inside)), after.get(1..).unwrap_or_default())
            }
            _ => {
                let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                let token = match () {
                    () if word.eq_ignore_ascii_case(b"ALL") => Token::All,
                    () if word.eq_ignore_ascii_case(b"EXCEPT") => Token::Except,
                    () => return Err("there is something else than ALL, EXCEPT and expressions in quotes".to_owned()),
                };
                (with(tokens, token), after)
            }
        }
    }
}

fn with<'a>(mut tokens: Vec<Token<'a>>, token: Token<'a>) -> Vec<Token<'a>> {
    tokens.push(token);
    tokens
}

/// `left : right`; nothing in an empty line.
fn rule(tokens: &[Token<'_>]) -> Result<Option<Rule>, String> {
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut sides = tokens.split(|token| *token == Token::Colon);
    match (sides.next(), sides.next(), sides.next()) {
        (Some(left), Some(right), None) => Ok(Some(Rule { left: side(left)?, right: side(right)? })),
        _ => Err("a rule has two sides with a colon between them".to_owned()),
    }
}

/// `list`, or `list EXCEPT list`
fn side(tokens: &[Token<'_>]) -> Result<Side, String> {
    let mut lists = tokens.split(|token| *token == Token::Except);
    match (lists.next(), lists.next(), lists.next()) {
        (Some(listed), excepted, None) => {
            Ok(Side { listed: expressions(listed)?, excepted: excepted.map(expressions).transpose()? })
        }
        _ => Err("a side has more than one EXCEPT".to_owned()),
    }
}

/// `ALL`, or expressions with commas between them.
fn expressions(tokens: &[Token<'_>]) -> Result<Expressions, String> {
    if tokens == [Token::All] {
        return Ok(Expressions::All);
    }
    let mut expressions = Vec::new();
    for item in tokens.split(|token| *token == Token::Comma) {
        let [Token::Quoted(text)] = item else {
            return Err("a list is ALL, or expressions in quotes with commas between them".to_owned());
        };
        let shown = String::from_utf8_lossy(text);
        let expression = Pattern::IGNORE_CASE.compile(text);
        expressions.push(expression.map_err(|wrong| format!("\"{shown}\" is no expression: {wrong}"))?);
    }
    Ok(Expressions::Any(expressions))
}

#[cfg(test)]
mod tests {
    use super::Rules;
    use proptest::prelude::*;

    const FILE: &str = r#"
# Who may call whom.
ALL : "^sip:361[0-9]*@abc\.com$" EXCEPT "^sip:361[0-9]*3@abc\.com$", "^sip:361[0-9]*4@abc\.com$"
"^sip:3677[0-9]*@abc\.com$" , "^sip:boss@": All  # the boss calls everybody
all except "^sip:guest@" : "^sip:free@"
"#;

    #[test]
    fn pairs_match_what_is_listed_and_not_excepted() {
        let rules = Rules::parse(FILE.as_bytes()).unwrap();
        for (left, right, expected) in [
            ("sip:a@b", "sip:3611@abc.com", true),
            ("sip:a@b", "SIP:3611@ABC.COM", true),
            ("sip:a@b", "sip:3613@abc.com", false),
            ("sip:a@b", "sip:36124@abc.com", false),
            ("sip:a@b", "sip:3611@abc.community", false),
            ("sip:boss@b", "sip:3613@abc.com", true),
            ("sip:36770@abc.com", "sip:x@y", true),
            ("sip:guest@b", "sip:free@b", false),
            ("sip:a@b", "sip:free@b", true),
        ] {
            assert_eq!(rules.match_pair(left.as_bytes(), right.as_bytes()), expected, "{left} : {right}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, wrong) in [
            ("ALL", "line 1: a rule has two sides with a colon between them"),
            ("\nALL : ALL : ALL", "line 2: a rule has two sides with a colon between them"),
            ("ALL :", "line 1: a list is ALL, or expressions in quotes with commas between them"),
            ("ALL : \"a\" \"b\"", "line 1: a list is ALL, or expressions in quotes with commas between them"),
            ("ALL : \"a", "line 1: a quote is not closed"),
            ("ALL : sip:a", "line 1: there is something else than ALL, EXCEPT and expressions in quotes"),
            ("ALL : \"(\"", "line 1: \"(\" is no expression: it is malformed"),
            ("ALL EXCEPT \"a\" EXCEPT \"b\" : ALL", "line 1: a side has more than one EXCEPT"),
        ] {
            assert_eq!(Rules::parse(text.as_bytes()).unwrap_err(), wrong);
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[ALEXCPT:,\" #a\n]{0,80}") {
            for content in [&bytes[..], text.as_bytes()] {
                if let Ok(rules) = Rules::parse(content) {
                    rules.match_pair(b"sip:a@b", b"sip:c@d");
                }
            }
        }
    }
}
