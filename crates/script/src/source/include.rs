//! `include_file "path"` and `import_file "path"`: one line, replaced by the text of the file.

/// An include line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Include<'a> {
    /// What stands between the quotes.
    pub path: &'a [u8],
    /// Where the path starts in the line.
    pub path_start: usize,
    /// Where the rest of the line starts.
    pub rest_start: usize,
}

/// A line that starts as an include and does not go on as one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// There is no path in quotes.
    NoPath,
    /// The path is longer than upstream takes.
    TooLong,
}

/// Longer paths are refused, as upstream does.
pub(super) const PATH_BYTES_MAX: usize = 256;

/// Recognises an include, which upstream does at the start of any line, even within routes and comments.
pub(super) fn include(line: &[u8]) -> Option<Result<Include<'_>, Malformed>> {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let word = line.get(blanks..)?;
    let after_word = word.strip_prefix(b"include_file").or_else(|| word.strip_prefix(b"import_file"))?;
    if after_word.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return None;
    }
    let found = quoted_path(line, line.len() - after_word.len()).ok_or(Malformed::NoPath);
    Some(match found {
        Ok(found) if found.path.len() > PATH_BYTES_MAX => Err(Malformed::TooLong),
        found => found,
    })
}

fn quoted_path(line: &[u8], after_word: usize) -> Option<Include<'_>> {
    let blanks = line.get(after_word..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let quote = *line.get(after_word + blanks)?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let path_start = after_word + blanks + 1;
    let length = memchr::memchr(quote, line.get(path_start..)?)?;
    if length == 0 {
        return None;
    }
    let path = line.get(path_start..path_start + length)?;
    Some(Include { path, path_start, rest_start: path_start + length + 1 })
}

/// The paths to try for an include, in this order: from the current directory, then beside the including file.
pub(super) fn candidates(path: &str, including: &str) -> Vec<String> {
    let mut candidates = vec![path.to_owned()];
    if path.starts_with('/') {
        return candidates;
    }
    if let Some((directory, _)) = including.rsplit_once('/') {
        candidates.push(format!("{directory}/{path}"));
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::{Malformed, candidates, include};

    #[test]
    fn only_at_the_start_of_a_line() {
        assert_eq!(include(b"  include_file \"a.cfg\" # x").unwrap().unwrap().path, b"a.cfg");
        assert_eq!(include(b"import_file 'a.cfg'").unwrap().unwrap().path, b"a.cfg");
        assert_eq!(include(b"# include_file \"a.cfg\""), None);
        assert_eq!(include(b"include_files = 1"), None);
        assert_eq!(include(b"include_file a.cfg"), Some(Err(Malformed::NoPath)));
        assert_eq!(include(b"include_file \"a.cfg"), Some(Err(Malformed::NoPath)));
        let long = format!("include_file \"{}\"", "a".repeat(257));
        assert_eq!(include(long.as_bytes()), Some(Err(Malformed::TooLong)));
        assert!(include(long.replacen("aa", "a", 1).as_bytes()).unwrap().is_ok());
    }

    #[test]
    fn relative_paths_are_tried_twice() {
        assert_eq!(candidates("a.cfg", "/etc/opensips/main.cfg"), ["a.cfg", "/etc/opensips/a.cfg"]);
        assert_eq!(candidates("/a.cfg", "/etc/opensips/main.cfg"), ["/a.cfg"]);
        assert_eq!(candidates("a.cfg", "main.cfg"), ["a.cfg"]);
    }
}
