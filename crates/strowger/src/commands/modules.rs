//! `strowger modules`: what there is, for people and as JSON.

use crate::modules::all;
use catalogue::{Param, Refused};
use module_api::{Function, Module};
use script::globals::GlobalParam;
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
        "globals": list(globals_of(module), global),
        "functions": list(module.functions, function),
        "params": list(module.params, param),
        "variables": list(module.variables, |variable| json!({"name": variable.name, "about": variable.about})),
        "transformations": list(module.transformations, |one| json!({"name": one.name, "about": one.about})),
        "commands": list(module.commands, |command| json!({
            "name": command.name, "aliases": command.aliases, "about": command.about, "reply": command.reply,
        })),
        "statistics": list(module.statistics, |statistic| json!({"name": statistic.name, "about": statistic.about})),
        "events": list(module.events, |event| json!({
            "name": event.name, "about": event.about, "params": event.params,
        })),
    })
}

fn function(function: &Function) -> Value {
    json!({
        "name": function.name,
        "about": function.about,
        "routes": function.routes.to_string(),
        "async": function.is_async,
        "unavailable": function.unavailable,
        "args": list(function.args, |arg| json!({
            "name": arg.name, "optional": arg.optional, "about": arg.about, "refused": list(arg.refused, refused),
        })),
        "returns": function.returns,
    })
}

fn param(param: &Param) -> Value {
    json!({
        "name": param.name,
        "about": param.about,
        "unavailable": param.unavailable,
        "refused": list(param.refused, refused),
        "no_effect": param.no_effect,
    })
}

fn global(param: &GlobalParam) -> Value {
    json!({"name": param.name, "about": param.about, "no_effect": param.no_effect})
}

fn refused(refused: &Refused) -> Value {
    json!({"word": refused.word, "why": refused.why})
}

fn list<'a, D: 'a>(declarations: impl IntoIterator<Item = &'a D>, describe: impl Fn(&D) -> Value) -> Vec<Value> {
    declarations.into_iter().map(describe).collect()
}

/// The global parameters of the script belong to the core.
fn globals_of(module: &Module) -> impl Iterator<Item = &'static GlobalParam> {
    script::globals::all().filter(|_| module.name == "core")
}
