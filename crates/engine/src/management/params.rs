//! The parameters of a command: which of its exact sets a request means, and the types they must have.

use catalogue::{CommandParam, CommandParamKind};
use module_api::{Command, Json, MiError, MiParams};

type Recipe = &'static [CommandParam];

/// The parameters a request gives, as the command takes them.
pub(super) fn fit(command: &Command, params: Json) -> Result<MiParams, MiError> {
    match params {
        Json::Array(values) if !values.is_empty() => by_position(command, values),
        Json::Object(members) if !members.is_empty() => by_name(command, members),
        _ if command.recipes.iter().any(|recipe| recipe.is_empty()) => Ok(MiParams::default()),
        _ => Err(wrong_count()),
    }
}

fn by_position(command: &Command, values: Vec<Json>) -> Result<MiParams, MiError> {
    if command.named_only {
        return Err(MiError::invalid("Command only supports named parameters"));
    }
    let mut recipes = command.recipes.iter().filter(|recipe| recipe.len() == values.len());
    let recipe: Recipe = recipes.next().ok_or_else(wrong_count)?;
    if recipes.next().is_some() {
        return Err(MiError::invalid("Ambiguous call, use named parameters instead"));
    }
    collect(recipe.iter().zip(values))
}

fn by_name(command: &Command, mut members: module_api::JsonMap) -> Result<MiParams, MiError> {
    let mut recipes = command.recipes.iter().filter(|recipe| recipe.len() == members.len()).peekable();
    if recipes.peek().is_none() {
        return Err(wrong_count());
    }
    let recipe: Option<&Recipe> = recipes.find(|recipe| recipe.iter().all(|param| members.contains_key(param.name)));
    let recipe = recipe.ok_or_else(|| MiError::invalid("Named parameters do not match"))?;
    collect(recipe.iter().filter_map(|param| Some((param, members.remove(param.name)?))))
}

fn collect<'p>(given: impl Iterator<Item = (&'p CommandParam, Json)>) -> Result<MiParams, MiError> {
    let typed = given.map(|(param, value)| Ok((param.name, typed(param, value)?)));
    typed.collect::<Result<Vec<_>, MiError>>().map(MiParams)
}

/// Clients send almost everything as strings: a number is read from one, and printed where a string is wanted.
fn typed(param: &CommandParam, value: Json) -> Result<Json, MiError> {
    let bad = || MiError::invalid(format!("Bad type for parameter '{}'", param.name));
    match param.kind {
        CommandParamKind::Str => match value {
            Json::String(_) => Ok(value),
            Json::Number(number) => Ok(number.to_string().into()),
            _ => Err(bad()),
        },
        CommandParamKind::Int => match &value {
            Json::Number(number) if number.is_i64() => Ok(value),
            Json::String(text) => text.trim().parse::<i64>().map(Json::from).map_err(|_| bad()),
            _ => Err(bad()),
        },
        CommandParamKind::Array => match &value {
            Json::Array(list) if list.is_empty() => {
                Err(MiError::invalid(format!("Empty array for parameter '{}'", param.name)))
            }
            Json::Array(_) => Ok(value),
            _ => Err(bad()),
        },
        CommandParamKind::Any => Ok(value),
    }
}

fn wrong_count() -> MiError {
    MiError::invalid("Too few or too many parameters")
}
