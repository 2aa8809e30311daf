//! The parameters of `sqlops`, and the databases they name.

use catalogue::{Param, ParamKind};
use module_api::sql::Database;
use module_api::{Fault, Setup, StartError, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of them.
pub const ALL: &[Param] = &[DB_URL, PS_ID_MAX_BUF_LEN, BIGINT_TO_STR];

pub const DB_URL: Param =
    Param::unset("db_url", ParamKind::Str, "A database; \"1 url\" is the one that functions name by its number 1.")
        .repeats();
pub const PS_ID_MAX_BUF_LEN: Param = Param::int("ps_id_max_buf_len", 1024, "The longest key of a prepared statement.")
    .no_effect("statements are kept by their text");
pub const BIGINT_TO_STR: Param =
    Param::int("bigint_to_str", 0, "Whether integers wider than 32 bits become strings rather than NULL.").within(0, 1);

/// The module's state.
pub struct Sqlops {
    databases: BTreeMap<i32, Database>,
    /// Whether wide integers become strings.
    pub bigint_to_str: bool,
}

impl Sqlops {
    /// The database of a number.
    ///
    /// # Errors
    /// There is none.
    pub fn database(&self, number: i32) -> Result<Database, Fault> {
        let found = self.databases.get(&number).copied();
        found.ok_or_else(|| Fault::script(format!("no db_url of sqlops has the number {number}")))
    }
}

/// Opens the databases.
pub fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let mut databases = BTreeMap::new();
    for given in setup.params.strs(&DB_URL) {
        let (number, url) = parse_url(given);
        databases.insert(number, setup.database_at(url, &[]));
    }
    if databases.is_empty()
        && let Some(url) = setup.settings.db_default_url.clone()
    {
        databases.insert(0, setup.database_at(&url, &[]));
    }
    Ok(Arc::new(Sqlops { databases, bigint_to_str: setup.params.is_on(&BIGINT_TO_STR) }))
}

/// `"1 url"` or `"url"`, which is number 0.
fn parse_url(given: &str) -> (i32, &str) {
    let given = given.trim();
    let numbered = given.split_once(' ').and_then(|(number, url)| Some((number.parse().ok()?, url.trim())));
    numbered.unwrap_or((0, given))
}
