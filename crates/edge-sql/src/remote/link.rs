//! One connection to a server, whichever kind it is of.

use super::{Tuning, mysql, postgres};
use crate::url::{Engine, Server};
use module_api::sql::{Params, Rows, Statement};
use std::fmt;
use std::sync::Arc;

/// A connection.
pub enum Link {
    /// To PostgreSQL.
    Postgres(postgres::Link),
    /// To MySQL or MariaDB.
    Mysql(mysql::Link),
}

/// Why a connection could not be made, or a statement not be run.
#[derive(Clone, Debug)]
pub struct LinkError {
    /// What it means for the connection and for the statement.
    pub trouble: Trouble,
    /// In the server's words.
    pub text: String,
}

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is gone, or was never there.
    Lost,
    /// The server is there and in trouble, or took too long.
    Failing,
    /// Two transactions were in each other's way and this one was undone: it can be tried again.
    Conflict,
    /// User or password are wrong.
    Denied,
    /// There is no such database.
    NoDatabase,
    /// The table is not there.
    NoTable,
    /// The statement is wrong, or its values are.
    Statement,
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// Why not.
    pub async fn connect(server: &Server, tuning: &Tuning) -> Result<Link, LinkError> {
        let connecting = async {
            match server.engine {
                Engine::Postgres => postgres::Link::connect(server, tuning).await.map(Link::Postgres),
                Engine::Mysql => mysql::Link::connect(server, tuning).await.map(Link::Mysql),
            }
        };
        let within = tokio::time::timeout(tuning.connect_timeout, connecting).await;
        within.unwrap_or_else(|_| Err(LinkError::new(Trouble::Lost, "it does not answer")))
    }

    /// Runs statements one after the other; the rows are those of the last.
    ///
    /// # Errors
    /// The first error; what ran before it is not undone.
    pub async fn run(&mut self, statements: &[(Arc<Statement>, Params)], rows_max: usize) -> Result<Rows, LinkError> {
        let mut rows = Rows::default();
        for (statement, params) in statements {
            rows = match self {
                Link::Postgres(link) => link.run(&statement.sql, params, rows_max).await?,
                Link::Mysql(link) => link.run(&statement.sql, params, rows_max).await?,
            };
        }
        Ok(rows)
    }

    /// Runs a statement without values and rows, such as `COMMIT`.
    ///
    /// # Errors
    /// Why not.
    pub async fn command(&mut self, sql: &str) -> Result<(), LinkError> {
        match self {
            Link::Postgres(link) => link.command(sql).await,
            Link::Mysql(link) => link.command(sql).await,
        }
    }

    /// Whether it is known to be gone.
    pub fn is_closed(&self) -> bool {
        match self {
            Link::Postgres(link) => link.is_closed(),
            Link::Mysql(_) => false,
        }
    }
}

impl LinkError {
    /// An error with its words.
    pub fn new(trouble: Trouble, text: impl Into<String>) -> LinkError {
        LinkError { trouble, text: text.into() }
    }

    /// Whether the connection cannot be used any longer.
    pub fn is_lost(&self) -> bool {
        matches!(self.trouble, Trouble::Lost)
    }

    /// Whether the server is in trouble, rather than the statement wrong.
    pub fn is_failing(&self) -> bool {
        matches!(self.trouble, Trouble::Lost | Trouble::Failing | Trouble::Denied | Trouble::NoDatabase)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
