//! `strowger user`: subscribers in a database.

use crate::cli::UserAction;
use crate::defaults::{Home, REALM, random_hex};
use edge_sql::{Databases, Options};
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{DatabaseWish, Level, LogSink, Logger, Statistics};
use sip::digest::{Algorithm, ha1};
use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::channel;

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
    databases: Databases,
    /// Whether it is the default provider's database, where one realm holds for all.
    is_default: bool,
}

impl Subscribers {
    fn open(db: Option<&str>) -> Result<Subscribers, String> {
        let url = db.map_or_else(|| Home::of_user().database_url(), str::to_owned);
        let tables = vec![(TABLE.to_owned(), SUBSCRIBER_VERSION)];
        let wish = DatabaseWish { url, tables, options: Vec::new() };
        let log = Logger::new(Level::Error as i32, 0, Arc::new(Stderr));
        let databases = Databases::open(&[wish], &Options::default(), &Statistics::default(), &log);
        let databases =
            databases.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        Ok(Subscribers { databases, is_default: db.is_none() })
    }

    fn add(&self, name: &str, password: Option<String>, realm: Option<String>, plain: bool) -> Result<(), String> {
        let (user, domain) = split(name)?;
        if self.is_known(user, domain)? {
            return Err(format!("{name} is there already; `strowger user passwd {name}` changes the password"));
        }
        let secret = Secret::new(password)?;
        let hashes = self.hashes(user, domain, &secret.password, realm);
        let columns: Vec<&str> =
            ["username", "domain", "password"].into_iter().chain(HASHES.map(|(column, _)| column)).collect();
        let values = [Cell::text(user), Cell::text(domain), Cell::text(if plain { &secret.password } else { "" })];
        self.ask(&Statement::insert(TABLE, &columns), values.into_iter().chain(hashes).collect())?;
        println!("added {name}{}", secret.shown());
        Ok(())
    }

    fn change(&self, name: &str, password: Option<String>, realm: Option<String>, plain: bool) -> Result<(), String> {
        let (user, domain) = split(name)?;
        let secret = Secret::new(password)?;
        let hashes = self.hashes(user, domain, &secret.password, realm);
        let columns: Vec<&str> = std::iter::once("password").chain(HASHES.map(|(column, _)| column)).collect();
        let statement = Statement::update(TABLE, &columns, &["username", "domain"]);
        let values = std::iter::once(Cell::text(if plain { &secret.password } else { "" })).chain(hashes);
        let values = values.chain([Cell::text(user), Cell::text(domain)]).collect();
        if self.ask(&statement, values)?.changed == 0 {
            return Err(unknown(name));
        }
        println!("changed {name}{}", secret.shown());
        Ok(())
    }

    fn list(&self) -> Result<(), String> {
        let statement = Statement::select(TABLE, &["username", "domain"], &[], "ORDER BY username, domain");
        for row in self.ask(&statement, Vec::new())?.rows {
            let texts: Vec<String> = row
                .iter()
                .map(|cell| cell.to_bytes().map_or(String::new(), |text| String::from_utf8_lossy(&text).into_owned()))
                .collect();
            let [user, domain] = texts.as_slice() else { continue };
            println!("{}", if domain.is_empty() { user.clone() } else { format!("{user}@{domain}") });
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        let (user, domain) = split(name)?;
        let statement = Statement::delete(TABLE, &["username", "domain"]);
        if self.ask(&statement, vec![Cell::text(user), Cell::text(domain)])?.changed == 0 {
            return Err(unknown(name));
        }
        println!("removed {name}");
        Ok(())
    }

    fn is_known(&self, user: &str, domain: &str) -> Result<bool, String> {
        let statement = Statement::select(TABLE, &["id"], &["username", "domain"], "");
        let found = self.ask(&statement, vec![Cell::text(user), Cell::text(domain)])?;
        Ok(!found.rows.is_empty())
    }

    /// The hashes for the realm that phones are asked for: the one given, the default provider's, or the domain.
    fn hashes(&self, user: &str, domain: &str, password: &str, realm: Option<String>) -> Vec<Cell> {
        let by_place = if self.is_default || domain.is_empty() { REALM } else { domain };
        let realm = realm.as_deref().unwrap_or(by_place);
        let hash = |algorithm| ha1(algorithm, user.as_bytes(), realm.as_bytes(), password.as_bytes());
        HASHES.iter().map(|(_, algorithm)| Cell::text(hash(*algorithm).as_bytes())).collect()
    }

    fn ask(&self, statement: &Arc<Statement>, values: Vec<Cell>) -> Result<Rows, String> {
        let (send, receive) = channel();
        let query = Query::new(Database(0), statement, values);
        // The receiver waits right below.
        self.databases.submit(query, Box::new(move |answer| drop(send.send(answer))));
        let answer = receive.recv().map_err(|_| "the database did not answer".to_owned())?;
        answer.map_err(|fault| fault.to_string())
    }
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

/// The command line has one place for everything: stderr.
struct Stderr;

impl LogSink for Stderr {
    fn write(&self, _: Level, _: Option<&str>, line: &[u8]) {
        eprintln!("{}", String::from_utf8_lossy(line));
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
