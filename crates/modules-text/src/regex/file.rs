//! The file of groups: a line that begins with `[` begins a group, every other line is one of its expressions. Lines
//! that begin with white space or `#` do not count.

/// What a file may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) groups: usize,
    /// In all expressions of a group together.
    pub(super) group_bytes: usize,
}

/// The expression of each group: `((first)|(second))`. What stands in the brackets says nothing: the groups are
/// numbered as they come.
///
/// # Errors
/// There are too many, one is too large, or an expression comes before the first.
pub(super) fn parse(content: &[u8], bounds: Bounds) -> Result<Vec<Vec<u8>>, String> {
    let mut groups: Vec<Vec<u8>> = Vec::new();
    for (number, line) in (1..).zip(content.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first() {
            None | Some(b' ' | b'\t' | b'\r' | b'#') => continue,
            Some(b'[') if groups.len() >= bounds.groups => {
                return Err(format!("line {number}: it has more than max_groups = {} groups", bounds.groups));
            }
            Some(b'[') => {
                groups.push(Vec::new());
                continue;
            }
            Some(_) => {}
        }
        let Some(group) = groups.last_mut() else {
            return Err(format!("line {number}: an expression before the first group; a group begins with [0]"));
        };
        group.extend_from_slice(if group.is_empty() { b"((" } else { b"|(" });
        group.extend_from_slice(line);
        group.push(b')');
        if group.len() > bounds.group_bytes {
            return Err(format!("line {number}: the group is larger than group_max_size = {}", bounds.group_bytes));
        }
    }
    for group in groups.iter_mut().filter(|group| !group.is_empty()) {
        group.push(b')');
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::{Bounds, parse};
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds { groups: 3, group_bytes: 60 };

    fn parsed(content: &str) -> Result<Vec<String>, String> {
        let groups = parse(content.as_bytes(), BOUNDS)?;
        Ok(groups.into_iter().map(|group| String::from_utf8(group).unwrap()).collect())
    }

    #[test]
    fn groups_are_alternatives() {
        let file = "### agents\n[0]\n\n# Softphones\n^Twinkle/1\n^X-Lite\r\n ignored\n[7]\n[x]\n^1\\d{3}$\n( #abcde)";
        assert_eq!(parsed(file).unwrap(), ["((^Twinkle/1)|(^X-Lite))", "", "((^1\\d{3}$)|(( #abcde)))"]);
        assert_eq!(parsed("").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (file, wrong) in [
            ("^a", "line 1: an expression before the first group; a group begins with [0]"),
            ("[0]\n[1]\n[2]\n[3]", "line 4: it has more than max_groups = 3 groups"),
            (&format!("[0]\n{}", "x".repeat(60)), "line 2: the group is larger than group_max_size = 60"),
        ] {
            assert_eq!(parsed(file), Err(wrong.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_file_is_groups_or_an_error(content in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(groups) = parse(&content, BOUNDS) {
                prop_assert!(groups.len() <= BOUNDS.groups);
            }
        }
    }
}
