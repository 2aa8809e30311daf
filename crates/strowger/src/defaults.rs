//! The default provider: its script, and where its things are.

use crate::modules::tables;
use catalogue::Column;
use edge_sql::{OpenError, schema};
use rand_core::{OsRng, TryRngCore};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The script; places to fill in are written `@NAME@`.
const SCRIPT: &str = include_str!("../defaults/strowger.cfg");
/// The realm that phones are asked for: one for all names that lead here.
pub const REALM: &str = "strowger";
/// Where management answers, on loopback.
pub const MI_PORT: u16 = 8888;

/// The parties of a call, which the default script records besides what upstream's tables hold.
const PARTIES: [Column; 2] = [
    // A record may lack them: whoever calls nobody is recorded all the same.
    Column { name: "caller", sql: "CHAR(64) DEFAULT NULL" },
    Column { name: "callee", sql: "CHAR(64) DEFAULT NULL" },
];
/// The tables that they are recorded in.
const RECORDS: [&str; 2] = ["acc", "missed_calls"];

/// Whether the default provider's database has this column besides what modules declare.
pub fn has_column(table: &str, column: &str) -> bool {
    RECORDS.contains(&table) && PARTIES.iter().any(|party| party.name == column)
}

/// A directory with the default provider's things.
#[derive(Clone, Debug)]
pub struct Home {
    /// Where it is.
    pub directory: PathBuf,
}

impl Home {
    /// The user's data directory: `$STROWGER_HOME`, else `$XDG_DATA_HOME/strowger`, else `~/.local/share/strowger`,
    /// else `./strowger`.
    pub fn of_user() -> Home {
        let named = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        let directory = named("STROWGER_HOME")
            .or_else(|| named("XDG_DATA_HOME").map(|data| data.join("strowger")))
            .or_else(|| named("HOME").map(|home| home.join(".local/share/strowger")))
            .unwrap_or_else(|| PathBuf::from("strowger"));
        Home { directory }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.directory.join("strowger.sqlite")
    }

    /// Makes the database, or what it lacks.
    ///
    /// # Errors
    /// It cannot be written, or is a newer server's.
    pub fn make_database(&self) -> Result<(), OpenError> {
        let path = self.database();
        schema::create(&path, &tables(), "version")?;
        RECORDS.iter().try_for_each(|table| schema::add_columns(&path, table, &PARTIES))
    }

    /// Its URL.
    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.database().display())
    }

    /// The script that the operator edits; where there is none, the embedded one runs.
    pub fn script(&self) -> PathBuf {
        self.directory.join("strowger.cfg")
    }

    /// Makes the directory.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&self) -> io::Result<()> {
        fs::create_dir_all(&self.directory)
    }

    /// The default script with its places filled in for this directory.
    ///
    /// # Errors
    /// The secret cannot be read or made.
    pub fn default_script(&self) -> io::Result<String> {
        if let Some(secret) = self.secret()? {
            return Ok(self.fill_in(&secret));
        }
        let secret = random_hex(16)?;
        write_private(&self.secret_file(), &secret)?;
        Ok(self.fill_in(&secret))
    }

    /// The same for a look at it: nothing is made.
    ///
    /// # Errors
    /// There is a secret that cannot be read.
    pub fn script_to_check(&self) -> io::Result<String> {
        let secret = self.secret()?;
        Ok(self.fill_in(&secret.unwrap_or_else(|| "0".repeat(32))))
    }

    fn fill_in(&self, secret: &str) -> String {
        SCRIPT
            .replace("@DATABASE@", &self.database().display().to_string())
            .replace("@SPOOL@", &self.directory.join("acc.spool").display().to_string())
            .replace("@MI_PORT@", &MI_PORT.to_string())
            .replace("@REALM@", REALM)
            .replace("@SECRET@", secret)
    }

    /// The secret that marks our calls' routes: made once, readable by its owner only.
    fn secret(&self) -> io::Result<Option<String>> {
        let path = self.secret_file();
        match fs::read_to_string(&path) {
            Ok(secret) if secret.trim().len() >= 32 => Ok(Some(secret.trim().to_owned())),
            Ok(_) => Err(io::Error::other(format!("{}: too short; remove it", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn secret_file(&self) -> PathBuf {
        self.directory.join("secret")
    }
}

/// Random bytes as hexadecimal digits.
///
/// # Errors
/// The system gives none.
pub fn random_hex(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    OsRng.try_fill_bytes(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(random.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// It cannot be written, or is there already.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
