//! A compiled format string: text and variables in turn.

use crate::host::Host;
use crate::program::VariableRef;
use crate::vm::Scope;
use bytes::Bytes;
use catalogue::Value;

/// A string in which variables are filled in. NULL prints as `<null>`.
#[derive(Clone, Debug, Default)]
pub struct Format {
    pub(crate) pieces: Box<[Piece]>,
}

/// A part of a format string.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Text as it stands.
    Text(Bytes),
    /// A variable's value.
    Variable(VariableRef),
}

impl Format {
    /// Appends the text with the variables filled in.
    pub fn print(&self, host: &mut dyn Host, out: &mut Vec<u8>) {
        self.print_in(host, None, out);
    }

    /// The text with the variables filled in; NULL if it is longer than [`Host::print_bytes_max`].
    pub fn value(&self, host: &mut dyn Host) -> Value {
        self.value_in(host, None)
    }

    /// The text, if there are no variables in it.
    pub fn fixed(&self) -> Option<Bytes> {
        match &*self.pieces {
            [] => Some(Bytes::new()),
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    pub(crate) fn value_in(&self, host: &mut dyn Host, scope: Option<&Scope>) -> Value {
        if let Some(text) = self.fixed() {
            return Value::Str(text);
        }
        let mut out = Vec::new();
        self.print_in(host, scope, &mut out);
        if out.len() > host.print_bytes_max() { Value::Null } else { Value::from(out) }
    }

    /// Prints, and stops soon after the longest text allowed: what is longer yields nothing anyway.
    pub(crate) fn print_in(&self, host: &mut dyn Host, scope: Option<&Scope>, out: &mut Vec<u8>) {
        let most = out.len().saturating_add(host.print_bytes_max());
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Variable(variable) => variable.value(host, scope).print(out),
            }
            if out.len() > most {
                return;
            }
        }
    }

    /// Prints a path ([`catalogue::Inner::Path`]).
    pub(crate) fn print_path(&self, host: &mut dyn Host, scope: Option<&Scope>, out: &mut Vec<u8>) {
        let most = out.len().saturating_add(host.print_bytes_max());
        let mut value = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Variable(variable) => {
                    value.clear();
                    variable.value(host, scope).print(&mut value);
                    for byte in &value {
                        if !byte.is_ascii_alphanumeric() && byte.is_ascii() {
                            out.push(catalogue::PATH_ESCAPE);
                        }
                        out.push(*byte);
                    }
                }
            }
            if out.len() > most {
                return;
            }
        }
    }

    /// Whether its evaluation may ask for something.
    pub(crate) fn asks(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(variable) if variable.asks()))
    }

    pub(crate) fn needs_scope(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(variable) if variable.needs_scope()))
    }
}
