//! Edits: what is to be different when a message is written. They lie beside the message and never show before.

mod cut;
mod items;
mod plan;
#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use crate::{Limits, ListItem, Lists, Message, ParseError};

/// Changes to one message, in the order they were asked for. Places are those of the message as it was received.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// A new Request-URI.
    request_uri: Option<Bytes>,
    /// A new status code, and it with its reason phrase as one text.
    status: Option<(u16, Bytes)>,
    changes: Vec<Change>,
    /// A new body.
    body: Option<NewBody>,
}

/// A body in place of the received one.
#[derive(Clone, Debug)]
struct NewBody {
    bytes: Bytes,
    /// Its Content-Type, where that changes too.
    content_type: Option<Bytes>,
}

/// One change to the headers, or to a stretch of bytes.
#[derive(Clone, Debug)]
enum Change {
    /// Lines before the first header.
    First(Bytes),
    /// Lines after the last header.
    Last(Bytes),
    /// Lines before the header at this index.
    Before(usize, Bytes),
    /// Lines after the header at this index.
    After(usize, Bytes),
    /// Lines before the header at this index, or after the last one, and above those that were added so before.
    Above(Option<usize>, Bytes),
    /// A line above all Vias.
    Via(Bytes),
    /// A line above all Record-Routes.
    RecordRoute(Bytes),
    /// A line above all Paths.
    Path(Bytes),
    /// The header at this index goes.
    Remove(usize),
    /// Another line for the header at this index.
    Replace(usize, Bytes),
    /// Another value for the header at this index.
    Value(usize, Bytes),
    /// Other bytes for a stretch of the message.
    Patch(Range<usize>, Bytes),
    /// One item of the comma list of a header goes: header index, item's place in its list.
    RemoveItem(usize, usize),
}

impl Edits {
    /// Replaces the Request-URI; the last one set counts.
    pub fn set_request_uri(&mut self, uri: Bytes) {
        self.request_uri = Some(uri);
    }

    /// The Request-URI that was set.
    pub fn request_uri(&self) -> Option<&Bytes> {
        self.request_uri.as_ref()
    }

    /// Replaces status code and reason phrase of a reply.
    pub fn set_status(&mut self, code: u16, reason: Bytes) {
        let mut text = code.to_string().into_bytes();
        text.push(b' ');
        text.extend_from_slice(&reason);
        self.status = Some((code, text.into()));
    }

    /// The status code and reason phrase that were set.
    pub fn status(&self) -> Option<(u16, Bytes)> {
        let (code, text) = self.status.as_ref()?;
        let blank = text.iter().position(|byte| *byte == b' ').map_or(text.len(), |blank| blank + 1);
        Some((*code, text.slice(blank..)))
    }

    /// Adds whole header lines after the last header.
    pub fn append(&mut self, lines: Bytes) {
        self.changes.push(Change::Last(lines));
    }

    /// Adds whole header lines before the first header.
    pub fn insert_first(&mut self, lines: Bytes) {
        self.changes.push(Change::First(lines));
    }

    /// Adds whole header lines before the header at this index.
    pub fn insert_before(&mut self, header: usize, lines: Bytes) {
        self.changes.push(Change::Before(header, lines));
    }

    /// Adds whole header lines after the header at this index.
    pub fn insert_after(&mut self, header: usize, lines: Bytes) {
        self.changes.push(Change::After(header, lines));
    }

    /// Adds whole header lines before the header at this index, or after the last header without one; those that are
    /// added later stand higher.
    pub fn insert_above(&mut self, header: Option<usize>, lines: Bytes) {
        self.changes.push(Change::Above(header, lines));
    }

    /// Adds a Via line that will be the topmost; the last one pushed wins.
    pub fn push_via(&mut self, line: Bytes) {
        self.changes.push(Change::Via(line));
    }

    /// Adds a Record-Route line above the others.
    pub fn push_record_route(&mut self, line: Bytes) {
        self.changes.push(Change::RecordRoute(line));
    }

    /// Adds a Path line above the others.
    pub fn push_path(&mut self, line: Bytes) {
        self.changes.push(Change::Path(line));
    }

    /// Removes the header at this index with its continuation lines.
    pub fn remove(&mut self, header: usize) {
        self.changes.push(Change::Remove(header));
    }

    /// Whether the header at this index will not be written. A line that replaces it counts as the header.
    pub fn is_removed(&self, header: usize) -> bool {
        let fate = self.changes.iter().rev().find_map(|change| match change {
            Change::Remove(index) if *index == header => Some(true),
            Change::Replace(index, _) if *index == header => Some(false),
            _ => None,
        });
        fate.unwrap_or(false)
    }

    /// Whether this item of a list will not be written, be it alone or with its line.
    pub fn is_item_removed(&self, item: &ListItem<'_>) -> bool {
        self.is_removed(item.header) || self.removed_items(item.header).any(|position| position == item.position)
    }

    /// Replaces the header at this index, name and all, with a whole line.
    pub fn replace(&mut self, header: usize, line: Bytes) {
        self.changes.push(Change::Replace(header, line));
    }

    /// Replaces the value of the header at this index; the name keeps its spelling.
    pub fn replace_value(&mut self, header: usize, value: Bytes) {
        self.changes.push(Change::Value(header, value));
    }

    /// The value that the header at this index will be written with, where it was replaced.
    pub fn value_of(&self, header: usize) -> Option<&Bytes> {
        self.changes.iter().rev().find_map(|change| match change {
            Change::Value(index, value) if *index == header => Some(value),
            _ => None,
        })
    }

    /// Replaces a stretch of the message's bytes. Of patches that overlap, the last one counts; inside a header that is
    /// removed or replaced none does.
    pub fn patch(&mut self, part: Range<usize>, with: Bytes) {
        self.changes.push(Change::Patch(part, with));
    }

    /// Removes one item of a comma list, and the line with the last one.
    pub fn remove_list_item(&mut self, message: &Message, item: &ListItem<'_>) {
        if self.removed_items(item.header).any(|position| position == item.position) {
            return;
        }
        self.changes.push(Change::RemoveItem(item.header, item.position));
        let Some(header) = message.header_at(item.header) else { return };
        if self.removed_items(item.header).count() == Lists::new(header.value).count() {
            self.remove(item.header);
        }
    }

    /// Replaces the body, and its Content-Type where one is given. Without a body there is no Content-Type either.
    pub fn set_body(&mut self, body: Bytes, content_type: Option<Bytes>) {
        self.body = Some(NewBody { bytes: body, content_type });
    }

    /// The body that was set.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref().map(|body| &body.bytes)
    }

    /// The Content-Type that was set with the body.
    pub fn content_type(&self) -> Option<&Bytes> {
        self.body.as_ref().and_then(|body| body.content_type.as_ref())
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.request_uri.is_none() && self.status.is_none() && self.changes.is_empty() && self.body.is_none()
    }

    fn removed_items(&self, header: usize) -> impl Iterator<Item = usize> {
        self.changes.iter().filter_map(move |change| match change {
            Change::RemoveItem(index, position) if *index == header => Some(*position),
            _ => None,
        })
    }
}

/// Writes a message with its edits: those all branches share first, then a branch's own. Content-Length is made to fit,
/// and added where it lacks; without edits the bytes are those that came.
pub fn write(message: &Message, layers: &[&Edits], out: &mut Vec<u8>) {
    if layers.iter().all(|edits| edits.is_empty()) {
        out.extend_from_slice(message.bytes());
        return;
    }
    plan::write(message, layers, out);
}

/// The same as bytes of their own, no larger than they need be; without edits those of the message.
pub fn written(message: &Message, layers: &[&Edits]) -> Bytes {
    if layers.iter().all(|edits| edits.is_empty()) {
        return message.bytes().clone();
    }
    let mut out = Vec::new();
    plan::write(message, layers, &mut out);
    out.into()
}

/// The message as it reads with its edits done.
pub fn apply(message: &Message, edits: &Edits) -> Result<Message, ParseError> {
    Message::parse(written(message, &[edits]), &Limits::OWN)
}
