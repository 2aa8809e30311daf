//! The name that was likely meant.

/// The known name with the fewest different letters, if it is near enough to be likely.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let most = match name.len() {
        0..=2 => 1,
        _ => 2,
    };
    // `send_reply` is likely `sl_send_reply`: what stands before is often a module's.
    let most_for =
        |known: &str| if known.strip_suffix(name).is_some_and(|before| before.ends_with('_')) { 3 } else { most };
    let alike = known.into_iter().filter(|known| *known != name && known.len().abs_diff(name.len()) <= 3);
    let (small, capital) = (name.to_ascii_lowercase(), name);
    // Among equally near ones that with the same capitals.
    let alike = alike.map(|known| (distance(&small, &known.to_ascii_lowercase()), distance(capital, known), known));
    let near = alike.filter(|(distance, _, known)| *distance <= most_for(known) && *distance < known.len());
    near.min().map(|(_, _, known)| known)
}

/// How many letters must be put in, left out, changed or swapped with the next.
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut before = vec![0; right.len() + 1];
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&above, column) + usize::from(letter != other);
            let mut best = changed.min(at(&above, column + 1) + 1).min(at(&current, column) + 1);
            let is_swapped =
                row > 0 && column > 0 && left.get(row - 1) == Some(other) && right.get(column - 1) == Some(letter);
            if is_swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_of_the_finger_are_found() {
        let known = ["t_relay", "t_reply", "sl_send_reply", "xlog", "lookup"];
        assert_eq!(nearest("t_realy", known), Some("t_relay"));
        assert_eq!(nearest("loookup", known), Some("lookup"));
        assert_eq!(nearest("send_reply", known), Some("sl_send_reply"));
        assert_eq!(nearest("record_route", known), None);
        // Older names of other things: a guess would do harm.
        assert_eq!(nearest("t_release", known), None);
        assert_eq!(nearest("z", ["fu", "ru"]), None);
        assert_eq!(nearest("ruu", ["rU", "ru"]), Some("ru"));
    }
}
