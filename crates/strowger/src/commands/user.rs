//! `strowger user`: subscribers in a database.

use super::challenge::Challenge;
use super::sql::Sql;
use crate::cli::UserAction;
use crate::defaults::{Home, REALM, random_hex};
use crate::modules::tables;
use edge_sql::{Url, schema};
use module_api::sql::{Cell, Rows, Statement};
use sip::digest::{Algorithm, ha1};
use std::io::Read;
use std::sync::Arc;

/// The version of the table of subscribers.
const SUBSCRIBER_VERSION: i32 = 8;
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
    }
}

struct Subscribers {
    sql: Sql,
    /// How they are challenged, as far as that is known.
    challenge: Challenge,
}

impl Subscribers {
    fn open(db: Option<&str>) -> Result<Subscribers, String> {
        let (url, challenge) = match db {
            Some(url) => (url.to_owned(), Url::parse(url).map_or_else(|_| Challenge::default(), of_database)),
            None => default_provider()?,
        };
        let sql = Sql::open_with(&url, vec![(TABLE.to_owned(), SUBSCRIBER_VERSION)])?;
        Ok(Subscribers { sql, challenge })
    }

    fn add(&self, name: &str, password: Option<String>, realm: Option<String>, plain: bool) -> Result<(), String> {
        let (user, domain) = split(name)?;
        if let Some(known) = self.known(user, domain)? {
            return Err(format!("{known} is there already; `strowger user passwd {known}` changes the password"));
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
            println!("{}", if domain.is_empty() { user.clone() } else { format!("{user}@{domain}") });
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        let (user, domain) = split(name)?;
        let (keys, key) = self.key(user, domain);
        let statement = Statement::delete(TABLE, keys);
        if self.ask(&statement, key)?.changed == 0 {
            return Err(unknown(name));
        }
        println!("removed {name}");
        Ok(())
    }

    /// The subscriber in whose way another one of this name would be, as it is listed.
    fn known(&self, user: &str, domain: &str) -> Result<Option<String>, String> {
        let (keys, key) = if self.challenge.knows_no_domains { self.key(user, "") } else { self.key(user, domain) };
        let statement = Statement::select(TABLE, &["domain"], keys, "");
        let found = self.ask(&statement, key)?.rows;
        let domain = found.first().and_then(|row| row.first()).map(text);
        Ok(domain.map(|domain| if domain.is_empty() { user.to_owned() } else { format!("{user}@{domain}") }))
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
        schema::create(&home.database(), &tables(), "version").map_err(|error| error.to_string())?;
    }
    Ok((home.database_url(), Challenge::of_home(&home)))
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

/// A password given, or made here.
struct Secret {
    password: String,
    is_made: bool,
}

impl Secret {
    fn new(given: Option<String>) -> Result<Secret, String> {
        let password = match given.as_deref() {
            None => {
                return random_hex(10)
                    .map(|password| Secret { password, is_made: true })
                    .map_err(|error| error.to_string());
            }
            Some("-") => {
                let mut line = String::new();
                std::io::stdin().read_to_string(&mut line).map_err(|error| error.to_string())?;
                line.trim_end_matches(['\r', '\n']).to_owned()
            }
            Some(password) => password.to_owned(),
        };
        if password.is_empty() {
            return Err("the password is empty".to_owned());
        }
        Ok(Secret { password, is_made: false })
    }

    /// A password that was made must be told; one that was given must not be.
    fn shown(&self) -> String {
        if self.is_made { format!("  password {}", self.password) } else { String::new() }
    }
}

/// `name@domain`, or a name without one.
fn split(name: &str) -> Result<(&str, &str), String> {
    let (user, domain) = match name.split_once('@') {
        Some((user, domain)) => (user, Some(domain)),
        None => (name, None),
    };
    let is_strange = |byte: u8| {
        byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b':' | b'"' | b'\\' | b'<' | b'>')
    };
    let is_host = |text: &str| {
        text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
    };
    if user.is_empty() || user.bytes().any(is_strange) || domain.is_some_and(|domain| !is_host(domain)) {
        return Err(format!("\"{name}\" is no subscriber: it is written name or name@domain"));
    }
    Ok((user, domain.unwrap_or_default()))
}

fn unknown(name: &str) -> String {
    format!("there is no subscriber {name}; `strowger user list` shows them")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_of_subscribers() {
        assert_eq!(split("alice"), Ok(("alice", "")));
        assert_eq!(split("+49.30@sip-1.example.com"), Ok(("+49.30", "sip-1.example.com")));
        assert_eq!(split("alice@192.0.2.1"), Ok(("alice", "192.0.2.1")));
        for wrong in [
            "",
            "@example.com",
            "bob@",
            "bad@@x",
            "bob@a@b",
            "bob@a..b",
            "b ob",
            "bob:x",
            "bob@a b",
            "\"bob\"",
            "bob@a/b",
        ] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
