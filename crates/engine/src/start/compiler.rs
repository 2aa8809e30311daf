//! Compiles variables and format strings that stand in module parameters.

use crate::dispatch::Dispatch;
use crate::variable::{Held, HeldFormat};
use catalogue::{Catalogue, ModuleId};
use module_api::{Compiler, FormatHandle, Interned, VariableHandle};
use script::{NameTables, compile_format, compile_variable};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The compiler that modules get at start.
pub(super) struct ParameterCompiler<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) loaded: BTreeSet<ModuleId>,
    pub(super) names: &'a Interned,
    pub(super) dispatch: &'a Arc<Dispatch>,
    pub(super) constants: &'a dyn Fn(&str, usize) -> Vec<String>,
}

impl ParameterCompiler<'_> {
    fn tables(&self) -> NameTables<'_> {
        NameTables {
            avps: &self.names.avps,
            vars: &self.names.vars,
            message_flags: &self.names.flags.message,
            branch_flags: &self.names.flags.branch,
        }
    }
}

impl Compiler for ParameterCompiler<'_> {
    fn variable(&self, text: &str) -> Result<VariableHandle, String> {
        let variable = compile_variable(text, self.catalogue, &self.loaded, self.tables())?;
        Ok(Held::handle(self.dispatch, &Arc::new(variable)))
    }

    fn format(&self, text: &str) -> Result<FormatHandle, String> {
        let format = compile_format(text, self.catalogue, &self.loaded, self.tables())?;
        Ok(HeldFormat::handle(self.dispatch, format))
    }

    fn constants(&self, function: &str, argument: usize) -> Vec<String> {
        (self.constants)(function, argument)
    }
}
