//! Reading the script again, for `core:reload_routes`.

use crate::configure::{Configured, Ground, Origin};
use catalogue::ModuleId;
use engine::Reloader;
use std::sync::Arc;

/// Gives the routes of the script as it is now. `loaded` are the modules that run: parameters and modules stay as they
/// were at the start, so a route that calls a module which is not there yet must wait for a restart.
pub fn reloader(ground: &Arc<Ground>, origin: &Origin, loaded: Vec<ModuleId>) -> Reloader {
    let (ground, origin) = (Arc::clone(ground), origin.clone());
    Box::new(move || {
        if !origin.is_lasting() {
            return Err("the script came from the standard input, which is at its end".to_owned());
        }
        let configured = ground.configure(&origin).map_err(|report| report.text())?;
        match newcomers(&ground, &configured, &loaded).as_slice() {
            [] => Ok(configured.program),
            names => Err(format!("only routes are read again: restart to load {}", names.join(", "))),
        }
    })
}

/// The modules of a script that do not run.
fn newcomers(ground: &Ground, configured: &Configured, loaded: &[ModuleId]) -> Vec<&'static str> {
    let new = configured.loaded.iter().filter(|id| !loaded.contains(id));
    new.map(|id| ground.catalogue.module(*id).name).collect()
}
