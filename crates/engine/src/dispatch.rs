//! What runs for each function, variable and transformation of the catalogue, and the states of the modules.

use catalogue::{FunctionId, Inner, ModuleId, TransformationId, VariableId};
use module_api::{Module, Run, State, TransformationRun, Variable, VariableRun};
use std::sync::{Arc, OnceLock};

/// A variable, and where the names in its parentheses are numbered.
#[derive(Clone, Copy)]
pub(crate) struct KnownVariable {
    pub(crate) run: VariableRun,
    pub(crate) module: ModuleId,
    pub(crate) names: NameTable,
    /// Whether it may have several values.
    pub(crate) is_indexed: bool,
}

/// A table of names that are numbers while a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameTable {
    None,
    Avps,
    Vars,
}

/// What runs, by the numbers that the catalogue gave.
pub(crate) struct Dispatch {
    functions: Vec<(Run, ModuleId)>,
    names: Vec<&'static str>,
    variables: Vec<KnownVariable>,
    transformations: Vec<(TransformationRun, ModuleId)>,
    /// Set as the modules start. Those that are not loaded have none, and nothing of theirs is ever called.
    states: Vec<OnceLock<State>>,
    nothing: State,
}

impl Dispatch {
    /// Of modules in the order in which they were added to the catalogue.
    pub(crate) fn new(modules: &[&'static Module]) -> Dispatch {
        let mut dispatch = Dispatch {
            functions: Vec::new(),
            names: Vec::new(),
            variables: Vec::new(),
            transformations: Vec::new(),
            states: Vec::new(),
            nothing: Arc::new(()),
        };
        for (number, module) in (0u16..).zip(modules) {
            let id = ModuleId(number);
            dispatch.names.extend(module.functions.iter().map(|function| function.name));
            dispatch.functions.extend(module.functions.iter().map(|function| (function.run, id)));
            dispatch.variables.extend(module.variables.iter().map(|variable| KnownVariable::of(variable, id)));
            dispatch.transformations.extend(module.transformations.iter().map(|known| (known.run, id)));
            dispatch.states.push(OnceLock::new());
        }
        dispatch
    }

    /// Keeps the state of a module that has started.
    pub(crate) fn set_state(&self, module: ModuleId, state: State) {
        if let Some(cell) = self.states.get(usize::from(module.0)) {
            // A module starts once.
            let _ = cell.set(state);
        }
    }

    pub(crate) fn state(&self, module: ModuleId) -> &State {
        self.states.get(usize::from(module.0)).and_then(OnceLock::get).unwrap_or(&self.nothing)
    }

    /// The state of no module.
    pub(crate) fn nothing(&self) -> &State {
        &self.nothing
    }

    pub(crate) fn function(&self, function: FunctionId) -> Option<(Run, ModuleId)> {
        self.functions.get(usize::from(function.0)).copied()
    }

    /// The name of a function, for people.
    pub(crate) fn name(&self, function: FunctionId) -> &'static str {
        self.names.get(usize::from(function.0)).copied().unwrap_or_default()
    }

    pub(crate) fn variable(&self, variable: VariableId) -> Option<KnownVariable> {
        self.variables.get(usize::from(variable.0)).copied()
    }

    pub(crate) fn transformation(&self, known: TransformationId) -> Option<(TransformationRun, ModuleId)> {
        self.transformations.get(usize::from(known.0)).copied()
    }
}

impl KnownVariable {
    fn of(variable: &Variable, module: ModuleId) -> KnownVariable {
        let names = match variable.inner {
            Inner::Interned if variable.name == "var" => NameTable::Vars,
            Inner::Interned => NameTable::Avps,
            _ => NameTable::None,
        };
        KnownVariable { run: variable.run, module, names, is_indexed: variable.indexed }
    }
}
