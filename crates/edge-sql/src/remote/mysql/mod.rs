//! A connection to MySQL or MariaDB.

mod cells;

use super::Tuning;
use super::link::{LinkError, Trouble};
use crate::url::Server;
use module_api::sql::{Cell, Rows};
use mysql_async::prelude::{Protocol, Queryable};
use mysql_async::{Conn, DriverError, Error, OptsBuilder, Params, QueryResult, Value};
use std::path::{Path, PathBuf};

/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 256;
/// Where a server on this machine has its socket, as `localhost` means to its own clients.
const SOCKET: &str = "/run/mysqld/mysqld.sock";
/// The statement cannot be prepared.
const NOT_TO_PREPARE: u16 = 1295;

/// A connection.
pub struct Link {
    inner: Conn,
}

impl Link {
    /// Connects.
    pub async fn connect(server: &Server, tuning: &Tuning) -> Result<Link, LinkError> {
        // MariaDB ends what takes too long; others do not understand this comment, and their statements end when
        // the connection is closed.
        let deadline = format!("/*M!100100 SET SESSION max_statement_time = {} */", tuning.deadline.as_secs_f64());
        let options = OptsBuilder::default()
            .ip_or_hostname(server.host.clone())
            .tcp_port(server.port.unwrap_or(server.engine.port()))
            .user(Some(server.user.clone()))
            .pass(server.password.clone())
            .db_name(Some(server.database.clone()))
            .socket(socket(server).map(|path| path.display().to_string()))
            .prefer_socket(false)
            .stmt_cache_size(STATEMENTS_MAX)
            .client_found_rows(true)
            .init(vec![deadline]);
        Conn::new(options).await.map(|inner| Link { inner }).map_err(|error| error_of(&error))
    }

    /// Runs a statement that has no rows.
    pub async fn command(&mut self, sql: &str) -> Result<(), LinkError> {
        self.inner.query_drop(sql).await.map_err(|error| error_of(&error))
    }

    /// Runs a statement.
    pub async fn run(&mut self, sql: &str, params: &[Cell], rows_max: usize) -> Result<Rows, LinkError> {
        let values: Vec<Value> = params.iter().map(cells::bound).collect();
        let values = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        let outcome = match self.inner.exec_iter(sql, values).await {
            Ok(result) => return read(result, rows_max).await,
            Err(Error::Server(error)) if error.code == NOT_TO_PREPARE && params.is_empty() => {
                self.inner.query_iter(sql).await
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(result) => read(result, rows_max).await,
            Err(error) => Err(error_of(&error)),
        }
    }
}

async fn read<P: Protocol>(mut result: QueryResult<'_, '_, P>, rows_max: usize) -> Result<Rows, LinkError> {
    let columns = result.columns().unwrap_or_default();
    let mut rows = Vec::new();
    while let Some(row) = result.next().await.map_err(|error| error_of(&error))? {
        if rows.len() >= rows_max {
            // The client passes over what is left before the next statement.
            return Err(LinkError::new(Trouble::Statement, format!("more than {rows_max} rows")));
        }
        let cells = row.unwrap_raw().into_iter().zip(columns.iter());
        rows.push(cells.map(|(value, column)| cells::read(value.unwrap_or(Value::NULL), column)).collect());
    }
    let (changed, last_id) = (result.affected_rows(), result.last_insert_id());
    result.drop_result().await.map_err(|error| error_of(&error))?;
    let columns: Vec<String> = columns.iter().map(|column| column.name_str().into_owned()).collect();
    let changed = if columns.is_empty() { changed } else { 0 };
    let last_id = last_id.and_then(|id| i64::try_from(id).ok()).unwrap_or(0);
    Ok(Rows { columns, rows, changed, last_id })
}

/// The socket that is asked for, or that `localhost` means.
fn socket(server: &Server) -> Option<PathBuf> {
    let usual = || Path::new(SOCKET).exists().then(|| PathBuf::from(SOCKET));
    let is_local = server.host.eq_ignore_ascii_case("localhost") && server.port.is_none();
    server.socket.clone().or_else(|| is_local.then(usual).flatten())
}

/// What an error of the client's means.
fn error_of(error: &Error) -> LinkError {
    let trouble = match error {
        Error::Io(_) | Error::Driver(DriverError::ConnectionClosed | DriverError::PoolDisconnected) => Trouble::Lost,
        Error::Server(error) => return LinkError::new(trouble_of(error.code), error.message.clone()),
        _ => Trouble::Statement,
    };
    LinkError::new(trouble, error.to_string())
}

fn trouble_of(code: u16) -> Trouble {
    match code {
        1044 | 1045 | 1698 => Trouble::Denied,
        1049 => Trouble::NoDatabase,
        1146 => Trouble::NoTable,
        1205 | 1213 => Trouble::Conflict,
        // Shutting down, killed by an administrator.
        1053 | 1077 | 1079 | 1152 | 1184 | 1927 | 2006 | 2013 => Trouble::Lost,
        // Too many connections, out of disk or memory, read-only, ended because it took too long.
        1021 | 1023 | 1030 | 1037 | 1038 | 1040 | 1041 | 1114 | 1135 | 1203 | 1226 | 1290 | 1317 | 1836 | 1969
        | 3024 => Trouble::Failing,
        _ => Trouble::Statement,
    }
}
