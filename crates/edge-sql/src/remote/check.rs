//! Whether a server's database has what the modules need, and what helps if not.

use super::Runtime;
use super::link::{Link, LinkError, Trouble};
use crate::needs::{missing_columns, tables_of};
use crate::options::Tuning;
use crate::url::{Engine, Server};
use crate::{OpenError, Place};
use module_api::DatabaseWish;
use module_api::sql::{Cell, Statement};

/// How many versions there may be.
const ROWS_MAX: usize = 10_000;

/// What is wrong with the way to a database, or missing of what a wish needs.
pub fn needs(
    runtime: &Runtime,
    server: Server,
    tuning: Tuning,
    wish: DatabaseWish,
    version_table: String,
) -> Vec<OpenError> {
    let place = server.place();
    let looking = async move {
        let mut link = connect(&server, &tuning).await?;
        let place = server.place();
        let errors = look(&mut link, &place, &wish.tables, &version_table).await?;
        if errors.is_empty() { columns(&mut link, &place, &wish).await } else { Ok(errors) }
    };
    match runtime.wait(looking) {
        Some(Ok(errors)) => errors,
        Some(Err(error)) => vec![error],
        None => vec![OpenError::Refused { place, reason: "looking at it failed".to_owned() }],
    }
}

/// Connects, and says what helps if that fails.
pub async fn connect(server: &Server, tuning: &Tuning) -> Result<Link, OpenError> {
    Link::connect(server, tuning).await.map_err(|error| cannot_connect(server, &error))
}

/// The error of a database that cannot be connected to.
pub fn cannot_connect(server: &Server, error: &LinkError) -> OpenError {
    let place = server.place();
    let advice = match error.trouble {
        Trouble::Lost => {
            let port = server.port.unwrap_or(server.engine.port());
            match &server.socket {
                Some(socket) => format!("is a server running, with its socket at {}?", socket.display()),
                None => format!("is a server running on {}, port {port}, and does it let us in?", server.host),
            }
        }
        Trouble::Denied => match server.engine {
            Engine::Postgres => "correct user and password in the URL, or let them in with pg_hba.conf".to_owned(),
            Engine::Mysql => {
                "correct user and password in the URL, or let them in with CREATE USER and GRANT".to_owned()
            }
        },
        Trouble::NoDatabase => format!("make it with {}", place.create()),
        _ => "the server's own log may say more".to_owned(),
    };
    OpenError::CannotConnect { place, reason: error.text.clone(), advice }
}

/// The versions of tables, by their names; none if there is no table of versions.
///
/// # Errors
/// They cannot be read.
pub async fn versions(
    link: &mut Link,
    place: &Place,
    version_table: &str,
) -> Result<Option<Vec<(String, i64)>>, OpenError> {
    let select = Statement::select(version_table, &["table_name", "table_version"], &[], "");
    let rows = match link.run(&[(select, [].into_iter().collect())], ROWS_MAX).await {
        Ok(rows) => rows.rows,
        Err(error) if error.trouble == Trouble::NoTable => return Ok(None),
        Err(error) => return Err(OpenError::Refused { place: place.clone(), reason: error.text }),
    };
    let read = rows.into_iter().filter_map(|row| {
        let name = row.first().and_then(Cell::to_bytes)?;
        Some((String::from_utf8_lossy(&name).trim().to_owned(), row.get(1).and_then(Cell::to_int)?))
    });
    Ok(Some(read.collect()))
}

async fn columns(link: &mut Link, place: &Place, wish: &DatabaseWish) -> Result<Vec<OpenError>, OpenError> {
    let mut missing = Vec::new();
    for table in tables_of(&wish.columns) {
        let found = link.run(&[(Statement::none_of(table), [].into_iter().collect())], ROWS_MAX).await;
        let refused = |error: LinkError| OpenError::Refused { place: place.clone(), reason: error.text };
        missing.extend(missing_columns(place, table, &found.map_err(refused)?.columns, &wish.columns));
    }
    Ok(missing)
}

async fn look(
    link: &mut Link,
    place: &Place,
    tables: &[(String, i32)],
    version_table: &str,
) -> Result<Vec<OpenError>, OpenError> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let Some(known) = versions(link, place, version_table).await? else {
        return Ok(vec![OpenError::NoVersionTable { place: place.clone(), table: version_table.to_owned() }]);
    };
    let wrong = tables.iter().filter_map(|(table, version)| {
        let (place, found) = (place.clone(), known.iter().find(|(name, _)| name == table));
        match found {
            None => Some(OpenError::MissingTable { place, table: table.clone(), version: *version }),
            Some((_, found)) if *found == i64::from(*version) => None,
            Some((_, found)) => {
                Some(OpenError::WrongVersion { place, table: table.clone(), found: *found, expected: *version })
            }
        }
    });
    let mut wrong: Vec<OpenError> = wrong.collect();
    wrong.dedup();
    Ok(wrong)
}
