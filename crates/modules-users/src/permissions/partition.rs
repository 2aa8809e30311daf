//! A table of addresses: where it is, and what is in memory of it, which a reload replaces whole.

use super::addresses::Addresses;
use super::{
    ADDRESS, ADDRESS_TABLE, DB_URL, DEFAULT, GRP_COL, INFO_COL, IP_COL, MASK_COL, PARTITION, PATTERN_COL, PORT_COL,
    PROTO_COL, Permissions,
};
use module_api::sql::{Database, Query, Rows, Statement};
use module_api::{Fault, Job, Logger, Setup, StartError};
use std::sync::{Arc, PoisonError, RwLock};

/// A table of addresses.
pub struct Partition {
    /// What scripts and commands call it.
    pub name: String,
    table: String,
    columns: [String; 7],
    database: Database,
    load: Arc<Statement>,
    addresses: RwLock<Arc<Addresses>>,
}

/// More partitions than any script has.
const PARTITIONS_MAX: usize = 256;

/// The partitions the script names, and the default one where there is a database for it.
pub fn read(setup: &mut Setup<'_>) -> Result<Vec<Partition>, StartError> {
    let mut wishes = Vec::new();
    for written in setup.params.strs(&PARTITION) {
        let wish = wish(written).map_err(|wrong| StartError::param(PARTITION.name, wrong).value(written))?;
        wishes.push(wish);
    }
    if wishes.len() > PARTITIONS_MAX {
        return Err(StartError::param(PARTITION.name, format!("there are more than {PARTITIONS_MAX}")));
    }
    let has_default = wishes.iter().any(|(name, ..)| name == DEFAULT);
    let has_url = setup.params.is_set(&DB_URL) || wishes.is_empty() && setup.settings.db_default_url.is_some();
    if has_url && !has_default {
        wishes.insert(0, (DEFAULT.to_owned(), None, None));
    }
    wishes.into_iter().map(|(name, url, table)| make(setup, name, url, table)).collect()
}

type Wish = (String, Option<String>, Option<String>);

/// `name: db_url=…; table_name=…`
fn wish(written: &str) -> Result<Wish, String> {
    let (name, rest) = written.split_once(':').unwrap_or((written, ""));
    let name = name.trim();
    if name.is_empty() {
        return Err("it is written \"name: db_url=…; table_name=…\"".to_owned());
    }
    let (mut url, mut table) = (None, None);
    for item in rest.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        let (key, value) = item.split_once('=').map(|(key, value)| (key.trim(), value.trim())).unwrap_or((item, ""));
        match key {
            "db_url" if !value.is_empty() => url = Some(value.to_owned()),
            "table_name" | "address_table" if !value.is_empty() => table = Some(value.to_owned()),
            _ => return Err(format!("\"{item}\" is neither db_url=… nor table_name=…")),
        }
    }
    Ok((name.to_owned(), url, table))
}

fn make(
    setup: &mut Setup<'_>,
    name: String,
    url: Option<String>,
    table: Option<String>,
) -> Result<Partition, StartError> {
    let table = table.unwrap_or_else(|| setup.params.text(&ADDRESS_TABLE).to_owned());
    let columns = [&GRP_COL, &IP_COL, &MASK_COL, &PORT_COL, &PROTO_COL, &PATTERN_COL, &INFO_COL];
    let columns = columns.map(|column| setup.params.text(column).to_owned());
    let load = Statement::select(&table, &columns.each_ref().map(String::as_str), &[], "");
    let database = match url {
        Some(url) => setup.database_at(&url, &[]),
        None => setup.database(&DB_URL, &[])?,
    };
    if let Some(wish) = setup.wishes.databases.get_mut(usize::from(database.0)) {
        wish.tables.push((table.clone(), ADDRESS.version));
    }
    Ok(Partition { name, table, columns, database, load, addresses: RwLock::default() })
}

/// Reads the partitions from this one on, before the first message is accepted.
pub fn load_all(module: Arc<Permissions>, from: usize) -> Job {
    let Some(partition) = module.partitions.get(from) else { return Job::DONE };
    Job::wait(partition.query().into(), move |env, answer| {
        let taken = match (module.partitions.get(from), answer.rows()) {
            (Some(partition), Ok(rows)) => {
                partition.take(&rows, env.log());
                Ok(())
            }
            (Some(partition), Err(fault)) => Err(partition.failed(&fault)),
            (None, _) => Ok(()),
        };
        match taken {
            Ok(()) => load_all(module, from + 1),
            Err(fault) => Job::Done(Err(fault)),
        }
    })
}

impl Partition {
    /// What reads the table.
    pub fn query(&self) -> Query {
        Query::new(self.database, &self.load, [])
    }

    /// Puts what the rows say in place of what was there.
    pub fn take(&self, rows: &Rows, log: &Logger) {
        let addresses = Arc::new(Addresses::read(rows, &self.table, &self.columns, log));
        *self.addresses.write().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// What is in memory now.
    pub fn addresses(&self) -> Arc<Addresses> {
        Arc::clone(&self.addresses.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is said where the table cannot be read.
    pub fn failed(&self, fault: &Fault) -> Fault {
        Fault::backend(format!("the addresses of table {} could not be loaded: {fault}", self.table))
    }
}
