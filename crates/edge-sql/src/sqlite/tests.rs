//! Real files in a directory that goes away.

use crate::{Databases, Options};
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{DatabaseWish, Fault, Level, LogSink, Logger, Statistics};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;

/// A directory that is removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    /// A new one.
    pub fn new() -> Directory {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("edge-sql-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs statements as another process would; the rows as lines.
    pub fn sql(&self, path: &Path, sql: &str) -> String {
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut text = String::new();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|index| plain(row.get_ref(index).unwrap())).collect();
            text += &format!("{}\n", cells.join("|"));
        }
        text
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn plain(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef::{Blob, Integer, Null, Real, Text};
    match value {
        Null => "NULL".to_owned(),
        Integer(number) => number.to_string(),
        Real(number) => number.to_string(),
        Text(text) | Blob(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

fn open(path: &Path, tables: &[(&str, i32)], options: &Options) -> Result<Databases, String> {
    open_counted(path, tables, options, &Statistics::default())
}

fn open_counted(
    path: &Path,
    tables: &[(&str, i32)],
    options: &Options,
    statistics: &Statistics,
) -> Result<Databases, String> {
    let tables = tables.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect();
    let wish = DatabaseWish { url: format!("sqlite://{}", path.display()), tables, ..DatabaseWish::default() };
    let log = Logger::new(0, 0, Arc::new(Nowhere));
    Databases::open(&[wish], options, statistics, &log)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn ask(databases: &Databases, query: Query) -> Result<Rows, Fault> {
    let (answer, answered) = channel();
    databases.submit(query, Box::new(move |rows| answer.send(rows).unwrap()));
    answered.recv().unwrap()
}

fn raw(sql: &str) -> Query {
    Query::new(Database(0), &Statement::raw(sql), [])
}

fn with_people() -> (Directory, PathBuf) {
    let directory = Directory::new();
    let path = directory.file("people.sqlite");
    directory.sql(&path, "CREATE TABLE version (table_name CHAR(32) UNIQUE, table_version INTEGER)");
    directory.sql(&path, "INSERT INTO version VALUES ('people', 3)");
    directory.sql(&path, "CREATE TABLE people (name CHAR(64) UNIQUE, age INTEGER, born DATETIME, photo BLOB)");
    (directory, path)
}

#[test]
fn values_go_in_and_come_out() {
    let (_directory, path) = with_people();
    let databases = open(&path, &[("people", 3)], &Options::default()).unwrap();
    let insert = Statement::insert("people", &["name", "age", "born", "photo"]);
    let values =
        [Cell::text(b"Z\xfc'--"), Cell::Int(1 << 40), Cell::Time(1_700_000_000), Cell::Blob(b"\0\x01"[..].into())];
    let done = ask(&databases, Query::new(Database(0), &insert, values.clone())).unwrap();
    assert_eq!((done.changed, done.last_id), (1, 1));
    let select = Statement::select("people", &["name", "age", "born", "photo"], &["name"], "");
    let rows = ask(&databases, Query::new(Database(0), &select, [Cell::text(b"Z\xfc'--")])).unwrap();
    assert_eq!(rows.columns, ["name", "age", "born", "photo"]);
    assert_eq!(rows.rows, [values.to_vec()]);
}

#[test]
fn a_change_is_there_for_others_when_it_is_acknowledged() {
    let (directory, path) = with_people();
    let databases = open(&path, &[], &Options::default()).unwrap();
    for number in 0..20 {
        let insert = Statement::insert("people", &["name"]);
        ask(&databases, Query::new(Database(0), &insert, [Cell::text(number.to_string())])).unwrap();
        assert_eq!(directory.sql(&path, "SELECT count(*) FROM people"), format!("{}\n", number + 1));
    }
}

#[test]
fn one_bad_query_hurts_no_other() {
    let (directory, path) = with_people();
    let databases = open(&path, &[], &Options::default()).unwrap();
    let (answer, answered) = channel();
    let insert = Statement::insert("people", &["name", "age"]);
    for number in 0..300i64 {
        // Every tenth name is there already; every query has two statements that stand or fall together.
        let name = if number % 10 == 9 { 0 } else { number };
        let rows = [name, number + 1000]
            .map(|name| (Arc::clone(&insert), [Cell::text(name.to_string()), Cell::Int(number)].into_iter().collect()));
        let answer = answer.clone();
        let query = Query::batch(Database(0), rows.into_iter().rev());
        databases.submit(query, Box::new(move |rows| answer.send(rows.is_ok()).unwrap()));
    }
    let good = answered.iter().take(300).filter(|good| *good).count();
    assert_eq!(good, 270);
    assert_eq!(directory.sql(&path, "SELECT count(*), count(DISTINCT age) FROM people"), "540|270\n");
}

#[test]
fn errors_say_whose_they_are() {
    let (_directory, path) = with_people();
    let databases = open(&path, &[], &Options::default()).unwrap();
    let fault = ask(&databases, raw("SELECT * FROM animals")).unwrap_err();
    assert_eq!(fault.whose, module_api::Whose::Script);
    assert!(fault.text.contains("people.sqlite") && fault.text.contains("no such table: animals"), "{fault}");
}

#[test]
fn a_query_that_runs_too_long_is_ended() {
    let (_directory, path) = with_people();
    let options = Options { deadline: std::time::Duration::from_millis(30), ..Options::default() };
    let databases = open(&path, &[], &options).unwrap();
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let fault = ask(&databases, raw(endless)).unwrap_err();
    assert!(fault.text.contains("took too long"), "{fault}");
    assert!(ask(&databases, raw("SELECT 1")).is_ok());
}

#[test]
fn queries_that_compute_bring_no_more_readers() {
    let (_directory, path) = with_people();
    let options = Options { deadline: std::time::Duration::from_millis(100), ..Options::default() };
    let statistics = Statistics::default();
    let databases = open_counted(&path, &[], &options, &statistics).unwrap();
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let (answer, answered) = channel();
    let readers = || statistics.counter("sql", "sql_readers", false).get();
    for _ in 0..20 {
        let (answer, before) = (answer.clone(), readers());
        databases.submit(raw(endless), Box::new(move |rows| answer.send((rows.is_err(), before)).unwrap()));
    }
    assert!(answered.iter().take(20).all(|(is_fault, readers)| is_fault && readers <= 4));
    assert!(readers() <= 4);
}

#[test]
fn a_statement_that_only_looks_like_reading_is_written() {
    let (directory, path) = with_people();
    let databases = open(&path, &[], &Options::default()).unwrap();
    ask(&databases, raw("WITH one(x) AS (SELECT 'Eve') INSERT INTO people (name) SELECT x FROM one")).unwrap();
    assert_eq!(directory.sql(&path, "SELECT name FROM people"), "Eve\n");
}

#[test]
fn what_is_missing_is_named() {
    let (directory, path) = with_people();
    let said = |path: &Path, tables: &[(&str, i32)]| open(path, tables, &Options::default()).err().unwrap();
    let lines = said(&path, &[("people", 4), ("animals", 2)]);
    assert!(lines.contains("\"people\"") && lines.contains("has version 3, version 4 is needed"), "{lines}");
    assert!(lines.contains("no table \"animals\" (version 2)") && lines.contains("strowger db create"), "{lines}");
    assert!(said(&directory.file("none.sqlite"), &[]).contains("there is no database"));
    assert!(said(Path::new("/nonexistent/x"), &[]).contains("no directory /nonexistent"));
    let text = directory.file("text");
    std::fs::write(&text, "This is no database, but long enough to be looked at as one. ".repeat(40)).unwrap();
    assert!(said(&text, &[]).contains("cannot be opened"));
    let empty = directory.file("empty.sqlite");
    std::fs::write(&empty, "").unwrap();
    assert!(said(&empty, &[("people", 3)]).contains("no table \"version\" of versions"));
}

#[test]
fn pragmas_of_the_operator_are_run() {
    let (_directory, path) = with_people();
    let options = Options { pragmas: vec!["cache_size=-4321".to_owned()], ..Options::default() };
    let databases = open(&path, &[], &options).unwrap();
    assert_eq!(ask(&databases, raw("PRAGMA cache_size")).unwrap().rows, [[Cell::Int(-4321)]]);
    let bad = Options { pragmas: vec!["no such (pragma".to_owned()], ..Options::default() };
    assert!(open(&path, &[], &bad).err().unwrap().starts_with("exec_pragma \"no such (pragma\": "));
}

#[test]
fn what_waits_is_answered_when_it_stops() {
    let (_directory, path) = with_people();
    let databases = open(&path, &[], &Options::default()).unwrap();
    let (answer, answered) = channel();
    for number in 0..200 {
        let (answer, insert) = (answer.clone(), Statement::insert("people", &["name"]));
        let query = Query::new(Database(0), &insert, [Cell::text(number.to_string())]);
        databases.submit(query, Box::new(move |rows| answer.send(rows.is_ok()).unwrap()));
    }
    databases.stop();
    assert_eq!(answered.try_iter().filter(|good| *good).count(), 200);
    assert!(ask(&databases, raw("SELECT 1")).unwrap_err().text.contains("has been closed"));
}
