//! Whose AVPs: `"$fu/username"`, `"$avp(uuid)"`, `"alice/username"`.

use bytes::Bytes;
use catalogue::Verdict;
use module_api::{Call, Fault, FormatHandle, Setup, VariableHandle};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The functions that take a source as their first argument, by their names of today and before.
const FUNCTIONS: [&str; 6] =
    ["sql_avp_load", "sql_avp_store", "sql_avp_delete", "avp_db_load", "avp_db_store", "avp_db_delete"];
/// How many compiled sources are kept; a script that has more compiles the rest each time.
const KNOWN_MAX: usize = 256;

/// The sources that the script names, compiled once.
#[derive(Default)]
pub struct Sources {
    known: Mutex<BTreeMap<Bytes, Arc<Source>>>,
}

/// A source.
pub struct Source {
    value: Written,
    by: By,
}

/// How the value of a source is written.
enum Written {
    Constant(Bytes),
    Variable(VariableHandle),
    Format(FormatHandle),
}

/// What of a source tells whose AVPs are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Uuid,
    Uri,
    Username,
    Domain,
}

/// Whose AVPs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Who has this unique identifier.
    Uuid(Bytes),
    /// The user of this name and domain.
    User(Bytes, Bytes),
    /// All users of this name.
    Username(Bytes),
    /// All users of this domain.
    Domain(Bytes),
}

impl Sources {
    /// Compiles the constants among them, so that a mistake is known at start.
    pub fn new(setup: &mut Setup<'_>) -> Sources {
        let sources = Sources::default();
        for function in FUNCTIONS {
            let compiler = setup.compiler;
            setup.hold(function, 0, |text| {
                let source = Source::compile(text, |variable| compiler.variable(variable).map(Written::Variable));
                let source = source.map_err(|error| format!("source \"{text}\": {error}"))?;
                sources.lock().insert(Bytes::copy_from_slice(text.as_bytes()), Arc::new(source));
                Ok::<(), String>(())
            });
        }
        sources
    }

    /// Whether the script names any.
    pub fn are_used(setup: &Setup<'_>) -> bool {
        FUNCTIONS.iter().any(|function| (0..2).any(|at| !setup.compiler.constants(function, at).is_empty()))
    }

    /// The source of this text, compiled when it is first asked for.
    ///
    /// # Errors
    /// It cannot be compiled.
    pub fn find(&self, call: &Call<'_>, text: &Bytes) -> Result<Arc<Source>, Fault> {
        if let Some(known) = self.lock().get(text) {
            return Ok(Arc::clone(known));
        }
        let written = std::str::from_utf8(text).map_err(|_| Fault::script("the source is not UTF-8 text"))?;
        let operations = call.env.operations;
        let source = Source::compile(written, |variable| operations.format(variable.as_bytes()).map(Written::Format));
        let source = source.map(Arc::new).map_err(|error| Fault::script(format!("source \"{written}\": {error}")))?;
        let mut known = self.lock();
        if known.len() < KNOWN_MAX {
            known.insert(text.clone(), Arc::clone(&source));
        }
        Ok(source)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Bytes, Arc<Source>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn compile(text: &str, variable: impl Fn(&str) -> Result<Written, String>) -> Result<Source, String> {
        let (value, by) = split(text);
        let by = by.unwrap_or(if matches!(value, "$ru" | "$fu" | "$tu" | "$ou") { By::Uri } else { By::Uuid });
        let value = match value.starts_with('$') {
            true => variable(value)?,
            false => Written::Constant(Bytes::copy_from_slice(value.as_bytes())),
        };
        Ok(Source { value, by })
    }

    /// Whose AVPs it means now.
    ///
    /// # Errors
    /// Its variable is NULL, or holds no URI where one is needed.
    pub fn owner(&self, call: &mut Call<'_>) -> Result<Owner, Fault> {
        let (value, is_constant) = match &self.value {
            Written::Constant(text) => (text.clone(), true),
            Written::Format(format) => match format.print(call) {
                text if &text[..] == b"<null>" => return Err(Fault::script("the source is NULL")),
                text => (text, false),
            },
            Written::Variable(variable) => {
                let value = variable.read(call).into_bytes();
                (value.ok_or_else(|| Fault::script(format!("{} is NULL", variable.text())))?, false)
            }
        };
        if self.by == By::Uuid {
            return Ok(Owner::Uuid(value));
        }
        let uri = match sip::Uri::parse(&value) {
            Ok(uri) => uri,
            // A constant may be the bare name.
            Err(_) if is_constant && self.by == By::Username => return Ok(Owner::Username(value)),
            Err(_) if is_constant && self.by == By::Domain => return Ok(Owner::Domain(value)),
            Err(error) => return Err(Fault::script(format!("\"{}\": {error}", String::from_utf8_lossy(&value)))),
        };
        let user = value.slice_ref(uri.user.unwrap_or_default());
        let domain = value.slice_ref(uri.host);
        Ok(match self.by {
            By::Username => Owner::Username(user),
            By::Domain => Owner::Domain(domain),
            By::Uri | By::Uuid => Owner::User(user, domain),
        })
    }
}

/// Whether it can tell whose AVPs are meant.
pub fn judge(text: &str) -> Verdict {
    const WORDS: &str = "a URI, an identifier or a variable, with /username, /domain, /uri or /uuid";
    let (value, by) = split(text);
    let word = value.rsplit_once('/').map(|(_, word)| word.trim()).filter(|_| value.starts_with('$') && by.is_none());
    if let Some(word) = word.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Verdict::must(false, word, "part of a URI", WORDS);
    }
    let is_constant = !value.starts_with('$');
    let is_uri = by != Some(By::Uri) || sip::Uri::parse(value.as_bytes()).is_ok();
    Verdict::must(!value.is_empty() && (!is_constant || is_uri), text, "source", WORDS)
}

/// The value as written, and what of it counts.
fn split(text: &str) -> (&str, Option<By>) {
    let by = text.rsplit_once('/').and_then(|(value, word)| {
        let by = match word.trim() {
            "username" => By::Username,
            "domain" => By::Domain,
            "uri" => By::Uri,
            "uuid" => By::Uuid,
            _ => return None,
        };
        Some((value, by))
    });
    by.map_or((text.trim(), None), |(value, by)| (value.trim(), Some(by)))
}

#[cfg(test)]
mod tests {
    use super::{By, split};

    #[test]
    fn only_the_words_themselves_say_what_counts() {
        assert_eq!(split("$fu/username"), ("$fu", Some(By::Username)));
        assert_eq!(split("$avp(x)"), ("$avp(x)", None));
        assert_eq!(split("a/b"), ("a/b", None));
    }
}
