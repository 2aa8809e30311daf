//! A table: rows in the order of their keys. Where no column is the key, rows are numbered as they come.

use super::statement::{Action, Parsed, Test};
use bytes::Bytes;
use module_api::Fault;
use module_api::sql::{Cell, Rows};
use std::collections::{BTreeMap, BTreeSet};

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<String>,
    rows: BTreeMap<i64, Vec<Cell>>,
    /// The keys of the rows by the value of their `INDEXED` column, where there is one.
    by_name: BTreeMap<Vec<u8>, BTreeSet<i64>>,
    indexed: Option<usize>,
    last_key: i64,
    /// What rows were before they were changed, to undo it; kept while a batch runs.
    undo: Option<Vec<(i64, Option<Vec<Cell>>)>>,
}

/// The columns that number rows by themselves where no value is given.
const KEYS: [&str; 2] = ["id", "contact_id"];
/// The column that most statements look for rows by.
const INDEXED: &str = "username";

impl Table {
    /// With these columns, the key first.
    pub fn new(columns: Vec<&str>) -> Table {
        let indexed = columns.iter().position(|column| *column == INDEXED);
        let columns = columns.into_iter().map(str::to_owned).collect();
        Table { columns, rows: BTreeMap::new(), by_name: BTreeMap::new(), indexed, last_key: 0, undo: None }
    }

    /// From here on changes can be taken back.
    pub fn begin(&mut self) {
        self.undo.get_or_insert_default();
    }

    /// Takes them back, the last one first, or keeps them.
    pub fn end(&mut self, takes_back: bool) {
        for (key, row) in self.undo.take().unwrap_or_default().into_iter().rev().filter(|_| takes_back) {
            self.put(key, row);
        }
    }

    /// Puts a row in place of another, or of none; or none in its place.
    fn put(&mut self, key: i64, row: Option<Vec<Cell>>) {
        let name = |row: &Vec<Cell>| row.get(self.indexed?).and_then(Cell::to_bytes).map(|name| name.to_vec());
        let added = row.as_ref().and_then(name);
        let before = match row {
            Some(row) => self.rows.insert(key, row),
            None => self.rows.remove(&key),
        };
        let removed = before.as_ref().and_then(name);
        if removed != added {
            if let Some(keys) = removed.and_then(|name| self.by_name.get_mut(&name)) {
                keys.remove(&key);
            }
            if let Some(name) = added {
                self.by_name.entry(name).or_default().insert(key);
            }
        }
        if let Some(undo) = &mut self.undo {
            undo.push((key, before));
        }
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// The key is taken, or a column is unknown.
    pub fn run(&mut self, parsed: &Parsed, params: &[Cell]) -> Result<Rows, Fault> {
        match &parsed.action {
            Action::Select { columns, filter, limit } => {
                let places = self.places(columns)?;
                let found = self.find(filter, params)?;
                let take = limit.unwrap_or(usize::MAX);
                let cells = |row: &Vec<Cell>| places.iter().map(|place| cell(row, *place)).collect();
                let rows = found.iter().take(take).filter_map(|key| self.rows.get(key)).map(cells).collect();
                Ok(Rows { columns: columns.clone(), rows, ..Rows::default() })
            }
            Action::Insert { columns, replaces } => self.insert(columns, *replaces, params),
            Action::Update { columns, filter } => {
                let places = self.places(columns)?;
                let (values, keys) = params.split_at_checked(columns.len()).ok_or_else(too_few)?;
                let found = self.find(filter, keys)?;
                for key in &found {
                    let Some(mut row) = self.rows.get(key).cloned() else { continue };
                    for (place, value) in places.iter().zip(values) {
                        if let Some(cell) = row.get_mut(*place) {
                            *cell = copied(value);
                        }
                    }
                    self.put(*key, Some(row));
                }
                Ok(changed(found.len()))
            }
            Action::Delete { filter } => {
                let found = self.find(filter, params)?;
                for key in &found {
                    self.put(*key, None);
                }
                Ok(changed(found.len()))
            }
        }
    }

    /// All rows, each as the values of these columns.
    pub fn pick<const N: usize>(&self, columns: [&str; N]) -> Vec<[Cell; N]> {
        let places = columns.map(|name| self.columns.iter().position(|column| column == name));
        let pick = |row: &Vec<Cell>| places.map(|place| place.map_or(Cell::Null, |place| cell(row, place)));
        self.rows.values().map(pick).collect()
    }

    fn insert(&mut self, columns: &[String], replaces: bool, params: &[Cell]) -> Result<Rows, Fault> {
        let places = self.places(columns)?;
        let mut row = vec![Cell::Null; self.columns.len()];
        for (place, value) in places.iter().zip(params) {
            if let Some(cell) = row.get_mut(*place) {
                *cell = copied(value);
            }
        }
        let is_numbered = self.columns.first().is_some_and(|column| KEYS.contains(&column.as_str()));
        let given = row.first().filter(|_| is_numbered).and_then(Cell::to_int);
        let key = given.unwrap_or(self.last_key + 1);
        if self.rows.contains_key(&key) && !replaces {
            return Err(Fault::script(format!("UNIQUE constraint failed: a row {key} is there")));
        }
        self.last_key = self.last_key.max(key);
        if let (true, Some(first)) = (is_numbered, row.first_mut()) {
            *first = Cell::Int(key);
        }
        self.put(key, Some(row));
        Ok(Rows { last_id: key, ..changed(1) })
    }

    /// The keys of the rows that pass all tests.
    fn find(&self, filter: &[Test], params: &[Cell]) -> Result<Vec<i64>, Fault> {
        let mut left = params;
        let mut tests = Vec::new();
        for test in filter {
            let (Test::Is(column)
            | Test::IsText(column, _)
            | Test::Above(column)
            | Test::Below(column)
            | Test::NotZero(column)
            | Test::In(column, _)) = test;
            let count = match test {
                Test::NotZero(_) | Test::IsText(..) => 0,
                Test::In(_, count) => *count,
                _ => 1,
            };
            let (values, rest) = left.split_at_checked(count).ok_or_else(too_few)?;
            left = rest;
            tests.push((test, self.place(column)?, values));
        }
        let passes = |row: &&Vec<Cell>| tests.iter().all(|(test, place, values)| holds(test, row.get(*place), values));
        // By its key or name a row is found at once.
        let named = tests.iter().find_map(|(test, place, values)| match test {
            Test::Is(_) if Some(*place) == self.indexed => Some(self.by_name.get(&*values.first()?.to_bytes()?)),
            _ => None,
        });
        let is_numbered = self.columns.first().is_some_and(|column| KEYS.contains(&column.as_str()));
        let numbered = tests.iter().find(|(test, place, _)| *place == 0 && matches!(test, Test::Is(_) | Test::In(..)));
        Ok(match (named, numbered.filter(|_| is_numbered)) {
            (_, Some((_, _, values))) => {
                let keys: BTreeSet<i64> = values.iter().filter_map(Cell::to_int).collect();
                keys.into_iter().filter(|key| self.rows.get(key).as_ref().is_some_and(passes)).collect()
            }
            (Some(keys), _) => {
                let keys = keys.into_iter().flatten().copied();
                keys.filter(|key| self.rows.get(key).as_ref().is_some_and(passes)).collect()
            }
            _ => self.rows.iter().filter(|(_, row)| passes(row)).map(|(key, _)| *key).collect(),
        })
    }

    fn places(&self, columns: &[String]) -> Result<Vec<usize>, Fault> {
        columns.iter().map(|column| self.place(column)).collect()
    }

    fn place(&self, column: &str) -> Result<usize, Fault> {
        let place = self.columns.iter().position(|known| known == column);
        place.ok_or_else(|| Fault::script(format!("no such column: {column}")))
    }
}

fn holds(test: &Test, cell: Option<&Cell>, values: &[Cell]) -> bool {
    let Some(cell) = cell else { return false };
    let number = cell.to_int();
    let bound = values.first().and_then(Cell::to_int);
    match test {
        Test::Is(_) => values.first().is_some_and(|value| same(cell, value)),
        Test::IsText(_, text) => same(cell, &Cell::text(text)),
        Test::Above(_) => number > bound,
        Test::Below(_) => number < bound,
        Test::NotZero(_) => number != Some(0),
        Test::In(..) => values.iter().any(|value| same(cell, value)),
    }
}

/// A value with bytes of its own: what the database has, the proxy does not hold.
fn copied(cell: &Cell) -> Cell {
    match cell {
        Cell::Text(text) => Cell::Text(Bytes::copy_from_slice(text)),
        Cell::Blob(bytes) => Cell::Blob(Bytes::copy_from_slice(bytes)),
        other => other.clone(),
    }
}

/// NULL is the same as nothing.
fn same(one: &Cell, other: &Cell) -> bool {
    one.to_bytes().is_some_and(|one| Some(one) == other.to_bytes())
}

fn cell(row: &[Cell], place: usize) -> Cell {
    row.get(place).cloned().unwrap_or(Cell::Null)
}

fn changed(rows: usize) -> Rows {
    Rows { changed: rows as u64, ..Rows::default() }
}

fn too_few() -> Fault {
    Fault::script("a statement has fewer values than places for them")
}
