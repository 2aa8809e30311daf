//! The parameters of `sqlops`, and the databases they name.

use super::preferences;
use super::scheme::Scheme;
use super::source::Sources;
use catalogue::{Alias, Param, ParamKind};
use module_api::sql::Database;
use module_api::{Fault, Params, Setup, StartError, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of them.
pub const ALL: &[Param] = &[
    DB_URL,
    USR_TABLE,
    USE_DOMAIN,
    UUID_COLUMN,
    ATTRIBUTE_COLUMN,
    VALUE_COLUMN,
    TYPE_COLUMN,
    USERNAME_COLUMN,
    DOMAIN_COLUMN,
    DB_SCHEME,
    PS_ID_MAX_BUF_LEN,
    BIGINT_TO_STR,
];

const DB_URL: Param =
    Param::unset("db_url", ParamKind::Str, "A database; \"1 url\" is the one that functions name by its number 1.")
        .repeats();
const USR_TABLE: Param = Param::str("usr_table", "usr_preferences", "The table of user preferences.")
    .aliases(&[Alias::of_module("avpops", "avp_table", "3.6")]);
const USE_DOMAIN: Param =
    Param::int("use_domain", 1, "Whether a URI's domain counts when preferences are looked up.").within(0, 1);
const UUID_COLUMN: Param = Param::str("uuid_column", "uuid", "The column of unique user identifiers.");
const ATTRIBUTE_COLUMN: Param = Param::str("attribute_column", "attribute", "The column of AVP names.");
const VALUE_COLUMN: Param = Param::str("value_column", "value", "The column of AVP values.");
const TYPE_COLUMN: Param = Param::str("type_column", "type", "The column of AVP types.");
const USERNAME_COLUMN: Param = Param::str("username_column", "username", "The column of user names.");
const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "The column of domains.");
const DB_SCHEME: Param = Param::unset(
    "db_scheme",
    ParamKind::Str,
    "Another table that AVPs are loaded from: \"name:table=t;uuid_col=u;value_col=v;value_type=string\".",
)
.repeats();
const PS_ID_MAX_BUF_LEN: Param = Param::int("ps_id_max_buf_len", 1024, "The longest key of a prepared statement.")
    .no_effect("statements are kept by their text");
const BIGINT_TO_STR: Param = Param::int(
    "bigint_to_str",
    0,
    "Whether integers wider than 32 bits become strings; else their low 32 bits are the integer.",
)
.within(0, 1);

/// The module's state.
pub struct Sqlops {
    databases: BTreeMap<i32, Database>,
    /// Whether wide integers become strings.
    pub bigint_to_str: bool,
    /// Whether a URI's domain counts.
    pub use_domain: bool,
    /// The table of user preferences.
    pub table: String,
    /// Its columns.
    pub columns: Columns,
    /// Other tables to load from.
    pub schemes: Vec<Scheme>,
    /// The sources that the script names, compiled.
    pub sources: Sources,
}

/// The columns of the table of user preferences.
#[derive(Clone, Debug)]
pub struct Columns {
    /// `uuid_column`
    pub uuid: String,
    /// `username_column`
    pub username: String,
    /// `domain_column`
    pub domain: String,
    /// `attribute_column`
    pub attribute: String,
    /// `value_column`
    pub value: String,
    /// `type_column`
    pub kind: String,
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

/// Where functions are given the number of a database.
const NUMBERED: &[(&str, usize)] = &[
    ("sql_query", 2),
    ("sql_query_one", 2),
    ("sql_select", 5),
    ("sql_select_one", 5),
    ("sql_update", 3),
    ("sql_insert", 2),
    ("sql_replace", 2),
    ("sql_delete", 2),
    ("sql_avp_load", 2),
    ("sql_avp_store", 2),
    ("sql_avp_delete", 2),
];

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
    let sources = Sources::new(setup);
    for (function, argument) in NUMBERED {
        setup.hold(function, *argument, |number| {
            let is_there = number.trim().parse().is_ok_and(|number: i32| databases.contains_key(&number));
            if is_there { Ok(()) } else { Err(format!("no db_url of sqlops has the number {number}")) }
        });
    }
    let table = setup.params.text(&USR_TABLE).to_owned();
    if let Some(database) = databases.get(&0).filter(|_| Sources::are_used(setup)) {
        need_table(setup, *database, &table);
    }
    let schemes = setup.params.strs(&DB_SCHEME);
    let wrong = |text: &str, error: String| StartError::param(DB_SCHEME.name, error).value(text);
    let schemes = schemes.into_iter().map(|text| Scheme::parse(text).map_err(|error| wrong(text, error)));
    let schemes = schemes.collect::<Result<Vec<Scheme>, StartError>>()?;
    Ok(Arc::new(Sqlops {
        databases,
        bigint_to_str: setup.params.is_on(&BIGINT_TO_STR),
        use_domain: setup.params.is_on(&USE_DOMAIN),
        table,
        columns: columns(setup.params),
        schemes,
        sources,
    }))
}

/// Scripts that only send queries of their own need no table of ours.
fn need_table(setup: &mut Setup<'_>, database: Database, table: &str) {
    if let Some(wish) = setup.wishes.databases.get_mut(usize::from(database.0)) {
        wish.tables.push((table.to_owned(), preferences::TABLE.version));
    }
}

fn columns(params: Params<'_>) -> Columns {
    let text = |param| params.text(param).to_owned();
    Columns {
        uuid: text(&UUID_COLUMN),
        username: text(&USERNAME_COLUMN),
        domain: text(&DOMAIN_COLUMN),
        attribute: text(&ATTRIBUTE_COLUMN),
        value: text(&VALUE_COLUMN),
        kind: text(&TYPE_COLUMN),
    }
}

/// `"1 url"` or `"url"`, which is number 0.
fn parse_url(given: &str) -> (i32, &str) {
    let given = given.trim();
    let numbered = given.split_once(' ').and_then(|(number, url)| Some((number.parse().ok()?, url.trim())));
    numbered.unwrap_or((0, given))
}
