//! `strowger user`: subscribers in a database, with their aliases, groups and limits.

mod extras;
mod name;
mod secret;

use super::challenge::Challenge;
use super::sql::Sql;
use crate::cli::{AliasAction, GroupAction, UserAction};
use crate::defaults::{Home, REALM};
use crate::modules::tables;
use edge_sql::{Options, Url, schema};
use extras::EXTRAS;
use module_api::sql::{Cell, Rows, Statement};
use name::full;
use name::{split, unknown};
use secret::Secret;
use sip::digest::{Algorithm, ha1};
use std::sync::Arc;

/// The table, and its columns of hashes with their algorithms.
const TABLE: &str = "subscriber";
const HASHES: [(&str, Algorithm); 3] =
    [("ha1", Algorithm::Md5), ("ha1_sha256", Algorithm::Sha256), ("ha1_sha512t256", Algorithm::Sha512t256)];

/// Does it.
///
/// # Errors
/// The database cannot be used, or it does not know the subscriber, or knows him already.
pub fn run(db: Option<&str>, action: UserAction) -> Result<(), String> {
    let subscribers = Subscribers::open(db)?;
    match action {
        UserAction::Add { name, password, realm, plain } => subscribers.add(&name, password, realm, plain),
        UserAction::Passwd { name, password, realm, plain } => subscribers.change(&name, password, realm, plain),
        UserAction::List => subscribers.list(),
        UserAction::Rm { name } => subscribers.remove(&name),
        UserAction::Show { name } => subscribers.show(&name),
        UserAction::Alias { action: AliasAction::Add { name, alias } } => subscribers.add_alias(&name, &alias),
        UserAction::Alias { action: AliasAction::Rm { alias } } => subscribers.remove_alias(&alias),
        UserAction::Group { action: GroupAction::Add { name, group } } => subscribers.add_to_group(&name, &group),
        UserAction::Group { action: GroupAction::Rm { name, group } } => subscribers.remove_from_group(&name, &group),
        UserAction::Limit { name, calls } => subscribers.limit(&name, calls.0),
    }
}

struct Subscribers {
    sql: Sql,
    /// How they are challenged, as far as that is known.
    challenge: Challenge,
    /// The tables that there are.
    present: Vec<String>,
}

impl Subscribers {
    fn open(db: Option<&str>) -> Result<Subscribers, String> {
        let (url, challenge) = match db {
            Some(url) => (url.to_owned(), Url::parse(url).map_or_else(|_| Challenge::default(), of_database)),
            None => default_provider()?,
        };
        let present = present(&url)?;
        let wanted =
            tables().into_iter().filter(|table| table.name == TABLE || present.iter().any(|name| name == table.name));
        let wanted = wanted.filter(|table| table.name == TABLE || EXTRAS.contains(&table.name));
        let sql = Sql::open_with(&url, wanted.map(|table| (table.name.to_owned(), table.version)).collect())?;
        Ok(Subscribers { sql, challenge, present })
    }

    fn add(&self, name: &str, password: Option<String>, realm: Option<String>, plain: bool) -> Result<(), String> {
        let (user, domain) = split(name)?;
        if let Some(known) = self.known(user, domain)? {
            return Err(format!("{known} is there already; `strowger user passwd {known}` changes the password"));
        }
        if let Some(owner) = self.owner_of_alias(user, domain)? {
            return Err(format!("{name} is an alias of {owner}, who would get its calls"));
        }
        let secret = Secret::new(password)?;
        let realm = self.realm(domain, realm);
        let hashes = hashes(user, &realm, &secret.password);
        let columns: Vec<&str> =
            ["username", "domain", "password"].into_iter().chain(HASHES.map(|(column, _)| column)).collect();
        let values = [Cell::text(user), Cell::text(domain), Cell::text(if plain { &secret.password } else { "" })];
        self.ask(&Statement::insert(TABLE, &columns), values.into_iter().chain(hashes).collect())?;
        println!("added {name}  realm {realm}{}", secret.shown());
        Ok(())
    }

    fn change(&self, name: &str, password: Option<String>, realm: Option<String>, plain: bool) -> Result<(), String> {
        let (user, domain) = split(name)?;
        let secret = Secret::new(password)?;
        let realm = self.realm(domain, realm);
        let hashes = hashes(user, &realm, &secret.password);
        let (keys, key) = self.key(user, domain);
        let columns: Vec<&str> = std::iter::once("password").chain(HASHES.map(|(column, _)| column)).collect();
        let statement = Statement::update(TABLE, &columns, keys);
        let values = std::iter::once(Cell::text(if plain { &secret.password } else { "" })).chain(hashes);
        if self.ask(&statement, values.chain(key).collect())?.changed == 0 {
            return Err(unknown(name));
        }
        println!("changed {name}  realm {realm}{}", secret.shown());
        Ok(())
    }

    fn list(&self) -> Result<(), String> {
        let statement = Statement::select(TABLE, &["username", "domain"], &[], "ORDER BY username, domain");
        for row in self.ask(&statement, Vec::new())?.rows {
            let texts: Vec<String> = row.iter().map(text).collect();
            let [user, domain] = texts.as_slice() else { continue };
            println!("{}", full(user, domain));
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        let (user, domain) = split(name)?;
        let (keys, key) = self.key(user, domain);
        let statement = Statement::delete(TABLE, keys);
        // Whose name is given again some day must not come into what was this one's.
        let extras = self.extras_of(user, domain)?;
        if self.ask(&statement, key)?.changed == 0 {
            return Err(unknown(name));
        }
        for (table, id) in extras {
            self.ask(&Statement::delete(table, &["id"]), vec![id])?;
        }
        println!("removed {name}; phones that are registered stay so until they would have to refresh it");
        Ok(())
    }

    /// The subscriber in whose way another one of this name would be, as it is listed. Scripts compare names without
    /// regard to case, and so must whoever gives them.
    fn known(&self, user: &str, domain: &str) -> Result<Option<String>, String> {
        let select = Statement::raw(format!("SELECT username, domain FROM {TABLE} WHERE lower(username) = lower(?)"));
        let found = self.ask(&select, vec![Cell::text(user)])?.rows;
        let names = found.iter().map(|row| [0, 1].map(|at| row.get(at).map_or(String::new(), text)));
        let mut twins =
            names.filter(|[_, other]| self.challenge.knows_no_domains || other.eq_ignore_ascii_case(domain));
        Ok(twins.next().map(|[user, domain]| full(&user, &domain)))
    }

    /// What rows of a subscriber are found by. Where domains tell nobody apart, a bare name is his whose name it is.
    fn key(&self, user: &str, domain: &str) -> (&'static [&'static str], Vec<Cell>) {
        if self.challenge.knows_no_domains && domain.is_empty() {
            return (&["username"], vec![Cell::text(user)]);
        }
        (&["username", "domain"], vec![Cell::text(user), Cell::text(domain)])
    }

    /// The realm that phones are asked for: the one given, the one that the script has for all, or the domain.
    fn realm(&self, domain: &str, given: Option<String>) -> String {
        let by_domain = || if domain.is_empty() { REALM } else { domain }.to_owned();
        given.or_else(|| self.challenge.realm.clone()).unwrap_or_else(by_domain)
    }

    fn ask(&self, statement: &Arc<Statement>, values: Vec<Cell>) -> Result<Rows, String> {
        self.sql.ask(statement, values)
    }
}

/// The default provider's database, made as a start would where there has been none.
fn default_provider() -> Result<(String, Challenge), String> {
    let home = Home::of_user();
    home.create().map_err(|error| format!("{}: {error}", home.directory.display()))?;
    if !home.database().exists() {
        home.make_database().map_err(|error| error.to_string())?;
    }
    Ok((home.database_url(), Challenge::of_home(&home)))
}

/// The tables that a database has.
fn present(url: &str) -> Result<Vec<String>, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let versions = schema::versions(&url, "version", &Options::default()).map_err(|error| error.to_string())?;
    Ok(versions.into_iter().map(|(name, _)| name).collect())
}

fn of_database(url: Url) -> Challenge {
    url.file().map_or_else(Challenge::default, Challenge::beside)
}

fn hashes(user: &str, realm: &str, password: &str) -> impl Iterator<Item = Cell> {
    let hash = |algorithm| ha1(algorithm, user.as_bytes(), realm.as_bytes(), password.as_bytes());
    HASHES.map(|(_, algorithm)| Cell::text(hash(algorithm).as_bytes())).into_iter()
}

fn text(cell: &Cell) -> String {
    cell.to_bytes().map_or(String::new(), |text| String::from_utf8_lossy(&text).into_owned())
}
