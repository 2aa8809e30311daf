//! Where the files of a server are while it does not run: it may be going to run in another directory, or under another
//! root.

use crate::cli::ServeOptions;
use edge_sql::Url;
use script::globals::Globals;
use std::path::{Path, PathBuf};

/// The directories that the server goes into; none where it is there already.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// `-t`, `chroot`
    root: Option<PathBuf>,
    /// `-w`, `wdir`
    directory: Option<PathBuf>,
    /// A database that a start makes, or brings up to date.
    made: Option<PathBuf>,
}

impl Paths {
    /// As the command line and the script say.
    pub fn of(options: &ServeOptions, globals: &Globals) -> Paths {
        Paths {
            root: chosen("-t", &options.root, "chroot", globals).map(|(_, path)| path),
            directory: chosen("-w", &options.working_directory, "wdir", globals).map(|(_, path)| path),
            made: None,
        }
    }

    /// Where a start makes this database.
    pub fn making(self, database: Option<PathBuf>) -> Paths {
        Paths { made: database, ..self }
    }

    /// Whether a start makes what is not there of this database.
    pub fn makes(&self, url: &str) -> bool {
        self.made.is_some() && Url::parse(url).ok().as_ref().and_then(Url::file) == self.made.as_deref()
    }

    /// Where a file that the server will open is now.
    pub fn of_file(&self, path: &Path) -> PathBuf {
        match (&self.root, &self.directory) {
            // It goes to the root of its new root.
            (Some(root), _) => root.join(path.strip_prefix("/").unwrap_or(path)),
            (None, Some(directory)) => directory.join(path),
            (None, None) => path.to_owned(),
        }
    }
}

/// A path of the command line or else of the script, with what to call it in messages.
pub fn chosen(
    option: &'static str,
    given: &Option<PathBuf>,
    global: &'static str,
    globals: &Globals,
) -> Option<(&'static str, PathBuf)> {
    let of_script =
        || globals.text(global).filter(|path| !path.is_empty() && globals.is_set(global)).map(PathBuf::from);
    given.clone().map(|path| (option, path)).or_else(|| of_script().map(|path| (global, path)))
}

#[cfg(test)]
mod tests {
    use super::Paths;
    use std::path::{Path, PathBuf};

    #[test]
    fn files_are_where_the_server_will_see_them() {
        for (root, directory, path, expected) in [
            (None, None, "x.sqlite", "x.sqlite"),
            (None, Some("/srv"), "x.sqlite", "/srv/x.sqlite"),
            (None, Some("/srv"), "/var/x.sqlite", "/var/x.sqlite"),
            (Some("/jail"), Some("/srv"), "x.sqlite", "/jail/x.sqlite"),
            (Some("/jail"), None, "/var/x.sqlite", "/jail/var/x.sqlite"),
        ] {
            let paths = Paths { root: root.map(PathBuf::from), directory: directory.map(PathBuf::from), made: None };
            assert_eq!(paths.of_file(Path::new(path)), PathBuf::from(expected), "{root:?} {directory:?} {path}");
        }
    }
}
