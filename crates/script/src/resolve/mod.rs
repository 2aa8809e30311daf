//! Names of a script looked up in the catalogue, among the modules that the script loads.

mod elsewhere;
pub(crate) mod flags;
pub(crate) mod nearest;

use catalogue::{
    Alias, Catalogue, FlagNames, Function, FunctionId, Inner, ModuleId, Names, TransformationId, Variable, VariableId,
};
use nearest::nearest;
use std::collections::BTreeSet;

/// The tables of names that script and modules share: made before the first script, kept when it is reloaded.
#[derive(Clone, Copy, Debug)]
pub struct NameTables<'a> {
    /// Names of AVPs.
    pub avps: &'a Names,
    /// Names of script variables, `$var(…)`.
    pub vars: &'a Names,
    /// Message flags.
    pub message_flags: &'a FlagNames,
    /// Branch flags.
    pub branch_flags: &'a FlagNames,
}

/// The catalogue as a script sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) loaded: &'a BTreeSet<ModuleId>,
    pub(crate) names: NameTables<'a>,
}

/// A declaration, and the older name by which it was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<I, D> {
    pub(crate) id: I,
    pub(crate) declaration: D,
    pub(crate) alias: Option<&'static Alias>,
}

/// Why a name means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// These modules have it, and none is loaded.
    NotLoaded(Vec<&'static str>),
    /// These modules of OpenSIPS have it, and they are not there yet.
    NotYet(Vec<&'static str>),
    /// Nothing has it; this name is similar.
    Nowhere(Option<&'static str>),
}

/// The core is module 0 of every catalogue, and always loaded.
pub(crate) const CORE: ModuleId = ModuleId(0);

impl<'a> Resolver<'a> {
    pub(crate) fn is_loaded(&self, module: ModuleId) -> bool {
        module == CORE || self.loaded.contains(&module)
    }

    /// The function of this name that takes so many arguments; today's names before older ones.
    pub(crate) fn function(&self, name: &str, count: usize) -> Result<Found<FunctionId, &'a Function<()>>, Unknown> {
        let candidates = self.catalogue.functions_named(name);
        let usable = candidates.iter().copied().filter(|id| self.is_loaded(self.catalogue.function(*id).0));
        let found = usable.min_by_key(|id| {
            let function = self.catalogue.function(*id).1;
            let (least, most) = function.arity();
            (function.name != name, !(least..=most).contains(&count))
        });
        let Some(id) = found else {
            let modules = candidates.iter().map(|id| self.catalogue.function(*id).0);
            return Err(self.unknown(name, modules, || self.nearest_function(name)));
        };
        let declaration = self.catalogue.function(id).1;
        Ok(Found { id, declaration, alias: alias(declaration.aliases, declaration.name, name) })
    }

    /// The variable of this name, the one with or without parentheses.
    pub(crate) fn variable(&self, name: &str, has_inner: bool) -> Result<Found<VariableId, &'a Variable<()>>, Unknown> {
        let candidates = self.catalogue.variables_named(name);
        let usable = candidates.iter().copied().filter(|id| self.is_loaded(self.catalogue.variable(*id).0));
        let found = usable.min_by_key(|id| {
            let variable = self.catalogue.variable(*id).1;
            (!accepts(&variable.inner, has_inner), variable.name != name)
        });
        let Some(id) = found else {
            let modules = candidates.iter().map(|id| self.catalogue.variable(*id).0);
            let similar = || nearest(name, self.catalogue.variable_names());
            return Err(self.unknown(&format!("${name}"), modules, similar));
        };
        let declaration = self.catalogue.variable(id).1;
        Ok(Found { id, declaration, alias: alias(declaration.aliases, declaration.name, name) })
    }

    /// The transformation of this name.
    pub(crate) fn transformation(&self, name: &str) -> Result<TransformationId, Unknown> {
        match self.catalogue.transformation_named(name) {
            Some(id) if self.is_loaded(self.catalogue.transformation(id).0) => Ok(id),
            Some(id) => Err(self.unknown(name, [self.catalogue.transformation(id).0].into_iter(), || None)),
            None => Err(Unknown::Nowhere(nearest(name, self.catalogue.transformation_names()))),
        }
    }

    /// Whether a transformation may ask for what it needs.
    pub(crate) fn transformation_asks(&self, id: TransformationId) -> bool {
        self.catalogue.transformation(id).1.asks
    }

    fn unknown(
        &self,
        name: &str,
        modules: impl Iterator<Item = ModuleId>,
        similar: impl FnOnce() -> Option<&'static str>,
    ) -> Unknown {
        let modules: BTreeSet<&'static str> = modules.map(|module| self.catalogue.module(module).name).collect();
        if !modules.is_empty() {
            return Unknown::NotLoaded(modules.into_iter().collect());
        }
        let to_come = elsewhere::modules_with(name);
        if to_come.is_empty() { Unknown::Nowhere(similar()) } else { Unknown::NotYet(to_come) }
    }

    /// Functions of loaded modules are likelier to be meant.
    fn nearest_function(&self, name: &str) -> Option<&'static str> {
        let is_usable = |known: &&'static str| {
            let ids = self.catalogue.functions_named(known);
            ids.iter().any(|id| self.is_loaded(self.catalogue.function(*id).0))
        };
        let usable = self.catalogue.function_names().filter(is_usable);
        nearest(name, usable).or_else(|| nearest(name, self.catalogue.function_names()))
    }
}

fn alias(aliases: &'static [Alias], today: &str, written: &str) -> Option<&'static Alias> {
    if today == written {
        return None;
    }
    aliases.iter().find(|alias| alias.name == written)
}

fn accepts(inner: &Inner, given: bool) -> bool {
    match inner {
        Inner::None => !given,
        Inner::Optional | Inner::OptionalWord(_) => true,
        Inner::Name | Inner::Interned | Inner::Word(_) | Inner::Path => given,
    }
}

impl Unknown {
    /// What would help, in words.
    pub(crate) fn help(&self, written: impl Fn(&str) -> String) -> Option<String> {
        match self {
            Unknown::NotLoaded(modules) => {
                let lines: Vec<_> = modules.iter().map(|module| format!("loadmodule \"{module}.so\"")).collect();
                Some(format!("{} is missing", lines.join(" or ")))
            }
            Unknown::NotYet(_) => Some("`strowger modules` lists those that are".to_owned()),
            Unknown::Nowhere(similar) => similar.map(|similar| format!("did you mean {}?", written(similar))),
        }
    }
}
