//! Whether a server's database has what the modules need, and what helps if not.

use super::Runtime;
use super::link::{Link, LinkError, Trouble};
use crate::options::Tuning;
use crate::url::{Engine, Server};
use crate::{OpenError, Place};
use module_api::sql::{Cell, Statement};

/// How many versions there may be.
const ROWS_MAX: usize = 10_000;

/// What is wrong with the way to a database, or with the versions of its tables.
pub fn tables(
    runtime: &Runtime,
    server: Server,
    tuning: Tuning,
    tables: Vec<(String, i32)>,
    version_table: String,
) -> Vec<OpenError> {
    let place = server.place();
    let looking = async move {
        let mut link = connect(&server, &tuning).await?;
        look(&mut link, &server.place(), &tables, &version_table).await
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
