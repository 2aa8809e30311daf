//! A bar on the terminal for work that takes long; nothing where nobody looks.

use std::io::{IsTerminal, Write, stderr};

/// How wide the bar is.
const WIDTH: u64 = 30;

/// A bar.
pub struct Progress {
    name: &'static str,
    total: u64,
    done: u64,
    is_shown: bool,
}

impl Progress {
    /// Begins one, with something done already.
    pub fn new(name: &'static str, total: u64, done: u64) -> Progress {
        let progress = Progress { name, total, done, is_shown: stderr().is_terminal() };
        progress.show();
        progress
    }

    /// So much more is done.
    pub fn advance(&mut self, count: usize) {
        self.done = self.done.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        self.show();
    }

    fn show(&self) {
        if self.is_shown {
            // Who cannot be shown anything need not be told so.
            let _ = write!(stderr(), "\r{}\x1b[K", self.line());
        }
    }

    fn line(&self) -> String {
        let full = self.done.min(self.total).saturating_mul(WIDTH).checked_div(self.total).unwrap_or(WIDTH);
        let bar: String = (0..WIDTH).map(|at| if at < full { '#' } else { '.' }).collect();
        format!("{:<20} [{bar}] {}/{}", self.name, self.done, self.total)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_bar_grows() {
        let line = |total, done| Progress { name: "acc", total, done, is_shown: false }.line();
        assert_eq!(line(10, 5), "acc                  [###############...............] 5/10");
        assert_eq!(line(0, 0), "acc                  [##############################] 0/0");
        assert!(line(1, 2).ends_with("] 2/1"));
    }
}
