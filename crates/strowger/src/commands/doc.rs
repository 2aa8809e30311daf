//! `strowger doc`: the reference, printed from the declarations.

use crate::modules::all;
use catalogue::{Arg, ArgKind, Default, Example, Inner, Param, ParamKind, Refused};
use module_api::{Command, Function, Module, Variable};
use script::globals::{self, GlobalParam};
use script::language::{self, Element};
use script::nearest;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Prints what is declared under a name: elements of the language, functions, parameters, variables, transformations,
/// commands, statistics, events, modules.
///
/// # Errors
/// Nothing is; with the name that was likely meant.
pub fn one(name: &str) -> Result<(), String> {
    print!("{}", found(name)?);
    Ok(())
}

fn found(name: &str) -> Result<String, String> {
    let wanted = plain(name);
    let mut text = String::new();
    for module in all() {
        if module.name == wanted {
            text.push_str(&page(module));
        }
        let within = wanted.strip_prefix(module.name).and_then(|rest| rest.strip_prefix(':'));
        let is_meant =
            |entry: &Entry| entry.names.contains(&wanted) || within.is_some_and(|name| entry.names.contains(&name));
        for entry in entries(module).into_iter().filter(is_meant) {
            let _ = writeln!(text, "{}\n(module {})\n", entry.text.trim_end(), module.name);
        }
    }
    if !text.is_empty() {
        return Ok(text);
    }
    let names = all().flat_map(|module| entries(module).into_iter().flat_map(|entry| entry.names).chain([module.name]));
    Err(match nearest(wanted, names) {
        Some(near) => format!("nothing is called {name}; there is {near}"),
        None => format!("nothing is called {name}"),
    })
}

/// The name in what may be copied from a script: `$ru`, `$avp(x)`, `{s.len}`, `t_relay()`.
fn plain(name: &str) -> &str {
    let bare = name.trim_start_matches('$');
    match bare.strip_prefix('{') {
        Some(transformation) => transformation.split([',', '}']).next().unwrap_or_default(),
        None => bare.split('(').next().unwrap_or_default(),
    }
}

/// Writes a page for each module, and an index, into a directory.
///
/// # Errors
/// A file cannot be written.
pub fn write_all(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut index = String::from("# Reference\n\nGenerated from the declarations (`cargo xtask docs`).\n\n");
    for module in all() {
        let _ = writeln!(index, "- [{0}]({0}.md): {1}", module.name, module.about);
        write(&directory.join(format!("{}.md", module.name)), &page(module))?;
    }
    write(&directory.join("README.md"), &index)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A declaration as text, under its names.
struct Entry {
    names: Vec<&'static str>,
    heading: &'static str,
    text: String,
}

/// A module's page.
fn page(module: &Module) -> String {
    let mut page = format!("# {}\n\n{}\n", module.name, module.about);
    if !module.depends.is_empty() {
        let _ = write!(page, "\nNeeds: {}.\n", module.depends.join(", "));
    }
    let mut heading = "";
    for entry in entries(module) {
        if entry.heading != heading {
            heading = entry.heading;
            let _ = write!(page, "\n## {heading}\n");
        }
        let _ = write!(page, "\n{}", entry.text);
    }
    page
}

fn entries(module: &Module) -> Vec<Entry> {
    let mut entries = Vec::new();
    if module.name == "core" {
        entries.extend(language::all().map(element));
        entries.extend(globals::all().map(global));
    }
    entries.extend(module.params.iter().map(param));
    entries.extend(module.functions.iter().map(function));
    entries.extend(module.variables.iter().map(variable));
    entries.extend(module.transformations.iter().map(|transformation| Entry {
        names: vec![transformation.name],
        heading: "Transformations",
        text: format!("### `{{{}}}`\n\n{}\n", transformation.name, transformation.about),
    }));
    entries.extend(module.commands.iter().map(command));
    entries.extend(module.statistics.iter().map(|statistic| Entry {
        names: vec![statistic.name],
        heading: "Statistics",
        text: format!("- `{}`: {}\n", statistic.name, statistic.about),
    }));
    entries.extend(module.events.iter().map(|event| Entry {
        names: vec![event.name],
        heading: "Events",
        text: format!("- `{}`: {} Parameters: {}.\n", event.name, event.about, event.params.join(", ")),
    }));
    entries
}

fn param(param: &Param) -> Entry {
    let kind = match param.kind {
        ParamKind::Int => "integer",
        ParamKind::Str => "string",
        ParamKind::Var => "variable",
        ParamKind::Format => "format string",
        ParamKind::Flag => "flag name",
        ParamKind::Route => "route name",
        ParamKind::IntOrStr => "integer or string",
    };
    let default = default(param.default);
    let mut text = format!("### `{}` ({kind}, default {default})\n\n{}\n", param.name, param.about);
    text.push_str(&limits(param.range));
    if !param.words.is_empty() {
        let _ = writeln!(text, "One of: {}.", param.words.join(", "));
    }
    if let Some(why) = param.no_effect {
        let _ = writeln!(text, "Accepted without effect: {why}.");
    }
    if let Some(today) = param.today {
        let _ = writeln!(text, "For old scripts; today: {today}.");
    }
    if let Some(why) = param.unavailable {
        let _ = writeln!(text, "Refused at start: {why}.");
    }
    text.push_str(&refused(param.refused));
    let names = std::iter::once(param.name).chain(param.aliases.iter().map(|alias| alias.name)).collect();
    Entry { names, heading: "Parameters", text }
}

/// A word or symbol of the language.
fn element(element: &Element) -> Entry {
    let text = format!("### `{}`\n\n{}\n\n```\n{}\n```\n", element.form, element.about, element.example);
    Entry { names: element.names.to_vec(), heading: element.kind.heading(), text }
}

/// A global parameter of the script.
fn global(param: &GlobalParam) -> Entry {
    let default = default(param.default);
    let mut text = format!("### `{}` (default {default})\n\n{}\n", param.name, param.about);
    text.push_str(&limits(param.range));
    if !param.words.is_empty() {
        let _ = writeln!(text, "One of: {}.", param.words.join(", "));
    }
    if let Some(why) = param.no_effect {
        let _ = writeln!(text, "Accepted without effect: {why}.");
    }
    let names = [&[param.name], param.spellings, param.old].concat();
    Entry { names, heading: "Global parameters", text }
}

fn default(default: Default) -> String {
    match default {
        Default::Unset => "unset".to_owned(),
        Default::Int(number) => number.to_string(),
        Default::Str(text) => format!("\"{text}\""),
    }
}

fn limits(range: Option<(i32, i32)>) -> String {
    match range {
        None => String::new(),
        Some((least, i32::MAX)) => format!("At least {least}.\n"),
        Some((least, greatest)) => format!("From {least} to {greatest}.\n"),
    }
}

fn refused(refused: &[Refused]) -> String {
    refused.iter().map(|refused| format!("Refused at start with `{}`: {}.\n", refused.word, refused.why)).collect()
}

fn function(function: &Function) -> Entry {
    let args: Vec<String> = function
        .args
        .iter()
        .map(|arg| if arg.optional { format!("[{}]", arg.name) } else { arg.name.to_owned() })
        .collect();
    let mut text = format!("### `{}({})`\n\n{}\n", function.name, args.join(", "), function.about);
    for arg in function.args {
        let limits = limits(arg.range);
        let limits = if limits.is_empty() { limits } else { format!(" {}", limits.trim_end()) };
        let _ = writeln!(text, "- `{}`: {}{limits}{}", arg.name, arg.about, allowed(arg));
    }
    let _ = writeln!(
        text,
        "\nFrom: {}.{}",
        function.routes,
        if function.is_async { " Also in `async()` and `launch()`." } else { "" }
    );
    if let Some(why) = function.unavailable {
        let _ = writeln!(text, "\nRefused at start: {why}.\n");
    }
    for arg in function.args.iter().filter(|arg| !arg.refused.is_empty()) {
        let _ = write!(text, "\n{}\n", refused(arg.refused));
    }
    for (code, meaning) in function.returns {
        let _ = writeln!(text, "- returns {code}: {meaning}");
    }
    text.push_str(&examples(function.examples));
    let names = std::iter::once(function.name).chain(function.aliases.iter().map(|alias| alias.name)).collect();
    Entry { names, heading: "Functions", text }
}

/// Each with its return code and the headers of the message that matter to it.
fn examples(examples: &[Example]) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let lines = examples.iter().map(|example| {
        let message: Vec<&str> = example.message.lines().take_while(|line| !line.is_empty()).collect();
        let message = if message.is_empty() { String::new() } else { format!(" where {}", message.join(" | ")) };
        format!("{}  # {}{message}\n", example.script, example.returns)
    });
    format!("\n```\n{}```\n", lines.collect::<String>())
}

fn allowed(arg: &Arg) -> String {
    match arg.kind {
        ArgKind::Flags(flags) => {
            let names: Vec<String> = flags
                .iter()
                .map(|flag| if flag.has_value { format!("{}=…", flag.name) } else { flag.name.to_owned() })
                .collect();
            format!(" ({})", names.join(", "))
        }
        _ => String::new(),
    }
}

fn variable(variable: &Variable) -> Entry {
    let inner = match variable.inner {
        Inner::None => "",
        Inner::Optional | Inner::OptionalWord(_) => "[(name)]",
        _ => "(name)",
    };
    let index = match (variable.indexed, variable.index_sets) {
        (false, _) => String::new(),
        (true, []) => "[index]".to_owned(),
        (true, sets) => format!("[index[/{}]]", sets.join("|")),
    };
    let access = match variable.access {
        catalogue::Access::Read => "read only",
        catalogue::Access::ReadWrite => "can be assigned",
    };
    let text = format!("### `${}{inner}{index}` ({access})\n\n{}\n", variable.name, variable.about);
    let names = std::iter::once(variable.name).chain(variable.aliases.iter().map(|alias| alias.name)).collect();
    Entry { names, heading: "Variables", text }
}

fn command(command: &Command) -> Entry {
    let mut text = format!("### `{}`\n\n{}\n", command.name, command.about);
    for recipe in command.recipes {
        let names: Vec<&str> = recipe.iter().map(|param| param.name).collect();
        let _ = writeln!(text, "- `({})`", names.join(", "));
    }
    let _ = writeln!(text, "\nReplies: {}", command.reply);
    let names = std::iter::once(command.name).chain(command.aliases.iter().copied()).collect();
    Entry { names, heading: "Management commands", text }
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn names_as_they_stand_in_scripts() {
        for (name, heading) in [
            ("t_relay", "### `t_relay("),
            ("t_relay()", "### `t_relay("),
            ("$ru", "### `$ru"),
            ("$avp(x)", "### `$avp("),
            ("s.len", "### `{s.len}`"),
            ("{s.len}", "### `{s.len}`"),
            ("{s.substr,0,1}", "### `{s.substr}`"),
            ("fr_timeout", "### `fr_timeout`"),
            ("tm:fr_timeout", "### `fr_timeout`"),
            ("tm", "# tm\n"),
            ("while", "### `while ("),
            ("else", "### `if ("),
            ("=~", "### `$VARIABLE =~"),
            ("&&", "### `A && B"),
            ("failure_route", "### `failure_route["),
            ("route(relay)", "### `route(NAME"),
            ("core:switch", "### `switch ("),
            ("modparam", "### `modparam("),
            ("include_file", "### `include_file"),
        ] {
            assert!(found(name).unwrap_or_default().contains(heading), "{name}");
        }
        assert!(found("rr:fr_timeout").is_err());
        assert!(found("t_rely").unwrap_err().contains("t_relay"));
    }
}
