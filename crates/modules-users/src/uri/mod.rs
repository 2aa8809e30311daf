//! `uri`: the module of releases before 3.0, kept for their scripts: which user may call under which name, with the
//! credentials alone or a table. What else it had is in `sipmsgops`.

mod functions;
#[cfg(test)]
mod tests;

use catalogue::{Param, ParamKind};
use module_api::sql::Database;
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "uri",
    aliases: &["uri_db"],
    about: "Who may use which user name, as scripts before 3.0 checked it; auth_db and $au do so today.",
    params: &[
        DB_URL,
        DB_TABLE,
        USER_COLUMN,
        DOMAIN_COLUMN,
        URIUSER_COLUMN,
        USE_URI_TABLE,
        USE_DOMAIN,
        AAA_URL,
        SERVICE_TYPE,
        USE_SIP_URI_HOST,
    ],
    functions: &[
        functions::CHECK_TO,
        functions::CHECK_FROM,
        functions::DOES_URI_EXIST,
        functions::GET_AUTH_ID,
        functions::IS_USER,
    ],
    start,
    ..Module::EMPTY
};

const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database; db_default_url if not set.");
const DB_TABLE: Param =
    Param::str("db_table", "subscriber", "The table of users: subscriber, or with use_uri_table uri.");
const USER_COLUMN: Param = Param::str("user_column", "username", "The column of user names.");
const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "The column of domains.");
const URIUSER_COLUMN: Param = Param::str("uriuser_column", "uri_user", "The column of users in URIs.");
const USE_URI_TABLE: Param = Param::int(
    "use_uri_table",
    0,
    "Whether the table says who may use which name; without it only the name of the credentials may be used.",
);
const USE_DOMAIN: Param = Param::int("use_domain", 0, "Whether db_does_uri_exist() looks for the domain too.");
const NEEDS_AAA: &str = "it needs an AAA module, and there is none yet";
const AAA_URL: Param = Param::unset("aaa_url", ParamKind::Str, "The AAA server.").unavailable(NEEDS_AAA);
const SERVICE_TYPE: Param = Param::int("service_type", 10, "The AAA service type.").unavailable(NEEDS_AAA);
const USE_SIP_URI_HOST: Param =
    Param::int("use_sip_uri_host", 0, "Whether the AAA server is sent the host apart.").unavailable(NEEDS_AAA);

/// The state of the module.
pub(crate) struct UriChecks {
    database: Option<Database>,
    uses_table: bool,
    uses_domain: bool,
    table: String,
    user: String,
    domain: String,
    uri_user: String,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let has_url = setup.params.is_set(&DB_URL) || setup.settings.db_default_url.is_some();
    let database = if has_url { Some(setup.database(&DB_URL, &[])?) } else { None };
    let text = |param| setup.params.text(param).to_owned();
    Ok(Arc::new(UriChecks {
        database,
        uses_table: setup.params.is_on(&USE_URI_TABLE),
        uses_domain: setup.params.is_on(&USE_DOMAIN),
        table: text(&DB_TABLE),
        user: text(&USER_COLUMN),
        domain: text(&DOMAIN_COLUMN),
        uri_user: text(&URIUSER_COLUMN),
    }))
}
