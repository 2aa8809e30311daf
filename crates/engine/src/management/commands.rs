//! The commands of the loaded modules by name: `module:command`, the older names, the bare ones.

use catalogue::ModuleId;
use module_api::{Command, Module};
use std::collections::BTreeMap;

/// All commands.
pub(crate) struct Commands {
    /// By today's whole name.
    full: BTreeMap<&'static str, Entry>,
    /// By older names.
    aliases: BTreeMap<&'static str, Vec<Entry>>,
    /// By the part after the module.
    bare: BTreeMap<&'static str, Vec<Entry>>,
}

/// A command with its module.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) module: ModuleId,
    pub(crate) command: &'static Command,
}

/// What a name means.
pub(crate) enum Found {
    None,
    One(Entry),
    /// Several commands; their whole names.
    Several(Vec<&'static str>),
}

impl Commands {
    pub(crate) fn new<'m>(modules: impl Iterator<Item = (ModuleId, &'m &'static Module)>) -> Commands {
        let mut commands = Commands { full: BTreeMap::new(), aliases: BTreeMap::new(), bare: BTreeMap::new() };
        for (module, declared) in modules {
            for command in declared.commands {
                let entry = Entry { module, command };
                commands.full.insert(command.name, entry);
                for alias in command.aliases {
                    commands.aliases.entry(alias).or_default().push(entry);
                }
                if let Some((_, bare)) = command.name.split_once(':') {
                    commands.bare.entry(bare).or_default().push(entry);
                }
            }
        }
        commands
    }

    /// The command of a name: the whole name, else an older one, else the bare one if only one module has it.
    pub(crate) fn find(&self, name: &str) -> Found {
        if let Some(entry) = self.full.get(name) {
            return Found::One(*entry);
        }
        let entries = self.aliases.get(name).or_else(|| self.bare.get(name));
        match entries.map(Vec::as_slice) {
            None | Some([]) => Found::None,
            Some([entry]) => Found::One(*entry),
            Some(entries) => Found::Several(entries.iter().map(|entry| entry.command.name).collect()),
        }
    }
}
