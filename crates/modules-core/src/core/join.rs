//! One table out of the tables of several files, put together when the program is compiled.

/// The number of rows of all parts.
pub(super) const fn length<T>(parts: &[&[T]]) -> usize {
    let (mut sum, mut part) = (0, 0);
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// The rows of all parts in order. `filler` is any row; `N` is [`length`] of the parts.
pub(super) const fn join<T: Copy, const N: usize>(parts: &[&[T]], filler: T) -> [T; N] {
    let mut rows = [filler; N];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            rows[at] = parts[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    rows
}
