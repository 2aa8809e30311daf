//! Writing a message with edits: every edit becomes a cut (some bytes out, some text in), the cuts are sorted by place,
//! and the message is copied once around them.

use std::collections::BTreeMap;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{Edits, Header, HeaderName, Message};

use super::{
    Change, NewBody,
    cut::{Cut, Rank, Text, figures_of},
    items::removals,
};

/// Appends the message to `out`, for which exactly the room it takes is made.
pub(super) fn write(message: &Message, layers: &[&Edits], out: &mut Vec<u8>) {
    let mut figures = [0; 20];
    let body = layers.iter().rev().find_map(|edits| edits.body.as_ref());
    let mut plan = Plan { message, layers, cuts: SmallVec::new(), fates: SmallVec::new() };
    plan.find_fates();
    plan.cut_start_line();
    if let Some(body) = body {
        plan.cut_body(body);
    }
    plan.cut_items();
    plan.cut_patches();
    plan.insert_lines();
    plan.cut_fates();
    let length = figures_of(plan.body_length(), &mut figures);
    plan.fit_content_length(length);
    plan.write(out);
}

struct Plan<'a> {
    message: &'a Message,
    layers: &'a [&'a Edits],
    cuts: SmallVec<[Cut<'a>; 16]>,
    /// Headers that are removed (`None`) or replaced by another line.
    fates: SmallVec<[(usize, Option<&'a Bytes>); 8]>,
}

impl<'a> Plan<'a> {
    /// What becomes of each header that is removed or replaced: the last word counts, a branch's over the common one.
    fn find_fates(&mut self) {
        for change in self.layers.iter().rev().flat_map(|edits| edits.changes.iter().rev()) {
            let (header, fate) = match change {
                Change::Remove(header) => (*header, None),
                Change::Replace(header, line) => (*header, Some(line)),
                _ => continue,
            };
            if !self.has_fate(header) {
                self.fates.push((header, fate));
            }
        }
    }

    fn cut_start_line(&mut self) {
        let last = |pick: fn(&Edits) -> Option<&Bytes>| self.layers.iter().rev().find_map(|edits| pick(edits));
        let uri = last(|edits| edits.request_uri.as_ref()).filter(|_| self.message.is_request());
        let status = last(|edits| edits.status.as_ref().map(|(_, text)| text)).filter(|_| !self.message.is_request());
        self.cut_version();
        if let Some(uri) = uri {
            let range = self.message.request_uri_range();
            self.cut(range.start, range.end, 0, uri);
        }
        if let Some(status) = status {
            let range = self.message.status_range();
            self.cut(range.start, range.end, 0, status);
        }
    }

    /// RFC 3261 section 7.1: case does not count in the version that comes, but upper case is sent.
    fn cut_version(&mut self) {
        let start = if self.message.is_request() { self.message.request_uri_range().end + 1 } else { 0 };
        if self.message.bytes().get(start..start + 3) != Some(b"SIP") {
            self.cut(start, start + 3, 0, b"SIP");
        }
    }

    fn cut_body(&mut self, body: &'a NewBody) {
        let message = self.message;
        self.cut(message.body_start(), message.bytes().len(), 0, &body.bytes);
        let header = message.header(HeaderName::ContentType).filter(|header| !self.has_fate(header.index));
        match (&body.content_type, header) {
            (Some(kind), Some(header)) => self.cut_value(header, kind),
            (Some(kind), None) => self.insert_last(Rank::ContentType, Text::Line("Content-Type", kind)),
            (None, Some(header)) if body.bytes.is_empty() => self.fates.push((header.index, None)),
            (None, _) => {}
        }
    }

    /// List items that go, taken together over all layers, for each line decides anew where its commas go.
    fn cut_items(&mut self) {
        let mut seen: SmallVec<[usize; 8]> = SmallVec::new();
        for change in self.layers.iter().flat_map(|edits| &edits.changes) {
            let Change::RemoveItem(index, _) = change else { continue };
            if seen.contains(index) || self.has_fate(*index) {
                continue;
            }
            seen.push(*index);
            self.cut_items_of(*index);
        }
    }

    fn cut_items_of(&mut self, index: usize) {
        let Some(header) = self.message.header_at(index) else { return };
        let Some(value) = self.message.range_of(header.value) else { return };
        let mut removed: SmallVec<[usize; 8]> =
            self.layers.iter().flat_map(|edits| edits.removed_items(index)).collect();
        removed.sort_unstable();
        let Some(gone) = removals(header.value, &removed) else {
            self.fates.push((index, None));
            return;
        };
        for range in gone {
            self.cut(value.start + range.start, value.start + range.end, 0, b"");
        }
    }

    /// Patches from the last to the first, so that an earlier one gives way where they overlap.
    fn cut_patches(&mut self) {
        let layers = self.layers;
        let mut taken = Taken::of(&self.cuts);
        // Empty values never overlap, so the last new value of a header is told by its index.
        let mut valued: SmallVec<[usize; 8]> = SmallVec::new();
        let mut order = 0;
        for change in layers.iter().rev().flat_map(|edits| edits.changes.iter().rev()) {
            order -= 1;
            let Some((part, with)) = self.patched(change, &mut valued) else { continue };
            if !self.is_fated(&part) && taken.take(&part) {
                self.cut(part.start, part.end, order, with);
            }
        }
    }

    /// The stretch a change replaces, and by what.
    fn patched(
        &self,
        change: &'a Change,
        valued: &mut SmallVec<[usize; 8]>,
    ) -> Option<(std::ops::Range<usize>, &'a [u8])> {
        match change {
            Change::Patch(part, with) => {
                let is_within = part.start <= part.end && part.end <= self.message.bytes().len();
                is_within.then_some((part.clone(), with))
            }
            Change::Value(index, value) if !valued.contains(index) => {
                valued.push(*index);
                let header = self.message.header_at(*index)?;
                Some((self.message.range_of(header.value)?, value))
            }
            _ => None,
        }
    }

    /// Whether a stretch lies in a header that goes.
    fn is_fated(&self, part: &std::ops::Range<usize>) -> bool {
        self.fates.iter().any(|(index, _)| {
            let Some(line) = self.line_range(*index) else { return false };
            part.start < line.end && line.start < part.end.max(part.start + 1)
        })
    }

    fn insert_lines(&mut self) {
        let message = self.message;
        let layers = self.layers;
        let tops = Tops::of(message);
        for (order, change) in (0..).zip(layers.iter().flat_map(|edits| &edits.changes)) {
            match change {
                Change::First(lines) => self.insert(message.headers_start(), Rank::First, order, lines),
                Change::Last(lines) => self.insert(message.headers_end(), Rank::Last, order, lines),
                // What is pushed later stands higher.
                Change::Via(line) => self.insert(tops.via, Rank::Via, -order, line),
                Change::RecordRoute(line) => self.insert(tops.record_route, Rank::RecordRoute, -order, line),
                Change::Path(line) => self.insert(tops.path, Rank::Path, -order, line),
                Change::Above(None, lines) => self.insert(message.headers_end(), Rank::Last, -order, lines),
                Change::Above(Some(index), lines) => {
                    let at = self.line_range(*index).map_or(message.headers_end(), |line| line.start);
                    self.insert(at, Rank::Before, -order, lines);
                }
                Change::Before(index, lines) => {
                    let at = self.line_range(*index).map_or(message.headers_end(), |line| line.start);
                    self.insert(at, Rank::Before, order, lines);
                }
                Change::After(index, lines) => {
                    let at = self.line_range(*index).map_or(message.headers_end(), |line| line.end);
                    self.insert(at, Rank::After, order, lines);
                }
                Change::Remove(_) | Change::Replace(..) | Change::Value(..) => {}
                Change::Patch(..) | Change::RemoveItem(..) => {}
            }
        }
    }

    fn cut_fates(&mut self) {
        for at in 0..self.fates.len() {
            let Some((index, fate)) = self.fates.get(at).copied() else { return };
            let Some(line) = self.line_range(index) else { continue };
            let text = Text::Lines(fate.map_or(b"", |line| line));
            self.cuts.push(Cut { start: line.start, end: line.end, rank: Rank::Part, order: 0, text });
        }
    }

    /// How long the body will be.
    fn body_length(&self) -> usize {
        let start = self.message.body_start();
        let in_body = self.cuts.iter().filter(|cut| cut.start >= start && cut.rank == Rank::Part);
        let (gone, come) = in_body.fold((0, 0), |(gone, come), cut| (gone + cut.end - cut.start, come + cut.length()));
        (self.message.body().len() + come).saturating_sub(gone)
    }

    /// Makes Content-Length say how long the body is, where the body changed or nothing says it.
    fn fit_content_length(&mut self, length: &'a [u8]) {
        let message = self.message;
        let stays = message.headers_named(HeaderName::ContentLength).any(|header| !self.has_fate(header.index));
        if !self.body_changes() && (stays || self.inserts_content_length()) {
            return;
        }
        let mut is_written = false;
        for header in message.headers_named(HeaderName::ContentLength) {
            match self.fate_of(header.index) {
                None if !is_written => {
                    self.cut_value(header, length);
                    is_written = true;
                    continue;
                }
                Some(None) => continue,
                Some(Some(line)) if !names_content_length(line) => continue,
                _ => {}
            }
            self.cuts.retain(|cut| !starts_within(cut, message.range_of(header.line)));
            if let Some(line) = message.range_of(header.line) {
                self.cut(line.start, line.end, 0, b"");
            }
        }
        if !is_written {
            self.insert_last(Rank::ContentLength, Text::Line("Content-Length", length));
        }
    }

    fn body_changes(&self) -> bool {
        let start = self.message.body_start();
        self.cuts.iter().any(|cut| cut.start >= start && cut.rank == Rank::Part)
    }

    fn inserts_content_length(&self) -> bool {
        self.cuts.iter().any(|cut| match cut.text {
            Text::Lines(lines) => names_content_length(lines),
            _ => false,
        })
    }

    /// Gives a header another value, whatever was cut out of the old one.
    fn cut_value(&mut self, header: Header<'_>, value: &'a [u8]) {
        let Some(range) = self.message.range_of(header.value) else { return };
        self.cuts.retain(|cut| cut.rank != Rank::Part || cut.end < range.start || range.end < cut.start);
        self.cut(range.start, range.end, 0, value);
    }

    fn cut(&mut self, start: usize, end: usize, order: i32, text: &'a [u8]) {
        self.cuts.push(Cut { start, end, rank: Rank::Part, order, text: Text::Plain(text) });
    }

    fn insert(&mut self, at: usize, rank: Rank, order: i32, lines: &'a [u8]) {
        self.cuts.push(Cut { start: at, end: at, rank, order, text: Text::Lines(lines) });
    }

    fn insert_last(&mut self, rank: Rank, text: Text<'a>) {
        let at = self.message.headers_end();
        self.cuts.push(Cut { start: at, end: at, rank, order: 0, text });
    }

    fn has_fate(&self, header: usize) -> bool {
        self.fate_of(header).is_some()
    }

    fn fate_of(&self, header: usize) -> Option<Option<&'a Bytes>> {
        self.fates.iter().find(|(index, _)| *index == header).map(|(_, fate)| *fate)
    }

    fn line_range(&self, header: usize) -> Option<std::ops::Range<usize>> {
        self.message.range_of(self.message.header_at(header)?.line)
    }

    fn write(mut self, out: &mut Vec<u8>) {
        self.cuts.sort_unstable_by_key(|cut| (cut.start, cut.rank, cut.order));
        let mut length = 0;
        self.each_piece(|piece| length += piece.len());
        out.reserve_exact(length);
        self.each_piece(|piece| out.extend_from_slice(piece));
    }

    /// What is written, piece by piece: stretches of the message and the texts between them.
    fn each_piece(&self, mut take: impl FnMut(&[u8])) {
        let bytes = self.message.bytes();
        let mut copied = 0;
        for cut in &self.cuts {
            take(bytes.get(copied..cut.start).unwrap_or_default());
            cut.each_piece(&mut take);
            copied = copied.max(cut.end);
        }
        take(bytes.get(copied..).unwrap_or_default());
    }
}

/// The stretches that are cut already, apart from each other: where each starts, and where it ends. A script may patch
/// as many places as a message has bytes.
struct Taken(BTreeMap<usize, usize>);

impl Taken {
    fn of(cuts: &[Cut<'_>]) -> Taken {
        let mut taken = Taken(BTreeMap::new());
        for cut in cuts {
            taken.add(cut.start..cut.end);
        }
        taken
    }

    /// Takes a stretch, unless it overlaps what is taken: whether it did not. An empty one lies between its neighbours
    /// and overlaps only what it is inside of. As all lie apart, only the last that starts before its end can overlap.
    fn take(&mut self, part: &std::ops::Range<usize>) -> bool {
        let before = self.0.range(..part.end).next_back();
        if before.is_some_and(|(start, end)| part.start < *end && *start < part.end) {
            return false;
        }
        self.add(part.clone());
        true
    }

    fn add(&mut self, part: std::ops::Range<usize>) {
        // At one place there may be an empty stretch and another: the longer one tells.
        let end = self.0.entry(part.start).or_insert(part.end);
        *end = part.end.max(*end);
    }
}

/// Where lines go that must stand above others of their name.
struct Tops {
    via: usize,
    record_route: usize,
    path: usize,
}

impl Tops {
    fn of(message: &Message) -> Tops {
        let start_of = |header: Header<'_>| message.range_of(header.line).map(|line| line.start);
        let top = |name| message.header(name).and_then(start_of);
        let last_via = message.headers_named(HeaderName::Via).last();
        let below_vias = last_via.and_then(|header| message.range_of(header.line)).map(|line| line.end);
        let below_vias = below_vias.unwrap_or(message.headers_start());
        Tops {
            via: top(HeaderName::Via).unwrap_or(message.headers_start()),
            record_route: top(HeaderName::RecordRoute).unwrap_or(below_vias),
            path: top(HeaderName::Path).unwrap_or(below_vias),
        }
    }
}

/// Whether one of these lines is a Content-Length.
fn names_content_length(lines: &[u8]) -> bool {
    lines.split(|byte| *byte == b'\n').any(|line| {
        let end = line.iter().position(|byte| matches!(byte, b':' | b' ' | b'\t')).unwrap_or(0);
        line.get(..end).is_some_and(|name| HeaderName::of(name) == HeaderName::ContentLength)
    })
}

fn starts_within(cut: &Cut<'_>, range: Option<std::ops::Range<usize>>) -> bool {
    cut.rank == Rank::Part && range.is_some_and(|range| range.contains(&cut.start))
}
