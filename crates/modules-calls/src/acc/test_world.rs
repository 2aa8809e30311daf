//! A disk and a database for tests.

use bytes::Bytes;
use module_api::sql::{Cell, Query, Rows};
use module_api::{Answer, Fault, JournalStep, Journaled, Request};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A disk and a database that outlive the server.
#[derive(Default)]
pub struct World {
    pub disk: BTreeMap<u64, Bytes>,
    pub held: BTreeMap<u64, Bytes>,
    pub next: u64,
    /// The rows of records.
    pub rows: Vec<Vec<Cell>>,
    /// The rows of dialogs.
    pub dialogs: BTreeMap<i64, Vec<Cell>>,
    /// What the database does with the next inserts; it works when this is used up.
    pub fates: Vec<Fate>,
    pub sleeps: usize,
    pub is_disk_full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It does not take the row.
    Refused,
    /// It takes it, and its answer never comes.
    Unheard,
    /// It says that it can never take such a row.
    Impossible,
}

impl World {
    /// Answers what is asked.
    pub fn answer(&mut self, request: &Request) -> Answer {
        match request {
            Request::Journal { step, .. } => Answer::Journal(self.journal(step)),
            Request::Sql(query) if query.statements.iter().any(|(statement, _)| statement.sql.contains(" dialog ")) => {
                Answer::Sql(Ok(self.dialogs(query)))
            }
            Request::Sql(query) if query.statements.iter().all(|(statement, _)| statement.writes) => {
                let fate = if self.fates.is_empty() { None } else { Some(self.fates.remove(0)) };
                match fate {
                    Some(Fate::Refused) => return Answer::Sql(Err(Fault::backend("away"))),
                    Some(Fate::Impossible) => return Answer::Sql(Err(Fault::script("too long"))),
                    Some(Fate::Unheard) | None => {}
                }
                self.rows.extend(query.statements.iter().map(|(_, row)| row.to_vec()));
                if fate.is_some() {
                    Answer::Sql(Err(Fault::backend("silent")))
                } else {
                    Answer::Sql(Ok(Rows::default()))
                }
            }
            Request::Sql(query) => {
                let (_, wanted) = &query.statements[0];
                let found = self.rows.iter().filter(|row| wanted.contains(&row[3]));
                let shown = |row: &Vec<Cell>| [0, 1, 2, 3, 4, 6].map(|column| row[column].clone()).to_vec();
                Answer::Sql(Ok(Rows { rows: found.map(shown).collect(), ..Rows::default() }))
            }
            Request::Sleep(_) => {
                self.sleeps += 1;
                Answer::Done(Ok(()))
            }
            other => panic!("{other:?}"),
        }
    }

    fn dialogs(&mut self, query: &Query) -> Rows {
        let mut found = Rows::default();
        for (statement, params) in &query.statements {
            let key = |position: usize| params.get(position).and_then(Cell::to_int).unwrap();
            match statement.sql.split(' ').next().unwrap() {
                "INSERT" => drop(self.dialogs.insert(key(0), params.to_vec())),
                "UPDATE" => {
                    let id = key(params.len() - 1);
                    let values = params.iter().take(params.len() - 1).cloned();
                    self.dialogs.insert(id, std::iter::once(Cell::Int(id)).chain(values).collect());
                }
                "DELETE" => drop(self.dialogs.remove(&key(0))),
                _ => found.rows = self.dialogs.range(key(0) + 1..).map(|(_, row)| row.clone()).collect(),
            }
        }
        found
    }

    fn journal(&mut self, step: &JournalStep) -> Result<Journaled, Fault> {
        match step {
            JournalStep::Open { .. } => {
                return Ok(Journaled::Opened { waiting: self.disk.len() as u64, next: self.next });
            }
            JournalStep::Add { .. } | JournalStep::Hold { .. } if self.is_disk_full => {
                return Err(Fault::backend("no space"));
            }
            JournalStep::Add { number, entry, after } => {
                self.next = self.next.max(number + 1);
                self.disk.insert(*number, entry.clone());
                after.inspect(|after| drop(self.held.remove(after)));
            }
            JournalStep::Hold { number, entry } => {
                self.next = self.next.max(number + 1);
                self.held.insert(*number, entry.clone());
            }
            JournalStep::Done { numbers } => {
                self.disk.retain(|number, _| !numbers.contains(number));
                self.held.retain(|number, _| !numbers.contains(number));
            }
            JournalStep::ReadHeld { from, count } => {
                let entries = self.held.range(from..).take(*count).map(|(number, entry)| (*number, entry.clone()));
                return Ok(Journaled::Entries(entries.collect()));
            }
            JournalStep::Read { from, count } => {
                let entries = self.disk.range(from..).take(*count).map(|(number, entry)| (*number, entry.clone()));
                return Ok(Journaled::Entries(entries.collect()));
            }
        }
        Ok(Journaled::Done)
    }
}

/// A world whose database does this with the next inserts.
pub fn world(fates: &[Fate]) -> Arc<Mutex<World>> {
    Arc::new(Mutex::new(World { fates: fates.to_vec(), ..World::default() }))
}
