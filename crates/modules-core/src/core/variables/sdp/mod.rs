//! `$sdp` and its lines, streams and session part: read and changed in place.
//!
//! Unlike headers, a changed SDP is what later reads show: scripts change it line by line, each change upon the last.

mod edit;
mod locate;
mod path;
#[cfg(test)]
mod tests;

use super::place::{is_at_hand, message};
use crate::core::share::part_of;
use catalogue::{Access, Inner, Value};
use edit::{Body, replace};
use locate::{Found, Scope, locate};
use module_api::{Call, Fault, Index, Operator, VARIABLE, Variable, VariableName, VariableRun};
use path::Path;

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "sdp",
        about: "The session description in the body; NULL removes it.",
        access: Access::ReadWrite,
        inner: Inner::Optional,
        run: VariableRun::read_write(read_whole, write_whole),
        ..VARIABLE
    },
    Variable {
        name: "sdp.line",
        about: "A line by its beginning and index, prefix[i], and within it a token: prefix[i]/token[j].",
        run: VariableRun::read_write(
            |call, name| read(call, name, Scope::Lines),
            |call, name, _, value| write(call, name, Scope::Lines, value),
        ),
        ..PART
    },
    Variable {
        name: "sdp.session",
        about: "A line above the first media section, and within it a token: prefix[i]/token[j].",
        run: VariableRun::read_write(
            |call, name| read(call, name, Scope::Session),
            |call, name, _, value| write(call, name, Scope::Session, value),
        ),
        ..PART
    },
    Variable {
        name: "sdp.stream",
        about: "A media section, a line in it, a token in that: media[i]/line[j]/token[k].",
        run: VariableRun::read_write(
            |call, name| read(call, name, Scope::Stream),
            |call, name, _, value| write(call, name, Scope::Stream, value),
        ),
        ..PART
    },
    Variable {
        name: "sdp.stream.idx",
        about: "The number of the line that $sdp.stream would mean, for $sdp.line([n]).",
        inner: Inner::Name,
        run: VariableRun::read(read_index),
        ..VARIABLE
    },
];

const PART: Variable = Variable { access: Access::ReadWrite, inner: Inner::Name, indexed: true, ..VARIABLE };

fn read_whole(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    if !name.text.is_empty() {
        return read(call, name, Scope::Lines);
    }
    let Some(body) = Body::of(call.msg, &name) else { return Value::Null };
    body.sdp().map_or(Value::Null, |sdp| Value::Str(part_of(&body.bytes, sdp)))
}

fn read(call: &mut Call<'_>, name: VariableName<'_>, scope: Scope) -> Value {
    let Some(body) = Body::of(call.msg, &name) else { return Value::Null };
    let Some(sdp) = body.sdp() else { return Value::Null };
    let found = path_of(&name, scope).and_then(|path| locate(sdp, scope, &path));
    let text = found.and_then(|found| sdp.get(found.shown));
    text.map_or(Value::Null, |text| Value::Str(part_of(&body.bytes, text)))
}

fn read_index(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(body) = Body::of(call.msg, &name) else { return Value::Null };
    let Some(sdp) = body.sdp() else { return Value::Null };
    let found = path_of(&name, Scope::Stream).and_then(|path| locate(sdp, Scope::Stream, &path));
    let before = found.and_then(|found| sdp.get(..found.line_start));
    let number = before.map(|before| memchr::memchr_iter(b'\n', before).count());
    number.and_then(|number| i32::try_from(number).ok()).map_or(Value::Null, Value::Int)
}

fn write_whole(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    if !name.text.is_empty() {
        return write(call, name, Scope::Lines, value);
    }
    check_at_hand(call, &name)?;
    match (Body::of(call.msg, &name), value.into_bytes()) {
        (Some(body), text) => body.set_sdp(call.msg, text.as_deref()),
        (None, Some(text)) => call.msg.edits.set_body(text, Some(edit::SDP_TYPE)),
        (None, None) => {}
    }
    Ok(())
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, scope: Scope, value: Value) -> Result<(), Fault> {
    check_at_hand(call, &name)?;
    let missing = || Fault::script("the session description has no such part");
    let body = Body::of(call.msg, &name).ok_or_else(missing)?;
    let sdp = body.sdp().ok_or_else(missing)?;
    let path = path_of(&name, scope).ok_or(Fault::script("this is no way to a part of a session description"))?;
    let found: Found = locate(sdp, scope, &path).ok_or_else(missing)?;
    let changed = replace(sdp, &found, value.into_bytes().as_deref())?;
    body.set_sdp(call.msg, Some(&changed));
    Ok(())
}

/// The way to a part; an index in brackets behind the variable counts lines, or media sections.
fn path_of<'a>(name: &VariableName<'a>, scope: Scope) -> Option<Path<'a>> {
    let mut path = Path::parse(name.text, scope)?;
    if let Index::At(index) = name.index {
        path.set_outer_index(index);
    }
    Some(path)
}

fn check_at_hand(call: &Call<'_>, name: &VariableName<'_>) -> Result<(), Fault> {
    if message(call.msg, name).is_some() && !is_at_hand(call.msg, name) {
        return Err(Fault::script("only the message at hand can be changed"));
    }
    Ok(())
}
