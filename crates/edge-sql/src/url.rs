//! Database URLs: which engine, and where.

use crate::{OpenError, Place};
use std::fmt;
use std::path::{Path, PathBuf};

/// A URL of an engine that is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Url {
    /// A file of SQLite, inside this process.
    Sqlite(PathBuf),
    /// A database of a server.
    Server(Server),
    /// Several behind one name: a set of the script's.
    Set(String),
}

/// The kinds of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

/// Where a server is, and who we are to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// Its kind.
    pub engine: Engine,
    /// The user.
    pub user: String,
    /// The password, as it is written: nothing in it is escaped.
    pub password: Option<String>,
    /// Host name or address.
    pub host: String,
    /// The port, if it is not the usual one.
    pub port: Option<u16>,
    /// The database.
    pub database: String,
    /// `unix_socket`: the server's socket, instead of host and port.
    pub socket: Option<PathBuf>,
}

impl Url {
    /// Reads `sqlite:///path/file` (also written `sqlite://path`, `sqlite:path`) or
    /// `postgres://user:password@host:port/database`, `mysql://…`.
    ///
    /// # Errors
    /// It is no URL, it lacks something, or its engine is not there.
    pub fn parse(text: &str) -> Result<Url, OpenError> {
        let Some((engine, rest)) = text.split_once(':') else {
            return Err(OpenError::NotAUrl { text: text.to_owned() });
        };
        let place = rest.strip_prefix("//").unwrap_or(rest);
        match engine.to_ascii_lowercase().as_str() {
            "sqlite" if place.is_empty() || place.contains('\0') => Err(OpenError::NoFile),
            "sqlite" => Ok(Url::Sqlite(PathBuf::from(place))),
            "postgres" => Server::parse(Engine::Postgres, place).map(Url::Server),
            "mysql" => Server::parse(Engine::Mysql, place).map(Url::Server),
            "virtual" => Ok(Url::Set(place.to_owned())),
            _ => Err(OpenError::UnknownEngine { engine: engine.to_owned() }),
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Url::Sqlite(path) => Some(path),
            Url::Server(_) | Url::Set(_) => None,
        }
    }

    /// What it is called in messages.
    pub fn place(&self) -> Place {
        match self {
            Url::Sqlite(path) => Place::file(path),
            Url::Server(server) => server.place(),
            Url::Set(name) => Place::set(name),
        }
    }
}

impl Engine {
    /// Its name in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
        }
    }

    /// The port it is usually at.
    pub fn port(self) -> u16 {
        match self {
            Engine::Postgres => 5432,
            Engine::Mysql => 3306,
        }
    }
}

impl Server {
    /// Reads `user:password@host:port/database?unix_socket=path`. As upstream, a password may hold anything but the
    /// last `@`.
    fn parse(engine: Engine, text: &str) -> Result<Server, OpenError> {
        let incomplete = |reason: &str| OpenError::Incomplete { engine: engine.name(), reason: reason.to_owned() };
        let (who, place) = text.rsplit_once('@').ok_or_else(|| incomplete("names no user"))?;
        let (user, password) = match who.split_once(':') {
            Some((user, password)) => (user, Some(password.to_owned())),
            None => (who, None),
        };
        let (host, database) = place.split_once('/').ok_or_else(|| incomplete("names no database"))?;
        let (database, params) = database.split_once('?').unwrap_or((database, ""));
        let (host, port) = split_port(host);
        let port = match port.map(str::parse) {
            None => None,
            Some(Ok(port)) => Some(port),
            Some(Err(_)) => return Err(incomplete("has a port that is no number")),
        };
        let mut socket = None;
        for (name, value) in params.split('&').filter_map(|param| param.split_once('=')) {
            match name {
                "unix_socket" => socket = Some(PathBuf::from(value)),
                _ => return Err(incomplete(&format!("has a parameter that is not there (\"{name}\")"))),
            }
        }
        if user.is_empty() || database.is_empty() || text.contains('\0') {
            return Err(incomplete(if user.is_empty() { "names no user" } else { "names no database" }));
        }
        let host = if host.is_empty() { "localhost" } else { host };
        let (user, host, database) = (user.to_owned(), host.to_owned(), database.to_owned());
        Ok(Server { engine, user, password, host, port, database, socket })
    }

    /// What it is called in messages.
    pub fn place(&self) -> Place {
        Place::server(self.to_string(), self.password.is_some())
    }
}

/// `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    }
}

/// The URL without its password.
impl fmt::Display for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}@", self.engine.name(), self.user)?;
        match self.host.contains(':') {
            true => write!(out, "[{}]", self.host)?,
            false => out.write_str(&self.host)?,
        }
        if let Some(port) = self.port {
            write!(out, ":{port}")?;
        }
        write!(out, "/{}", self.database)?;
        match &self.socket {
            Some(socket) => write!(out, "?unix_socket={}", socket.display()),
            None => Ok(()),
        }
    }
}

/// Without the password, so that no log has it.
impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn read(text: &str) -> String {
        Url::parse(text).map_or_else(|error| error.to_string(), |url| url.place().to_string())
    }

    #[test]
    fn urls_name_files() {
        assert_eq!(read("sqlite:///var/lib/x.sqlite"), "/var/lib/x.sqlite");
        assert_eq!(read("sqlite:////var/lib/x.sqlite"), "//var/lib/x.sqlite");
        assert_eq!(read("sqlite://x.sqlite"), "x.sqlite");
        assert_eq!(read("sqlite://"), "sqlite:// names no file: write sqlite:///path/to/file");
    }

    #[test]
    fn urls_name_servers_and_nobody_sees_the_password() {
        assert_eq!(read("mysql://opensips:s3c:r@t/@localhost/opensips"), "mysql://opensips@localhost/opensips");
        assert_eq!(read("postgres://a@[::1]:5433/b"), "postgres://a@[::1]:5433/b");
        assert_eq!(read("mysql://a:secret@/b?unix_socket=/run/x"), "mysql://a@localhost/b?unix_socket=/run/x");
        let Ok(Url::Server(server)) = Url::parse("mysql://opensips:s3c:r@t/@localhost/opensips") else {
            panic!("a server")
        };
        assert_eq!(server.password.as_deref(), Some("s3c:r@t/"));
        assert!(!format!("{server:?}").contains("s3c"));
        let form = "write mysql://user:password@host:port/database";
        assert_eq!(read("mysql://localhost/x"), format!("the mysql URL names no user: {form}"));
        assert_eq!(read("mysql://a:secret@localhost"), format!("the mysql URL names no database: {form}"));
        assert_eq!(read("mysql://a:secret@h:x/b"), format!("the mysql URL has a port that is no number: {form}"));
        assert!(read("mysql://a:b@h/c?tls_domain=x").contains("\"tls_domain\""));
    }

    #[test]
    fn other_engines_are_refused_without_their_password() {
        let said = read("unixodbc://opensips:opensipsrw@localhost/opensips");
        assert!(said.starts_with("databases of the kind \"unixodbc\" cannot be reached; there is: sqlite"), "{said}");
        assert!(!said.contains("opensipsrw"), "{said}");
        assert!(read("opensips").starts_with("\"opensips\" is no database URL"));
    }
}
