//! Names of statistics as scripts write them: `name`, `group:name`.

use catalogue::Verdict;

/// Group and name; without a group, none.
pub(super) fn split(text: &[u8]) -> Option<(Option<&str>, &str)> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (group, name) = text.split_once(':').map_or((None, text), |(group, name)| (Some(group), name));
    let is_good = |part: &str| !part.is_empty() && part.len() <= NAME_BYTES_MAX && !part.contains(char::is_control);
    (is_good(name) && group.is_none_or(is_good)).then_some((group, name))
}

/// Whether it is `name` or `group:name`.
pub(super) fn judge(text: &str) -> Verdict {
    Verdict::must(split(text.as_bytes()).is_some(), text, "name of a statistic", "name or group:name")
}

/// Whether it is a name without group.
pub(super) fn judge_own(text: &str) -> Verdict {
    let is_own = matches!(split(text.as_bytes()), Some((None, _)));
    Verdict::must(is_own, text, "name of a series", "a name without group: the group is its profile's")
}

/// Names may come from messages.
const NAME_BYTES_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names() {
        assert_eq!(split(b" method:invite "), Some((Some("method"), "invite")));
        assert_eq!(split(b"calls"), Some((None, "calls")));
        for wrong in ["", ":x", "x:", "a\nb"] {
            assert_eq!(split(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
