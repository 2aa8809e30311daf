//! Where a script comes from.

use super::outside::{ShellPreprocessor, SystemFiles, environment};
use script::diagnostic::Diagnostic;
use script::source::{LoadOptions, Preprocessor, Source, load};
use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

/// A script's place, and how it is read.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file, through a preprocessor if one is named.
    File {
        /// Its path; `-` is the standard input.
        path: String,
        /// The command of `-p`.
        preprocessor: Option<String>,
        /// Where the process was when it started: relative paths stay meant from there, also when the script is read
        /// again from another working directory.
        directory: PathBuf,
    },
    /// A text that is inside.
    Text {
        /// What it is called in messages.
        name: String,
        /// The text.
        text: String,
    },
}

impl Origin {
    /// A file, its path meant from where the process is now.
    pub fn file(path: &str, preprocessor: Option<&str>) -> Origin {
        // Where there is no current directory, only absolute paths lead anywhere.
        let directory = env::current_dir().unwrap_or_default();
        Origin::File { path: path.to_owned(), preprocessor: preprocessor.map(str::to_owned), directory }
    }

    /// Reads it.
    pub fn load(&self) -> (Source, Vec<Diagnostic>) {
        let environment = environment();
        match self {
            Origin::File { path, preprocessor, directory } => {
                let files = SystemFiles { directory };
                let options = LoadOptions { files: &files, environment: &environment };
                let mut shell = preprocessor.as_deref().map(|command| ShellPreprocessor::new(command, directory));
                load(path, &options, shell.as_mut().map(|shell| shell as &mut dyn Preprocessor))
            }
            Origin::Text { name, text } => {
                let files = BTreeMap::from([(name.clone(), text.clone().into_bytes())]);
                load(name, &LoadOptions { files: &files, environment: &environment }, None)
            }
        }
    }

    /// Whether it can be read again.
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Origin::File { path, .. } if path == "-")
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Origin::File { path, .. } => path,
            Origin::Text { name, .. } => name,
        }
    }
}
