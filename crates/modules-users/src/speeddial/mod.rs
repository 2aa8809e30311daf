//! `speeddial`: short numbers of users' own, from a table that is asked each time.

#[cfg(test)]
mod tests;

use crate::statements::Statements;
use crate::subject::{is_usable, user_and_domain};
use catalogue::{Arg, Column, Example, Param, ParamKind, Routes, Table};
use module_api::sql::{Cell, Database, Query, Statement};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Module, Run, Setup, StartError, State};
use sip::Uri;
use sip::escape::without_needless_escapes;
use std::sync::Arc;

/// The module `speeddial`.
pub const MODULE: Module = Module {
    name: "speeddial",
    about: "Puts addresses in place of users' own short numbers.",
    params: &[
        DB_URL,
        USER_COLUMN,
        DOMAIN_COLUMN,
        SD_USER_COLUMN,
        SD_DOMAIN_COLUMN,
        NEW_URI_COLUMN,
        USE_DOMAIN,
        DOMAIN_PREFIX,
    ],
    functions: &[SD_LOOKUP],
    tables: &[SPEED_DIAL],
    start,
    ..Module::EMPTY
};

const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const USER_COLUMN: Param = Param::str("user_column", "username", "The column of owners' names.");
const DOMAIN_COLUMN: Param = Param::str("domain_column", "domain", "The column of owners' domains.");
const SD_USER_COLUMN: Param = Param::str("sd_user_column", "sd_username", "The column of short numbers.");
const SD_DOMAIN_COLUMN: Param = Param::str("sd_domain_column", "sd_domain", "The column of short numbers' domains.");
const NEW_URI_COLUMN: Param = Param::str("new_uri_column", "new_uri", "The column of what they stand for.");
const USE_DOMAIN: Param = Param::int(
    "use_domain",
    0,
    "1: owners are told apart by domain too; 2: short numbers as well; 0: names and numbers alone count.",
)
.within(0, 2);
const DOMAIN_PREFIX: Param = Param::unset(
    "domain_prefix",
    ParamKind::Str,
    "What is taken off the beginning of the owner's domain before it is looked up.",
);

const SD_LOOKUP: Function = Function {
    name: "sd_lookup",
    about: "Puts what a short number stands for in place of the Request-URI.",
    args: &[
        Arg::str("table", "The table of short numbers."),
        Arg::str("owner", "The URI of whose number it is, if not that of From.")
            .judged(module_api::judge::optional_uri)
            .optional(),
    ],
    routes: Routes::REQUEST,
    returns: &[
        (1, "the Request-URI is what the number stands for now"),
        (-1, "there is no such number, or an error, which is logged"),
    ],
    examples: &[Example {
        script: "sd_lookup(\"speed_dial\")",
        message: "OPTIONS sip:example.com SIP/2.0",
        returns: -1,
    }],
    run: Run::Wait(|call, args| lookup(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

const SPEED_DIAL: Table = Table {
    name: "speed_dial",
    version: 3,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "sd_username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "sd_domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "new_uri", sql: "CHAR(255) DEFAULT '' NOT NULL" },
        Column { name: "fname", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "lname", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "description", sql: "CHAR(64) DEFAULT '' NOT NULL" },
    ],
    indexes: &[("speed_dial_idx", &["username", "domain", "sd_domain", "sd_username"], true)],
};

/// The state of the module.
struct SpeedDial {
    database: Database,
    new_uri: String,
    /// The columns of the key, those of domains as far as they count.
    keys: Vec<String>,
    domain_prefix: String,
    statements: Statements<()>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let mut named = setup.compiler.constants(SD_LOOKUP.name, 0).into_iter();
    let used: &[&Table] = if named.any(|name| name == SPEED_DIAL.name) { &[&SPEED_DIAL] } else { &[] };
    let text = |param| setup.params.text(param).to_owned();
    let keys = [&USER_COLUMN, &SD_USER_COLUMN, &DOMAIN_COLUMN, &SD_DOMAIN_COLUMN];
    let count = 2 + usize::try_from(setup.params.int(&USE_DOMAIN)).unwrap_or(0);
    let module = SpeedDial {
        new_uri: text(&NEW_URI_COLUMN),
        keys: keys.into_iter().take(count).map(text).collect(),
        domain_prefix: text(&DOMAIN_PREFIX),
        statements: Statements::default(),
        database: setup.database(&DB_URL, used)?,
    };
    Ok(Arc::new(module))
}

fn lookup(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.state::<SpeedDial>()?;
    let owner = match args.opt_str(1).filter(|owner| !owner.is_empty()) {
        Some(owner) => user_and_domain(owner, &module.domain_prefix)?,
        None => user_and_domain(call.msg.message.from()?.uri, &module.domain_prefix)?,
    };
    let number = Uri::parse(call.msg.request_uri())?;
    let (Some((user, domain)), Some(short)) = (owner, number.user.map(without_needless_escapes)) else {
        return Ok(Flow::done(-1));
    };
    let (table, column) = (args.str(0)?.clone(), module.new_uri.clone());
    let statement = module.statements.of((), &table, |table| {
        let keys: Vec<&str> = module.keys.iter().map(String::as_str).collect();
        Statement::select(table, &[&module.new_uri], &keys, "")
    });
    let cells = [&*user, &*short, domain, number.host].into_iter().take(module.keys.len()).map(Cell::text);
    let query = Query::new(module.database, &statement, cells);
    let asked = format!("{} of {}", String::from_utf8_lossy(&short), String::from_utf8_lossy(&user));
    Ok(Flow::wait(query.into(), move |call, answer| {
        let rows = match answer.rows() {
            Ok(rows) => rows,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let Some(row) = rows.rows.first() else { return Flow::done(-1) };
        let uri = row.first().and_then(Cell::to_bytes).unwrap_or_default();
        if !is_usable(&uri) {
            let (table, uri) = (String::from_utf8_lossy(&table), String::from_utf8_lossy(&uri));
            return Flow::Done(Err(Fault::backend(format!(
                "table {table}: column {column}: {uri:?} for {asked} is no URI"
            ))));
        }
        call.msg.branches.first_mut().uri = uri;
        Flow::done(1)
    }))
}
