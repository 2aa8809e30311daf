//! How databases are used: global parameters, and those of module `db_sqlite`.

use crate::OpenError;
use crate::url::Engine;
use module_api::DatabaseSet;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How databases are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `db_version_table`: the table of versions.
    pub version_table: String,
    /// `query_timeout`: how long a query may wait, and how long run; then it is answered with a fault.
    pub deadline: Duration,
    /// A query that takes longer is counted as slow and logged; `None`: none is.
    pub slow: Option<Duration>,
    /// `readers_max`: how many queries may read at once.
    pub readers_max: usize,
    /// How many queries may wait for a database to read, and as many to write.
    pub waiting_max: usize,
    /// The most rows an answer may have.
    pub rows_max: usize,
    /// `busy_timeout`: how long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// `exec_pragma`: pragmas run for each connection, after our own.
    pub pragmas: Vec<String>,
    /// `load_extension`: libraries with their entry point.
    pub extensions: Vec<(String, Option<String>)>,
    /// How PostgreSQL is used: module `db_postgres`.
    pub postgres: Tuning,
    /// How MySQL is used: module `db_mysql`.
    pub mysql: Tuning,
    /// The sets behind virtual databases: module `db_virtual`.
    pub sets: DatabaseSets,
}

/// Sets of databases, by their names.
#[derive(Clone, Debug, Default)]
pub struct DatabaseSets(pub Vec<Arc<DatabaseSet>>);

impl DatabaseSets {
    /// The set of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn named(&self, name: &str) -> Result<&Arc<DatabaseSet>, OpenError> {
        self.0.iter().find(|set| set.name == name).ok_or_else(|| OpenError::NoSet {
            name: name.to_owned(),
            known: self.0.iter().map(|set| set.name.clone()).collect(),
        })
    }
}

impl PartialEq for DatabaseSets {
    fn eq(&self, other: &DatabaseSets) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

impl Eq for DatabaseSets {}

/// How servers of a kind are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a query may wait for its turn, and as long run; then it is answered with a fault.
    pub deadline: Duration,
    /// A query that takes longer is counted as slow and logged; `None`: none is.
    pub slow: Option<Duration>,
    /// How often to connect in a row.
    pub connects_max: u32,
    /// How often to begin a query whose connection is lost before the server can have kept it.
    pub attempts_max: u32,
    /// How many connections read at once; one more writes.
    pub readers_max: usize,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            connect_timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(5),
            slow: None,
            connects_max: 1,
            attempts_max: 2,
            readers_max: 10,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            version_table: "version".to_owned(),
            deadline: Duration::from_secs(10),
            slow: None,
            readers_max: 1_000,
            waiting_max: 65_536,
            rows_max: 10_000_000,
            busy_timeout: Duration::from_millis(500),
            pragmas: Vec::new(),
            sets: DatabaseSets::default(),
            extensions: Vec::new(),
            postgres: Tuning::default(),
            mysql: Tuning {
                connect_timeout: Duration::from_secs(6),
                deadline: Duration::from_secs(6),
                connects_max: 3,
                ..Tuning::default()
            },
        }
    }
}

impl Options {
    /// Takes the parameters of module `db_sqlite`, as it passes them on; repeated ones are lines of one text.
    ///
    /// # Errors
    /// A parameter cannot be read.
    pub fn set_sqlite(&mut self, params: &BTreeMap<&'static str, String>) -> Result<(), OpenError> {
        if let Some(text) = params.get("busy_timeout") {
            let milliseconds = text.parse().map_err(|_| OpenError::BadOption {
                option: format!("busy_timeout {text}"),
                reason: "it is a number of milliseconds".to_owned(),
            })?;
            self.busy_timeout = Duration::from_millis(milliseconds);
        }
        if let Some(text) = params.get("query_timeout") {
            let seconds = text.parse().map_err(|_| OpenError::BadOption {
                option: format!("query_timeout {text}"),
                reason: "it is a number of seconds".to_owned(),
            })?;
            self.deadline = Duration::from_secs(seconds);
        }
        if let Some(text) = params.get("readers_max") {
            self.readers_max = text.parse().map_err(|_| OpenError::BadOption {
                option: format!("readers_max {text}"),
                reason: "it is a number of queries".to_owned(),
            })?;
        }
        let lines = |name: &str| params.get(name).into_iter().flat_map(|text| text.lines()).map(str::trim);
        self.pragmas.extend(lines("exec_pragma").filter(|line| !line.is_empty()).map(str::to_owned));
        self.extensions.extend(lines("load_extension").filter(|line| !line.is_empty()).map(extension));
        Ok(())
    }
}

impl Options {
    /// How servers of this kind are used.
    pub fn tuning(&self, engine: Engine) -> &Tuning {
        match engine {
            Engine::Postgres => &self.postgres,
            Engine::Mysql => &self.mysql,
        }
    }

    /// Takes the parameters of module `db_postgres` or `db_mysql`, as it passes them on: numbers.
    pub fn set_server(&mut self, engine: Engine, params: &BTreeMap<&'static str, String>) {
        let tuning = match engine {
            Engine::Postgres => &mut self.postgres,
            Engine::Mysql => &mut self.mysql,
        };
        let number = |name: &str| params.get(name).and_then(|text| text.parse::<u32>().ok());
        let seconds = |number: u32| Duration::from_secs(number.max(1).into());
        if let Some(timeout) = number("timeout").map(seconds) {
            (tuning.connect_timeout, tuning.deadline) = (timeout, timeout);
        }
        if let Some(threshold) = number("exec_query_threshold") {
            tuning.slow = Some(Duration::from_micros(threshold.into())).filter(|threshold| !threshold.is_zero());
        }
        tuning.connects_max = number("max_db_retries").unwrap_or(tuning.connects_max);
        tuning.attempts_max = number("max_db_queries").unwrap_or(tuning.attempts_max);
        let readers = number("readers_max").and_then(|number| usize::try_from(number).ok());
        tuning.readers_max = readers.unwrap_or(tuning.readers_max);
    }
}

/// `file` or `file;entry_point`
fn extension(text: &str) -> (String, Option<String>) {
    let (file, entry) = text.split_once(';').unwrap_or((text, ""));
    (file.trim().to_owned(), Some(entry.trim().to_owned()).filter(|entry| !entry.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::Options;
    use std::collections::BTreeMap;

    #[test]
    fn parameters_of_the_module_are_read() {
        let mut options = Options::default();
        let params = BTreeMap::from([
            ("busy_timeout", "1500".to_owned()),
            ("readers_max", "7".to_owned()),
            ("query_timeout", "3".to_owned()),
            ("exec_pragma", "synchronous=NORMAL\ncache_size=-8000".to_owned()),
            ("load_extension", "/usr/lib/regexp.so;sqlite3_regexp_init\n/usr/lib/x.so".to_owned()),
        ]);
        options.set_sqlite(&params).unwrap();
        assert_eq!((options.readers_max, options.deadline.as_secs()), (7, 3));
        assert_eq!(options.busy_timeout.as_millis(), 1500);
        assert_eq!(options.pragmas, ["synchronous=NORMAL", "cache_size=-8000"]);
        assert_eq!(options.extensions[0].1.as_deref(), Some("sqlite3_regexp_init"));
        assert_eq!(options.extensions[1], ("/usr/lib/x.so".to_owned(), None));
        assert!(options.set_sqlite(&BTreeMap::from([("busy_timeout", "soon".to_owned())])).is_err());
    }
}
