//! `core:which` and `core:help`: what commands there are, and what each takes and does.

use super::object;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, Management, MiError, MiReply, MiRun, Services};

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
    if name.is_empty() || name.ends_with(':') {
        let names = services.commands.iter().map(|(_, command)| command.name);
        return Ok(names.filter(|known| known.starts_with(name)).map(Json::from).collect());
    }
    let (_, command) = find(services, name)?;
    let recipe = |params: &&[CommandParam]| params.iter().map(|param| Json::from(param.name)).collect::<Json>();
    Ok(command.recipes.iter().map(recipe).collect())
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
