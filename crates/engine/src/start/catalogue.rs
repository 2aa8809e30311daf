//! The catalogue of a list of modules.

use catalogue::{Catalogue, ModuleInfo};
use module_api::Module;

/// What all these modules declare. The first must be `core`.
pub fn catalogue_of(modules: &[&'static Module]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for module in modules {
        let info = ModuleInfo {
            name: module.name,
            about: module.about,
            aliases: module.aliases,
            depends: module.depends,
            params: module.params,
            statistics: module.statistics,
            events: module.events,
            commands: module.commands.iter().map(|command| command.declaration()).collect(),
            functions: Vec::new(),
            variables: Vec::new(),
            transformations: Vec::new(),
        };
        catalogue.add(
            info,
            module.functions.iter().map(|function| function.declaration()),
            module.variables.iter().map(|variable| variable.declaration()),
            module.transformations.iter().map(|transformation| transformation.declaration()),
        );
    }
    catalogue
}
