//! `$shv(name)`: variables that all messages share.

use super::Cfgutils;
use catalogue::{Access, CommandParam, Inner, Value};
use module_api::{
    COMMAND, Call, Command, Fault, Json, JsonMap, Management, MiError, MiReply, MiRun, Operator, VARIABLE, Variable,
    VariableName, VariableRun,
};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

pub(super) const SHV: Variable = Variable {
    name: "shv",
    about: "A variable that all messages share; 0 until it is assigned.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    run: VariableRun::read_write(read, write),
    ..VARIABLE
};

pub(super) const MI_GET: Command = Command {
    name: "cfgutils:shv_get",
    aliases: &["shv_get"],
    about: "Shows one shared variable, or all.",
    recipes: &[&[], &[CommandParam::str("name")]],
    reply: "[[{name: s, type: s(string|integer), value: s|n}]] ; {VAR: {type: s(string|integer), value: s|n}}",
    run: MiRun::Now(mi_get),
    ..COMMAND
};

pub(super) const MI_SET: Command = Command {
    name: "cfgutils:shv_set",
    aliases: &["shv_set"],
    about: "Sets a shared variable.",
    recipes: &[&[CommandParam::str("name"), CommandParam::str("type"), CommandParam::str("value")]],
    run: MiRun::Now(mi_set),
    ..COMMAND
};

/// The variables that were set.
#[derive(Default)]
pub(super) struct SharedVariables {
    values: RwLock<BTreeMap<String, Value>>,
}

/// Names may come from messages, and values too.
const VARIABLES_MAX: usize = 65_536;
const VALUE_BYTES_MAX: usize = 65_536;

impl SharedVariables {
    pub(super) fn set(&self, name: &str, value: Value) -> Result<(), Fault> {
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= VARIABLES_MAX && !values.contains_key(name) {
            return Err(Fault::us("there are too many shared variables"));
        }
        // Text is copied: a slice of a message would keep the whole message.
        let value = match value {
            Value::Str(text) if text.len() > VALUE_BYTES_MAX => {
                return Err(Fault::script(format!("the value of $shv({name}) is too long")));
            }
            Value::Str(text) => Value::copied(&text),
            Value::Null => Value::Int(0),
            number => number,
        };
        values.insert(name.to_owned(), value);
        Ok(())
    }

    fn get(&self, name: &str) -> Option<Value> {
        self.values.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

/// `name=s:text` or `name=i:number`
pub(super) fn assignment(text: &str) -> Result<(&str, Value), String> {
    let wrong = || format!("\"{text}\" is neither name=s:text nor name=i:number");
    let (name, typed) = text.split_once('=').ok_or_else(wrong)?;
    let (kind, value) = typed.split_once(':').ok_or_else(wrong)?;
    let (name, kind) = (name.trim(), kind.trim());
    let value = match kind {
        "s" => Value::copied(value.as_bytes()),
        "i" => Value::Int(value.trim().parse().map_err(|_| format!("\"{value}\" is no integer"))?),
        _ => return Err(wrong()),
    };
    if name.is_empty() { Err(wrong()) } else { Ok((name, value)) }
}

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Ok(state) = call.state::<Cfgutils>() else { return Value::Null };
    state.shared.get(&String::from_utf8_lossy(name.text)).unwrap_or(Value::Int(0))
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    call.state::<Cfgutils>()?.shared.set(&String::from_utf8_lossy(name.text), value)
}

fn mi_get(management: &mut Management<'_>) -> MiReply {
    let shared = &management.state::<Cfgutils>()?.shared;
    if let Some(name) = management.params.opt_str("name") {
        let value = shared.get(name).ok_or_else(|| MiError::new(404, "Not found"))?;
        return Ok(serde_json::json!({"VAR": Json::Object(typed(JsonMap::new(), &value))}));
    }
    let values = shared.values.read().unwrap_or_else(PoisonError::into_inner);
    let all = values.iter().map(|(name, value)| {
        let mut entry = JsonMap::new();
        entry.insert("name".into(), name.as_str().into());
        Json::Object(typed(entry, value))
    });
    Ok(serde_json::json!([all.collect::<Vec<Json>>()]))
}

fn typed(mut entry: JsonMap, value: &Value) -> JsonMap {
    let (kind, value): (&str, Json) = match value {
        Value::Int(number) => ("integer", (*number).into()),
        other => ("string", other.text().map(|text| String::from_utf8_lossy(&text).into_owned()).into()),
    };
    entry.insert("type".into(), kind.into());
    entry.insert("value".into(), value);
    entry
}

fn mi_set(management: &mut Management<'_>) -> MiReply {
    let params = &management.params;
    let (name, kind, value) = (params.str("name")?, params.str("type")?, params.str("value")?);
    if name.is_empty() {
        return Err(MiError::new(500, "bad shv name"));
    }
    let value = match kind {
        "str" => Value::copied(value.as_bytes()),
        "int" => Value::Int(value.trim().parse().map_err(|_| MiError::new(500, "cannot set shv value"))?),
        _ => return Err(MiError::new(500, "type not found")),
    };
    let shared = &management.state::<Cfgutils>()?.shared;
    shared.set(name, value).map_err(|_| MiError::new(500, "cannot set shv value"))?;
    Ok("OK".into())
}
