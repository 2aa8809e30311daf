//! `strowger modules`: what there is, for people and as JSON.

use crate::modules::all;
use module_api::Module;
use serde_json::{Value, json};

/// Prints every module with its sentence, or everything as JSON.
///
/// # Errors
/// The JSON cannot be printed.
pub fn run(as_json: bool) -> Result<(), String> {
    if as_json {
        let modules: Vec<Value> = all().map(describe).collect();
        let text = serde_json::to_string_pretty(&modules).map_err(|error| error.to_string())?;
        println!("{text}");
        return Ok(());
    }
    let width = all().map(|module| module.name.len()).max().unwrap_or_default();
    for module in all() {
        println!("{:width$}  {}", module.name, module.about);
    }
    Ok(())
}

/// All that a module offers.
fn describe(module: &Module) -> Value {
    json!({
        "name": module.name,
        "about": module.about,
        "depends": module.depends,
        "functions": module.functions.iter().map(|function| json!({
            "name": function.name, "about": function.about, "routes": function.routes.to_string(), "async": function.is_async,
            "args": function.args.iter().map(|arg| json!({"name": arg.name, "optional": arg.optional, "about": arg.about})).collect::<Vec<_>>(),
            "returns": function.returns,
        })).collect::<Vec<_>>(),
        "params": module.params.iter().map(|param| json!({
            "name": param.name, "about": param.about, "unavailable": param.unavailable, "no_effect": param.no_effect,
        })).collect::<Vec<_>>(),
        "variables": module.variables.iter().map(|variable| json!({"name": variable.name, "about": variable.about})).collect::<Vec<_>>(),
        "transformations": module.transformations.iter().map(|transformation| json!({
            "name": transformation.name, "about": transformation.about,
        })).collect::<Vec<_>>(),
        "commands": module.commands.iter().map(|command| json!({
            "name": command.name, "aliases": command.aliases, "about": command.about, "reply": command.reply,
        })).collect::<Vec<_>>(),
        "statistics": module.statistics.iter().map(|statistic| json!({"name": statistic.name, "about": statistic.about})).collect::<Vec<_>>(),
        "events": module.events.iter().map(|event| json!({"name": event.name, "about": event.about, "params": event.params})).collect::<Vec<_>>(),
    })
}
