//! Ladder diagrams: who sent what to whom, and when. Tests, command line and panel draw them with this.

use module_api::Time;
use std::fmt::Write;

/// A flow between parties, drawn as columns.
#[derive(Clone, Debug)]
pub struct Ladder {
    parties: Vec<String>,
    arrows: Vec<Arrow>,
    /// The time that the drawing counts from.
    start: Option<Time>,
}

#[derive(Clone, Debug)]
struct Arrow {
    at: Time,
    from: usize,
    to: usize,
    label: String,
}

/// The least room between two columns.
const GAP_MIN: usize = 13;

impl Ladder {
    /// Between these parties, from left to right.
    pub fn new(parties: &[&str]) -> Ladder {
        let parties = parties.iter().map(|party| (*party).to_owned()).collect();
        Ladder { parties, arrows: Vec::new(), start: None }
    }

    /// Adds a message. Parties that are not known get columns at the right.
    pub fn arrow(&mut self, at: Time, from: &str, to: &str, label: impl Into<String>) {
        let (from, to) = (self.column(from), self.column(to));
        self.start.get_or_insert(at);
        self.arrows.push(Arrow { at, from, to, label: label.into() });
    }

    /// Forgets the messages, not the parties.
    pub fn clear(&mut self) {
        self.arrows.clear();
    }

    fn column(&mut self, party: &str) -> usize {
        let known = self.parties.iter().position(|known| known == party);
        known.unwrap_or_else(|| {
            self.parties.push(party.to_owned());
            self.parties.len() - 1
        })
    }

    /// The drawing, a line for each message, with the seconds since the first one.
    pub fn draw(&self) -> String {
        let gap = self.arrows.iter().map(|arrow| arrow.label.len() + 6).max().unwrap_or(0).max(GAP_MIN);
        let mut drawing = self.head(gap);
        for arrow in &self.arrows {
            let seconds = self.start.map_or(0.0, |start| arrow.at.since(start).as_secs_f64());
            // Writing to a String cannot fail.
            let _ = writeln!(drawing, "{seconds:7.3}  {}", self.line(arrow, gap).trim_end());
        }
        drawing
    }

    /// The same in short: `alice>proxy INVITE; proxy>bob INVITE`.
    pub fn flat(&self) -> String {
        let name = |column: usize| self.parties.get(column).map_or("", String::as_str);
        let arrows = self.arrows.iter().map(|arrow| format!("{}>{} {}", name(arrow.from), name(arrow.to), arrow.label));
        arrows.collect::<Vec<_>>().join("; ")
    }

    fn head(&self, gap: usize) -> String {
        let mut head = " ".repeat(9);
        for party in &self.parties {
            let _ = write!(head, "{party:<width$}", width = gap + 1);
        }
        format!("{}\n", head.trim_end())
    }

    fn line(&self, arrow: &Arrow, gap: usize) -> String {
        let (left, right) = (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
        let mut line = String::new();
        for column in 0..self.parties.len() {
            line.push('|');
            let is_within = column >= left && column < right;
            if !is_within {
                line.push_str(&" ".repeat(gap));
            } else if column == left {
                line.push_str(&shaft(arrow, (right - left) * (gap + 1) - 1));
            }
            // The columns an arrow passes over are covered by it.
            if is_within && column > left {
                line.pop();
            }
        }
        line
    }
}

/// `----- label ---->`, as wide as the room between its two columns.
fn shaft(arrow: &Arrow, width: usize) -> String {
    let room = width.saturating_sub(arrow.label.len() + 3);
    let before = room / 2;
    let (before, after) = ("-".repeat(before), "-".repeat(room - before));
    match arrow.from <= arrow.to {
        true => format!("{before} {} {after}>", arrow.label),
        false => format!("<{before} {} {after}", arrow.label),
    }
}

#[cfg(test)]
mod tests {
    use super::Ladder;
    use module_api::Time;

    #[test]
    fn a_call_that_is_refused() {
        let mut ladder = Ladder::new(&["alice", "proxy", "bob"]);
        ladder.arrow(Time(0), "alice", "proxy", "INVITE");
        ladder.arrow(Time(1_500), "proxy", "bob", "INVITE");
        ladder.arrow(Time(2_000_000), "bob", "proxy", "486");
        ladder.arrow(Time(2_000_000), "bob", "alice", "nothing");
        assert_eq!(
            ladder.draw(),
            "         alice         proxy         bob
  0.000  |-- INVITE -->|             |
  0.002  |             |-- INVITE -->|
  2.000  |             |<--- 486 ----|
  2.000  |<-------- nothing ---------|
"
        );
    }
}
