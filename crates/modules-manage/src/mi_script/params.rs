//! What a script asks of a command: words after its name, or AVPs.

use catalogue::Value;
use module_api::{Args, Call, Fault, Json, JsonMap, VariableHandle};

/// The name of the command and its parameters.
pub(super) fn of(call: &mut Call<'_>, args: Args<'_>) -> Result<(String, Json), Fault> {
    let written = String::from_utf8_lossy(args.str(0)?);
    let mut words = written.split_ascii_whitespace();
    let name = words.next().ok_or_else(|| Fault::script("no command is named"))?.to_owned();
    let Some(given) = args.opt_var(2) else {
        return Ok((name, words.map(Json::from).collect()));
    };
    let given = values_of(call, given);
    let Some(values) = args.opt_var(3) else {
        return Ok((name, given.into_iter().map(json).collect()));
    };
    let values = values_of(call, values);
    if given.len() != values.len() {
        return Err(Fault::script(format!("{name}: there are {} names for {} values", given.len(), values.len())));
    }
    let members = given.into_iter().map(printed).zip(values.into_iter().map(json));
    Ok((name, Json::Object(members.collect::<JsonMap>())))
}

/// All values in the order in which they were added: of an AVP the newest is the first.
fn values_of(call: &mut Call<'_>, variable: &VariableHandle) -> Vec<Value> {
    (0..variable.count(call)).rev().map(|position| variable.read_at(call, position)).collect()
}

fn printed(value: Value) -> String {
    value.text().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

fn json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => number.into(),
        Value::Str(text) => text_or_array(&String::from_utf8_lossy(&text)),
    }
}

/// `__array(a b)` is how an array is written in a value.
fn text_or_array(text: &str) -> Json {
    let inside = text.trim().strip_prefix("__array(").and_then(|rest| rest.strip_suffix(')'));
    inside.map_or_else(|| text.into(), |inside| inside.split_ascii_whitespace().map(Json::from).collect())
}
