//! `sql_select()`, `sql_insert()` and their kin: queries whose parts are given apart.

use super::filter::{columns, filter, name, values};
use super::params::Sqlops;
use super::query::{RETURNS, Take, ask};
use super::results::{all_rows, first_row, no_rows};
use bytes::Bytes;
use catalogue::{Arg, Routes, Verdict};
use module_api::sql::{Params, Query, Statement};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Run};
use std::sync::Arc;

const COLUMNS: Arg = Arg::str("columns", "A JSON array of names: [\"a\", \"b\"]; all columns if left out.")
    .judged(|text| unless_empty(text, |text| judged(columns(&json(text)), "a JSON array of names: [\"a\", \"b\"]")));
const VALUES: Arg = Arg::str("columns", "A JSON array of names with values: [{\"a\": 1}, {\"b\": \"x\"}].")
    .judged(|text| judged(values(&json(text)), "a JSON array of names with values: [{\"a\": 1}, {\"b\": \"x\"}]"));
const TABLE: Arg = Arg::str("table", "The table.").judged(|text| judged(name(text.as_bytes()), "the name of a table"));
const FILTER: Arg =
    Arg::str("filter", "A JSON array of conditions: [{\"a\": 1}, {\"b\": {\"!=\": null}}].").judged(|text| {
        let filtered =
            |text: &str| judged(filter(&json(text), &mut Params::new()), "a JSON array of conditions: [{\"a\": 1}]");
        unless_empty(text, filtered)
    });
const ORDER: Arg = Arg::str("order", "The column to sort by.")
    .judged(|text| unless_empty(text, |text| judged(name(text.as_bytes()), "the name of a column")));
const DB_ID: Arg = Arg::int("db_id", "The number of the database, 0 if left out.").within(0, i32::MAX);
const DONE: &[(i32, &str)] = &[(1, "done"), (-1, "the query failed")];

/// `sql_select([columns], table, [filter], [order], [res_col_avps], [db_id])`
pub const SELECT: Function = Function {
    name: "sql_select",
    about: "Reads rows of a table; each column's values go to an AVP, the first row's on top.",
    args: &[
        COLUMNS.optional(),
        TABLE,
        FILTER.optional(),
        ORDER.optional(),
        Arg::vars("res_col_avps", "AVPs for the columns; $avp(1), $avp(2) … if left out.").optional(),
        DB_ID.optional(),
    ],
    routes: Routes::ALL,
    returns: RETURNS,
    run: Run::Wait(select),
    ..FUNCTION
};

/// `sql_select_one([columns], table, [filter], [order], [res_col_vars], [db_id])`
pub const SELECT_ONE: Function = Function {
    name: "sql_select_one",
    about: "Reads a row of a table; its columns go to variables, NULL as NULL.",
    args: &[
        COLUMNS.optional(),
        TABLE,
        FILTER.optional(),
        ORDER.optional(),
        Arg::vars("res_col_vars", "Variables for the columns, as many as there are.").optional(),
        DB_ID.optional(),
    ],
    routes: Routes::ALL,
    returns: RETURNS,
    run: Run::Wait(select_one),
    ..FUNCTION
};

/// `sql_update(columns, table, [filter], [db_id])`
pub const UPDATE: Function = Function {
    name: "sql_update",
    about: "Changes rows of a table.",
    args: &[VALUES, TABLE, FILTER.optional(), DB_ID.optional()],
    routes: Routes::ALL,
    returns: DONE,
    run: Run::Wait(update),
    ..FUNCTION
};

/// `sql_insert(table, columns, [db_id])`
pub const INSERT: Function = Function {
    name: "sql_insert",
    about: "Adds a row to a table.",
    args: &[TABLE, VALUES, DB_ID.optional()],
    routes: Routes::ALL,
    returns: DONE,
    run: Run::Wait(|call, args| add(call, args, Statement::insert)),
    ..FUNCTION
};

/// `sql_replace(table, columns, [db_id])`
pub const REPLACE: Function = Function {
    name: "sql_replace",
    about: "Adds a row to a table, in place of the one with the same key.",
    args: &[TABLE, VALUES, DB_ID.optional()],
    routes: Routes::ALL,
    returns: DONE,
    run: Run::Wait(|call, args| add(call, args, Statement::replace)),
    ..FUNCTION
};

/// `sql_delete(table, [filter], [db_id])`
pub const DELETE: Function = Function {
    name: "sql_delete",
    about: "Deletes rows of a table; all of them without a filter.",
    args: &[TABLE, FILTER.optional(), DB_ID.optional()],
    routes: Routes::ALL,
    returns: DONE,
    run: Run::Wait(delete),
    ..FUNCTION
};

/// The text of a statement and its values.
type Made = (Arc<Statement>, Params);

fn select(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let made = make_select(args, "");
    run(call, args, made, 5, (4, all_rows))
}

fn select_one(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let made = make_select(args, " LIMIT 1");
    run(call, args, made, 5, (4, first_row))
}

fn update(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let made = make_update(args);
    run(call, args, made, 3, (NO_VARIABLES, no_rows))
}

fn add(call: &mut Call<'_>, args: Args<'_>, statement: fn(&str, &[&str]) -> Arc<Statement>) -> Flow {
    let made = make_insert(args, statement);
    run(call, args, made, 2, (NO_VARIABLES, no_rows))
}

fn delete(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let made = make_delete(args);
    run(call, args, made, 2, (NO_VARIABLES, no_rows))
}

fn json(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn judged<T>(read: Result<T, Fault>, instead: &'static str) -> Verdict {
    Verdict::of(read, instead)
}

/// An empty argument is one that is left out.
fn unless_empty(text: &str, judge: impl Fn(&str) -> Verdict) -> Verdict {
    if text.is_empty() { Verdict::Fine } else { judge(text) }
}

/// The place of variables in functions that take none.
const NO_VARIABLES: usize = usize::MAX;

fn run(
    call: &mut Call<'_>,
    args: Args<'_>,
    made: Result<Made, Fault>,
    database: usize,
    (variables, take): (usize, Take),
) -> Flow {
    let query = made.and_then(|(statement, params)| {
        let database = call.state::<Sqlops>()?.database(args.opt_int(database)?.unwrap_or(0))?;
        Ok(Query::new(database, &statement, params))
    });
    ask(query, args.vars(variables), take)
}

fn make_select(args: Args<'_>, tail: &str) -> Result<Made, Fault> {
    let wanted = given(args, 0).map_or(Ok("*".to_owned()), columns)?;
    let (filter, params) = filter_of(args, 2)?;
    let order = match given(args, 3) {
        Some(order) => format!(" ORDER BY {}", name(order)?),
        None => String::new(),
    };
    let sql = format!("SELECT {wanted} FROM {}{filter}{order}{tail}", name(args.str(1)?)?);
    Ok((Arc::new(Statement { sql, writes: false }), params))
}

fn make_update(args: Args<'_>) -> Result<Made, Fault> {
    let (names, mut params) = values(args.str(0)?)?;
    let set: Vec<String> = names.iter().map(|column| format!("{column} = ?")).collect();
    let (filter, of_filter) = filter_of(args, 2)?;
    params.extend(of_filter);
    let sql = format!("UPDATE {} SET {}{filter}", name(args.str(1)?)?, set.join(", "));
    Ok((Arc::new(Statement { sql, writes: true }), params))
}

fn make_insert(args: Args<'_>, statement: fn(&str, &[&str]) -> Arc<Statement>) -> Result<Made, Fault> {
    let (names, params) = values(args.str(1)?)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok((statement(name(args.str(0)?)?, &names), params))
}

fn make_delete(args: Args<'_>) -> Result<Made, Fault> {
    let (filter, params) = filter_of(args, 1)?;
    let sql = format!("DELETE FROM {}{filter}", name(args.str(0)?)?);
    Ok((Arc::new(Statement { sql, writes: true }), params))
}

fn filter_of(args: Args<'_>, index: usize) -> Result<(String, Params), Fault> {
    let mut params = Params::new();
    let text = given(args, index).map_or(Ok(String::new()), |json| filter(json, &mut params))?;
    Ok((text, params))
}

/// An argument that is there and not empty.
fn given<'a>(args: Args<'a>, index: usize) -> Option<&'a Bytes> {
    args.opt_str(index).filter(|text| !text.is_empty())
}
