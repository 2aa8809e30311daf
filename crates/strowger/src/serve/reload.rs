//! Reading the script again, for `core:reload_routes`.

use super::start::warnings;
use crate::configure::{Configured, Ground, Origin};
use catalogue::ModuleId;
use engine::Reloader;
use module_api::{Logger, ParamSetting};
use script::ast::{GlobalValue, RouteType};
use script::globals::Globals;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What of a script holds for the life of the process.
struct Lasting {
    modules: Vec<ModuleId>,
    params: Vec<(ModuleId, &'static str, ParamSetting)>,
    globals: Globals,
}

/// Gives the routes of the script as it is now. Modules, parameters and sockets stay as they were at the start: a route
/// that calls a module which is not there yet must wait for a restart; the rest is named in the log.
pub fn reloader(ground: &Arc<Ground>, origin: &Origin, configured: &Configured, log: &Logger) -> Reloader {
    let (ground, origin, log) = (Arc::clone(ground), origin.clone(), log.clone());
    let lasting = Lasting {
        modules: configured.loaded.clone(),
        params: configured.params.clone(),
        globals: configured.globals.clone(),
    };
    let serves = AtomicBool::new(has_main_route(configured));
    Box::new(move || {
        if !origin.is_lasting() {
            return Err("the script came from the standard input, which is at its end".to_owned());
        }
        let configured = ground.configure(&origin).map_err(|report| report.text())?;
        let serves_then = has_main_route(&configured);
        if !serves_then && serves.load(Ordering::Relaxed) {
            let why = "the script has no `route` any more: no request would be answered, the old one goes on";
            return Err(format!("{}{why}", configured.warnings.text()));
        }
        let newcomers = lasting.newcomers(&ground, &configured);
        if !newcomers.is_empty() {
            return Err(format!("only routes are read again: restart to load {}", newcomers.join(", ")));
        }
        serves.store(serves_then, Ordering::Relaxed);
        warnings(&log, &configured);
        let changes = lasting.changes(&ground, &configured);
        if !changes.is_empty() {
            let changes = changes.join(", ");
            log.warning(format!("only routes are read again: restart for what has changed of {changes}"));
        }
        Ok(configured.program)
    })
}

fn has_main_route(configured: &Configured) -> bool {
    configured.program.route(RouteType::Request, "").is_some()
}

impl Lasting {
    /// The modules of a script that do not run.
    fn newcomers(&self, ground: &Ground, configured: &Configured) -> Vec<&'static str> {
        let new = configured.loaded.iter().filter(|id| !self.modules.contains(id));
        new.map(|id| ground.catalogue.module(*id).name).collect()
    }

    /// What a script has otherwise than the process: names of global parameters, of modules, `module:parameter`.
    fn changes(&self, ground: &Ground, configured: &Configured) -> Vec<String> {
        let name = |id: &ModuleId| ground.catalogue.module(*id).name;
        let gone = self.modules.iter().filter(|id| !configured.loaded.contains(id));
        let gone = gone.map(|id| format!("module {}", name(id)));
        let (was, is) = (&self.globals, &configured.globals);
        let globals: BTreeSet<&'static str> = was.iter().chain(is.iter()).map(|(param, _)| param.name).collect();
        let globals = globals.into_iter().filter(|global| values(was, global) != values(is, global));
        let (was, is) = (&self.params, &configured.params);
        let params: BTreeSet<(&'static str, &'static str)> =
            was.iter().chain(is).map(|(id, param, _)| (name(id), *param)).collect();
        let settings =
            |of: &[(ModuleId, &'static str, ParamSetting)], module: &str, param: &str| -> Vec<ParamSetting> {
                let these = of.iter().filter(|(id, known, _)| name(id) == module && *known == param);
                these.map(|(.., setting)| setting.clone()).collect()
            };
        let params =
            params.into_iter().filter(|(module, param)| settings(was, module, param) != settings(is, module, param));
        let params = params.map(|(module, param)| format!("{module}:{param}"));
        gone.chain(globals.map(str::to_owned)).chain(params).collect()
    }
}

/// What a script gives a global parameter, once or more often.
fn values<'a>(globals: &'a Globals, name: &str) -> Vec<&'a GlobalValue> {
    globals.iter().filter(|(param, _)| param.name == name).map(|(_, value)| &value.node).collect()
}
