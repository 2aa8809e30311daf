//! Writing JSON, in the styles that scripts can ask for.

use super::node::{Node, NodeId};
use super::store::Store;
use module_api::Fault;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `{ "a": [ 1, 2 ] }`
    Spaced,
    /// `{"a":[1,2]}`
    Compact,
    /// The same, slashes without a backslash.
    CompactNoEscape,
    /// A line for each member.
    Pretty,
}

/// With `json_link()` a document can contain itself, and be larger than all that was ever read.
const DEPTH_MAX: usize = 128;
const BYTES_MAX: usize = 4 << 20;

/// The text of a node.
///
/// # Errors
/// It contains itself, or is too large.
pub(super) fn print(store: &Store, node: NodeId, style: Style) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { store, style, out: Vec::new() };
    writer.value(node, 0)?;
    Ok(writer.out)
}

struct Writer<'a> {
    store: &'a Store,
    style: Style,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn value(&mut self, node: NodeId, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH_MAX || self.out.len() > BYTES_MAX {
            return Err(Fault::script("the JSON document contains itself, or is too large to be written"));
        }
        match self.store.node(node) {
            Node::Null => self.out.extend_from_slice(b"null"),
            Node::Bool(is_true) => self.out.extend_from_slice(if *is_true { b"true" } else { b"false" }),
            Node::Int(number) => self.out.extend_from_slice(number.to_string().as_bytes()),
            Node::Number(text) => self.out.extend_from_slice(text),
            Node::Str(text) => self.string(text),
            Node::Object(object) => {
                self.out.push(b'{');
                for (position, (key, value)) in object.members().iter().enumerate() {
                    self.before(position, depth + 1);
                    self.string(key);
                    let colon: &[u8] = if self.is_compact() { b":" } else { b": " };
                    self.out.extend_from_slice(colon);
                    self.value(*value, depth + 1)?;
                }
                self.end(object.members().is_empty(), depth, b'}');
            }
            Node::Array(items) => {
                self.out.push(b'[');
                for (position, item) in items.iter().enumerate() {
                    self.before(position, depth + 1);
                    self.value(*item, depth + 1)?;
                }
                self.end(items.is_empty(), depth, b']');
            }
        }
        Ok(())
    }

    fn is_compact(&self) -> bool {
        matches!(self.style, Style::Compact | Style::CompactNoEscape)
    }

    /// What stands before a member or item.
    fn before(&mut self, position: usize, depth: usize) {
        if position > 0 {
            self.out.push(b',');
        }
        match self.style {
            Style::Spaced => self.out.push(b' '),
            Style::Pretty => self.line(depth),
            Style::Compact | Style::CompactNoEscape => {}
        }
    }

    fn end(&mut self, is_empty: bool, depth: usize, mark: u8) {
        match self.style {
            Style::Spaced => self.out.push(b' '),
            Style::Pretty if !is_empty => self.line(depth),
            _ => {}
        }
        self.out.push(mark);
    }

    fn line(&mut self, depth: usize) {
        self.out.push(b'\n');
        self.out.extend(std::iter::repeat_n(b' ', depth * 2));
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for byte in text {
            match byte {
                b'"' | b'\\' => self.out.extend([b'\\', *byte]),
                b'/' if self.style != Style::CompactNoEscape => self.out.extend(b"\\/"),
                0x08 => self.out.extend(b"\\b"),
                0x0c => self.out.extend(b"\\f"),
                b'\n' => self.out.extend(b"\\n"),
                b'\r' => self.out.extend(b"\\r"),
                b'\t' => self.out.extend(b"\\t"),
                0..0x20 => self.out.extend(format!("\\u{byte:04x}").bytes()),
                _ => self.out.push(*byte),
            }
        }
        self.out.push(b'"');
    }
}
