//! What a module gets when it starts: its parameters, and the ways to be called later.

use crate::judging::{Refusal, refused};
use crate::sql::Database;
use crate::{
    Counter, DatabaseSet, DialogHook, Dialogs, Env, FormatHandle, Gate, Hook, Interned, Job, KeyValueStore, Location,
    Logger, Settings, Sockets, StartError, State, Statistics, Time, TransactionSettings, VariableHandle,
};
use catalogue::{Default, NameId, Param, Statistic, Table, Value};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A module starting.
pub struct Setup<'a> {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub params: Params<'a>,
    /// Global parameters.
    pub settings: &'a Settings,
    /// Sockets and own names.
    pub sockets: &'a Sockets,
    /// Names of AVPs, variables and flags.
    pub names: &'a Arc<Interned>,
    /// Statistics.
    pub statistics: &'a Statistics,
    /// The log.
    pub log: &'a Logger,
    /// Now.
    pub now: Time,
    /// 32 random bytes of this module's own.
    pub seed: [u8; 32],
    /// The modules that the script loads, by name.
    pub loaded: &'a [&'static str],
    /// The modules that have started already, by name.
    pub started: &'a BTreeMap<&'static str, State>,
    /// What it asks for; the engine takes it over.
    pub wishes: &'a mut Wishes,
    /// Compiles variables and format strings of parameters.
    pub compiler: &'a dyn Compiler,
}

/// What modules ask for while starting.
#[derive(Default)]
pub struct Wishes {
    /// Database URLs; the position is the [`Database`], with the tables that must be there and whether their versions
    /// are checked.
    pub databases: Vec<DatabaseWish>,
    /// Databases that stand together behind a virtual one.
    pub database_sets: Vec<Arc<DatabaseSet>>,
    /// Work on a timer.
    pub timers: Vec<(Duration, TimerJob)>,
    /// Work before the first message is accepted; its faults stop the server.
    pub at_start: Vec<(&'static str, StartJob)>,
    /// Work at a clean stop, after the last message.
    pub at_stop: Vec<(&'static str, StartJob)>,
    /// Watchers of transactions.
    pub hooks: Vec<(State, Hook)>,
    /// What messages go through before the script sees them.
    pub gates: Vec<Gate>,
    /// How transactions behave; without module `tm` there are none.
    pub transactions: Option<TransactionSettings>,
    /// Values that `$var(name)` begins with in every run of the script.
    pub variables: Vec<(NameId, Value)>,
    /// Key-value stores.
    pub caches: Vec<(String, Arc<dyn KeyValueStore>)>,
    /// Where users are, once module `usrloc` has started.
    pub location: Option<Arc<dyn Location>>,
    /// The dialogs, once module `dialog` has started.
    pub dialogs: Option<Arc<dyn Dialogs>>,
    /// Watchers of dialogs.
    pub dialog_hooks: Vec<(State, DialogHook)>,
    /// What modules refuse though they could start.
    pub refused: Vec<(&'static str, StartError)>,
    /// What edges must start: an MI transport, an HTTP server, with the module's parameters.
    pub edges: Vec<(&'static str, BTreeMap<&'static str, String>)>,
}

/// A database some modules need.
#[derive(Clone, Debug, Default)]
pub struct DatabaseWish {
    /// Its URL.
    pub url: String,
    /// Tables and versions that must be there.
    pub tables: Vec<(String, i32)>,
    /// Tables and columns that must be there besides: those that a script names.
    pub columns: Vec<(String, String)>,
    /// Pragmas and the like, for the engine's own module (`db_sqlite`).
    pub options: Vec<(String, String)>,
}

/// Work on a timer.
pub type TimerJob = Box<dyn Fn(&mut Env<'_>) -> Job + Send + Sync>;
/// Work at start or stop.
pub type StartJob = Box<dyn FnOnce(&mut Env<'_>) -> Job + Send>;

/// Compiles what stands in parameters.
pub trait Compiler {
    /// A variable, `"$avp(x)"`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    fn variable(&self, text: &str) -> Result<VariableHandle, String>;
    /// A format string.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    fn format(&self, text: &str) -> Result<FormatHandle, String>;
    /// The different constants that the script passes to a function as this argument (0 is the first): the tables
    /// that must be there, the sets that must be loaded, before the first message comes.
    fn constants(&self, function: &str, argument: usize) -> Vec<String> {
        let _ = (function, argument);
        Vec::new()
    }
}

/// The parameters of a module as set by the script; types and ranges are checked.
#[derive(Clone, Copy)]
pub struct Params<'a> {
    set: &'a [(&'static str, ParamSetting)],
}

/// A value given by `modparam`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamSetting {
    /// An integer.
    Int(i32),
    /// A string.
    Str(String),
}

impl<'a> Params<'a> {
    /// From what the script set, in its order.
    pub const fn new(set: &'a [(&'static str, ParamSetting)]) -> Params<'a> {
        Params { set }
    }

    fn last(&self, param: &Param) -> Option<&'a ParamSetting> {
        self.set.iter().rev().find(|(name, _)| *name == param.name).map(|(_, value)| value)
    }

    /// Whether the script sets it.
    pub fn is_set(&self, param: &Param) -> bool {
        self.last(param).is_some()
    }

    /// An integer, or its default (0 where it has none).
    pub fn int(&self, param: &Param) -> i32 {
        match (self.last(param), param.default) {
            (Some(ParamSetting::Int(number)), _) => *number,
            (None, Default::Int(number)) => number,
            _ => 0,
        }
    }

    /// Whether an integer is not 0.
    pub fn is_on(&self, param: &Param) -> bool {
        self.int(param) != 0
    }

    /// A string, or its default.
    pub fn str(&self, param: &Param) -> Option<&'a str> {
        match (self.last(param), param.default) {
            (Some(ParamSetting::Str(text)), _) => Some(text),
            (None, Default::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A string that has a default, or is empty.
    pub fn text(&self, param: &Param) -> &'a str {
        self.str(param).unwrap_or_default()
    }

    /// The parameters that are set or have a default, by name and as text: what an edge is started with.
    pub fn as_texts(&self, params: &[Param]) -> BTreeMap<&'static str, String> {
        let text = |param: &Param| match (self.last(param), param.default) {
            (Some(ParamSetting::Int(number)), _) => Some(number.to_string()),
            (Some(ParamSetting::Str(text)), _) => Some(text.clone()),
            (None, Default::Int(number)) => Some(number.to_string()),
            (None, Default::Str(text)) => Some(text.to_owned()),
            (None, Default::Unset) => None,
        };
        params.iter().filter_map(|param| Some((param.name, text(param)?))).collect()
    }

    /// All values of a parameter that may repeat.
    pub fn strs(&self, param: &Param) -> Vec<&'a str> {
        let name = param.name;
        let texts = self.set.iter().filter(|(known, _)| *known == name);
        let texts = texts.filter_map(|(_, value)| match value {
            ParamSetting::Str(text) => Some(text.as_str()),
            ParamSetting::Int(_) => None,
        });
        texts.collect()
    }
}

impl<'a> Setup<'a> {
    /// The counter of one of the module's statistics.
    pub fn counter(&self, statistic: &Statistic) -> Counter {
        self.statistics.counter(self.name, statistic.name, statistic.resets)
    }

    /// A statistic that is computed when it is read.
    pub fn computed(&self, statistic: &Statistic, compute: impl Fn() -> i64 + Send + Sync + 'static) {
        self.statistics.computed(self.name, statistic.name, compute);
    }

    /// The variable that a parameter names, if it is set.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn variable(&self, param: &Param) -> Result<Option<VariableHandle>, StartError> {
        let Some(text) = self.params.str(param).filter(|text| !text.is_empty()) else { return Ok(None) };
        self.compiler.variable(text).map(Some).map_err(|error| StartError::param(param.name, error))
    }

    /// The number of the branch flag that a parameter names, if it is set.
    ///
    /// # Errors
    /// There are 32 others already.
    pub fn branch_flag(&self, param: &Param) -> Result<Option<u8>, StartError> {
        let Some(name) = self.params.str(param) else { return Ok(None) };
        let number = self.names.flags.branch.number(name);
        number.map(Some).ok_or_else(|| StartError::param(param.name, "there are 32 branch flags already"))
    }

    /// The number of the message flag that a parameter names, if it is set.
    ///
    /// # Errors
    /// There are 32 others already.
    pub fn message_flag(&self, param: &Param) -> Result<Option<u8>, StartError> {
        let Some(name) = self.params.str(param) else { return Ok(None) };
        let number = self.names.flags.message.number(name);
        number.map(Some).ok_or_else(|| StartError::param(param.name, "there are 32 message flags already"))
    }

    /// The database of a URL parameter, or of `db_default_url` where it is not set; the tables must be there.
    ///
    /// # Errors
    /// There is no URL.
    pub fn database(&mut self, param: &Param, tables: &[&Table]) -> Result<Database, StartError> {
        let url = self.params.str(param).map(str::to_owned).or_else(|| self.settings.db_default_url.clone());
        let Some(url) = url else {
            return Err(StartError::param(param.name, "no database: set it, or db_default_url"));
        };
        Ok(self.database_at(&url, tables))
    }

    /// The database of a URL.
    pub fn database_at(&mut self, url: &str, tables: &[&Table]) -> Database {
        let needed = tables.iter().map(|table| (table.name.to_owned(), table.version));
        let known = self.wishes.databases.iter().position(|wish| wish.url == url);
        let position = known.unwrap_or_else(|| {
            self.wishes.databases.push(DatabaseWish { url: url.to_owned(), ..DatabaseWish::default() });
            self.wishes.databases.len() - 1
        });
        if let Some(wish) = self.wishes.databases.get_mut(position) {
            wish.tables.extend(needed);
        }
        Database(u16::try_from(position).unwrap_or(u16::MAX))
    }

    /// Databases that modules may name together, as `virtual://` and the set's name.
    pub fn offer_database_set(&mut self, set: &Arc<DatabaseSet>) {
        self.wishes.database_sets.push(Arc::clone(set));
    }

    /// A column that a script names must be there.
    pub fn needs_column(&mut self, database: Database, table: &str, column: &str) {
        if let Some(wish) = self.wishes.databases.get_mut(usize::from(database.0)) {
            wish.columns.push((table.to_owned(), column.to_owned()));
        }
    }

    /// Refuses the constants that the script passes to a function as this argument (0 is the first) and that cannot be
    /// read; an empty one is an argument left out.
    pub fn hold<E: Into<Refusal>>(
        &mut self,
        function: &'static str,
        argument: usize,
        read: impl Fn(&str) -> Result<(), E>,
    ) {
        let refused =
            refused(&|function, argument| self.compiler.constants(function, argument), function, argument, read);
        self.wishes.refused.extend(refused.into_iter().map(|error| (self.name, error)));
    }

    /// Runs `job` every `interval`.
    pub fn every(&mut self, interval: Duration, job: impl Fn(&mut Env<'_>) -> Job + Send + Sync + 'static) {
        self.wishes.timers.push((interval, Box::new(job)));
    }

    /// Runs `job` before the first message is accepted; its fault stops the server.
    pub fn at_start(&mut self, job: impl FnOnce(&mut Env<'_>) -> Job + Send + 'static) {
        self.wishes.at_start.push((self.name, Box::new(job)));
    }

    /// Runs `job` at a clean stop, after the last message.
    pub fn at_stop(&mut self, job: impl FnOnce(&mut Env<'_>) -> Job + Send + 'static) {
        self.wishes.at_stop.push((self.name, Box::new(job)));
    }

    /// Calls `hook` at each moment in the life of every transaction, with the module's state `state`.
    pub fn watch_transactions(&mut self, state: &State, hook: Hook) {
        self.wishes.hooks.push((Arc::clone(state), hook));
    }

    /// Calls `hook` at each moment in the life of every dialog, with the module's state `state`.
    pub fn watch_dialogs(&mut self, state: &State, hook: DialogHook) {
        self.wishes.dialog_hooks.push((Arc::clone(state), hook));
    }

    /// Puts a gate before the script, behind those of modules that started before.
    pub fn gate(&mut self, gate: Gate) {
        self.wishes.gates.push(gate);
    }

    /// Offers a key-value store under a name.
    pub fn offer_cache(&mut self, name: impl Into<String>, store: Arc<dyn KeyValueStore>) {
        self.wishes.caches.push((name.into(), store));
    }

    /// Asks the edge of this name to start with these parameters.
    pub fn start_edge(&mut self, edge: &'static str, params: BTreeMap<&'static str, String>) {
        self.wishes.edges.push((edge, params));
    }

    /// The state of a module of the same crate that started before (it is among `depends`).
    ///
    /// # Errors
    /// It is not loaded.
    pub fn state_of<T: Any + Send + Sync>(&self, module: &str) -> Result<Arc<T>, StartError> {
        let state = self.started.get(module).cloned();
        let state =
            state.ok_or_else(|| StartError::new(format!("needs module {module}: loadmodule \"{module}.so\"")))?;
        state.downcast::<T>().map_err(|_| StartError::new(format!("module {module} is of another kind")))
    }
}
