//! What a database is called in messages: never with its password.

use std::fmt;
use std::path::Path;

/// The name of a database for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    shown: String,
    url: String,
    has_password: bool,
}

impl Place {
    /// A file of SQLite.
    pub fn file(path: &Path) -> Place {
        let shown = path.display().to_string();
        Place { url: format!("sqlite://{shown}"), shown, has_password: false }
    }

    /// A database of a server, by its URL without the password.
    pub fn server(url: String, has_password: bool) -> Place {
        Place { shown: url.clone(), url, has_password }
    }

    /// A set of databases.
    pub fn set(name: &str) -> Place {
        let url = format!("virtual://{name}");
        Place { shown: url.clone(), url, has_password: false }
    }

    /// The command that makes it.
    pub fn create(&self) -> String {
        let password = if self.has_password { " (with the password)" } else { "" };
        format!("`strowger db create {}`{password}", self.url)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}
