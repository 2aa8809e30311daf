//! Lines of columns for a reader: each as wide as what is in it.

use std::fmt::Write as _;
use std::io::{self, Write as _};

/// A table that grows by lines and is printed at the end.
pub struct Columns {
    lines: Vec<Vec<String>>,
}

impl Columns {
    /// A table with these headings.
    pub fn new<T: Into<String>>(headings: impl IntoIterator<Item = T>) -> Columns {
        Columns { lines: vec![headings.into_iter().map(Into::into).collect()] }
    }

    /// Adds a line.
    pub fn add(&mut self, cells: impl IntoIterator<Item = String>) {
        self.lines.push(cells.into_iter().collect());
    }

    /// Prints all lines.
    pub fn print(&self) {
        // Whoever reads has gone: nobody is left to tell.
        let _ = io::stdout().write_all(self.text().as_bytes());
    }

    fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.lines.iter().map(Vec::len).max().unwrap_or(0))
            .map(|column| self.lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = String::new();
        for line in &self.lines {
            let start = text.len();
            for (cell, width) in line.iter().zip(&widths) {
                let _ = write!(text, "{cell:<width$}  ");
            }
            text.truncate(start + text.get(start..).map_or(0, |line| line.trim_end().len()));
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn columns_are_as_wide_as_their_widest() {
        let mut columns = Columns::new(["who", "where"]);
        columns.add(["Jürgen".to_owned(), String::new()]);
        columns.add(["al".to_owned(), "home".to_owned()]);
        assert_eq!(columns.text(), "who     where\nJürgen\nal      home\n");
    }
}
