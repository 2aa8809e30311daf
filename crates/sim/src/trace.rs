//! What has happened: a hash of all of it, and the last of it for people.

use crate::watch::label;
use bytes::Bytes;
use engine::ladder::Ladder;
use module_api::Time;
use sip::{HeaderName, Limits, Message};
use std::collections::VecDeque;

/// The trace of a run.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    /// How much has happened.
    pub count: u64,
    messages: VecDeque<Arrow>,
    /// Whether lines of the script are noted.
    pub is_detailed: bool,
    lines: VecDeque<(Time, String, String)>,
}

#[derive(Debug)]
struct Arrow {
    at: Time,
    from: String,
    to: String,
    label: String,
    call_id: String,
}

const MESSAGES_MAX: usize = 2_000_000;
const LINES_MAX: usize = 200_000;
/// How much of it is shown.
const SHOWN: usize = 60;

impl Trace {
    /// Of nothing yet.
    pub fn new(is_detailed: bool) -> Trace {
        let (messages, lines) = (VecDeque::new(), VecDeque::new());
        Trace { hash: 0xcbf2_9ce4_8422_2325, count: 0, messages, is_detailed, lines }
    }

    /// The hash of all that has happened.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Takes something into the hash: what kind, when, and its bytes.
    pub fn note(&mut self, kind: u8, at: Time, bytes: &[u8]) {
        self.count += 1;
        let all = std::iter::once(kind).chain(at.0.to_le_bytes()).chain(bytes.iter().copied());
        for byte in all {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Draws a message.
    pub fn arrow(&mut self, at: Time, from: &str, to: &str, bytes: &Bytes) {
        if !self.is_detailed {
            return;
        }
        let message = Message::parse(bytes.clone(), &Limits::default()).ok();
        let label = message.as_ref().map_or("?".to_owned(), label);
        let call_id = message.as_ref().map(|message| crate::phone::text::header(message, HeaderName::CallId));
        if self.messages.len() >= MESSAGES_MAX {
            self.messages.pop_front();
        }
        let (from, to, call_id) = (from.to_owned(), to.to_owned(), call_id.unwrap_or_default());
        self.messages.push_back(Arrow { at, from, to, label, call_id });
    }

    /// Notes the lines of the script that ran for something.
    pub fn ran(&mut self, at: Time, what: String, lines: String) {
        if self.lines.len() >= LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back((at, what, lines));
    }

    /// The messages of a call, or of a party, as a ladder, and the lines that ran for them; all messages where no call is named.
    pub fn show(&self, start: Time, call_id: &str, party: &str, until: Time) -> String {
        let wanted: Vec<&Arrow> = self
            .messages
            .iter()
            .filter(|arrow| {
                let is_wanted = if party.is_empty() {
                    call_id.is_empty() || arrow.call_id == call_id
                } else {
                    arrow.from == party || arrow.to == party
                };
                is_wanted && arrow.at <= until
            })
            .collect();
        let skipped = wanted.len().saturating_sub(SHOWN);
        let mut ladder = Ladder::new(&["proxy"]);
        let mut columns = vec!["proxy".to_owned()];
        let mut text = String::new();
        for arrow in wanted.iter().skip(skipped) {
            for party in [&arrow.from, &arrow.to] {
                if !columns.contains(party) {
                    columns.push(party.clone());
                }
            }
            ladder.arrow(arrow.at, &arrow.from, &arrow.to, arrow.label.clone());
        }
        if let Some(first) = wanted.get(skipped) {
            text += &format!("the first of these after {:.3} s\n", first.at.since(start).as_secs_f64());
        }
        text += &ladder.draw();
        let lines =
            self.lines.iter().filter(|(at, what, _)| *at <= until && (call_id.is_empty() || what.contains(call_id)));
        let lines: Vec<_> = lines.collect();
        for (at, what, ran) in lines.iter().skip(lines.len().saturating_sub(SHOWN / 2)) {
            let what = what.split(' ').take(3).collect::<Vec<_>>().join(" ");
            text += &format!("{:9.3}  {what}: lines {ran}\n", at.since(start).as_secs_f64());
        }
        text
    }
}
