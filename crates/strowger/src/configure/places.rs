//! Where a script loads modules and sets their parameters: what is wrong with one of them is shown there.

use catalogue::ModuleId;
use module_api::StartError;
use script::ast::{ParamValue, Span};
use script::{Checked, ParamSetting};
use std::collections::BTreeMap;

/// The places of modules and of their parameters.
pub struct Places {
    modules: BTreeMap<ModuleId, Span>,
    params: Vec<ParamSetting>,
}

impl Places {
    /// Those of a script.
    pub fn of(checked: &Checked) -> Places {
        Places { modules: checked.loaded_at.clone(), params: checked.params.clone() }
    }

    /// What keeps a module from starting: the value of its parameter, or where the script leaves that to its default,
    /// the line that loads the module.
    pub fn of_error(&self, module: ModuleId, error: &StartError) -> Option<Span> {
        let is_it = |setting: &&ParamSetting| setting.module == module && Some(setting.param.name) == error.param;
        let is_named = |setting: &&ParamSetting| match (&error.value, &setting.value) {
            (Some(named), ParamValue::Str(text)) => named == text,
            _ => true,
        };
        let setting = self.params.iter().rev().filter(is_it).find(is_named);
        setting.and_then(written).or_else(|| self.of_module(module))
    }

    /// The first of these parameters of a module that the script sets, or the line that loads the module.
    pub fn of_params(&self, module: ModuleId, params: &[&str]) -> Option<Span> {
        let is_it = |setting: &&ParamSetting, name: &str| setting.module == module && setting.param.name == name;
        let named = params.iter().filter_map(|name| self.params.iter().rev().find(|setting| is_it(setting, name)));
        named.filter_map(written).next().or_else(|| self.of_module(module))
    }

    /// The line that loads a module; the core has none.
    pub fn of_module(&self, module: ModuleId) -> Option<Span> {
        self.modules.get(&module).copied()
    }

    /// The parameter that names a database. A module that uses several writes a number before each.
    pub fn of_database(&self, url: &str) -> Option<Span> {
        let names = |setting: &&ParamSetting| matches!(&setting.value, ParamValue::Str(text) if text.ends_with(url));
        self.params.iter().find(names).and_then(written)
    }
}

/// What an older module had by default stands nowhere.
fn written(setting: &ParamSetting) -> Option<Span> {
    Some(setting.span).filter(|span| *span != Span::default())
}
