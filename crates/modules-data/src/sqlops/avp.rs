//! `sql_avp_load()`, `sql_avp_store()`, `sql_avp_delete()`: AVPs kept in a table of user preferences.

use super::params::{Columns, Sqlops};
use super::scheme::Scheme;
use super::source::{self, Owner};
use bytes::Bytes;
use catalogue::{Alias, Arg, Routes, Value};
use module_api::sql::{Cell, Database, Params, Query, Rows, Statement};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Outcome, Run};
use std::sync::Arc;

const SOURCE: Arg =
    Arg::raw("source", "Whose: \"$fu\", \"$avp(uuid)\", with /username, /domain, /uri or /uuid.").judged(source::judge);
const NAME: Arg = Arg::raw(
    "name",
    "Which: \"$avp(x)\", or \"*\" for all; \"$avp(x)/table\" or \"$avp(x)/$scheme\" for another table.",
);
const DB_ID: Arg = Arg::int("db_id", "The number of the database, 0 if left out.").within(0, i32::MAX);
const ROUTES: Routes = Routes::ALL;

/// `sql_avp_load(source, name, [db_id], [prefix])`
pub const LOAD: Function = Function {
    name: "sql_avp_load",
    aliases: &[Alias::of_module("avpops", "avp_db_load", "3.6")],
    about: "Loads AVPs from a table of user preferences.",
    args: &[SOURCE, NAME, DB_ID.optional(), Arg::str("prefix", "What the names of the AVPs begin with.").optional()],
    routes: ROUTES,
    returns: &[(1, "some were loaded"), (-1, "there are none, or the query failed")],
    run: Run::Wait(load),
    ..FUNCTION
};

/// `sql_avp_store(source, name, [db_id])`
pub const STORE: Function = Function {
    name: "sql_avp_store",
    aliases: &[Alias::of_module("avpops", "avp_db_store", "3.6")],
    about: "Stores AVPs in a table of user preferences.",
    args: &[SOURCE, NAME, DB_ID.optional()],
    routes: ROUTES,
    returns: &[(1, "they are stored"), (-1, "there are none, or the query failed")],
    run: Run::Wait(store),
    ..FUNCTION
};

/// `sql_avp_delete(source, name, [db_id])`
pub const DELETE: Function = Function {
    name: "sql_avp_delete",
    aliases: &[Alias::of_module("avpops", "avp_db_delete", "3.6")],
    about: "Deletes AVPs from a table of user preferences.",
    args: &[SOURCE, NAME, DB_ID.optional()],
    routes: ROUTES,
    returns: &[(1, "they are gone"), (-1, "the query failed")],
    run: Run::Wait(delete),
    ..FUNCTION
};

/// An AVP whose value is an integer, in the column of types.
const TYPE_INTEGER: i64 = 1;

/// What the arguments of a call mean.
struct Wanted<'a> {
    sqlops: &'a Sqlops,
    database: Database,
    owner: Owner,
    /// The name of the AVP; `None`: all.
    avp: Option<Bytes>,
    table: String,
    scheme: Option<&'a Scheme>,
}

impl<'a> Wanted<'a> {
    fn new(call: &mut Call<'a>, args: Args<'_>) -> Result<Wanted<'a>, Fault> {
        let sqlops = call.state::<Sqlops>()?;
        let database = sqlops.database(args.opt_int(2)?.unwrap_or(0))?;
        let owner = sqlops.sources.find(call, args.str(0)?)?.owner(call)?;
        let name = std::str::from_utf8(args.str(1)?).map_err(|_| Fault::script("the name is not UTF-8 text"))?;
        let (avp, place) = parse_name(name);
        let scheme = match place.and_then(|place| place.strip_prefix('$')) {
            Some(name) => Some(find_scheme(sqlops, name)?),
            None => None,
        };
        let table = scheme.map_or(place, |scheme| scheme.table.as_deref()).unwrap_or(&sqlops.table).to_owned();
        let avp = avp.map(|name| Bytes::copy_from_slice(name.as_bytes()));
        Ok(Wanted { sqlops, database, owner, avp, table, scheme })
    }

    /// The columns and values that say whose AVPs.
    fn keys(&self) -> Vec<(&str, Cell)> {
        let Columns { uuid, username, domain, .. } = &self.sqlops.columns;
        let column = |usual, of_scheme: fn(&Scheme) -> &Option<String>| -> &str {
            self.scheme.and_then(|scheme| of_scheme(scheme).as_deref()).unwrap_or(usual)
        };
        let uuid = column(uuid, |scheme| &scheme.uuid);
        let username = column(username, |scheme| &scheme.username);
        let domain = column(domain, |scheme| &scheme.domain);
        match &self.owner {
            Owner::Uuid(id) => vec![(uuid, Cell::Text(id.clone()))],
            Owner::Username(user) => vec![(username, Cell::Text(user.clone()))],
            Owner::Domain(host) => vec![(domain, Cell::Text(host.clone()))],
            Owner::User(user, host) => {
                let mut keys = vec![(username, Cell::Text(user.clone()))];
                if self.sqlops.use_domain {
                    keys.push((domain, Cell::Text(host.clone())));
                }
                keys
            }
        }
    }

    /// The same, with the name of the AVP if it is one.
    fn keys_with_name(&self) -> Vec<(&str, Cell)> {
        let mut keys = self.keys();
        if let (Some(avp), None) = (&self.avp, self.scheme) {
            keys.push((self.sqlops.columns.attribute.as_str(), Cell::Text(avp.clone())));
        }
        keys
    }
}

fn load(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let (query, loading) = match prepare_load(call, args) {
        Ok(prepared) => prepared,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    Flow::wait(query.into(), move |call, answer| {
        Flow::Done(answer.rows().and_then(|rows| take_loaded(call, &loading, &rows)))
    })
}

/// What is known of the rows that come.
struct Loading {
    prefix: Bytes,
    /// Of a scheme: the name of the AVP that all values go to, and whether they are integers.
    scheme: Option<(Bytes, bool)>,
}

fn prepare_load(call: &mut Call<'_>, args: Args<'_>) -> Result<(Query, Loading), Fault> {
    let wanted = Wanted::new(call, args)?;
    let prefix = args.opt_str(3).cloned().unwrap_or_default();
    let Columns { attribute, value, kind, .. } = &wanted.sqlops.columns;
    let keys = wanted.keys_with_name();
    let (names, params): (Vec<&str>, Vec<Cell>) = keys.into_iter().unzip();
    let (columns, scheme) = match wanted.scheme {
        None => (vec![value.as_str(), attribute, kind], None),
        Some(scheme) => {
            let avp = wanted.avp.clone().ok_or(Fault::script("a db_scheme loads a single AVP: name it"))?;
            (vec![scheme.value.as_deref().unwrap_or(value)], Some((avp, scheme.is_integer)))
        }
    };
    let statement = Statement::select(&wanted.table, &columns, &names, "");
    Ok((Query::new(wanted.database, &statement, params), Loading { prefix, scheme }))
}

fn take_loaded(call: &mut Call<'_>, loading: &Loading, rows: &Rows) -> Outcome {
    let mut loaded = -1;
    for row in &rows.rows {
        let mut cells = row.iter();
        let (Some(value), attribute, kind) = (cells.next(), cells.next(), cells.next()) else { continue };
        let (name, is_integer) = match &loading.scheme {
            Some((name, is_integer)) => (Some(name.clone()), *is_integer),
            None => {
                let kind = kind.and_then(Cell::to_int).unwrap_or_default();
                (attribute.and_then(Cell::to_bytes), kind & TYPE_INTEGER != 0)
            }
        };
        let (Some(name), Some(value)) = (name, avp_value(value, is_integer)) else { continue };
        let name = [loading.prefix.as_ref(), name.as_ref()].concat();
        if let Some(id) = call.env.services.names.avps.intern(&name) {
            call.msg.avps.push(id, value);
            loaded = 1;
        }
    }
    Ok(loaded)
}

fn avp_value(cell: &Cell, is_integer: bool) -> Option<Value> {
    if is_integer {
        return cell.to_int().and_then(|number| i32::try_from(number).ok()).map(Value::Int);
    }
    cell.to_bytes().map(Value::Str)
}

fn store(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    match prepare_store(call, args) {
        Ok(Some(query)) => change(query),
        Ok(None) => Flow::done(-1),
        Err(fault) => Flow::Done(Err(fault)),
    }
}

fn prepare_store(call: &mut Call<'_>, args: Args<'_>) -> Result<Option<Query>, Fault> {
    let wanted = Wanted::new(call, args)?;
    if wanted.scheme.is_some() {
        return Err(Fault::script("AVPs can be loaded with a db_scheme, not stored"));
    }
    let Columns { attribute, value, kind, .. } = &wanted.sqlops.columns;
    let keys = wanted.keys();
    let names = keys.iter().map(|(name, _)| *name).chain([attribute.as_str(), value, kind]);
    let statement = Statement::insert(&wanted.table, &names.collect::<Vec<_>>());
    let avps = avps(call, wanted.avp.as_ref());
    let rows = avps.into_iter().map(|(name, value)| {
        let of_type = if matches!(value, Value::Int(_)) { TYPE_INTEGER } else { 0 };
        let avp = [Cell::Text(name), Cell::text_or_null(value.into_bytes()), Cell::Int(of_type)];
        let params: Params = keys.iter().map(|(_, cell)| cell.clone()).chain(avp).collect();
        (Arc::clone(&statement), params)
    });
    let query = Query::batch(wanted.database, rows);
    Ok(Some(query).filter(|query| !query.statements.is_empty()))
}

/// The AVPs of a name, or all; the oldest first, so that loading them again restores their order.
fn avps(call: &Call<'_>, name: Option<&Bytes>) -> Vec<(Bytes, Value)> {
    let names = &call.env.services.names.avps;
    let all = call.msg.avps.iter().filter_map(|(id, value)| Some((names.name(id)?, value.clone())));
    let mut all: Vec<(Bytes, Value)> = all.filter(|(known, _)| name.is_none_or(|name| name == known)).collect();
    all.reverse();
    all
}

fn delete(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    match prepare_delete(call, args) {
        Ok(query) => change(query),
        Err(fault) => Flow::Done(Err(fault)),
    }
}

fn prepare_delete(call: &mut Call<'_>, args: Args<'_>) -> Result<Query, Fault> {
    let wanted = Wanted::new(call, args)?;
    if wanted.scheme.is_some() {
        return Err(Fault::script("AVPs can be loaded with a db_scheme, not deleted"));
    }
    let (names, params): (Vec<&str>, Vec<Cell>) = wanted.keys_with_name().into_iter().unzip();
    Ok(Query::new(wanted.database, &Statement::delete(&wanted.table, &names), params))
}

fn change(query: Query) -> Flow {
    Flow::wait(query.into(), |_, answer| Flow::Done(answer.rows().map(|_| 1)))
}

/// `$avp(x)/place` is the AVP `x` and the place; anything but an AVP means all AVPs, as the `*`, `a`, `s` and `i` of
/// older scripts do.
fn parse_name(text: &str) -> (Option<&str>, Option<&str>) {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("$avp(") else {
        return (None, text.split_once('/').map(|(_, place)| place));
    };
    let (name, rest) = inner.split_once(')').unwrap_or((inner, ""));
    (Some(name.trim()), rest.trim().strip_prefix('/'))
}

fn find_scheme<'a>(sqlops: &'a Sqlops, name: &str) -> Result<&'a Scheme, Fault> {
    let found = sqlops.schemes.iter().find(|scheme| scheme.name == name);
    found.ok_or_else(|| Fault::script(format!("no db_scheme is called \"{name}\"")))
}

#[cfg(test)]
mod tests {
    use super::parse_name;

    #[test]
    fn names_say_which_avps_and_where() {
        assert_eq!(parse_name("$avp(email)"), (Some("email"), None));
        assert_eq!(parse_name("$avp(404fwd)/fwd_table"), (Some("404fwd"), Some("fwd_table")));
        assert_eq!(parse_name("$avp(123)/$some_scheme"), (Some("123"), Some("$some_scheme")));
        assert_eq!(parse_name("i/domain_preferences"), (None, Some("domain_preferences")));
        assert_eq!(parse_name("*"), (None, None));
    }
}
