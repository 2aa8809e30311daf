//! From a script to everything the server is made of: read, parsed, checked, compiled.

mod blacklists;
mod constants;
mod management;
mod memory;
mod origin;
mod outside;
mod paths;
mod places;
mod report;
mod settings;
pub mod sockets;
mod start;
mod unused;

pub use management::{ManagementOptions, Wanted};
pub use origin::Origin;
pub use outside::environment;
pub use paths::{Paths, chosen};
pub use report::Report;
pub use settings::{log_settings, micros};
pub use start::{Begun, Surroundings};
pub use unused::Unused;

use crate::modules;
use catalogue::{Catalogue, ModuleId};
use constants::Constants;
use engine::catalogue_of;
use module_api::{Interned, Module, ParamSetting};
use places::Places;
use script::ast::{Item, ParamValue, RouteType, Script};
use script::diagnostic::{Diagnostic, any_error, codes};
use script::globals::Globals;
use script::source::Source;
use script::{Environment, NameTables, Program, check, parser};
use std::sync::Arc;

/// All modules, and the names that script and modules share: made once for the life of the process.
pub struct Ground {
    /// All modules there are.
    pub modules: Vec<&'static Module>,
    /// What they declare.
    pub catalogue: Arc<Catalogue>,
    /// Names of AVPs, variables and flags.
    pub names: Arc<Interned>,
    /// How many workers will run the script.
    pub workers: usize,
}

/// A script that can run.
pub struct Configured {
    /// Its text, with its places.
    pub source: Source,
    /// Its global parameters.
    pub globals: Globals,
    /// The modules it loads, `core` first.
    pub loaded: Vec<ModuleId>,
    /// Their parameters.
    pub params: Vec<(ModuleId, &'static str, ParamSetting)>,
    /// Where it loads modules and sets their parameters.
    places: Places,
    /// The constants it passes to functions.
    pub constants: Constants,
    /// What runs.
    pub program: Arc<Program>,
    /// What is not wrong enough to stop it.
    pub warnings: Report,
}

impl Ground {
    /// For this many workers.
    pub fn new(workers: usize) -> Ground {
        let modules: Vec<&'static Module> = modules::all().collect();
        let catalogue = Arc::new(catalogue_of(&modules));
        Ground { modules, catalogue, names: Arc::default(), workers }
    }

    /// Reads, parses, checks and compiles a script.
    ///
    /// # Errors
    /// Everything that is wrong with it, if anything is wrong enough.
    pub fn configure(&self, origin: &Origin) -> Result<Configured, Box<Report>> {
        let (source, mut diagnostics) = origin.load();
        let (tree, parsed) = parser::parse(&source);
        diagnostics.extend(parsed);
        let checked = check(&tree, &source, &self.environment());
        diagnostics.extend(checked.diagnostics.iter().cloned());
        let mut loaded = vec![ModuleId(0)];
        loaded.extend(checked.modules.iter().copied().filter(|id| *id != ModuleId(0)));
        let params = checked.params.iter().map(|setting| (setting.module, setting.param.name, value(&setting.value)));
        let params = params.collect();
        let places = Places::of(&checked);
        // With another mistake the route may be there and not have been understood.
        if !any_error(&diagnostics) && !has_main_route(&tree) {
            let warning =
                Diagnostic::warning_without_place(codes::NO_MAIN_ROUTE, "there is no `route`: no request is answered");
            diagnostics.push(warning.help("requests run route { … }"));
        }
        let report = Report::new(source.clone(), diagnostics);
        if report.has_errors() {
            return Err(Box::new(report));
        }
        let Ok(program) = checked.compile() else { return Err(Box::new(report)) };
        Ok(Configured {
            globals: Globals::new(&tree),
            constants: Constants::of(&tree),
            program: Arc::new(program),
            warnings: report,
            source,
            loaded,
            params,
            places,
        })
    }

    fn environment(&self) -> Environment<'_> {
        let names = NameTables {
            avps: &self.names.avps,
            vars: &self.names.vars,
            message_flags: &self.names.flags.message,
            branch_flags: &self.names.flags.branch,
        };
        Environment { catalogue: &self.catalogue, names, workers: self.workers }
    }
}

impl Configured {
    /// What the script sets of a module's parameters, in its order.
    pub fn params_of(&self, module: &str, ground: &Ground) -> Vec<(&'static str, ParamSetting)> {
        let of_module = self.params.iter().filter(|(id, ..)| ground.catalogue.module(*id).name == module);
        of_module.map(|(_, name, setting)| (*name, setting.clone())).collect()
    }
}

fn value(value: &ParamValue) -> ParamSetting {
    match value {
        ParamValue::Int(number) => ParamSetting::Int(*number),
        ParamValue::Str(text) => ParamSetting::Str(text.clone()),
    }
}

/// Whether there is a route that requests run.
fn has_main_route(script: &Script) -> bool {
    script.items.iter().any(|item| match item {
        Item::Route(route) => {
            route.kind == RouteType::Request && route.name.as_ref().is_none_or(|name| name.node == "0")
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::{Ground, Origin};

    #[test]
    fn a_script_without_main_route_is_told() {
        for (text, is_told) in [
            ("loadmodule \"proto_udp.so\"\n", true),
            ("route[other] {\n\txlog(\"x\");\n}\n", true),
            ("route {\n\txlog(\"x\");\n}\n", false),
            ("route[0] {\n\txlog(\"x\");\n}\n", false),
            ("route {\n\tnonsense(;\n}\n", false),
        ] {
            let origin = Origin::Text { name: "test.cfg".to_owned(), text: text.to_owned() };
            let report = match Ground::new(1).configure(&origin) {
                Ok(configured) => configured.warnings.text(),
                Err(report) => report.text(),
            };
            assert_eq!(report.contains("there is no `route`"), is_told, "{text}{report}");
        }
    }
}
