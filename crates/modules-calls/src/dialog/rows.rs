//! Dialogs as rows, and rows as dialogs.

use super::columns::{DIALOG, length_max};
use super::id::DialogId;
use super::keeper::Keeper;
use super::leg::Leg;
use super::numbering::Numbering;
use super::options::Options;
use super::packed;
use super::record::{Dialog, Inner, Names, Routes, Row};
use super::state::State;
use catalogue::Column;
use module_api::sql::{Cell, Params};
use module_api::{Env, SocketId, Time};
use std::sync::{Arc, Weak};

/// What a column is not made for; some engines take it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Which.
    pub column: &'static str,
    /// What stands in it.
    pub how: &'static str,
}

/// The values of a row, in the order of the columns, and which of them a table may refuse. Those that may be written in
/// another way are, so that all tables take them; a tag that is cut would be another's.
pub fn row(keeper: &Keeper, env: &Env<'_>, dialog: &Dialog, inner: &Inner) -> (Params, Option<Misfit>) {
    let row = values(keeper, env, dialog, inner);
    let misfit = DIALOG.columns.iter().zip(&row).find_map(|(column, cell)| misfit(column, cell));
    (row, misfit)
}

fn misfit(column: &Column, cell: &Cell) -> Option<Misfit> {
    let how = match cell {
        Cell::Text(text) => match std::str::from_utf8(text) {
            Err(_) => "is no UTF-8",
            Ok(text) if text.contains('\0') => "has a zero byte",
            Ok(text) => {
                let length = if column.sql.starts_with("CHAR") { text.chars().count() } else { text.len() };
                return is_long(column, length);
            }
        },
        Cell::Blob(bytes) => return is_long(column, bytes.len()),
        _ => return None,
    };
    Some(Misfit { column: column.name, how })
}

fn is_long(column: &Column, length: usize) -> Option<Misfit> {
    let is_long = length_max(column).is_some_and(|most| length > most);
    is_long.then_some(Misfit { column: column.name, how: "is made for less" })
}

fn values(keeper: &Keeper, env: &Env<'_>, dialog: &Dialog, inner: &Inner) -> Params {
    let none = Leg::default();
    let (caller, callee) = (&inner.caller, inner.callees.get(inner.chosen).unwrap_or(&none));
    let wall = |time: Time| number_max(i64::try_from(env.services.wall.at(time).unix_seconds()).unwrap_or(i64::MAX));
    let socket = |id: Option<SocketId>| {
        Cell::text(id.and_then(|id| env.services.sockets.get(id)).map_or(&b""[..], |socket| &socket.name))
    };
    // A leg's numbers are those of what goes to it: of the other party.
    let number = |numbering: &Numbering| Cell::text(numbering.given.to_string());
    let left = |numbering: &Numbering| number_max(i64::from(numbering.left));
    let profiles = inner
        .profiles
        .iter()
        .filter_map(|(number, value)| Some((keeper.profiles.get(*number)?.name.as_bytes(), &value[..])));
    let route = |route: &Option<Box<str>>| Cell::text_or_null(route.as_deref());
    [
        id(dialog.id),
        Cell::text(&dialog.call_id),
        escaped(&dialog.from_uri),
        Cell::text(&caller.tag),
        escaped(&dialog.to_uri),
        Cell::text(&callee.tag),
        Cell::Null,
        Cell::Null,
        number(&callee.numbering),
        number(&caller.numbering),
        left(&caller.numbering),
        left(&callee.numbering),
        escaped(&caller.routes),
        escaped(&callee.routes),
        escaped(&caller.contact),
        escaped(&callee.contact),
        socket(caller.socket),
        socket(callee.socket),
        Cell::Int(i64::from(inner.state.number())),
        wall(inner.answered.unwrap_or(dialog.created)),
        wall(inner.expires),
        Cell::Blob(packed::values(&inner.values).into()),
        // A value that is no text is counted under what is left of it.
        Cell::text(String::from_utf8_lossy(&packed::profiles(profiles)).as_bytes()),
        Cell::text(inner.flags.join(" ")),
        Cell::Int(0),
        Cell::Int(i64::from(inner.options.bits())),
        route(&inner.routes.answer),
        route(&inner.routes.timeout),
        route(&inner.routes.hangup),
    ]
    .into_iter()
    .collect()
}

/// A number that all engines have room for: an INTEGER of some has 31 bits.
fn number_max(number: i64) -> Cell {
    Cell::Int(number.min(i64::from(i32::MAX)))
}

/// URIs: bytes that are no text are written as `%` and two digits, which mean the same (RFC 3261 section 19.1.4).
fn escaped(uris: &[u8]) -> Cell {
    if std::str::from_utf8(uris).is_ok_and(|text| !text.contains('\0')) {
        return Cell::text(uris);
    }
    let mut out = String::with_capacity(uris.len() + 16);
    for chunk in uris.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char == '\0' { out.push_str("%00") } else { out.push(char) }
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
    }
    Cell::text(out)
}

/// An identifier as a cell.
pub fn id(id: DialogId) -> Cell {
    Cell::Int(i64::try_from(id.packed()).unwrap_or(i64::MAX))
}

/// A dialog from its row.
///
/// # Errors
/// Which column is at fault, and how.
pub fn dialog(keeper: &Arc<Keeper>, env: &Env<'_>, row: &[Cell]) -> Result<Arc<Dialog>, (&'static str, &'static str)> {
    let read = Reader { row };
    let id =
        u64::try_from(read.int("dlg_id")?).ok().and_then(DialogId::unpacked).ok_or(("dlg_id", "is no dialog's"))?;
    let state = State::of(read.int("state")?).ok_or(("state", "is none"))?;
    let socket = |name: &'static str| {
        let text = read.bytes(name);
        env.services.sockets.named(&text).map(|socket| socket.id)
    };
    let names =
        Names { call_id: read.needed("callid")?, from_uri: read.needed("from_uri")?, to_uri: read.needed("to_uri")? };
    let numbering =
        |given: &'static str, left: &'static str, is_pinged: bool| -> Result<Numbering, (&'static str, &'static str)> {
            let given = read.number(given)?;
            let left = u32::try_from(read.int(left).unwrap_or(0)).unwrap_or(0);
            Ok(Numbering::restored(given, left, is_pinged))
        };
    let options = Options::of_bits(u32::try_from(read.int("flags").unwrap_or(0)).unwrap_or(0));
    let [pings_caller, pings_callee] = options.pings().map(|ping| ping.is_some());
    let caller = Leg {
        tag: read.needed("from_tag")?,
        contact: read.bytes("caller_contact"),
        routes: read.bytes("caller_route_set"),
        socket: socket("caller_sock"),
        numbering: numbering("callee_cseq", "caller_ping_cseq", pings_caller)?,
        ..Leg::default()
    };
    let callee = Leg {
        tag: read.bytes("to_tag"),
        contact: read.bytes("callee_contact"),
        routes: read.bytes("callee_route_set"),
        socket: socket("callee_sock"),
        numbering: numbering("caller_cseq", "callee_ping_cseq", pings_callee)?,
        ..Leg::default()
    };
    let wall = |name| -> Result<Time, (&'static str, &'static str)> {
        let seconds = u64::try_from(read.int(name)?).map_err(|_| (name, "is before all times"))?;
        Ok(env.services.wall.engine_time(Time::from_unix_seconds(seconds)))
    };
    let (started, expires) = (wall("start_time")?, wall("timeout")?);
    let mut inner = Inner::new(caller, expires.since(started), expires, keeper.config.delete_delay);
    inner.callees.push(callee);
    inner.state = state;
    inner.answered = Some(started);
    inner.options = options;
    inner.values = packed::read_values(&read.bytes("vars"));
    for (name, value) in packed::read_profiles(&read.bytes("profiles")) {
        match keeper.profiles.named(&name) {
            Some((number, _)) => inner.profiles.push((number, value.into())),
            None => {
                let name = String::from_utf8_lossy(&name);
                env.log()
                    .warning(format!("a dialog of the database is in profile {name}, which is not there any more"));
            }
        }
    }
    for flag in String::from_utf8_lossy(&read.bytes("script_flags")).split_whitespace() {
        inner.set_flag(flag, true);
    }
    let route = |name| {
        let text = String::from_utf8_lossy(&read.bytes(name)).into_owned();
        (!text.is_empty()).then(|| text.into_boxed_str())
    };
    inner.routes =
        Routes { answer: route("rt_on_answer"), timeout: route("rt_on_timeout"), hangup: route("rt_on_hangup") };
    inner.row = Row { is_there: true, ..Row::default() };
    let keeper: Weak<Keeper> = Arc::downgrade(keeper);
    Ok(Arc::new(Dialog::new(id, &names, started, keeper, inner)))
}

/// A row by the names of its columns.
struct Reader<'a> {
    row: &'a [Cell],
}

impl Reader<'_> {
    fn cell(&self, name: &str) -> &Cell {
        let position = DIALOG.columns.iter().position(|column| column.name == name);
        position.and_then(|position| self.row.get(position)).unwrap_or(&Cell::Null)
    }

    fn int(&self, name: &'static str) -> Result<i64, (&'static str, &'static str)> {
        self.cell(name).to_int().ok_or((name, "is no number"))
    }

    fn number(&self, name: &'static str) -> Result<u32, (&'static str, &'static str)> {
        if self.bytes(name).is_empty() {
            // That party has not sent any request.
            return Ok(0);
        }
        u32::try_from(self.int(name)?).map_err(|_| (name, "is no CSeq number"))
    }

    fn bytes(&self, name: &str) -> Box<[u8]> {
        self.cell(name).to_bytes().map(|text| text[..].into()).unwrap_or_default()
    }

    fn needed(&self, name: &'static str) -> Result<Box<[u8]>, (&'static str, &'static str)> {
        let text = self.bytes(name);
        if text.is_empty() { Err((name, "is empty")) } else { Ok(text) }
    }
}
