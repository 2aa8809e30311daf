//! A connection to PostgreSQL.

mod cells;
mod replace;

use super::Tuning;
use super::dialect::numbered;
use super::link::{LinkError, Trouble};
use crate::url::Server;
use cells::{Bound, Read};
use futures_util::TryStreamExt;
use module_api::sql::{Cell, Rows};
use std::collections::BTreeMap;
use std::pin::pin;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls, Statement};

/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 256;

/// A connection; a task of its own reads and writes its socket.
pub struct Link {
    client: Client,
    statements: BTreeMap<String, Statement>,
}

impl Link {
    /// Connects.
    pub async fn connect(server: &Server, tuning: &Tuning) -> Result<Link, LinkError> {
        let mut config = Config::new();
        config.user(&server.user).dbname(&server.database).application_name("strowger");
        config.connect_timeout(tuning.connect_timeout).port(server.port.unwrap_or(server.engine.port()));
        // The server ends what takes too long; nobody waits for it any more.
        config.options(format!("-c statement_timeout={}", tuning.deadline.as_millis()));
        match &server.socket {
            Some(directory) => config.host_path(directory),
            None => config.host(&server.host),
        };
        if let Some(password) = &server.password {
            config.password(password);
        }
        let (client, connection) = config.connect(NoTls).await.map_err(|error| error_of(&error))?;
        // How it ended, each statement that needed it is told.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Link { client, statements: BTreeMap::new() })
    }

    /// Whether it is known to be gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs a statement that has no rows.
    pub async fn command(&self, sql: &str) -> Result<(), LinkError> {
        self.client.batch_execute(sql).await.map_err(|error| error_of(&error))
    }

    /// Runs a statement.
    pub async fn run(&mut self, sql: &str, params: &[Cell], rows_max: usize) -> Result<Rows, LinkError> {
        match self.attempt(sql, params, rows_max).await {
            // A table has changed since the statement was prepared.
            Err(error) if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) => {
                self.statements.clear();
                self.attempt(sql, params, rows_max).await
            }
            outcome => outcome,
        }
        .map_err(|error| error_of(&error))?
    }

    /// The inner error is ours, the outer the server's.
    async fn attempt(&mut self, sql: &str, params: &[Cell], rows_max: usize) -> Result<Result<Rows, LinkError>, Error> {
        let statement = self.prepare(sql, params).await?;
        let columns: Vec<String> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let mut found = pin!(self.client.query_raw(&statement, params.iter().map(Bound)).await?);
        let mut rows = Vec::new();
        while let Some(row) = found.try_next().await? {
            if rows.len() >= rows_max {
                return Ok(Err(LinkError::new(Trouble::Statement, format!("more than {rows_max} rows"))));
            }
            let cells = (0..row.len()).map(|index| row.try_get::<_, Read>(index).map(|Read(cell)| cell));
            rows.push(cells.collect::<Result<Vec<Cell>, Error>>()?);
        }
        let changed = if columns.is_empty() { found.rows_affected().unwrap_or(0) } else { 0 };
        Ok(Ok(Rows { columns, rows, changed, last_id: 0 }))
    }

    async fn prepare(&mut self, sql: &str, params: &[Cell]) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let of_server = replace::rewrite(&self.client, sql).await?;
        let statement = match params.is_empty() {
            true => self.client.prepare(&of_server).await?,
            false => self.prepare_with_marks(&of_server).await?,
        };
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// A value of a type that we do not write as the server does goes as text, for the server to read.
    async fn prepare_with_marks(&self, sql: &str) -> Result<Statement, Error> {
        let statement = self.client.prepare(&numbered(sql, |number| format!("${number}"))).await?;
        if statement.params().iter().all(cells::is_known) {
            return Ok(statement);
        }
        let cast = |number: usize| match statement.params().get(number.wrapping_sub(1)) {
            Some(ty) if !cells::is_known(ty) => {
                format!("CAST(CAST(${number} AS text) AS \"{}\".\"{}\")", ty.schema(), ty.name())
            }
            _ => format!("${number}"),
        };
        self.client.prepare(&numbered(sql, cast)).await
    }
}

/// What an error of the client's means.
fn error_of(error: &Error) -> LinkError {
    let Some(of_server) = error.as_db_error() else {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        let is_of_value = cells::is_of_value(error);
        let trouble = if is_of_value { Trouble::Statement } else { Trouble::Lost };
        return LinkError::new(trouble, format!("{error}{cause}"));
    };
    LinkError::new(trouble_of(of_server.code()), of_server.message())
}

fn trouble_of(state: &SqlState) -> Trouble {
    match state.code() {
        "3D000" => Trouble::NoDatabase,
        "42P01" => Trouble::NoTable,
        "57014" => Trouble::Failing,
        "25006" => Trouble::Failing,
        "40001" | "40P01" => Trouble::Conflict,
        code => match code.get(..2) {
            Some("28") => Trouble::Denied,
            // Shutting down, starting up, ended by an administrator; the connection broke.
            Some("57" | "08") => Trouble::Lost,
            // Out of disk, memory or connections; errors of its system, or of its own.
            Some("53" | "58" | "XX") => Trouble::Failing,
            _ => Trouble::Statement,
        },
    }
}
