//! Taking items out of a comma list: which bytes go, so that the commas left stand between items.

use std::ops::Range;

use crate::{Lists, text::range_within};

/// The stretches of the value that go with these items, or `None` where no item is left.
///
/// `removed` is sorted. An item behind one that stays takes the comma before it along; the others take all up to the next item.
pub(super) fn removals(value: &[u8], removed: &[usize]) -> Option<Vec<Range<usize>>> {
    let items: Vec<Range<usize>> = Lists::new(value).filter_map(|item| range_within(item, value)).collect();
    let mut gone = Vec::new();
    let mut one_stays = false;
    for (position, item) in items.iter().enumerate() {
        if removed.binary_search(&position).is_err() {
            one_stays = true;
            continue;
        }
        let before = position.checked_sub(1).and_then(|before| items.get(before)).map(|item| item.end);
        let after = items.get(position + 1).map(|item| item.start);
        match (one_stays, before, after) {
            (true, Some(before), _) => gone.push(before..item.end),
            (_, _, Some(after)) => gone.push(item.start..after),
            (_, _, None) => gone.push(item.clone()),
        }
    }
    one_stays.then_some(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(value: &str, removed: &[usize]) -> String {
        let Some(gone) = removals(value.as_bytes(), removed) else {
            return "nothing".to_owned();
        };
        let mut left = value.to_owned();
        for range in gone.into_iter().rev() {
            left.replace_range(range, "");
        }
        left
    }

    #[test]
    fn commas_stay_between_items() {
        assert_eq!(without("<a>, <b> ,<c>", &[0]), "<b> ,<c>");
        assert_eq!(without("<a>, <b> ,<c>", &[1]), "<a> ,<c>");
        assert_eq!(without("<a>, <b> ,<c>", &[2]), "<a>, <b>");
        assert_eq!(without("<a>, <b> ,<c>", &[0, 1]), "<c>");
        assert_eq!(without("<a>, <b> ,<c>", &[1, 2]), "<a>");
        assert_eq!(without("<a>, <b> ,<c>", &[0, 2]), "<b>");
        assert_eq!(without("<a>, <b> ,<c>", &[0, 1, 2]), "nothing");
    }
}
