//! Variables and format strings of module parameters, as far as tests need them: `$avp(name)` and `$var(name)`, alone
//! and in text; others only by their name.

use bytes::Bytes;
use catalogue::{NameId, Value};
use module_api::{
    Call, Compiler, Fault, FormatAccess, FormatHandle, Interned, Operator, VariableAccess, VariableHandle,
};
use std::sync::Arc;

/// Compiles with these names.
pub struct SimpleCompiler(pub Arc<Interned>);

/// `$avp(name)` or `$var(name)`
struct Named {
    id: NameId,
    is_avp: bool,
    text: String,
}

/// A variable of another kind: it has its name, and nothing is ever in it.
struct Other {
    inner: Bytes,
    text: String,
}

/// Text with such variables in it.
pub(crate) struct Filled(pub(crate) Bytes);

/// The same with a script that calls functions with constants.
pub struct WithConstants<'a> {
    /// Compiles.
    pub compiler: SimpleCompiler,
    /// The constants: of which function, as which argument.
    pub constants: &'a [(&'static str, usize, String)],
}

impl Compiler for WithConstants<'_> {
    fn variable(&self, text: &str) -> Result<VariableHandle, String> {
        self.compiler.variable(text)
    }

    fn format(&self, text: &str) -> Result<FormatHandle, String> {
        self.compiler.format(text)
    }

    fn constants(&self, function: &str, argument: usize) -> Vec<String> {
        let passed = self.constants.iter().filter(|(name, index, _)| *name == function && *index == argument);
        passed.map(|(_, _, text)| text.clone()).collect()
    }
}

impl Compiler for SimpleCompiler {
    fn variable(&self, text: &str) -> Result<VariableHandle, String> {
        let inner = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(')'));
        let named = match (inner("$avp("), inner("$var(")) {
            (Some(name), _) => self.0.avps.intern(name.as_bytes()).map(|id| (id, true)),
            (_, Some(name)) => self.0.vars.intern(name.as_bytes()).map(|id| (id, false)),
            _ => None,
        };
        let Some((id, is_avp)) = named else {
            let inner = text.strip_prefix('$').and_then(|rest| rest.strip_suffix(')')?.split_once('('));
            let (_, inner) = inner.ok_or_else(|| format!("{text} is no variable with a name in parentheses"))?;
            return Ok(Arc::new(Other { inner: Bytes::copy_from_slice(inner.as_bytes()), text: text.to_owned() }));
        };
        Ok(Arc::new(Named { id, is_avp, text: text.to_owned() }))
    }

    fn format(&self, text: &str) -> Result<FormatHandle, String> {
        Ok(Arc::new(Filled(Bytes::copy_from_slice(text.as_bytes()))))
    }
}

impl VariableAccess for Named {
    fn read(&self, call: &mut Call<'_>) -> Value {
        if self.is_avp { call.msg.avps.first(self.id) } else { call.msg.vars.get(self.id) }
    }

    fn write(&self, call: &mut Call<'_>, operator: Operator, value: Value) -> Result<(), Fault> {
        if !self.is_avp {
            call.msg.vars.set(self.id, value);
            return Ok(());
        }
        if operator == Operator::Replace {
            call.msg.avps.clear(self.id);
        }
        if !value.is_null() {
            call.msg.avps.push(self.id, value);
        }
        Ok(())
    }

    fn read_at(&self, call: &mut Call<'_>, position: usize) -> Value {
        let index = i32::try_from(position).unwrap_or(i32::MAX);
        match (self.is_avp, position) {
            (true, _) => call.msg.avps.at(self.id, index),
            (false, 0) => self.read(call),
            (false, _) => Value::Null,
        }
    }

    fn count(&self, call: &mut Call<'_>) -> usize {
        if self.is_avp { call.msg.avps.count(self.id) } else { usize::from(!self.read(call).is_null()) }
    }

    fn text(&self) -> &str {
        &self.text
    }
}

impl VariableAccess for Other {
    fn read(&self, _: &mut Call<'_>) -> Value {
        Value::Null
    }

    fn write(&self, _: &mut Call<'_>, _: Operator, _: Value) -> Result<(), Fault> {
        Ok(())
    }

    fn inner(&self, _: &mut Call<'_>) -> Bytes {
        self.inner.clone()
    }

    fn text(&self) -> &str {
        &self.text
    }
}

impl FormatAccess for Filled {
    fn print(&self, call: &mut Call<'_>) -> Bytes {
        let text = String::from_utf8_lossy(&self.0);
        let (mut rest, mut filled) = (&*text, Vec::new());
        while let Some((before, variable, after)) = split_at_variable(rest) {
            filled.extend_from_slice(before.as_bytes());
            match SimpleCompiler(Arc::clone(&call.env.services.names)).variable(variable) {
                Ok(variable) => variable.read(call).print(&mut filled),
                Err(_) => filled.extend_from_slice(variable.as_bytes()),
            }
            rest = after;
        }
        filled.extend_from_slice(rest.as_bytes());
        Bytes::from(filled)
    }
}

/// The text before the first `$avp(name)` or `$var(name)`, that variable, and the text after it.
fn split_at_variable(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("$avp(").into_iter().chain(text.find("$var(")).min()?;
    let (before, rest) = text.split_at(start);
    let (variable, after) = rest.split_at(rest.find(')')? + 1);
    Some((before, variable, after))
}
