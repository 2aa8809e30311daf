//! The files of rules: read before the first message, or where a name comes from a variable, when it is first asked for.

use super::rules::Rules;
use super::{ALLOW_SUFFIX, DEFAULT_ALLOW_FILE, DEFAULT_DENY_FILE, DENY_SUFFIX, Permissions};
use module_api::{Answer, Fault, Job, Request, Setup};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The files read so far, by their base names; `None` is the default pair.
pub struct Files {
    directory: String,
    default: [String; 2],
    suffixes: [String; 2],
    pairs: RwLock<BTreeMap<Option<String>, Arc<Pair>>>,
}

/// What two files say.
#[derive(Debug, Default)]
pub struct Pair {
    allow: Rules,
    deny: Rules,
}

/// Base names may come from variables; more files than that are not read.
const PAIRS_MAX: usize = 256;
/// A longer base name or URI is refused, as upstream does.
pub const NAME_BYTES_MAX: usize = 500;
const FILE_BYTES_MAX: usize = 1 << 20;

impl Files {
    /// None read yet.
    pub fn new(setup: &Setup<'_>) -> Files {
        let text = |param| setup.params.text(param).to_owned();
        let script = &setup.settings.script_path;
        Files {
            directory: script.rsplit_once('/').map_or_else(String::new, |(directory, _)| format!("{directory}/")),
            default: [text(&DEFAULT_ALLOW_FILE), text(&DEFAULT_DENY_FILE)],
            suffixes: [text(&ALLOW_SUFFIX), text(&DENY_SUFFIX)],
            pairs: RwLock::default(),
        }
    }

    /// The base names that the script passes to functions, and the default pair.
    pub fn named(&self, setup: &Setup<'_>) -> Vec<Option<String>> {
        let functions = ["allow_routing", "allow_register", "allow_uri"];
        let names = functions.iter().flat_map(|function| setup.compiler.constants(function, 0));
        let mut names: Vec<Option<String>> = names.filter(|name| !name.is_empty()).map(Some).collect();
        names.push(None);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The files of a base name, if they have been read.
    pub fn pair(&self, base: &Option<String>) -> Option<Arc<Pair>> {
        self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(base).cloned()
    }

    /// What asks for one of the files. One that is not there is as good as empty.
    pub fn question(&self, base: &Option<String>, which: Which) -> Request {
        Request::Recall { path: self.path(base, which), bytes_max: FILE_BYTES_MAX }
    }

    fn path(&self, base: &Option<String>, which: Which) -> String {
        let [allow, deny] = &self.default;
        let [allow_suffix, deny_suffix] = &self.suffixes;
        let (default, suffix) = match which {
            Which::Allow => (allow, allow_suffix),
            Which::Deny => (deny, deny_suffix),
        };
        let name = base.as_ref().map_or_else(|| default.clone(), |base| format!("{base}{suffix}"));
        if name.starts_with('/') { name } else { format!("{}{name}", self.directory) }
    }

    /// Reads what a file says.
    ///
    /// # Errors
    /// It cannot be read, or what is wrong with it.
    pub fn rules(&self, base: &Option<String>, which: Which, answer: Answer) -> Result<Rules, Fault> {
        let wrong = |text: String| Fault::script(format!("{}: {text}", self.path(base, which)));
        let content = answer.recalled().map_err(|fault| wrong(fault.text.into_owned()))?;
        Rules::parse(&content.unwrap_or_default()).map_err(wrong)
    }

    /// Keeps the files of a base name.
    ///
    /// # Errors
    /// There are too many.
    pub fn keep(&self, base: Option<String>, allow: Rules, deny: Rules) -> Result<Arc<Pair>, Fault> {
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        if pairs.len() >= PAIRS_MAX && !pairs.contains_key(&base) {
            return Err(Fault::us(format!("there are {PAIRS_MAX} files of rules already")));
        }
        let pair = Arc::new(Pair { allow, deny });
        pairs.insert(base, Arc::clone(&pair));
        Ok(pair)
    }
}

/// Which of two files.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Of what is allowed.
    Allow,
    /// Of what is denied.
    Deny,
}

impl Pair {
    /// Whether all pairs of URIs may be: each is allowed, or none of the others is denied.
    pub fn allows<'a>(&self, left: &[u8], mut rights: impl Iterator<Item = &'a Vec<u8>>) -> bool {
        rights.all(|right| self.allow.match_pair(left, right) || !self.deny.match_pair(left, right))
    }
}

/// Reads the files of these base names before the first message is accepted.
pub fn read_all(module: Arc<Permissions>, mut names: Vec<Option<String>>) -> Job {
    let Some(base) = names.pop() else { return Job::DONE };
    Job::wait(module.files.question(&base, Which::Allow), move |_, answer| {
        let allow = match module.files.rules(&base, Which::Allow, answer) {
            Ok(allow) => allow,
            Err(fault) => return Job::Done(Err(fault)),
        };
        Job::wait(module.files.question(&base, Which::Deny), move |_, answer| {
            let deny = module.files.rules(&base, Which::Deny, answer);
            match deny.and_then(|deny| module.files.keep(base, allow, deny)) {
                Ok(_) => read_all(module, names),
                Err(fault) => Job::Done(Err(fault)),
            }
        })
    })
}
