//! Sets of two files of SQLite, of which one may be locked by somebody else.

use crate::sqlite::tests::Directory;
use crate::{DatabaseSets, Databases, Options};
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{DatabaseSet, DatabaseWish, Fault, Level, LogSink, Logger, SetMember, SetMode, Statistics};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

struct Fixture {
    directory: Directory,
    paths: [PathBuf; 2],
    set: Arc<DatabaseSet>,
    databases: Databases,
}

/// Two files with a table of people, each with a row that names the file.
fn fixture(mode: SetMode, probe: Duration) -> Fixture {
    let directory = Directory::new();
    let paths = ["one", "other"].map(|name| {
        let path = directory.file(name);
        directory.sql(&path, "PRAGMA journal_mode = WAL");
        directory.sql(&path, "CREATE TABLE people (name CHAR(64) UNIQUE)");
        directory.sql(&path, &format!("INSERT INTO people VALUES ('{name}')"));
        path
    });
    let members = paths.iter().map(|path| SetMember::new(format!("sqlite://{}", path.display()))).collect();
    let set = Arc::new(DatabaseSet { name: "both".to_owned(), mode, members, probe, retries_max: 10 });
    let options = Options {
        sets: DatabaseSets(vec![Arc::clone(&set)]),
        busy_timeout: Duration::from_millis(1),
        deadline: Duration::from_millis(300),
        ..Options::default()
    };
    let wish = DatabaseWish { url: "virtual://both".to_owned(), ..DatabaseWish::default() };
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    let databases = Databases::open(&[wish], &options, &Statistics::default(), &log).expect("open");
    Fixture { directory, paths, set, databases }
}

impl Fixture {
    fn ask(&self, query: Query) -> Result<Rows, Fault> {
        let (answer, answered) = channel();
        self.databases.submit(query, Box::new(move |rows| answer.send(rows).unwrap()));
        answered.recv().unwrap()
    }

    fn add(&self, name: &str) -> Result<Rows, Fault> {
        self.ask(Query::new(Database(0), &Statement::insert("people", &["name"]), [Cell::text(name)]))
    }

    fn first(&self) -> String {
        let select = Statement::raw("SELECT name FROM people WHERE name IN ('one', 'other')");
        let rows = self.ask(Query::new(Database(0), &select, [])).unwrap();
        String::from_utf8(rows.rows[0][0].to_bytes().unwrap().to_vec()).unwrap()
    }

    /// In which files somebody is.
    fn places(&self, name: &str) -> [bool; 2] {
        let count = format!("SELECT count(*) FROM people WHERE name = '{name}'");
        self.paths.each_ref().map(|path| self.directory.sql(path, &count).trim() == "1")
    }

    /// Nobody else can write the first file as long as this is held.
    fn lock(&self) -> Connection {
        let connection = Connection::open(&self.paths[0]).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        connection
    }
}

#[test]
fn where_the_first_fails_the_next_does_it_until_the_first_is_back() {
    let fixture = fixture(SetMode::Failover, Duration::ZERO);
    fixture.add("early").unwrap();
    assert_eq!(fixture.places("early"), [true, false]);
    let lock = fixture.lock();
    fixture.add("meanwhile").unwrap();
    drop(lock);
    assert_eq!(fixture.places("meanwhile"), [false, true]);
    // It is asked beside the queries, and used once it has answered.
    while !fixture.set.members[0].is_up() {
        fixture.first();
    }
    fixture.add("late").unwrap();
    assert_eq!(fixture.places("late"), [true, false]);
}

#[test]
fn who_failed_is_left_alone_for_a_while() {
    let fixture = fixture(SetMode::Failover, Duration::from_secs(3600));
    let lock = fixture.lock();
    fixture.add("meanwhile").unwrap();
    drop(lock);
    fixture.add("soon").unwrap();
    assert_eq!(fixture.places("soon"), [false, true]);
}

#[test]
fn a_statement_that_is_wrong_is_wrong_everywhere() {
    let fixture = fixture(SetMode::Failover, Duration::ZERO);
    fixture.add("twice").unwrap();
    assert!(fixture.add("twice").is_err());
    assert_eq!(fixture.places("twice"), [true, false]);
    assert!(fixture.set.members[0].is_up());
}

#[test]
fn in_parallel_all_write_and_one_that_fails_is_no_harm() {
    let fixture = fixture(SetMode::Parallel, Duration::from_secs(3600));
    fixture.add("both").unwrap();
    assert_eq!(fixture.places("both"), [true, true]);
    let lock = fixture.lock();
    fixture.add("other").expect_err("it is there already");
    fixture.add("meanwhile").unwrap();
    drop(lock);
    assert_eq!(fixture.places("meanwhile"), [false, true]);
}

#[test]
fn in_turn_each_is_asked_once() {
    let fixture = fixture(SetMode::Round, Duration::ZERO);
    let asked: Vec<String> = (0..4).map(|_| fixture.first()).collect();
    assert_eq!(asked, ["one", "other", "one", "other"]);
}

#[test]
fn the_operators_word_counts() {
    let fixture = fixture(SetMode::Failover, Duration::ZERO);
    fixture.set.members[0].allow(false, None);
    assert_eq!(fixture.first(), "other");
    fixture.set.members[1].allow(false, None);
    let refused = fixture.add("nobody").unwrap_err();
    assert_eq!(refused.text, "no database of the set both may be used");
}

#[test]
fn a_set_that_nobody_has_defined() {
    let wish = DatabaseWish { url: "virtual://none".to_owned(), ..DatabaseWish::default() };
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    let errors = Databases::open(&[wish], &Options::default(), &Statistics::default(), &log).err().unwrap();
    assert!(errors[0].to_string().starts_with("virtual://none names no set of databases"), "{}", errors[0]);
}
