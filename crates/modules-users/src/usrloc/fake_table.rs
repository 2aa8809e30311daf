//! A location table as a database would keep it, for tests: it runs the module's own statements.

use super::columns::LOCATION;
use module_api::sql::{Cell, Query, Rows, Statement};
use module_api::{Answer, Fault, Request};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Rows by identifier. Cloning shares them.
#[derive(Clone, Default)]
pub struct FakeTable(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    rows: BTreeMap<i64, Vec<Cell>>,
    is_dead: bool,
    loses_what_is_read: bool,
    transactions: usize,
}

impl FakeTable {
    /// What a fixture asks.
    pub fn answerer(&self) -> Box<dyn FnMut(&Request) -> Answer> {
        let table = self.clone();
        Box::new(move |request| match request {
            Request::Sql(query) => Answer::Sql(table.run(query)),
            _ => Answer::Done(Ok(())),
        })
    }

    /// Lets every query fail, or not.
    pub fn kill(&self, is_dead: bool) {
        self.0.borrow_mut().is_dead = is_dead;
    }

    /// Lets rows go as soon as they have been read, as another server might, or not.
    pub fn lose_what_is_read(&self, loses: bool) {
        self.0.borrow_mut().loses_what_is_read = loses;
    }

    /// How many transactions there were.
    pub fn transactions(&self) -> usize {
        self.0.borrow().transactions
    }

    /// Changes a value.
    pub fn set(&self, row: usize, column: &str, cell: Cell) {
        let index = LOCATION.columns.iter().position(|known| known.name == column).expect(column);
        self.0.borrow_mut().rows.values_mut().nth(row).expect("a row")[index] = cell;
    }

    /// Every row is there once more, as another request has it that read before the first was written.
    pub fn double_rows(&self) {
        let mut inner = self.0.borrow_mut();
        let more: Vec<(i64, Vec<Cell>)> = inner.rows.iter().map(|(id, row)| (id + 1, row.clone())).collect();
        for (id, mut row) in more {
            row[0] = Cell::Int(id);
            inner.rows.insert(id, row);
        }
    }

    /// The values of some columns, a row a line, sorted.
    pub fn shown(&self, columns: &[&str]) -> String {
        let index = |name: &&str| LOCATION.columns.iter().position(|column| column.name == *name).expect(name);
        let line = |row: &Vec<Cell>| {
            let text = |name: &&str| match &row[index(name)] {
                Cell::Null => "NULL".to_owned(),
                cell => String::from_utf8_lossy(&cell.to_bytes().unwrap_or_default()).into_owned(),
            };
            columns.iter().map(text).collect::<Vec<_>>().join(" ")
        };
        let mut lines: Vec<String> = self.0.borrow().rows.values().map(line).collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    fn run(&self, query: &Query) -> Result<Rows, Fault> {
        let mut inner = self.0.borrow_mut();
        inner.transactions += 1;
        if inner.is_dead {
            return Err(Fault::backend("the database is gone"));
        }
        let before = inner.rows.clone();
        let mut rows = Rows::default();
        for (statement, params) in &query.statements {
            match inner.execute(statement, params) {
                Ok(found) => rows.rows = found,
                Err(fault) => {
                    inner.rows = before;
                    return Err(fault);
                }
            }
        }
        Ok(rows)
    }
}

impl Inner {
    fn execute(&mut self, statement: &Statement, params: &[Cell]) -> Result<Vec<Vec<Cell>>, Fault> {
        let sql = statement.sql.as_str();
        let id = |cell: &Cell| cell.to_int().unwrap_or(0);
        let verb = sql.split(' ').next().unwrap_or_default();
        match verb {
            "INSERT" => match self.rows.insert(id(&params[0]), params.to_vec()) {
                None => Ok(Vec::new()),
                Some(_) => Err(Fault::backend("a row of this key is there")),
            },
            "UPDATE" => {
                let (key, values) = params.split_last().expect("a key");
                if let Some(row) = self.rows.get_mut(&id(key)) {
                    row.truncate(1);
                    row.extend(values.iter().cloned());
                }
                Ok(Vec::new())
            }
            "DELETE" if sql.ends_with("WHERE contact_id = ?") => {
                self.rows.remove(&id(&params[0]));
                Ok(Vec::new())
            }
            _ => {
                let found: Vec<i64> =
                    self.rows.iter().filter(|(_, row)| matches(sql, row, params)).map(|(id, _)| *id).collect();
                if verb == "SELECT" {
                    let rows = found.iter().take(2000).map(|id| self.rows[id].clone()).collect();
                    if self.loses_what_is_read {
                        self.rows.clear();
                    }
                    return Ok(rows);
                }
                found.iter().for_each(|id| {
                    self.rows.remove(id);
                });
                Ok(Vec::new())
            }
        }
    }
}

/// The conditions that the module writes.
fn matches(sql: &str, row: &[Cell], params: &[Cell]) -> bool {
    let Some((_, condition)) = sql.split_once(" WHERE ") else { return true };
    let number = |cell: &Cell| cell.to_int().unwrap_or(0);
    match condition.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["contact_id", ">"] => number(&row[0]) > number(&params[0]),
        ["contact_id", "="] => row[0] == params[0],
        ["contact_id", "IN"] => params.contains(&row[0]),
        ["username", "="] => row[1] == params[0] && params.get(1).is_none_or(|domain| row[2] == *domain),
        ["expires", "<"] => number(&row[6]) < number(&params[0]) && number(&row[6]) != 0,
        _ => panic!("a condition nobody writes: {condition}"),
    }
}
