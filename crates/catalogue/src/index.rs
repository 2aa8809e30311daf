//! Everything the loaded modules offer, found by name.

use crate::{Command, Event, Function, Param, Statistic, Transformation, Variable};
use std::collections::BTreeMap;

/// A module of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u16);

/// A function of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u16);

/// A variable of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u16);

/// A transformation of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransformationId(pub u16);

/// A module and what it declares.
#[derive(Clone, Debug)]
pub struct ModuleInfo {
    /// Its name, as in `loadmodule "name.so"`.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// Names of older releases' modules that are now part of it.
    pub aliases: &'static [&'static str],
    /// The modules that must be loaded as well.
    pub depends: &'static [&'static str],
    /// Its parameters.
    pub params: &'static [Param],
    /// Its statistics.
    pub statistics: &'static [Statistic],
    /// Its events.
    pub events: &'static [Event],
    /// Its management commands.
    pub commands: Vec<Command<()>>,
    /// Its functions, variables and transformations, by position in the catalogue.
    pub functions: Vec<FunctionId>,
    /// Its variables.
    pub variables: Vec<VariableId>,
    /// Its transformations.
    pub transformations: Vec<TransformationId>,
}

/// All modules that exist, whether a script loads them or not. Module 0 is `core`, which is always loaded.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    modules: Vec<ModuleInfo>,
    functions: Vec<(ModuleId, Function<()>)>,
    variables: Vec<(ModuleId, Variable<()>)>,
    transformations: Vec<(ModuleId, Transformation<()>)>,
    function_names: BTreeMap<&'static str, Vec<FunctionId>>,
    variable_names: BTreeMap<&'static str, Vec<VariableId>>,
    transformation_names: BTreeMap<&'static str, TransformationId>,
}

impl Catalogue {
    /// Adds a module with its declarations. Identifiers are given in order, so whoever adds the modules can keep
    /// what runs in vectors beside the catalogue.
    pub fn add(
        &mut self,
        mut module: ModuleInfo,
        functions: impl IntoIterator<Item = Function<()>>,
        variables: impl IntoIterator<Item = Variable<()>>,
        transformations: impl IntoIterator<Item = Transformation<()>>,
    ) -> ModuleId {
        let id = ModuleId(narrow(self.modules.len()));
        for function in functions {
            let number = FunctionId(narrow(self.functions.len()));
            self.function_names.entry(function.name).or_default().push(number);
            // The same name may have been another module's.
            for alias in function.aliases.iter().filter(|alias| alias.name != function.name) {
                self.function_names.entry(alias.name).or_default().push(number);
            }
            self.functions.push((id, function));
            module.functions.push(number);
        }
        for variable in variables {
            let number = VariableId(narrow(self.variables.len()));
            self.variable_names.entry(variable.name).or_default().push(number);
            for alias in variable.aliases {
                self.variable_names.entry(alias.name).or_default().push(number);
            }
            self.variables.push((id, variable));
            module.variables.push(number);
        }
        for transformation in transformations {
            let number = TransformationId(narrow(self.transformations.len()));
            self.transformation_names.insert(transformation.name, number);
            self.transformations.push((id, transformation));
            module.transformations.push(number);
        }
        self.modules.push(module);
        id
    }

    /// The module of this name, or that an older release called so.
    pub fn module_named(&self, name: &str) -> Option<ModuleId> {
        let exact = self.modules.iter().position(|module| module.name == name);
        exact
            .or_else(|| self.modules.iter().position(|module| module.aliases.contains(&name)))
            .map(narrow)
            .map(ModuleId)
    }

    /// The functions of this name, today's or an older one, in all modules.
    pub fn functions_named(&self, name: &str) -> &[FunctionId] {
        self.function_names.get(name).map_or(&[], Vec::as_slice)
    }

    /// The variables of this name. One name may be two variables: with and without inner name (`$branch`).
    pub fn variables_named(&self, name: &str) -> &[VariableId] {
        self.variable_names.get(name).map_or(&[], Vec::as_slice)
    }

    /// The transformation of this name (lower case).
    pub fn transformation_named(&self, name: &str) -> Option<TransformationId> {
        self.transformation_names.get(name).copied()
    }

    /// A module. The identifier must come from this catalogue.
    pub fn module(&self, id: ModuleId) -> &ModuleInfo {
        &self.modules[usize::from(id.0)]
    }

    /// A function and its module.
    pub fn function(&self, id: FunctionId) -> (ModuleId, &Function<()>) {
        let (module, function) = &self.functions[usize::from(id.0)];
        (*module, function)
    }

    /// A variable and its module.
    pub fn variable(&self, id: VariableId) -> (ModuleId, &Variable<()>) {
        let (module, variable) = &self.variables[usize::from(id.0)];
        (*module, variable)
    }

    /// A transformation and its module.
    pub fn transformation(&self, id: TransformationId) -> (ModuleId, &Transformation<()>) {
        let (module, transformation) = &self.transformations[usize::from(id.0)];
        (*module, transformation)
    }

    /// All modules, in the order they were added.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleId, &ModuleInfo)> {
        self.modules.iter().enumerate().map(|(position, module)| (ModuleId(narrow(position)), module))
    }

    /// All names of functions, for suggestions.
    pub fn function_names(&self) -> impl Iterator<Item = &'static str> {
        self.function_names.keys().copied()
    }

    /// All names of variables, for suggestions.
    pub fn variable_names(&self) -> impl Iterator<Item = &'static str> {
        self.variable_names.keys().copied()
    }

    /// All names of transformations, for suggestions.
    pub fn transformation_names(&self) -> impl Iterator<Item = &'static str> {
        self.transformation_names.keys().copied()
    }
}

/// Declarations are constants of the program: there are far fewer than 65,536.
fn narrow(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}
