//! `usrloc:sync`: a table of the database made what memory is. Every row that memory has is there at each moment: an
//! end amid it must lose nothing that was acknowledged.

use super::Usrloc;
use super::columns::{CHUNK_ROWS, aor_cells, key_of};
use super::contact::Need;
use super::domain::Domain;
use super::flush::Flush;
use super::mi::{AOR, TABLE, table, target};
use super::record::Record;
use super::write::Batch;
use bytes::Bytes;
use module_api::sql::{Cell, Query, Rows};
use module_api::{COMMAND, Command, Management, MiError, MiFlow, MiRun};
use std::sync::Arc;

pub const SYNC: Command = Command {
    name: "usrloc:sync",
    aliases: &["ul_sync"],
    about: "Writes what is in memory of a table, or of an address of record, and removes all other rows of it.",
    recipes: &[&[TABLE], &[TABLE, AOR]],
    run: MiRun::Wait(sync),
    ..COMMAND
};

/// One under way. It has the turn of the timer's writing, which would write the same contacts beside it.
struct Sync {
    usrloc: Arc<Usrloc>,
    domain: Arc<Domain>,
    aor: Option<Bytes>,
    turn: Flush,
}

fn sync(management: &mut Management<'_>) -> MiFlow {
    let found = match management.params.opt_str(AOR.name) {
        Some(_) => target(management).map(|(usrloc, domain, aor)| (usrloc, domain, Some(aor))),
        None => table(management).map(|(usrloc, domain)| (usrloc, domain, None)),
    };
    let (usrloc, domain, aor) = match found {
        Ok(found) => found,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    if !usrloc.config.layout().stored {
        return MiFlow::Done(Err(MiError::new(200, "Contacts already synced")));
    }
    Flush::turn(usrloc, management, move |mut turn, usrloc, management| {
        let shards = match &aor {
            None => 0..Domain::shard_count(),
            Some(aor) if domain.touch(aor, write_anew).is_none() => {
                return MiFlow::Done(Err(MiError::new(404, "AOR not found")));
            }
            Some(aor) => domain.shard_of(aor)..domain.shard_of(aor) + 1,
        };
        if aor.is_none() {
            shards.clone().for_each(|shard| domain.each(shard, write_anew));
        }
        turn.narrow(&domain, shards);
        turn.write(management, |turn, management| Sync { usrloc, domain, aor, turn }.compare(management, -1))
    })
}

/// A row that is there is replaced, and one that is not is made.
fn write_anew(record: &mut Record) {
    record.contacts_mut().iter_mut().for_each(|contact| contact.sync.need = Need::Rewrite);
}

impl Sync {
    /// Reads the rows after an identifier and removes those that memory has not.
    fn compare(self, _: &mut Management<'_>, after: i64) -> MiFlow {
        let (Some(database), Some(statements)) = (self.usrloc.database, &self.domain.statements) else {
            return MiFlow::Done(Ok("OK".into()));
        };
        let query = match &self.aor {
            Some(aor) => Query::new(database, &statements.fetch, aor_cells(aor, self.usrloc.config.use_domain)),
            None => Query::new(database, &statements.load, [Cell::Int(after)]),
        };
        MiFlow::wait(query.into(), move |management, answer| match answer.rows() {
            Ok(rows) => self.remove(management, &rows),
            Err(fault) => MiFlow::Done(Err(fault.into())),
        })
    }

    fn remove(self, management: &mut Management<'_>, rows: &Rows) -> MiFlow {
        let use_domain = self.usrloc.config.use_domain;
        let keys: Vec<_> = rows.rows.iter().filter_map(|row| key_of(row, use_domain)).collect();
        let last = keys.iter().map(|(id, _)| *id).max().and_then(|id| i64::try_from(id).ok());
        let next = last.filter(|_| self.aor.is_none() && rows.rows.len() >= CHUNK_ROWS);
        // No contact may get the identifier of a row that is about to go.
        keys.iter().for_each(|(id, _)| self.domain.avoid(*id));
        let gone: Vec<u64> = keys.into_iter().filter(|(id, aor)| !self.has(*id, aor)).map(|(id, _)| id).collect();
        let Some(database) = self.usrloc.database.filter(|_| !gone.is_empty()) else {
            return self.go_on(management, next);
        };
        let mut batch = Batch::new(&self.domain);
        batch.add_gone(gone, self.usrloc.config.delete_max);
        let (request, pending) = batch.begin(database);
        MiFlow::wait(request, move |management, answer| {
            let fault = answer.into_fault();
            pending.settle(fault.is_none());
            match fault {
                Some(fault) => MiFlow::Done(Err(fault.into())),
                None => self.go_on(management, next),
            }
        })
    }

    fn go_on(self, management: &mut Management<'_>, next: Option<i64>) -> MiFlow {
        match next {
            Some(after) => self.compare(management, after),
            None => {
                drop(self.turn);
                MiFlow::Done(Ok("OK".into()))
            }
        }
    }

    /// Whether memory has the contact of a row. One that is registered meanwhile is in memory before it is a row.
    fn has(&self, id: u64, aor: &[u8]) -> bool {
        self.domain.read(aor, |record| {
            record.is_some_and(|record| record.contacts().iter().any(|contact| contact.id == id && contact.is_stored()))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::usrloc::fake_table::FakeTable;
    use crate::usrloc::flush::Flush;
    use crate::usrloc::tests::{CONTACT, Server};
    use crate::usrloc::{Domain, Usrloc};
    use module_api::sql::Cell;
    use module_api::{Answer, Json, Request};
    use std::sync::{Arc, Mutex};

    /// Lets the table answer, and notes before each answer but the first how many of the users have a row.
    fn watched(server: &mut Server, table: &FakeTable, users: &[&'static str]) -> Arc<Mutex<Vec<usize>>> {
        let counts = Arc::new(Mutex::new(Vec::new()));
        let (noted, mut answer) = (Arc::clone(&counts), table.answerer());
        let (table, users) = (table.clone(), users.to_vec());
        server.fixture.answer = Box::new(move |request| {
            let answer = answer(request);
            let rows = table.shown(&["username"]);
            noted.lock().unwrap().push(users.iter().filter(|user| rows.lines().any(|row| row == **user)).count());
            answer
        });
        counts
    }

    #[test]
    fn a_row_that_memory_has_is_there_at_every_step() {
        for target in [vec![("table_name", Json::from("location"))], {
            vec![("table_name", Json::from("location")), ("aor", "u1@example.com".into())]
        }] {
            let table = FakeTable::default();
            let mut server = Server::new("single-instance-sql-write-through", &table, &[]);
            let users = ["u0", "u1", "u2", "u3"];
            for user in users {
                server.register(user, CONTACT);
            }
            table.set(2, "contact", Cell::text("sip:damaged@192.0.2.9"));
            table.double_rows();
            let counts = watched(&mut server, &table, &users);
            assert_eq!(server.command("usrloc:sync", &target), Ok("OK".into()));
            let counts = counts.lock().unwrap();
            assert!(!counts.is_empty() && counts.iter().all(|count| *count == users.len()), "{counts:?}");
            let shown = table.shown(&["username", "contact"]);
            if target.len() == 1 {
                let contact = "sip:a@192.0.2.1";
                assert_eq!(shown, format!("u0 {contact}\nu1 {contact}\nu2 {contact}\nu3 {contact}"));
            } else {
                assert_eq!(shown.lines().filter(|row| row.starts_with("u1 ")).count(), 1, "{shown}");
                assert_eq!(shown.lines().count(), 7, "the other users' rows stay as they are: {shown}");
            }
        }
    }

    #[test]
    fn a_table_of_several_chunks_is_gone_through_to_its_end() {
        let table = FakeTable::default();
        let mut server = Server::new("single-instance-sql-write-back", &table, &[]);
        let usrloc = Arc::clone(&server.usrloc()).downcast::<Usrloc>().unwrap();
        let mut users: Vec<String> = (0..2500).map(|number| format!("u{number:04}")).collect();
        for user in &users {
            server.register(user, CONTACT);
        }
        server.command("usrloc:flush", &[]).unwrap();
        // Removed behind the back of the database.
        let (gone, domain) = (users.pop().unwrap(), usrloc.known_domain(b"location").unwrap());
        domain.change(format!("{gone}@example.com").as_bytes(), false, |edit| edit.remove_unless(|_| false));
        (0..Domain::shard_count()).for_each(|shard| domain.lock(shard).gone.clear());
        table.double_rows();
        assert_eq!(server.command("usrloc:sync", &[("table_name", "location".into())]), Ok("OK".into()));
        assert_eq!(table.shown(&["username"]), users.join("\n"));
    }

    #[test]
    fn a_command_waits_for_what_is_being_written() {
        for command in ["usrloc:flush", "usrloc:sync"] {
            let table = FakeTable::default();
            let mut server = Server::new("single-instance-sql-write-back", &table, &[]);
            let usrloc = Arc::clone(&server.usrloc()).downcast::<Usrloc>().unwrap();
            server.register("alice", CONTACT);
            // The timer's turn ends while the command sleeps.
            let mut turn = vec![Flush::begin(&usrloc, 0..0).unwrap()];
            let (mut answer, slept) = (table.answerer(), Arc::new(Mutex::new(0)));
            let count = Arc::clone(&slept);
            server.fixture.answer = Box::new(move |request| match request {
                Request::Sleep(_) => {
                    *count.lock().unwrap() += 1;
                    if *count.lock().unwrap() == 2 {
                        turn.clear();
                    }
                    Answer::Done(Ok(()))
                }
                _ => answer(request),
            });
            let params: &[(&'static str, Json)] =
                if command == "usrloc:sync" { &[("table_name", "location".into())] } else { &[] };
            assert_eq!(server.command(command, params), Ok("OK".into()));
            assert_eq!((*slept.lock().unwrap(), table.shown(&["username"])), (2, "alice".to_owned()), "{command}");
        }
    }
}
