//! Database URLs.

use crate::OpenError;
use std::path::PathBuf;

/// The file of `sqlite:///path` (absolute) or `sqlite://path` (from the working directory).
///
/// # Errors
/// The URL is of an engine that is not inside, or is no URL.
pub fn sqlite_path(url: &str) -> Result<PathBuf, OpenError> {
    match url.split_once("://") {
        Some(("sqlite" | "sqlite3", path)) if !path.is_empty() => Ok(PathBuf::from(path)),
        Some((engine, _)) => Err(OpenError::Engine { url: url.to_owned(), engine: engine.to_owned() }),
        None => Err(OpenError::Url { url: url.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::sqlite_path;

    #[test]
    fn urls() {
        assert_eq!(sqlite_path("sqlite:///var/lib/x.db").unwrap().to_str(), Some("/var/lib/x.db"));
        assert_eq!(sqlite_path("sqlite://x.db").unwrap().to_str(), Some("x.db"));
        let error = sqlite_path("mysql://opensips:opensipsrw@localhost/opensips").unwrap_err().to_string();
        assert_eq!(
            error,
            "mysql://…@localhost/opensips: there is no engine for mysql; the one inside is sqlite:///path"
        );
    }
}
