//! `$json(path)` and its forms for printing.

use super::node::{Node, NodeId};
use super::path::{Members, Path};
use super::print::{Style, print};
use super::store::Store;
use super::{Json, change, documents, parse};
use catalogue::{Access, Inner, Value};
use module_api::{Call, Fault, Index, Level, Operator, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const JSON: Variable = Variable {
    name: "json",
    about: "What a path leads to in a document: integers and text as such, all else as JSON. `=` puts a value there \
            (NULL takes it away), `:=` reads JSON.",
    run: VariableRun::read_write(|call, name| read(call, name, Style::Spaced), write),
    ..AS_JSON
};

pub(super) const JSON_PRETTY: Variable = Variable {
    name: "json_pretty",
    about: "As $json, with a line for each member.",
    run: VariableRun::read_write(|call, name| read(call, name, Style::Pretty), write),
    ..AS_JSON
};

pub(super) const JSON_COMPACT: Variable = Variable {
    name: "json_compact",
    about: "As $json, without blanks.",
    run: VariableRun::read_write(|call, name| read(call, name, Style::Compact), write),
    ..AS_JSON
};

pub(super) const JSON_COMPACT_NOESCAPE: Variable = Variable {
    name: "json_compact_noescape",
    about: "As $json, without blanks and without a backslash before each slash.",
    run: VariableRun::read_write(|call, name| read(call, name, Style::CompactNoEscape), write),
    ..AS_JSON
};

const AS_JSON: Variable = Variable { access: Access::ReadWrite, inner: Inner::Path, indexed: true, ..VARIABLE };

fn read(call: &mut Call<'_>, name: VariableName<'_>, style: Style) -> Value {
    match value(call, name, style) {
        Ok(Some(value)) => value,
        Ok(None) => {
            // The end of an iteration is nothing to note.
            if name.index == Index::None {
                note(call, &format!("$json({}) leads nowhere", String::from_utf8_lossy(name.text)));
            }
            Value::Null
        }
        Err(fault) => {
            note(call, &fault.text);
            Value::Null
        }
    }
}

fn note(call: &Call<'_>, text: &str) {
    if call.env.log().enabled(Level::Notice) {
        call.env.log().line(Level::Notice, text);
    }
}

fn value(call: &Call<'_>, name: VariableName<'_>, style: Style) -> Result<Option<Value>, Fault> {
    let quotes_long = call.state::<Json>()?.quotes_long;
    let store = documents(call)?;
    match name.index {
        Index::None => {
            let path = path(name.text)?;
            store.find(&path).map(|node| value_of(&store, node, style, quotes_long)).transpose()
        }
        Index::At(index) => {
            let (path, members) = Path::parse_members(name.text).map_err(|wrong| wrong_path(name.text, &wrong))?;
            let (Some(node), Ok(index)) = (store.find(&path), usize::try_from(index)) else { return Ok(None) };
            member(&store, node, index, members, style, quotes_long)
        }
        Index::All | Index::Append => Ok(None),
    }
}

fn member(
    store: &Store,
    node: NodeId,
    index: usize,
    members: Members,
    style: Style,
    quotes_long: bool,
) -> Result<Option<Value>, Fault> {
    let node = match (store.node(node), members) {
        (Node::Object(object), Members::Keys) => {
            return Ok(object.members().get(index).map(|(key, _)| Value::Str(key.clone())));
        }
        (Node::Object(object), Members::Values) => object.members().get(index).map(|(_, node)| *node),
        (Node::Array(items), Members::Values) => items.get(index).copied(),
        _ => None,
    };
    node.map(|node| value_of(store, node, style, quotes_long)).transpose()
}

fn value_of(store: &Store, node: NodeId, style: Style, quotes_long: bool) -> Result<Value, Fault> {
    Ok(match store.node(node) {
        Node::Str(text) => Value::Str(text.clone()),
        Node::Int(number) => match i32::try_from(*number) {
            Ok(number) => Value::Int(number),
            Err(_) if quotes_long => Value::from(number.to_string()),
            Err(_) => Value::Int(if *number < 0 { i32::MIN } else { i32::MAX }),
        },
        _ => Value::from(print(store, node, style)?),
    })
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, operator: Operator, value: Value) -> Result<(), Fault> {
    if name.index != Index::None {
        return Err(Fault::script("an index behind the parentheses is for reading"));
    }
    let path = path(name.text)?;
    change(call, |store| {
        store.tidy();
        let node = match (value, operator) {
            (Value::Null, _) => return store.remove(&path),
            (Value::Int(number), _) => store.add(Node::Int(number.into()))?,
            (Value::Str(text), Operator::Set) => store.add(Node::Str(text))?,
            (Value::Str(text), Operator::Replace) => parse::parse(store, &text)?,
        };
        store.put(&path, node)
    })
}

/// A path, or what is wrong with it.
pub(super) fn path(text: &[u8]) -> Result<Path, Fault> {
    Path::parse(text).map_err(|wrong| wrong_path(text, &wrong))
}

fn wrong_path(text: &[u8], wrong: &str) -> Fault {
    Fault::script(format!("$json({}): {wrong}", String::from_utf8_lossy(text)))
}
