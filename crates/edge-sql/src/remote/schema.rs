//! Makes tables in a server's database, and the database itself where that is allowed.

use super::check::{cannot_connect, connect, versions};
use super::dialect;
use super::link::{Link, Trouble};
use super::{LinkError, Runtime};
use crate::options::Tuning;
use crate::schema::{Report, Scope};
use crate::url::{Engine, Server};
use crate::{OpenError, Place};
use catalogue::Table;
use module_api::sql::{Cell, Params, Rows, Statement};

/// What is asked of the server's own tables.
const ROWS_MAX: usize = 10_000;

/// Makes what is missing, within the scope.
///
/// # Errors
/// The server refuses something, or a table is newer than this server knows it; then nothing has been made.
pub fn create(
    server: &Server,
    tuning: &Tuning,
    tables: &[&'static Table],
    version_table: &str,
    scope: Scope,
) -> Result<Report, OpenError> {
    let place = server.place();
    let failed = |reason: String| OpenError::Refused { place: place.clone(), reason };
    let runtime = Runtime::start().map_err(|error| failed(error.to_string()))?;
    let (server, tuning) = (server.clone(), tuning.clone());
    let (tables, version_table) = (tables.to_vec(), version_table.to_owned());
    let making = async move {
        let link = open(&server, &tuning, scope).await?;
        let mut maker = Maker { link, place: server.place(), engine: server.engine, version_table };
        maker.make_all(&tables, scope).await
    };
    runtime.wait(making).unwrap_or_else(|| Err(failed("making its tables failed".to_owned())))
}

/// The versions of tables, by their names.
///
/// # Errors
/// They cannot be read, or there is no table of versions.
pub fn versions_of(server: &Server, tuning: &Tuning, version_table: &str) -> Result<Vec<(String, i64)>, OpenError> {
    let place = server.place();
    let failed = |reason: String| OpenError::Refused { place: place.clone(), reason };
    let runtime = Runtime::start().map_err(|error| failed(error.to_string()))?;
    let (server, tuning, table) = (server.clone(), tuning.clone(), version_table.to_owned());
    let asking = async move {
        let mut link = connect(&server, &tuning).await?;
        versions(&mut link, &server.place(), &table).await
    };
    let found = runtime.wait(asking).unwrap_or_else(|| Err(failed("looking at it failed".to_owned())))?;
    found.ok_or_else(|| OpenError::NoVersionTable { place: place.clone(), table: version_table.to_owned() })
}

/// Connects; a database that is not there is made first.
async fn open(server: &Server, tuning: &Tuning, scope: Scope) -> Result<Link, OpenError> {
    match Link::connect(server, tuning).await {
        Ok(link) => return Ok(link),
        Err(error) if error.trouble == Trouble::NoDatabase && scope == Scope::All => {}
        Err(error) => return Err(cannot_connect(server, &error)),
    }
    let database = match server.engine {
        Engine::Postgres => "postgres",
        Engine::Mysql => "information_schema",
    };
    let outside = Server { database: database.to_owned(), ..server.clone() };
    let mut link = connect(&outside, tuning).await?;
    let name: String = server.database.chars().filter(|char| !matches!(char, '"' | '`' | '\\')).collect();
    let sql = match server.engine {
        Engine::Postgres => format!("CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"),
        Engine::Mysql => format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4"),
    };
    let refused = |error: LinkError| OpenError::Refused { place: server.place(), reason: error.text };
    link.command(&sql).await.map_err(refused)?;
    connect(server, tuning).await
}

struct Maker {
    link: Link,
    place: Place,
    engine: Engine,
    version_table: String,
}

impl Maker {
    async fn make_all(&mut self, tables: &[&'static Table], scope: Scope) -> Result<Report, OpenError> {
        let known = match versions(&mut self.link, &self.place, &self.version_table).await? {
            Some(known) => known,
            None if scope == Scope::Present => {
                let (place, table) = (self.place.clone(), self.version_table.clone());
                return Err(OpenError::NoVersionTable { place, table });
            }
            None => Vec::new(),
        };
        let mut report = Report::default();
        let mut wanted = Vec::new();
        for table in tables {
            match known.iter().find(|(name, _)| name == table.name).map(|(_, version)| *version) {
                None if scope == Scope::Present => {}
                None => {
                    report.created.push(table.name);
                    wanted.push(*table);
                }
                Some(found) if found == i64::from(table.version) => report.kept.push(table.name),
                Some(found) if found < i64::from(table.version) => {
                    report.updated.push(table.name);
                    wanted.push(*table);
                }
                Some(found) => {
                    let (place, table, expected) = (self.place.clone(), table.name.to_owned(), table.version);
                    return Err(OpenError::WrongVersion { place, table, found, expected });
                }
            }
        }
        // PostgreSQL makes all or nothing; MySQL ends its transaction with each table.
        self.command("BEGIN").await?;
        self.make_versions().await?;
        for table in wanted {
            self.make(table).await?;
        }
        self.command("COMMIT").await?;
        Ok(report)
    }

    async fn make_versions(&mut self) -> Result<(), OpenError> {
        let table = identifier(&self.version_table);
        self.command(&format!(
            "CREATE TABLE IF NOT EXISTS {table} (table_name VARCHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL, \
             CONSTRAINT {table}_t_name_idx UNIQUE (table_name))"
        ))
        .await
    }

    /// Makes what is missing of a table: itself, columns, indexes, its version.
    async fn make(&mut self, table: &Table) -> Result<(), OpenError> {
        let name = identifier(table.name);
        let columns: Vec<String> = table.columns.iter().map(|column| dialect::column(self.engine, column)).collect();
        let kind = if self.engine == Engine::Mysql { " ENGINE=InnoDB" } else { "" };
        self.command(&format!("CREATE TABLE IF NOT EXISTS {name} ({}){kind}", columns.join(", "))).await?;
        let present = self.names("columns", "column_name", table.name).await?;
        for column in table.columns.iter().filter(|column| !present.iter().any(|known| known == column.name)) {
            let column = dialect::column(self.engine, column);
            self.command(&format!("ALTER TABLE {name} ADD COLUMN {column}")).await?;
        }
        let present = match self.engine {
            Engine::Postgres => self.ask("SELECT indexname FROM pg_indexes WHERE tablename = ?", table.name).await?,
            Engine::Mysql => self.names("statistics", "index_name", table.name).await?,
        };
        for (index, columns, is_unique) in table.indexes {
            let index = &self.index(table.name, index);
            if present.iter().any(|known| known.eq_ignore_ascii_case(index)) {
                continue;
            }
            let unique = if *is_unique { "UNIQUE " } else { "" };
            self.command(&format!("CREATE {unique}INDEX {index} ON {name} ({})", columns.join(", "))).await?;
        }
        self.run(&Statement::delete(&self.version_table, &["table_name"]), &[Cell::text(table.name)]).await?;
        let insert = Statement::insert(&self.version_table, &["table_name", "table_version"]);
        self.run(&insert, &[Cell::text(table.name), Cell::Int(table.version.into())]).await.map(drop)
    }

    /// An index's name. PostgreSQL's are one name for the whole database, so that they begin with their table's.
    fn index(&self, table: &str, index: &str) -> String {
        match self.engine {
            Engine::Postgres if !index.starts_with(&format!("{table}_")) => format!("{table}_{index}"),
            _ => index.to_owned(),
        }
    }

    /// The names that the server's own tables have of a table's parts.
    async fn names(&mut self, view: &str, column: &str, table: &str) -> Result<Vec<String>, OpenError> {
        let here = match self.engine {
            Engine::Postgres => "current_schema()",
            Engine::Mysql => "database()",
        };
        let sql =
            format!("SELECT {column} FROM information_schema.{view} WHERE table_name = ? AND table_schema = {here}");
        self.ask(&sql, table).await
    }

    async fn ask(&mut self, sql: &str, table: &str) -> Result<Vec<String>, OpenError> {
        let rows = self.run(&Statement::raw(sql), &[Cell::text(table)]).await?;
        let names = rows.rows.iter().filter_map(|row| row.first().and_then(Cell::to_bytes));
        Ok(names.map(|name| String::from_utf8_lossy(&name).into_owned()).collect())
    }

    async fn run(&mut self, statement: &std::sync::Arc<Statement>, params: &[Cell]) -> Result<Rows, OpenError> {
        let params: Params = params.iter().cloned().collect();
        let outcome = self.link.run(&[(std::sync::Arc::clone(statement), params)], ROWS_MAX).await;
        outcome.map_err(|error| OpenError::Refused { place: self.place.clone(), reason: error.text })
    }

    async fn command(&mut self, sql: &str) -> Result<(), OpenError> {
        let outcome = self.link.command(sql).await;
        outcome
            .map_err(|error| OpenError::Refused { place: self.place.clone(), reason: format!("{}: {sql}", error.text) })
    }
}

/// A name without anything that could end it.
fn identifier(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric() || *char == '_').collect()
}
