//! The groups of expressions: read before the first message, and put in place as a whole when they are read again.

use super::Regexes;
use super::expression::{Expression, Options};
use super::file::{self, Bounds};
use module_api::{Answer, Fault, Job, Request, Setup};
use std::sync::{Arc, PoisonError, RwLock};

/// The file, and what it said when it was last read.
pub(super) struct Groups {
    path: String,
    bounds: Bounds,
    options: Options,
    /// A group without expressions matches nothing.
    current: RwLock<Arc<Vec<Option<Expression>>>>,
}

/// What a comment may take on top of what the groups may.
const FILE_BYTES_MIN: usize = 1 << 20;

impl Groups {
    pub(super) fn new(path: &str, bounds: Bounds, options: Options) -> Groups {
        Groups { path: path.to_owned(), bounds, options, current: RwLock::default() }
    }

    /// All groups, as they are now.
    pub(super) fn current(&self) -> Arc<Vec<Option<Expression>>> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What to ask for the file.
    pub(super) fn question(&self) -> Request {
        let most = self.bounds.groups.saturating_mul(self.bounds.group_bytes).saturating_mul(2);
        Request::Read { path: self.path.clone(), bytes_max: most.max(FILE_BYTES_MIN) }
    }

    /// Puts what the file says in place; if anything is wrong with it, what was there stays.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn take(&self, answer: Answer) -> Result<(), Fault> {
        let content = answer.content()?;
        let wrong = |text: String| Fault::script(format!("{}: {text}", self.path));
        let mut groups = Vec::new();
        for (number, text) in file::parse(&content, self.bounds).map_err(wrong)?.iter().enumerate() {
            let expression = (!text.is_empty()).then(|| Expression::new(text, self.options)).transpose();
            groups.push(expression.map_err(|fault| wrong(format!("group {number}: {fault}")))?);
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(groups);
        Ok(())
    }
}

/// Reads the file before the first message comes.
pub(super) fn read_at_start(setup: &mut Setup<'_>, state: &Arc<Regexes>) {
    let Some(question) = state.groups.as_ref().map(Groups::question) else { return };
    let state = Arc::clone(state);
    setup.at_start(move |_| {
        Job::wait(question, move |_, answer| Job::Done(state.groups.as_ref().map_or(Ok(()), |all| all.take(answer))))
    });
}
