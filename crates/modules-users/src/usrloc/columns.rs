//! The location table in SQL: its columns, its statements, and rows made of contacts and back.

use super::agents::UserAgents;
use super::contact::{Contact, Details, MEMORY_ONLY, Need};
use super::methods::Methods;
use super::params::*;
use bytes::Bytes;
use catalogue::{Column, FlagSet, Param, Table};
use module_api::sql::{Cell, Params, Statement};
use module_api::{Interned, Q, Setup, Sockets, Time, Wall};
use sip::Uri;
use std::sync::Arc;

/// The columns in the order of [`LOCATION`], with the names that the script gives them.
#[derive(Clone, Debug)]
pub struct Columns(Vec<String>);

/// The statements of one table.
#[derive(Clone, Debug)]
pub struct Statements {
    /// The rows after an identifier, a chunk of them.
    pub load: Arc<Statement>,
    /// The rows of an address of record.
    pub fetch: Arc<Statement>,
    /// A new row.
    pub insert: Arc<Statement>,
    /// A row's values, by identifier.
    pub update: Arc<Statement>,
    /// One row, by identifier.
    pub delete: Arc<Statement>,
    /// Several rows, by identifier.
    pub delete_some: Arc<Statement>,
    /// The rows whose time is over.
    pub expire: Arc<Statement>,
}

/// What rows are made with.
#[derive(Clone, Copy)]
pub struct RowContext<'a> {
    /// The names of branch flags.
    pub names: &'a Interned,
    /// The clock on the wall: rows tell times by it.
    pub wall: &'a Wall,
    /// The sockets.
    pub sockets: &'a Sockets,
    /// The known user agents.
    pub agents: &'a UserAgents,
    /// Whether the domain is part of addresses of record.
    pub use_domain: bool,
}

/// The table `location`.
pub const LOCATION: Table = Table {
    name: "location",
    version: 1013,
    columns: &[
        Column { name: "contact_id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT NULL" },
        Column { name: "contact", sql: "TEXT NOT NULL" },
        Column { name: "received", sql: "CHAR(255) DEFAULT NULL" },
        Column { name: "path", sql: "CHAR(255) DEFAULT NULL" },
        Column { name: "expires", sql: "INTEGER NOT NULL" },
        Column { name: "q", sql: "FLOAT(10,2) DEFAULT 1.0 NOT NULL" },
        Column { name: "callid", sql: "CHAR(255) DEFAULT 'Default-Call-ID' NOT NULL" },
        Column { name: "cseq", sql: "INTEGER DEFAULT 13 NOT NULL" },
        Column { name: "last_modified", sql: "DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL" },
        Column { name: "flags", sql: "INTEGER DEFAULT 0 NOT NULL" },
        Column { name: "cflags", sql: "CHAR(255) DEFAULT NULL" },
        Column { name: "user_agent", sql: "CHAR(255) DEFAULT '' NOT NULL" },
        Column { name: "socket", sql: "CHAR(64) DEFAULT NULL" },
        Column { name: "methods", sql: "INTEGER DEFAULT NULL" },
        Column { name: "sip_instance", sql: "CHAR(255) DEFAULT NULL" },
        Column { name: "kv_store", sql: "TEXT(512) DEFAULT NULL" },
        Column { name: "attr", sql: "CHAR(255) DEFAULT NULL" },
    ],
    indexes: &[],
};

/// The parameters that name the columns, in the order of [`LOCATION`]; `last_modified` has none.
const NAMES: [Option<&Param>; 19] = [
    Some(&CONTACT_ID_COLUMN),
    Some(&USER_COLUMN),
    Some(&DOMAIN_COLUMN),
    Some(&CONTACT_COLUMN),
    Some(&RECEIVED_COLUMN),
    Some(&PATH_COLUMN),
    Some(&EXPIRES_COLUMN),
    Some(&Q_COLUMN),
    Some(&CALLID_COLUMN),
    Some(&CSEQ_COLUMN),
    None,
    Some(&FLAGS_COLUMN),
    Some(&CFLAGS_COLUMN),
    Some(&USER_AGENT_COLUMN),
    Some(&SOCKET_COLUMN),
    Some(&METHODS_COLUMN),
    Some(&SIP_INSTANCE_COLUMN),
    Some(&KV_STORE_COLUMN),
    Some(&ATTR_COLUMN),
];

/// Rows read at once while loading.
pub const CHUNK_ROWS: usize = 2000;
/// The key under which a contact's `reg-id` is kept in `kv_store`: the table has no column for it.
const REG_ID_KEY: &str = "reg-id";

impl Columns {
    /// The names that the script gives them.
    pub fn read(setup: &Setup<'_>) -> Columns {
        let names = NAMES.iter().zip(LOCATION.columns);
        let text = |(param, column): (&Option<&Param>, &Column)| match param {
            Some(param) => setup.params.text(param).to_owned(),
            None => column.name.to_owned(),
        };
        Columns(names.map(text).collect())
    }

    fn at(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    /// The statements of a table.
    pub fn statements(&self, table: &str, use_domain: bool, delete_max: usize) -> Statements {
        let all: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let (id, rest) = (self.at(0), all.get(1..).unwrap_or_default());
        let aor: &[&str] = if use_domain { &[self.at(1), self.at(2)] } else { &[self.at(1)] };
        let delete = Statement::delete(table, &[id]);
        let marks = vec!["?"; delete_max].join(", ");
        let several = delete.sql.replace("= ?", &format!("IN ({marks})"));
        let everything = Statement::delete(table, &[]);
        let expires = self.at(6);
        let expire = format!("{} WHERE {expires} < ? AND {expires} <> 0", everything.sql);
        Statements {
            load: Statement::select(table, &all, &[], &format!("WHERE {id} > ? ORDER BY {id} LIMIT {CHUNK_ROWS}")),
            fetch: Statement::select(table, &all, aor, ""),
            insert: Statement::insert(table, &all),
            update: Statement::update(table, rest, &[id]),
            delete,
            delete_some: Arc::new(Statement { sql: several, writes: true }),
            expire: Arc::new(Statement { sql: expire, writes: true }),
        }
    }
}

/// The values of the key columns for an address of record.
pub fn aor_cells(aor: &[u8], use_domain: bool) -> Params {
    let (user, domain) = split_aor(aor, use_domain);
    let domain = use_domain.then(|| Cell::text(domain));
    std::iter::once(Cell::text(user)).chain(domain).collect()
}

/// The row of a contact without its identifier: the values of an UPDATE.
pub fn values(aor: &[u8], contact: &Contact, context: RowContext<'_>) -> impl Iterator<Item = Cell> {
    let (user, domain) = split_aor(aor, context.use_domain);
    let text = |text: &[u8]| if text.is_empty() { Cell::Null } else { Cell::text(text) };
    let socket = contact.socket().and_then(|id| context.sockets.get(id));
    let branch_flags = context.names.flags.branch.list(contact.branch_flags);
    [
        Cell::text(user),
        if context.use_domain { Cell::text(domain) } else { Cell::Null },
        Cell::text(contact.uri()),
        text(contact.received()),
        text(contact.path()),
        Cell::Int(i64::from(contact.expires_on(context.wall))),
        contact.q().map_or(Cell::Real(-1.0), |q| Cell::Real(f64::from(q.0) / 1000.0)),
        Cell::text(contact.call_id()),
        Cell::Int(i64::from(contact.cseq)),
        Cell::Time(i64::from(on_wall(contact.modified, context.wall))),
        Cell::Int(i64::from(contact.flags)),
        text(branch_flags.as_bytes()),
        Cell::Text(contact.user_agent(context.agents)),
        socket.map_or(Cell::Null, |socket| Cell::Text(socket.name.clone())),
        if contact.methods == Methods::ALL { Cell::Null } else { Cell::Int(i64::from(contact.methods.0)) },
        text(contact.instance()),
        keys_cell(contact),
        text(contact.attr()),
    ]
    .into_iter()
}

/// The identifier and address of record of a row.
pub fn key_of(row: &[Cell], use_domain: bool) -> Option<(u64, Bytes)> {
    let text = |index: usize| row.get(index).and_then(Cell::to_bytes).unwrap_or_default();
    let id = row.first().and_then(Cell::to_int).and_then(|id| u64::try_from(id).ok())?;
    Some((id, join_aor(&text(1), &text(2), use_domain)))
}

/// A contact made of a row.
///
/// # Errors
/// The column that is bad, and what is wrong with it.
pub fn contact(row: &[Cell], context: RowContext<'_>) -> Result<(Bytes, Contact), (&'static str, &'static str)> {
    let cell = |index: usize| row.get(index).unwrap_or(&Cell::Null);
    let text = |index: usize| cell(index).to_bytes().unwrap_or_default();
    let number = |index: usize, column| {
        let number = cell(index).to_int().and_then(|number| u32::try_from(number).ok());
        number.ok_or((column, "is no number in range"))
    };
    let id = cell(0).to_int().and_then(|id| u64::try_from(id).ok()).ok_or(("contact_id", "is no number"))?;
    let uri = text(3);
    // What is no URI could be looked up, but nothing could be sent to it.
    if Uri::parse(&uri).is_err() {
        return Err(("contact", "is no URI"));
    }
    let (user, domain) = (text(1), text(2));
    let keys = keys_of(&text(17))?;
    let reg_id = keys.as_ref().and_then(|keys| keys.get(REG_ID_KEY)).and_then(serde_json::Value::as_u64);
    let fields = [text(8), text(4), text(5), text(16), text(18), text(13)];
    let [call_id, received, path, instance, attr, user_agent] = &fields;
    let details = Details {
        uri: &uri,
        call_id,
        received,
        path,
        instance,
        attr,
        tag: b"",
        user_agent,
        expires: end_of_wall(number(6, "expires")?, context.wall),
        modified: cell(10)
            .to_int()
            .and_then(|seconds| u32::try_from(seconds).ok())
            .map_or(0, |shown| of_wall(shown, context.wall)),
        cseq: number(9, "cseq")?,
        // What is in the database is not kept in memory only, whatever another server means by the bit.
        flags: number(11, "flags")? & !MEMORY_ONLY,
        branch_flags: branch_flags(&text(12), context)?,
        methods: if *cell(15) == Cell::Null { Methods::ALL } else { Methods(number(15, "methods")?) },
        socket: context.sockets.named(&text(14)).map(|socket| socket.id),
        q: preference(cell(7))?,
        reg_id: reg_id.and_then(|id| u16::try_from(id).ok()).unwrap_or(0),
    };
    let mut contact = Contact::new(id, &details, context.agents).ok_or(("contact", "is too long"))?;
    contact.sync.need = Need::Nothing;
    contact.keys = keys.map(Box::new).map(|mut keys| {
        keys.shift_remove(REG_ID_KEY);
        keys
    });
    contact.keys = contact.keys.filter(|keys| !keys.is_empty());
    Ok((join_aor(&user, &domain, context.use_domain), contact))
}

/// What the wall shows at a second of the engine's time.
pub(super) fn on_wall(second: u32, wall: &Wall) -> u32 {
    u32::try_from(wall.at(Time::from_unix_seconds(u64::from(second))).unix_seconds()).unwrap_or(u32::MAX)
}

/// The second of the engine's time when the wall shows this.
fn of_wall(shown: u32, wall: &Wall) -> u32 {
    let second = wall.engine_time(Time::from_unix_seconds(u64::from(shown))).unix_seconds();
    u32::try_from(second).unwrap_or(u32::MAX)
}

/// The same for an end, where 0 is never, and nothing else is.
fn end_of_wall(shown: u32, wall: &Wall) -> u32 {
    if shown == 0 { 0 } else { of_wall(shown, wall).max(1) }
}

/// Branch flags: names separated by blanks, or the bits that releases before 2.2 wrote.
fn branch_flags(text: &[u8], context: RowContext<'_>) -> Result<FlagSet, (&'static str, &'static str)> {
    let text = std::str::from_utf8(text).map_err(|_| ("cflags", "is no list of names"))?;
    Ok(if text == "0" { FlagSet::default() } else { context.names.flags.branch.parse(text) })
}

fn preference(cell: &Cell) -> Result<Option<Q>, (&'static str, &'static str)> {
    let number = match cell {
        Cell::Null => return Ok(None),
        Cell::Real(number) => *number,
        Cell::Int(number) => {
            if *number < 0 {
                -1.0
            } else {
                f64::from(u8::try_from(*number).unwrap_or(u8::MAX))
            }
        }
        other => {
            let text = other.to_bytes().unwrap_or_default();
            let number = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
            number.ok_or(("q", "is no number"))?
        }
    };
    match number {
        number if number < 0.0 => Ok(None),
        // The range is checked: the rounded product is at most 1000.
        number if number <= 1.0 => Ok(Some(Q((number * 1000.0).round() as u16))),
        _ => Err(("q", "is not between 0 and 1")),
    }
}

fn keys_cell(contact: &Contact) -> Cell {
    let mut keys = contact.keys.as_deref().cloned().unwrap_or_default();
    if contact.reg_id != 0 {
        keys.insert(REG_ID_KEY.to_owned(), contact.reg_id.into());
    }
    if keys.is_empty() { Cell::Null } else { Cell::text(serde_json::Value::Object(keys).to_string()) }
}

fn keys_of(text: &[u8]) -> Result<Option<module_api::JsonMap>, (&'static str, &'static str)> {
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(text) {
        Ok(serde_json::Value::Object(keys)) => Ok(Some(keys)),
        _ => Err(("kv_store", "is no JSON object")),
    }
}

fn split_aor(aor: &[u8], use_domain: bool) -> (&[u8], &[u8]) {
    let at = if use_domain { aor.iter().rposition(|byte| *byte == b'@') } else { None };
    match at {
        Some(at) => (aor.get(..at).unwrap_or_default(), aor.get(at + 1..).unwrap_or_default()),
        None => (aor, b""),
    }
}

fn join_aor(user: &Bytes, domain: &Bytes, use_domain: bool) -> Bytes {
    if !use_domain || domain.is_empty() {
        return user.clone();
    }
    Bytes::from([&user[..], b"@", &domain[..]].concat())
}
