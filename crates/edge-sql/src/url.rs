//! Database URLs: which engine, and where.

use crate::OpenError;
use std::path::PathBuf;

/// A URL of an engine that is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Url {
    /// The engine.
    pub engine: Engine,
    /// The file.
    pub path: PathBuf,
}

/// The engines there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// SQLite, inside this process.
    Sqlite,
}

impl Url {
    /// Reads `sqlite:///path/file` (also written `sqlite://path`, `sqlite:path`).
    ///
    /// # Errors
    /// It is no URL, it names no file, or its engine is not there.
    pub fn parse(text: &str) -> Result<Url, OpenError> {
        let Some((engine, rest)) = text.split_once(':') else {
            return Err(OpenError::NotAUrl { text: text.to_owned() });
        };
        if !engine.eq_ignore_ascii_case("sqlite") {
            return Err(OpenError::UnknownEngine { engine: engine.to_owned() });
        }
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() || path.contains('\0') {
            return Err(OpenError::NoFile);
        }
        Ok(Url { engine: Engine::Sqlite, path: PathBuf::from(path) })
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn read(text: &str) -> String {
        Url::parse(text).map_or_else(|error| error.to_string(), |url| url.path.display().to_string())
    }

    #[test]
    fn urls_name_files() {
        assert_eq!(read("sqlite:///var/lib/x.sqlite"), "/var/lib/x.sqlite");
        assert_eq!(read("sqlite:////var/lib/x.sqlite"), "//var/lib/x.sqlite");
        assert_eq!(read("sqlite://x.sqlite"), "x.sqlite");
        assert_eq!(read("sqlite://"), "sqlite:// names no file: write sqlite:///path/to/file");
    }

    #[test]
    fn other_engines_are_refused_without_their_password() {
        let said = read("mysql://opensips:opensipsrw@localhost/opensips");
        assert_eq!(
            said,
            "databases of the kind \"mysql\" cannot be reached; there is: sqlite (sqlite:///path/to/file)"
        );
        assert!(read("opensips").starts_with("\"opensips\" is no database URL"));
    }
}
