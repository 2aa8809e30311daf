//! Accounting: the rows of `acc` and `missed_calls` are what has happened.

use super::Watch;
use crate::database::Database;
use crate::script::Text;
use module_api::Time;
use sip::Method;
use std::collections::BTreeMap;

/// How many rows there must be.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    least: usize,
    most: usize,
}

/// Rows by table, method, Call-ID.
type Rows<T> = BTreeMap<(&'static str, String, String), T>;

impl Watch {
    /// Compares what is accounted with what was seen.
    pub(super) fn accounted(&mut self, now: Time, database: &Database) {
        let expected = self.expected_rows();
        let found = rows(database, |code| !self.variant.records_calls() || !is_success(code));
        for (key, rows) in &found {
            let bounds = expected.get(key).copied().unwrap_or_default();
            if *rows > bounds.most && (!self.is_unsure || self.has_journal()) {
                let (table, method, call_id) = key;
                let what = format!("{table} has {rows} rows for {method}, and should have at most {}", bounds.most);
                return self.breach(now, what, call_id);
            }
        }
        for (key, bounds) in &expected {
            let rows = found.get(key).copied().unwrap_or(0);
            if rows < bounds.least {
                let (table, method, call_id) = key;
                let what = format!("{table} has {rows} rows for {method}, and should have {}", bounds.least);
                return self.breach(now, what, call_id);
            }
        }
    }

    /// Every lifetime has passed: each call that was answered has one record.
    pub fn calls_recorded(&mut self, now: Time, database: &Database) {
        if !self.variant.records_calls() {
            return;
        }
        let mut expected: BTreeMap<String, Bounds> = BTreeMap::new();
        for asked in self.asked.values().filter(|asked| asked.method == Method::Invite && asked.is_call) {
            let is_answered = asked.finals.iter().any(|known| is_success(&known.code.to_string()));
            let bounds = expected.entry(asked.call_id.clone()).or_default();
            bounds.least = bounds.least.max(usize::from(is_answered));
            // One whose answer the proxy was killed over has a record, too; one that came again later may be another call.
            bounds.most += if asked.is_sure() { usize::from(!asked.branches.is_empty()) } else { usize::MAX / 1000 };
        }
        let found = rows(database, is_success);
        let found = found.into_iter().filter(|((table, method, _), _)| *table == "acc" && method == "INVITE");
        let mut found: BTreeMap<String, usize> = found.map(|((_, _, call_id), rows)| (call_id, rows)).collect();
        for (call_id, bounds) in expected {
            let rows = found.remove(&call_id).unwrap_or(0);
            if rows < bounds.least || rows > bounds.most {
                let what = format!("a call has {rows} records, and should have {} to {}", bounds.least, bounds.most);
                return self.breach(now, what, &call_id);
            }
        }
        if let Some(call_id) = found.keys().next() {
            self.breach(now, "a call has a record that nobody has begun", call_id);
        }
    }

    /// Whether records are on the disk before they go to the database.
    fn has_journal(&self) -> bool {
        self.variant.text != Text::Residential
    }

    fn expected_rows(&self) -> Rows<Bounds> {
        let mut expected: Rows<Bounds> = BTreeMap::new();
        for asked in self.asked.values() {
            let method = match asked.method {
                Method::Invite if asked.is_call => "INVITE",
                Method::Bye => "BYE",
                _ => continue,
            };
            // What a former life of the proxy has not written is lost with it, unless it is on the disk.
            let is_sure = (asked.era == self.era || self.has_journal()) && asked.is_sure();
            let mut add = |table: &'static str, least: usize, most: usize| {
                let bounds = expected.entry((table, method.to_owned(), asked.call_id.clone())).or_default();
                bounds.least += if is_sure { least } else { 0 };
                // A record has no CSeq: two BYEs of a call in one second look alike to who finds out, after the database
                // has failed, which of them it has. One row may stand for both.
                if method == "BYE" {
                    bounds.least = bounds.least.min(1);
                }
                bounds.most += if asked.is_sure() { most } else { usize::MAX / 1000 };
            };
            let successes = asked.finals.iter().filter(|known| (200..300).contains(&known.code)).count();
            let refusals = asked.finals.len() - successes;
            let is_forwarded = !asked.branches.is_empty();
            if asked.method == Method::Bye {
                // It is part of its call's record.
                if self.variant.records_calls() {
                    continue;
                }
                let rows = asked.finals.len();
                // RFC 4320: a 408 is accounted though its caller does not hear of it, who may ask again after that.
                let most = rows + usize::from(is_forwarded);
                add("acc", if is_forwarded { rows } else { 0 }, most);
                continue;
            }
            // Answered calls have their record when they have ended: that is looked at last.
            if !self.variant.records_calls() {
                add("acc", successes, successes);
            }
            if refusals == 0 {
                continue;
            }
            let code = asked.finals.iter().map(|known| known.code).max().unwrap_or(0);
            // The default script accounts for calls that fail, too; one that nobody was asked about because nobody was
            // there is missed all the same.
            let accounts = self.variant.text != Text::Residential;
            if !is_forwarded {
                let is_absent = accounts && code == 480;
                // Who is challenged or refused has not called yet.
                let may_account = accounts && !matches!(code, 401 | 403 | 407);
                add("acc", usize::from(is_absent), if may_account { refusals } else { 0 });
                add("missed_calls", usize::from(is_absent), 1);
                continue;
            }
            let is_certain = asked.cancelled_at.is_none() && code != 500;
            if accounts {
                add("acc", if is_certain { refusals } else { 0 }, refusals);
            }
            add("missed_calls", usize::from(is_certain), 1);
        }
        expected
    }
}

fn is_success(code: &str) -> bool {
    code.starts_with('2')
}

/// The rows whose code is wanted.
fn rows(database: &Database, is_wanted: impl Fn(&str) -> bool) -> Rows<usize> {
    let mut rows: Rows<usize> = BTreeMap::new();
    for table in ["acc", "missed_calls"] {
        for row in database.rows(table, ["method", "callid", "sip_code"]) {
            let [method, call_id, code] =
                row.map(|cell| String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned());
            // BYE is what it was.
            if method == "INVITE" && !is_wanted(&code) {
                continue;
            }
            *rows.entry((table, method, call_id)).or_default() += 1;
        }
    }
    rows
}
