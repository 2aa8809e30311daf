//! `sql_query()` and `sql_query_one()`: SQL as written in the script.

use super::params::Sqlops;
use super::results::{all_rows, first_row};
use catalogue::{Arg, Routes};
use module_api::sql::{Query, Rows, Statement};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Outcome, Run, VariableHandle};

/// The return codes of functions that read.
pub const RETURNS: &[(i32, &str)] = &[(1, "there are rows"), (-2, "the result is empty"), (-1, "the query failed")];
const DB_ID: Arg = Arg::int("db_id", "The number of the database, 0 if left out.").within(0, i32::MAX);

/// `sql_query(query, [res_col_avps], [db_id])`
pub const QUERY: Function = Function {
    name: "sql_query",
    aliases: &[catalogue::Alias::of_module("avpops", "avp_db_query", "3.6")],
    about: "Runs a query; each column's values go to an AVP, the first row's on top.",
    args: &[
        Arg::str("query", "The SQL; escape what comes from messages."),
        Arg::vars("res_col_avps", "AVPs for the columns; $avp(1), $avp(2) … if left out.").optional(),
        DB_ID.optional(),
    ],
    routes: Routes::ALL,
    is_async: true,
    returns: RETURNS,
    run: Run::Wait(query),
    ..FUNCTION
};

/// `sql_query_one(query, [res_col_vars], [db_id])`
pub const QUERY_ONE: Function = Function {
    name: "sql_query_one",
    about: "Runs a query; the columns of its first row go to variables, NULL as NULL.",
    args: &[
        Arg::str("query", "The SQL; escape what comes from messages."),
        Arg::vars("res_col_vars", "Variables for the columns, as many as there are.").optional(),
        DB_ID.optional(),
    ],
    routes: Routes::ALL,
    is_async: true,
    returns: RETURNS,
    run: Run::Wait(query_one),
    ..FUNCTION
};

fn query(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    ask(prepare(call, args), args.vars(1), all_rows)
}

fn query_one(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    ask(prepare(call, args), args.vars(1), first_row)
}

/// Takes the rows into the variables.
pub type Take = fn(&mut Call<'_>, &[VariableHandle], Rows) -> Outcome;

/// Sends a query, and takes its rows into the variables when they come.
pub fn ask(query: Result<Query, Fault>, variables: &[VariableHandle], take: Take) -> Flow {
    let query = match query {
        Ok(query) => query,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    let variables = variables.to_vec();
    Flow::wait(query.into(), move |call, answer| {
        Flow::Done(answer.rows().and_then(|rows| take(call, &variables, rows)))
    })
}

fn prepare(call: &Call<'_>, args: Args<'_>) -> Result<Query, Fault> {
    let database = call.state::<Sqlops>()?.database(args.opt_int(2)?.unwrap_or(0))?;
    let text = std::str::from_utf8(args.str(0)?).map_err(|_| Fault::script("the query is not UTF-8 text"))?;
    Ok(Query::new(database, &Statement::raw(text), []))
}
