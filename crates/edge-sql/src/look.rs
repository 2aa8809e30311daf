//! A look at databases that changes nothing: whether they have what modules want of them.

use crate::needs;
use crate::sqlite::{Connection, check};
use crate::{OpenError, Options, Server, Url, remote};
use module_api::DatabaseWish;
use std::path::{Path, PathBuf};

/// What is wrong with the databases of these wishes, each with the number of the first wish that it is wrong for.
/// `place` says where a file is found now: the server may be going to run in another directory.
pub fn look(wishes: &[DatabaseWish], options: &Options, place: &dyn Fn(&Path) -> PathBuf) -> Vec<(usize, OpenError)> {
    let mut found: Vec<(usize, OpenError)> = Vec::new();
    for (number, wish) in wishes.iter().enumerate() {
        for error in look_at(wish, options, place) {
            if !found.iter().any(|(_, known)| *known == error) {
                found.push((number, error));
            }
        }
    }
    found
}

fn look_at(wish: &DatabaseWish, options: &Options, place: &dyn Fn(&Path) -> PathBuf) -> Vec<OpenError> {
    let path = match Url::parse(&wish.url) {
        Ok(Url::Sqlite(path)) => place(&path),
        Ok(Url::Server(server)) => return look_at_server(&server, wish, options),
        Ok(Url::Set(name)) => return look_at_set(&name, wish, options, place),
        Err(error) => return vec![error],
    };
    let opened = check::file(&path).and_then(|()| Connection::look(&path, options));
    match opened {
        Ok(connection) => check::needs(&connection, &path, wish, &options.version_table),
        Err(error) => vec![error],
    }
}

/// A set can be used when one of its databases can.
fn look_at_set(name: &str, wish: &DatabaseWish, options: &Options, place: &dyn Fn(&Path) -> PathBuf) -> Vec<OpenError> {
    let set = match options.sets.named(name) {
        Ok(set) => set,
        Err(error) => return vec![error],
    };
    let looks = set.members.iter().map(|member| {
        let of_member = DatabaseWish { url: member.url.clone(), ..wish.clone() };
        look_at(&of_member, options, place)
    });
    needs::of_set(looks.collect())
}

fn look_at_server(server: &Server, wish: &DatabaseWish, options: &Options) -> Vec<OpenError> {
    let tuning = options.tuning(server.engine).clone();
    match remote::Runtime::start() {
        Ok(runtime) => {
            let (server, version_table) = (server.clone(), options.version_table.clone());
            remote::check::needs(&runtime, server, tuning, wish.clone(), version_table)
        }
        Err(error) => vec![OpenError::Refused { place: server.place(), reason: error.to_string() }],
    }
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::sqlite::tests::Directory;
    use crate::{Options, schema};
    use catalogue::{Column, Table};
    use module_api::DatabaseWish;
    use std::fs;
    use std::path::{Path, PathBuf};

    const THING: Table = Table {
        name: "thing",
        version: 3,
        columns: &[Column { name: "id", sql: "INTEGER PRIMARY KEY" }],
        indexes: &[],
    };

    fn wish(path: &Path, table: &str, version: i32) -> DatabaseWish {
        let url = format!("sqlite://{}", path.display());
        DatabaseWish { url, tables: vec![(table.to_owned(), version)], ..DatabaseWish::default() }
    }

    fn said(wishes: &[DatabaseWish]) -> Vec<String> {
        let found = look(wishes, &Options::default(), &|path: &Path| PathBuf::from(path));
        found.into_iter().map(|(number, error)| format!("{number}: {error}")).collect()
    }

    #[test]
    fn what_is_missing_is_named_once_and_nothing_is_made() {
        let directory = Directory::new();
        let (there, missing) = (directory.file("there.sqlite"), directory.file("a?b#c%d.sqlite"));
        schema::create(&there, &[&THING], "version").unwrap();
        let before = names(there.parent().unwrap());
        let wishes =
            [wish(&there, "thing", 3), wish(&missing, "x", 1), wish(&missing, "y", 1), wish(&there, "thing", 4)];
        let said = said(&wishes);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[0].starts_with("1: there is no database ") && said[1].starts_with("3: table \"thing\""),
            "{said:?}"
        );
        assert_eq!(names(there.parent().unwrap()), before);
        schema::create(&missing, &[&THING], "version").unwrap();
        assert_eq!(look(&[wish(&missing, "thing", 3)], &Options::default(), &|path| path.to_owned()), []);
    }

    #[test]
    fn a_column_that_the_script_names_must_be_there() {
        let directory = Directory::new();
        let path = directory.file("columns.sqlite");
        schema::create(&path, &[&THING], "version").unwrap();
        let needed = ["ID", "caller"].map(|column| ("thing".to_owned(), column.to_owned()));
        let wish = DatabaseWish { columns: needed.to_vec(), ..wish(&path, "thing", 3) };
        let found = said(std::slice::from_ref(&wish));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("add it with ALTER TABLE thing ADD COLUMN caller VARCHAR(255)"), "{found:?}");
        let caller = Column { name: "caller", sql: "CHAR(64) DEFAULT '' NOT NULL" };
        schema::add_columns(&path, "thing", &[caller]).unwrap();
        // Done again it changes nothing.
        schema::add_columns(&path, "thing", &[caller]).unwrap();
        assert_eq!(said(&[wish]), Vec::<String>::new());
    }

    #[test]
    fn a_database_that_a_server_has_open_is_looked_at_too() {
        let directory = Directory::new();
        let path = directory.file("open.sqlite");
        schema::create(&path, &[&THING], "version").unwrap();
        let server = rusqlite::Connection::open(&path).unwrap();
        server.execute("UPDATE version SET table_version = 9", []).unwrap();
        assert!(said(&[wish(&path, "thing", 3)])[0].contains("has version 9, version 3 is needed"));
    }

    fn names(directory: &Path) -> Vec<PathBuf> {
        let mut names: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names
    }
}
