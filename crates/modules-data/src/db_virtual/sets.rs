//! What `db_urls` says, line by line.

use module_api::{DatabaseSet, SetMember, SetMode};
use std::time::Duration;

/// A line that makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The line.
    pub line: String,
    /// What is wrong with it.
    pub text: String,
}

/// The sets of these lines.
pub fn read(lines: &[&str], probe: Duration, retries_max: u32) -> Result<Vec<DatabaseSet>, BadLine> {
    let mut sets: Vec<DatabaseSet> = Vec::new();
    for line in lines {
        let wrong = |text: String| BadLine { line: (*line).to_owned(), text };
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.as_slice(), sets.last_mut()) {
            (["define", name, mode], _) => {
                if sets.iter().any(|set| set.name == *name) {
                    return Err(wrong(format!("there is a set {name} already")));
                }
                let known = SetMode::NAMES.iter().find(|(known, _)| known == mode);
                let (_, mode) =
                    known.ok_or_else(|| wrong(format!("{mode} is no mode: FAILOVER, PARALLEL and ROUND are")))?;
                let (name, members) = ((*name).to_owned(), Vec::new());
                sets.push(DatabaseSet { name, mode: *mode, members, probe, retries_max });
            }
            (["define", ..], _) => return Err(wrong("it is written define NAME MODE".to_owned())),
            ([url], _) if url.starts_with("virtual:") => {
                return Err(wrong("a set has real databases, no other set".to_owned()));
            }
            ([url], Some(set)) if url.contains(':') => set.members.push(SetMember::new(*url)),
            ([_], None) => {
                return Err(wrong("it belongs to no set: a line \"define NAME MODE\" goes before it".to_owned()));
            }
            _ => return Err(wrong("it is no URL of a database, and begins no set".to_owned())),
        }
    }
    match sets.iter().find(|set| set.members.is_empty()) {
        Some(empty) => {
            let line = format!("define {} {}", empty.name, empty.mode.name());
            Err(BadLine { line, text: format!("set {} has no databases: their URLs go after this line", empty.name) })
        }
        None => Ok(sets),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use module_api::SetMode;
    use std::time::Duration;

    fn said(lines: &[&str]) -> String {
        match read(lines, Duration::from_secs(1), 1) {
            Ok(sets) => sets
                .iter()
                .map(|set| {
                    let urls: Vec<&str> = set.members.iter().map(|member| member.url.as_str()).collect();
                    format!("{} {} {}", set.name, set.mode.name(), urls.join(" "))
                })
                .collect::<Vec<_>>()
                .join("; "),
            Err(bad) => bad.text,
        }
    }

    #[test]
    fn sets_and_their_databases() {
        let lines = ["define a PARALLEL", "sqlite:///x", "postgres://u:p@h/d", "define b ROUND", "mysql://u@h/d"];
        assert_eq!(said(&lines), "a PARALLEL sqlite:///x postgres://u:p@h/d; b ROUND mysql://u@h/d");
        assert_eq!(SetMode::NAMES.map(|(name, mode)| name == mode.name()), [true; 3]);
    }

    #[test]
    fn lines_that_make_no_sense() {
        for (lines, wrong) in [
            (&["sqlite:///x"][..], "it belongs to no set"),
            (&["define a"], "it is written define NAME MODE"),
            (&["define a HOT", "sqlite:///x"], "HOT is no mode"),
            (&["define a ROUND"], "set a has no databases"),
            (&["define a ROUND", "virtual://b"], "a set has real databases"),
            (&["define a ROUND", "x y"], "it is no URL"),
            (&["define a ROUND", "sqlite:///x", "define a ROUND"], "there is a set a already"),
        ] {
            assert!(said(lines).starts_with(wrong), "{lines:?}: {}", said(lines));
        }
    }
}
