//! Compiles variables and format strings that stand in module parameters.

use crate::dispatch::Dispatch;
use crate::variable::{Held, HeldFormat};
use catalogue::{Catalogue, ModuleId};
use module_api::{Compiler, FormatHandle, Interned, VariableHandle};
use script::{NameTables, compile_format, compile_variable};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a text that is known only later is compiled with.
pub(crate) struct Language {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) loaded: BTreeSet<ModuleId>,
}

impl Language {
    /// A format string.
    pub(crate) fn format(
        &self,
        text: &[u8],
        names: &Interned,
        dispatch: &Arc<Dispatch>,
    ) -> Result<FormatHandle, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let format = compile_format(text, &self.catalogue, &self.loaded, tables(names))?;
        Ok(HeldFormat::handle(dispatch, format))
    }

    /// A variable.
    pub(crate) fn variable(
        &self,
        text: &str,
        names: &Interned,
        dispatch: &Arc<Dispatch>,
    ) -> Result<VariableHandle, String> {
        let variable = compile_variable(text, &self.catalogue, &self.loaded, tables(names))?;
        Ok(Held::handle(dispatch, &Arc::new(variable)))
    }
}

/// The compiler that modules get at start.
pub(super) struct ParameterCompiler<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) loaded: BTreeSet<ModuleId>,
    pub(super) names: &'a Interned,
    pub(super) dispatch: &'a Arc<Dispatch>,
    pub(super) constants: &'a dyn Fn(&str, usize) -> Vec<String>,
}

fn tables(names: &Interned) -> NameTables<'_> {
    NameTables {
        avps: &names.avps,
        vars: &names.vars,
        message_flags: &names.flags.message,
        branch_flags: &names.flags.branch,
    }
}

impl Compiler for ParameterCompiler<'_> {
    fn variable(&self, text: &str) -> Result<VariableHandle, String> {
        let variable = compile_variable(text, self.catalogue, &self.loaded, tables(self.names))?;
        Ok(Held::handle(self.dispatch, &Arc::new(variable)))
    }

    fn format(&self, text: &str) -> Result<FormatHandle, String> {
        let format = compile_format(text, self.catalogue, &self.loaded, tables(self.names))?;
        Ok(HeldFormat::handle(self.dispatch, format))
    }

    fn constants(&self, function: &str, argument: usize) -> Vec<String> {
        (self.constants)(function, argument)
    }
}
