//! Where a script comes from.

use super::outside::{ShellPreprocessor, SystemFiles, environment};
use script::diagnostic::Diagnostic;
use script::source::{LoadOptions, Preprocessor, Source, load};
use std::collections::BTreeMap;

/// A script's place, and how it is read.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file, through a preprocessor if one is named.
    File {
        /// Its path; `-` is the standard input.
        path: String,
        /// The command of `-p`.
        preprocessor: Option<String>,
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
    /// Reads it.
    pub fn load(&self) -> (Source, Vec<Diagnostic>) {
        let environment = environment();
        match self {
            Origin::File { path, preprocessor } => {
                let options = LoadOptions { files: &SystemFiles, environment: &environment };
                let mut shell = preprocessor.as_deref().map(ShellPreprocessor::new);
                load(path, &options, shell.as_mut().map(|shell| shell as &mut dyn Preprocessor))
            }
            Origin::Text { name, text } => {
                let files = BTreeMap::from([(name.clone(), text.clone().into_bytes())]);
                load(name, &LoadOptions { files: &files, environment: &environment }, None)
            }
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Origin::File { path, .. } => path,
            Origin::Text { name, .. } => name,
        }
    }
}
