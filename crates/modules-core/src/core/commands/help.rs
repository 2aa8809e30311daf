//! `core:which` and `core:help`: what commands there are, and what each takes and does.

use super::object;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, Management, MiError, MiReply, MiRun, Services};
use std::collections::BTreeSet;

pub(super) const ALL: &[Command] = &[
    Command {
        name: "core:which",
        about: "Lists the commands; for one command what parameters it takes; for a name ending in a colon its group.",
        recipes: &[&[], &[CommandParam::str("command")]],
        reply: "[s, …] ; [[s, …], …]",
        run: MiRun::Now(which),
        ..COMMAND
    },
    Command {
        name: "core:help",
        about: "Says what a command does and which module has it.",
        recipes: &[&[], &[CommandParam::str("mi_cmd")]],
        reply: "{Help: s, Exported by: s}",
        run: MiRun::Now(help),
        ..COMMAND
    },
];

/// A command with its module.
type Known = (&'static str, catalogue::Command<()>);

fn which(management: &mut Management<'_>) -> MiReply {
    let services = management.env.services;
    let name = management.params.opt_str("command").unwrap_or_default();
    let names = services.commands.iter().map(|(_, command)| command.name);
    if name.is_empty() {
        return Ok(names.chain(short_names(services)).map(Json::from).collect());
    }
    if name.ends_with(':') {
        return Ok(names.filter(|known| known.starts_with(name)).map(Json::from).collect());
    }
    let (_, command) = find(services, name)?;
    let recipe = |params: &&[CommandParam]| params.iter().map(|param| Json::from(param.name)).collect::<Json>();
    Ok(command.recipes.iter().map(recipe).collect())
}

/// The names of 3.x, and those that need no module before them. Upstream's client sends only what `which` lists, and
/// operators have these names in their scripts.
fn short_names(services: &Services) -> BTreeSet<&'static str> {
    let commands = || services.commands.iter().map(|(_, command)| command);
    let bare = |name: &'static str| name.split_once(':').map(|(_, bare)| bare);
    let is_one = |wanted: &&str| commands().filter(|command| bare(command.name) == Some(*wanted)).count() == 1;
    let older = commands().flat_map(|command| command.aliases.iter().copied());
    older.chain(commands().filter_map(|command| bare(command.name)).filter(is_one)).collect()
}

fn help(management: &mut Management<'_>) -> MiReply {
    let Some(name) = management.params.opt_str("mi_cmd") else {
        return Ok(object([("Help", "help mi_cmd - says what a command does; which lists the commands".into())]));
    };
    let (module, command) = find(management.env.services, name)?;
    Ok(object([("Help", command.about.into()), ("Exported by", (*module).into())]))
}

/// The command of a name: whole, older, or without its module.
fn find<'a>(services: &'a Services, name: &str) -> Result<&'a Known, MiError> {
    let commands = &services.commands;
    let whole = commands.iter().find(|(_, command)| command.name == name || command.aliases.contains(&name));
    let is_bare = |known: &&Known| known.1.name.split_once(':').is_some_and(|(_, bare)| bare == name);
    whole.or_else(|| commands.iter().find(is_bare)).ok_or_else(|| MiError::new(404, "unknown MI command"))
}
