//! Edits that the input chooses, held against a plain list of lines that is changed in the same way.

use bytes::Bytes;

use crate::{Edits, Header, HeaderName, Limits, Lists, Message, apply, write};

/// What becomes of a header.
#[derive(Clone)]
enum Fate {
    Kept,
    Removed,
    Line(Bytes),
    Value(Bytes),
    /// These items of its list go.
    Without(Vec<usize>),
}

/// What stands before one header, or before the empty line.
#[derive(Clone, Default)]
struct Gap {
    after: Vec<u8>,
    first: Vec<u8>,
    via: Vec<u8>,
    record_route: Vec<u8>,
    path: Vec<u8>,
    before: Vec<u8>,
}

/// The message as a list.
struct Model {
    fates: Vec<Fate>,
    gaps: Vec<Gap>,
    last: Vec<u8>,
    start: Option<Bytes>,
    body: Option<Bytes>,
}

/// The first byte says how many edits there are, two bytes say each, the rest is a message. What is written with the
/// edits has the headers, the start line and the body that were asked for, and does not depend on how the edits are
/// spread over the layers.
pub fn check_edits(data: &[u8]) {
    let Some((count, rest)) = data.split_first() else { return };
    let (script, message) = rest.split_at((usize::from(count % 24) * 2).min(rest.len()));
    let Ok(message) = Message::parse(Bytes::copy_from_slice(message), &Limits::default()) else { return };
    let mut model = Model::of(&message);
    let (mut all, mut layers) = (Edits::default(), [Edits::default(), Edits::default()]);
    let steps = script.as_chunks::<2>().0;
    for (number, step) in steps.iter().enumerate() {
        let layer = if number * 2 < steps.len() { &mut layers[0] } else { &mut layers[1] };
        model.edit(&message, number, *step, &mut [&mut all, layer]);
    }
    let (mut at_once, mut in_layers) = (Vec::new(), Vec::new());
    write(&message, &[&all], &mut at_once);
    write(&message, &[&layers[0], &layers[1]], &mut in_layers);
    assert_eq!(text(&at_once), text(&in_layers));
    let edited = apply(&message, &all);
    assert!(edited.is_ok(), "{edited:?}");
    if let Ok(edited) = edited {
        model.compare(&message, &edited, all.is_empty());
    }
}

impl Model {
    fn of(message: &Message) -> Model {
        let count = message.header_count();
        Model {
            fates: vec![Fate::Kept; count],
            gaps: vec![Gap::default(); count + 1],
            last: Vec::new(),
            start: None,
            body: None,
        }
    }

    /// Does one edit here and in each of the edits.
    fn edit(&mut self, message: &Message, number: usize, [kind, place]: [u8; 2], edits: &mut [&mut Edits]) {
        let header = usize::from(place) % self.fates.len().max(1);
        let end = if kind & 0x80 == 0 { "\r\n" } else { "" };
        let line = |name: &str| Bytes::from(format!("{name}{number}{end}"));
        match kind % 12 {
            0 => {
                add(&mut self.last, &line("X-Last: "));
                each(edits, |edits| edits.append(line("X-Last: ")));
            }
            1 => {
                add(&mut self.gap(0).first, &line("X-First: "));
                each(edits, |edits| edits.insert_first(line("X-First: ")));
            }
            2 => {
                add(&mut self.gap(header).before, &line("X-Before: "));
                each(edits, |edits| edits.insert_before(header, line("X-Before: ")));
            }
            3 => {
                add(&mut self.gap(header + 1).after, &line("X-After: "));
                each(edits, |edits| edits.insert_after(header, line("X-After: ")));
            }
            4 => {
                let top = message.header(HeaderName::Via).map_or(0, |header| header.index);
                push(&mut self.gap(top).via, &line("Via: SIP/2.0/UDP h"));
                each(edits, |edits| edits.push_via(line("Via: SIP/2.0/UDP h")));
            }
            5 => {
                push(
                    &mut self.top_gap(message, HeaderName::RecordRoute).record_route,
                    &line("Record-Route: <sip:h>;n="),
                );
                each(edits, |edits| edits.push_record_route(line("Record-Route: <sip:h>;n=")));
            }
            6..=8 => self.edit_header(message, header, kind % 12, line("X-Line: "), edits),
            9 => self.remove_item(message, place, edits),
            10 => {
                push(&mut self.top_gap(message, HeaderName::Path).path, &line("Path: <sip:h>;n="));
                each(edits, |edits| edits.push_path(line("Path: <sip:h>;n=")));
            }
            _ => self.edit_ends(message, place, number, edits),
        }
    }

    /// Before the first of these headers, or below the Vias.
    fn top_gap(&mut self, message: &Message, name: HeaderName) -> &mut Gap {
        let below_vias = message.headers_named(HeaderName::Via).last().map_or(0, |header| header.index + 1);
        self.gap(message.header(name).map_or(below_vias, |header| header.index))
    }

    fn gap(&mut self, at: usize) -> &mut Gap {
        let last = self.gaps.len() - 1;
        &mut self.gaps[at.min(last)]
    }

    fn edit_header(&mut self, message: &Message, header: usize, kind: u8, line: Bytes, edits: &mut [&mut Edits]) {
        if message.header_at(header).is_none_or(is_needed) {
            return;
        }
        let fate = &mut self.fates[header];
        match (kind, &*fate) {
            (6, _) => {
                each(edits, |edits| edits.remove(header));
                *fate = Fate::Removed;
            }
            (7, _) => {
                each(edits, |edits| edits.replace(header, line.clone()));
                *fate = Fate::Line(line);
            }
            (_, Fate::Kept | Fate::Value(_)) => {
                let value = line.slice(..line.len().min(6));
                each(edits, |edits| edits.replace_value(header, value.clone()));
                *fate = Fate::Value(value);
            }
            _ => {}
        }
    }

    fn remove_item(&mut self, message: &Message, place: u8, edits: &mut [&mut Edits]) {
        let name = if place & 1 == 0 { HeaderName::Contact } else { HeaderName::Route };
        let items: Vec<_> = message.name_addrs(name).flatten().collect();
        let Some(item) = items.get(usize::from(place) % items.len().max(1)) else { return };
        let mut gone = match &self.fates[item.header] {
            Fate::Kept => Vec::new(),
            Fate::Without(gone) => gone.clone(),
            _ => return,
        };
        if !gone.contains(&item.position) {
            gone.push(item.position);
        }
        each(edits, |edits| edits.remove_list_item(message, item));
        let count = message.header_at(item.header).map_or(0, |header| Lists::new(header.value).count());
        self.fates[item.header] = if gone.len() == count { Fate::Removed } else { Fate::Without(gone) };
    }

    fn edit_ends(&mut self, message: &Message, place: u8, number: usize, edits: &mut [&mut Edits]) {
        if place & 1 == 0 {
            let body = Bytes::from("b".repeat(usize::from(place / 2)));
            each(edits, |edits| edits.set_body(body.clone(), Some(Bytes::from_static(b"text/plain"))));
            self.body = Some(body);
        } else if message.is_request() {
            let uri = Bytes::from(format!("sip:{number}@example.com"));
            each(edits, |edits| edits.set_request_uri(uri.clone()));
            self.start = Some(uri);
        } else {
            let reason = Bytes::from(format!("Reason {number}"));
            each(edits, |edits| edits.set_status(487, reason.clone()));
            self.start = Some(reason);
        }
    }

    fn compare(&self, message: &Message, edited: &Message, is_same: bool) {
        let lines = edited.headers().filter(|header| !is_of_body(header)).map(|header| header.line);
        assert_eq!(text(&lines.collect::<Vec<_>>().concat()), text(&self.lines(message)));
        assert_eq!(edited.body(), self.body.as_deref().unwrap_or(message.body()));
        assert!(is_same || edited.content_length() == Some(edited.body().len()));
        if self.body.is_some() {
            assert_eq!(edited.header(HeaderName::ContentType).map(|header| header.value), Some(&b"text/plain"[..]));
        }
        let (old, new) = if message.is_request() {
            (message.request_uri(), edited.request_uri())
        } else {
            (message.reason(), edited.reason())
        };
        assert_eq!(text(new), text(self.start.as_deref().unwrap_or(old)));
    }

    /// The header lines that must come, those about the body left out.
    fn lines(&self, message: &Message) -> Vec<u8> {
        let mut lines = Vec::new();
        for (at, gap) in self.gaps.iter().enumerate() {
            for part in [&gap.after, &gap.first, &gap.via, &gap.record_route, &gap.path, &gap.before] {
                lines.extend_from_slice(part);
            }
            if let (Some(header), Some(fate)) = (message.header_at(at), self.fates.get(at)) {
                print(message, header, fate, &mut lines);
            }
        }
        lines.extend_from_slice(&self.last);
        lines
    }
}

fn print(message: &Message, header: Header<'_>, fate: &Fate, lines: &mut Vec<u8>) {
    let value = match fate {
        Fate::Removed => return,
        Fate::Line(line) => return add(lines, line),
        Fate::Kept if is_of_body(&header) => return,
        Fate::Kept => return lines.extend_from_slice(header.line),
        Fate::Value(value) => value.to_vec(),
        Fate::Without(gone) => without(header.value, gone),
    };
    let (Some(line), Some(old)) = (message.range_of(header.line), message.range_of(header.value)) else { return };
    lines.extend_from_slice(&header.line[..old.start - line.start]);
    lines.extend_from_slice(&value);
    lines.extend_from_slice(&header.line[old.end - line.start..]);
}

/// The items that stay, each with what stood between it and the item before; what stays first comes first.
fn without(value: &[u8], gone: &[usize]) -> Vec<u8> {
    let mut left = Vec::new();
    // Not whether anything is left: an item may be empty.
    let mut one_stays = false;
    let mut end = 0;
    for (position, item) in Lists::new(value).enumerate() {
        let start = item.as_ptr() as usize - value.as_ptr() as usize;
        if !gone.contains(&position) {
            let from = if one_stays { end } else { start };
            one_stays = true;
            left.extend_from_slice(&value[from..start + item.len()]);
        }
        end = start + item.len();
    }
    left
}

/// Headers without which there is no message, and those that go with its body.
fn is_needed(header: Header<'_>) -> bool {
    use HeaderName::{CSeq, CallId, From, To, Via};
    matches!(header.name, Via | From | To | CallId | CSeq) || is_of_body(&header)
}

fn is_of_body(header: &Header<'_>) -> bool {
    matches!(header.name, HeaderName::ContentLength | HeaderName::ContentType)
}

fn each(edits: &mut [&mut Edits], edit: impl Fn(&mut Edits)) {
    edits.iter_mut().for_each(|edits| edit(edits));
}

/// Adds a line below, with the line end it may lack.
fn add(lines: &mut Vec<u8>, line: &[u8]) {
    lines.extend_from_slice(line.strip_suffix(b"\r\n").unwrap_or(line));
    lines.extend_from_slice(b"\r\n");
}

/// Adds a line above.
fn push(lines: &mut Vec<u8>, line: &[u8]) {
    let below = std::mem::take(lines);
    add(lines, line);
    lines.extend_from_slice(&below);
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
