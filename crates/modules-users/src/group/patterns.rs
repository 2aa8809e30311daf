//! `db_get_user_group`: groups by expressions that users' addresses match, read from their table at start.

use super::Groups;
use super::member::{ROUTES, URI};
use super::who::Who;
use catalogue::{Alias, Arg, Example, Value};
use module_api::sql::{Cell, Query, Rows, Statement};
use module_api::{Args, Call, FUNCTION, Fault, Function, Job, Logger, Operator, Outcome, Run};
use posix_regex::Pattern;
use regex::bytes::Regex;
use std::sync::Arc;

pub const DB_GET_USER_GROUP: Function = Function {
    name: "db_get_user_group",
    aliases: &[Alias::old("get_user_group", "3.2")],
    about: "The numbers of the groups whose expressions match a user's address.",
    args: &[URI, Arg::var("output_avp", "Gets the numbers.")],
    routes: ROUTES,
    returns: &[(1, "there are some"), (-1, "there are none, or an error, which is logged")],
    examples: &[Example { script: "db_get_user_group(\"From\", \"$avp(groups)\")", message: "", returns: -1 }],
    run: Run::Now(user_group),
    ..FUNCTION
};

/// The expressions with the numbers of their groups, in the order of the table.
pub struct Patterns(Vec<(Regex, i32)>);

/// More rows than that are passed over: each is tried for each call.
const PATTERNS_MAX: usize = 10_000;

/// Reads the table before the first message is accepted.
pub fn load(module: Arc<Groups>, load: &Arc<Statement>, table: String) -> Job {
    let query = Query::new(module.database, load, []);
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(rows) => {
            let _ = module.patterns.as_ref().map(|cell| cell.set(Patterns::read(&rows, &table, env.log())));
            Job::DONE
        }
        Err(fault) => {
            Job::Done(Err(Fault::backend(format!("the expressions of table {table} could not be loaded: {fault}"))))
        }
    })
}

impl Patterns {
    fn read(rows: &Rows, table: &str, log: &Logger) -> Patterns {
        let mut patterns = Vec::new();
        for row in &rows.rows {
            if patterns.len() >= PATTERNS_MAX {
                log.error(format!("table {table} has more than {PATTERNS_MAX} rows; the others are passed over"));
                break;
            }
            match pattern(row) {
                Ok(read) => patterns.push(read),
                Err((key, wrong)) => {
                    log.error(format!("table {table}, row {key:?}: {wrong}; the row is passed over"));
                }
            }
        }
        Patterns(patterns)
    }
}

fn pattern(row: &[Cell]) -> Result<(Regex, i32), (String, String)> {
    let expression = row.first().and_then(Cell::to_bytes).unwrap_or_default();
    let key = || String::from_utf8_lossy(&expression).into_owned();
    let regex = Pattern::BY_LINE.compile(&expression);
    let regex = regex.map_err(|wrong| (key(), format!("column reg_exp is no expression: {wrong}")))?;
    let group = row.get(1).and_then(Cell::to_int).and_then(|group| i32::try_from(group).ok());
    let group = group.ok_or_else(|| (key(), "column group_id is no number".to_owned()))?;
    Ok((regex, group))
}

fn user_group(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let module = call.state::<Groups>()?;
    let patterns =
        module.patterns.as_ref().ok_or_else(|| Fault::script("modparam(\"group\", \"re_table\", …) is missing"))?;
    let Some(Patterns(patterns)) = patterns.get() else { return Ok(-1) };
    let Some(who) = Who::of(call, args.str(0)?)? else { return Ok(-1) };
    let address = [b"sip:", &*who.user, b"@", &*who.domain].concat();
    let most = if module.finds_all { usize::MAX } else { 1 };
    let groups = patterns.iter().filter(|(regex, _)| regex.is_match(&address)).take(most);
    let groups: Vec<i32> = groups.map(|(_, group)| *group).collect();
    // The value of an AVP that is added last is its first: the first of the table.
    for group in groups.iter().rev() {
        args.var(1)?.write(call, Operator::Set, Value::Int(*group))?;
    }
    Ok(if groups.is_empty() { -1 } else { 1 })
}
