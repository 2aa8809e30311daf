//! All databases of a server, by their numbers.

use crate::counters::Counters;
use crate::remote::{Remote, Runtime};
use crate::set::Set;
use crate::sqlite::Sqlite;
use crate::{OpenError, Options, Reply, Url};
use module_api::sql::{Params, Query, Statement};
use module_api::{DatabaseWish, Fault, Logger, Statistics};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All databases: the number of a wish is the number of its database.
pub struct Databases {
    list: Vec<Arc<Backend>>,
    counters: Arc<Counters>,
}

/// A database of one engine or another.
pub(crate) enum Backend {
    Sqlite(Box<Sqlite>),
    Remote(Box<Remote>),
    Set(Arc<Set>),
}

/// What databases are opened with.
struct Opening<'a> {
    open: BTreeMap<Url, Arc<Backend>>,
    /// The runtime of the connections to servers, once there is one.
    runtime: Option<Arc<Runtime>>,
    options: &'a Options,
    counters: Arc<Counters>,
    log: &'a Logger,
}

impl Databases {
    /// Opens the databases and checks their tables. URLs that mean the same file share it.
    ///
    /// # Errors
    /// All reasons why not.
    pub fn open(
        wishes: &[DatabaseWish],
        options: &Options,
        statistics: &Statistics,
        log: &Logger,
    ) -> Result<Databases, Vec<OpenError>> {
        let counters = Arc::new(Counters::new(statistics));
        let open = BTreeMap::new();
        let mut opening = Opening { open, runtime: None, options, counters: Arc::clone(&counters), log };
        let (mut list, mut errors) = (Vec::new(), Vec::new());
        for wish in wishes {
            match opening.open_one(wish) {
                Ok((database, mut missing)) => {
                    list.push(database);
                    errors.append(&mut missing);
                }
                Err(error) => errors.push(error),
            }
        }
        errors.dedup();
        if errors.is_empty() { Ok(Databases { list, counters }) } else { Err(errors) }
    }

    /// Runs a query; `reply` gets the answer, at the latest when its deadline has passed.
    pub fn submit(&self, query: Query, reply: Reply) {
        self.counters.total.increment();
        let Some(database) = self.list.get(usize::from(query.database.0)) else {
            return reply(Err(Fault::us("the query is for a database that was never opened")));
        };
        database.submit(query.statements, reply);
    }

    /// Answers what waits, and ends the threads.
    pub fn stop(&self) {
        self.list.iter().for_each(|database| database.stop());
    }
}

impl Opening<'_> {
    fn open_one(&mut self, wish: &DatabaseWish) -> Result<(Arc<Backend>, Vec<OpenError>), OpenError> {
        let database = self.open_url(&wish.url)?;
        let missing = database.check(wish, &self.options.version_table);
        Ok((database, missing))
    }

    fn open_url(&mut self, url: &str) -> Result<Arc<Backend>, OpenError> {
        let mut url = Url::parse(url)?;
        if let Url::Sqlite(path) = &mut url
            && let Ok(whole) = path.canonicalize()
        {
            *path = whole;
        }
        let database = match self.open.get(&url) {
            Some(database) => Arc::clone(database),
            None => {
                let database = Arc::new(self.open_new(&url)?);
                self.open.insert(url, Arc::clone(&database));
                database
            }
        };
        Ok(database)
    }

    fn open_set(&mut self, name: &str) -> Result<Backend, OpenError> {
        let set = Arc::clone(self.options.sets.named(name)?);
        let members = set.members.iter().map(|member| self.open_url(&member.url));
        let members = members.collect::<Result<Vec<_>, _>>()?;
        Ok(Backend::Set(Arc::new(Set::new(set, members, self.log))))
    }

    fn open_new(&mut self, url: &Url) -> Result<Backend, OpenError> {
        let server = match url {
            Url::Sqlite(path) => {
                return Sqlite::open(path, self.options, &self.counters, self.log)
                    .map(|database| Backend::Sqlite(Box::new(database)));
            }
            Url::Server(server) => server,
            Url::Set(name) => return self.open_set(name),
        };
        let runtime = match &self.runtime {
            Some(runtime) => Arc::clone(runtime),
            None => {
                let failed =
                    |error: std::io::Error| OpenError::Refused { place: url.place(), reason: error.to_string() };
                Arc::clone(self.runtime.insert(Arc::new(Runtime::start().map_err(failed)?)))
            }
        };
        Ok(Backend::Remote(Box::new(Remote::open(server, self.options, &self.counters, self.log, &runtime))))
    }
}

impl Backend {
    pub(crate) fn submit(&self, statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) {
        match self {
            Backend::Sqlite(database) => database.submit(statements, reply),
            Backend::Remote(database) => database.submit(statements, reply),
            Backend::Set(set) => set.submit(statements, reply),
        }
    }

    pub(crate) fn check(&self, wish: &DatabaseWish, version_table: &str) -> Vec<OpenError> {
        match self {
            Backend::Sqlite(database) => database.check(wish, version_table),
            Backend::Remote(database) => database.check(wish, version_table),
            Backend::Set(set) => set.check(wish, version_table),
        }
    }

    pub(crate) fn stop(&self) {
        match self {
            Backend::Sqlite(database) => database.stop(),
            Backend::Remote(database) => database.stop(),
            Backend::Set(set) => set.stop(),
        }
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        self.stop();
    }
}
