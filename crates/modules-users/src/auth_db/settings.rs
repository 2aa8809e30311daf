//! The state of `auth_db`: its settings, and the statements made so far.

use super::*;
use crate::auth::Auth;
use bytes::Bytes;
use catalogue::Table;
use module_api::sql::{Database, Statement};
use module_api::{Setup, StartError, State, VariableHandle};
use sip::digest::Algorithm;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The state of the module.
pub struct AuthDb {
    /// The state of module `auth`.
    pub auth: Arc<Auth>,
    /// The database.
    pub database: Database,
    /// Whether the password column holds passwords.
    pub calculates_ha1: bool,
    /// Whether users are told apart by domain too.
    pub use_domain: bool,
    /// What is loaded when credentials are right: variables, in the order of their columns.
    pub loads: Vec<VariableHandle>,
    columns: Columns,
    statements: RwLock<BTreeMap<(Purpose, Bytes), Arc<Statement>>>,
}

/// The names of columns.
struct Columns {
    user: String,
    domain: String,
    password: String,
    with_domain: Option<String>,
    sha256: String,
    sha512t256: String,
    loaded: Vec<String>,
    uri_user: String,
    uri_domain: String,
    uri_uriuser: String,
}

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The password or MD5 hash of a user.
    Md5,
    /// The MD5 hash of a user whose name is sent with its domain.
    Md5WithDomain,
    /// The SHA-256 hash.
    Sha256,
    /// The SHA-512/256 hash.
    Sha512t256,
    /// Whether a user exists.
    Exists,
    /// Whether a user of credentials may use a user of URIs.
    MayUse,
    /// The user of credentials for a user of URIs.
    AuthId,
}

/// Table names may come from variables; past this many, statements are made each time.
const STATEMENTS_MAX: usize = 256;

/// Starts the module.
pub fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let auth = setup.state_of::<Auth>("auth")?;
    let used = tables(setup);
    let used: Vec<&Table> = used.iter().collect();
    let database = setup.database(&DB_URL, &used)?;
    let text = |param| setup.params.text(param).to_owned();
    let (loads, loaded) = load_credentials(setup)?;
    Ok(Arc::new(AuthDb {
        auth,
        database,
        calculates_ha1: setup.params.is_on(&CALCULATE_HA1),
        use_domain: setup.params.is_on(&USE_DOMAIN),
        loads,
        columns: Columns {
            user: text(&USER_COLUMN),
            domain: text(&DOMAIN_COLUMN),
            password: text(&PASSWORD_COLUMN),
            with_domain: setup.params.str(&PASSWORD_COLUMN_2).map(str::to_owned),
            sha256: text(&HASH_COLUMN_SHA256),
            sha512t256: text(&HASH_COLUMN_SHA512T256),
            loaded,
            uri_user: text(&URI_USER_COLUMN),
            uri_domain: text(&URI_DOMAIN_COLUMN),
            uri_uriuser: text(&URI_URIUSER_COLUMN),
        },
        statements: RwLock::default(),
    }))
}

/// The tables the script uses by the names of ours; one of another name is the operator's own, whose version is theirs.
fn tables(setup: &Setup<'_>) -> Vec<Table> {
    if setup.params.is_on(&SKIP_VERSION_CHECK) {
        return Vec::new();
    }
    let places = [
        ("www_authorize", 1),
        ("proxy_authorize", 1),
        ("db_does_uri_exist", 1),
        ("db_is_to_authorized", 0),
        ("db_is_from_authorized", 0),
        ("db_get_auth_id", 0),
    ];
    let named: Vec<String> =
        places.iter().flat_map(|(function, argument)| setup.compiler.constants(function, *argument)).collect();
    [SUBSCRIBER, URI].into_iter().filter(|table| named.iter().any(|name| name == table.name)).collect()
}

/// `$avp(a)=column;column`: a column without AVP goes into the AVP of its name.
fn load_credentials(setup: &Setup<'_>) -> Result<(Vec<VariableHandle>, Vec<String>), StartError> {
    let list = setup.params.text(&LOAD_CREDENTIALS);
    let mut pairs = (Vec::new(), Vec::new());
    for item in list.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        let (variable, column) = match item.split_once('=') {
            Some((variable, column)) => (variable.trim().to_owned(), column.trim()),
            None => (format!("$avp({item})"), item),
        };
        let variable = setup.compiler.variable(&variable);
        pairs.0.push(variable.map_err(|error| StartError::param(LOAD_CREDENTIALS.name, error))?);
        pairs.1.push(column.to_owned());
    }
    Ok(pairs)
}

impl AuthDb {
    /// What to ask for a password with.
    pub fn purpose(&self, algorithm: Algorithm, has_domain: bool) -> Purpose {
        match algorithm {
            _ if self.calculates_ha1 => Purpose::Md5,
            Algorithm::Md5 | Algorithm::Md5Sess if has_domain && self.columns.with_domain.is_some() => {
                Purpose::Md5WithDomain
            }
            Algorithm::Md5 | Algorithm::Md5Sess => Purpose::Md5,
            Algorithm::Sha256 | Algorithm::Sha256Sess => Purpose::Sha256,
            Algorithm::Sha512t256 | Algorithm::Sha512t256Sess => Purpose::Sha512t256,
        }
    }

    /// The statement for a purpose on a table.
    pub fn statement(&self, purpose: Purpose, table: &Bytes) -> Arc<Statement> {
        let key = (purpose, table.clone());
        if let Some(statement) = self.statements.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(statement);
        }
        let statement = self.make(purpose, &String::from_utf8_lossy(table));
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        if statements.len() < STATEMENTS_MAX {
            statements.insert((purpose, Bytes::copy_from_slice(table)), Arc::clone(&statement));
        }
        statement
    }

    fn make(&self, purpose: Purpose, table: &str) -> Arc<Statement> {
        let columns = &self.columns;
        let users = if self.use_domain { vec![&*columns.user, &*columns.domain] } else { vec![&*columns.user] };
        let password = |column: &String| {
            let all: Vec<&str> = std::iter::once(column).chain(&columns.loaded).map(String::as_str).collect();
            Statement::select(table, &all, &users, "")
        };
        match purpose {
            Purpose::Md5 => password(&columns.password),
            Purpose::Md5WithDomain => password(columns.with_domain.as_ref().unwrap_or(&columns.password)),
            Purpose::Sha256 => password(&columns.sha256),
            Purpose::Sha512t256 => password(&columns.sha512t256),
            Purpose::Exists => Statement::select(table, &[&columns.user], &users, ""),
            Purpose::MayUse => {
                let keys = [&*columns.uri_user, &*columns.uri_uriuser, &*columns.uri_domain];
                let keys = keys.get(..if self.use_domain { 3 } else { 2 }).unwrap_or_default();
                Statement::select(table, &[&columns.uri_uriuser], keys, "")
            }
            Purpose::AuthId => {
                let keys = [&*columns.uri_uriuser, &*columns.uri_domain];
                let keys = keys.get(..if self.use_domain { 2 } else { 1 }).unwrap_or_default();
                Statement::select(table, &[&columns.uri_user, &columns.uri_domain], keys, "")
            }
        }
    }
}
