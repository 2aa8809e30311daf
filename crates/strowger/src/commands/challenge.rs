//! How the provider whose database this is challenges its subscribers: the script beside the database says it.

use crate::configure::{Configured, Ground, Origin};
use crate::defaults::{Home, REALM};
use edge_sql::Url;
use module_api::{ParamSetting, Params};
use std::path::Path;

/// What subscribers are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The realm, if one holds for all.
    pub realm: Option<String>,
    /// Whether the domain tells subscribers apart. Where it does not, a name may be there once.
    pub knows_no_domains: bool,
}

impl Challenge {
    /// Of the default provider's own script.
    fn of_default() -> Challenge {
        Challenge { realm: Some(REALM.to_owned()), knows_no_domains: true }
    }

    /// For a home: by the script in it, or by the one inside the program.
    pub fn of_home(home: &Home) -> Challenge {
        if home.script().exists() { Challenge::beside(&home.database()) } else { Challenge::of_default() }
    }

    /// For a database: by the script beside it, if that uses this database. A script that cannot be understood says
    /// nothing, and without one the domain is the realm, as upstream's tools have it.
    pub fn beside(database: &Path) -> Challenge {
        let Some(directory) = database.parent() else { return Challenge::default() };
        let script = Home { directory: directory.to_owned() }.script();
        if !script.exists() {
            return Challenge::default();
        }
        let ground = Ground::new(1);
        let Ok(configured) = ground.configure(&Origin::file(&script.display().to_string(), None)) else {
            return Challenge::default();
        };
        let Some(module) = ground.modules.iter().find(|module| module.name == "auth_db") else {
            return Challenge::default();
        };
        let settings = configured.params_of(module.name, &ground);
        if !uses(&configured, &settings, database) {
            return Challenge::default();
        }
        let functions = ["www_authorize", "proxy_authorize", "www_challenge", "proxy_challenge"];
        let mut realms: Vec<String> =
            functions.iter().flat_map(|function| configured.constants.get(function, 0)).collect();
        realms.sort_unstable();
        realms.dedup();
        let realm = match realms.as_slice() {
            // An empty one is the domain that the phone names.
            [realm] if !realm.is_empty() => Some(realm.clone()),
            _ => None,
        };
        let use_domain = module.params.iter().find(|param| param.name == "use_domain");
        Challenge { realm, knows_no_domains: use_domain.is_some_and(|param| !Params::new(&settings).is_on(param)) }
    }
}

/// Whether the script checks credentials with this database.
fn uses(configured: &Configured, settings: &[(&'static str, ParamSetting)], database: &Path) -> bool {
    let own = settings.iter().rev().find_map(|(name, setting)| match setting {
        ParamSetting::Str(url) if *name == "db_url" => Some(url.as_str()),
        _ => None,
    });
    let url = own.or_else(|| configured.globals.text("db_default_url")).unwrap_or_default();
    let Ok(url) = Url::parse(url) else { return false };
    let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    url.file().is_some_and(|path| resolved(path) == resolved(database))
}
