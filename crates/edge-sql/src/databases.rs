//! All databases of a server, by their numbers.

use crate::sqlite::{Counters, Sqlite};
use crate::{OpenError, Options, Url};
use module_api::sql::{Query, Rows};
use module_api::{DatabaseWish, Fault, Logger, Statistics};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What takes the answer to a query. It is called once, by a thread of the database, and should not take long.
pub type Reply = Box<dyn FnOnce(Result<Rows, Fault>) + Send>;

/// All databases: the number of a wish is the number of its database.
pub struct Databases {
    list: Vec<Arc<Sqlite>>,
    counters: Arc<Counters>,
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
        let mut open: BTreeMap<Url, Arc<Sqlite>> = BTreeMap::new();
        let (mut list, mut errors) = (Vec::new(), Vec::new());
        for wish in wishes {
            match open_one(wish, &mut open, options, &counters, log) {
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

fn open_one(
    wish: &DatabaseWish,
    open: &mut BTreeMap<Url, Arc<Sqlite>>,
    options: &Options,
    counters: &Arc<Counters>,
    log: &Logger,
) -> Result<(Arc<Sqlite>, Vec<OpenError>), OpenError> {
    let mut url = Url::parse(&wish.url)?;
    if let Ok(path) = url.path.canonicalize() {
        url.path = path;
    }
    let database = match open.get(&url) {
        Some(database) => Arc::clone(database),
        None => {
            let database = Arc::new(Sqlite::open(&url.path, options, counters, log)?);
            open.insert(url, Arc::clone(&database));
            database
        }
    };
    let missing = database.check_tables(&wish.tables, &options.version_table);
    Ok((database, missing))
}

impl Drop for Databases {
    fn drop(&mut self) {
        self.stop();
    }
}
