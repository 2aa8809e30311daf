//! `alias_db_lookup` and `alias_db_find`: the table is asked, and its users take the place of the alias.

use super::AliasDb;
use crate::rows::shown;
use crate::subject::{is_usable, user_and_domain};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Value, Verdict};
use module_api::sql::{Cell, Query, Rows, Statement};
use module_api::{Args, BRANCHES_MAX, Branch, Call, FUNCTION, Fault, Flow, Function, Operator, Run, judge};
use std::sync::Arc;

pub const ALIAS_DB_LOOKUP: Function = Function {
    name: "alias_db_lookup",
    about: "Puts the user behind an alias in place of the Request-URI.",
    args: &[TABLE, FLAGS],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    returns: &[(1, "the Request-URI is the user's now"), (-1, "it is no alias, or an error, which is logged")],
    examples: &[Example {
        script: "alias_db_lookup(\"dbaliases\", \"d\")",
        message: "OPTIONS sip:example.com SIP/2.0",
        returns: -1,
    }],
    run: Run::Wait(|call, args| lookup(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const ALIAS_DB_FIND: Function = Function {
    name: "alias_db_find",
    about: "The user behind an alias, into a variable.",
    args: &[
        TABLE,
        Arg::str("input_uri", "The alias.").judged(judge::uri),
        Arg::var("output_var", "Gets the user's URI."),
        FLAGS,
    ],
    routes: Routes::REQUEST
        .or(Routes::FAILURE)
        .or(Routes::ONREPLY)
        .or(Routes::BRANCH)
        .or(Routes::LOCAL)
        .or(Routes::STARTUP),
    returns: &[(1, "the variable is set"), (-1, "it is no alias, or an error, which is logged")],
    examples: &[Example {
        script: "alias_db_find(\"dbaliases\", \"sip:example.com\", \"$avp(user)\", \"r\")",
        message: "",
        returns: -1,
    }],
    run: Run::Wait(|call, args| find(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

const TABLE: Arg = Arg::str("table_name", "The table of aliases.");
const FLAGS: Arg =
    Arg::str("flags", "Letters: d looks for the name alone, whatever its domain; r for the alias of a user.")
        .judged(|text| Verdict::letters(text, "dr ", "letters: d for any domain, r for the alias of a user"))
        .optional();

/// How the table is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The domain does not count.
    ignores_domain: bool,
    /// From the user to the alias.
    is_reverse: bool,
}

fn lookup(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let way = way(call, args.opt_str(1));
    let module = call.shared_state::<AliasDb>()?;
    let Some(query) = module.query(args.str(0)?, call.msg.request_uri(), way)? else { return Ok(Flow::done(-1)) };
    let (table, asked) = (args.str(0)?.clone(), call.msg.request_uri().clone());
    Ok(Flow::wait(query.into(), move |call, answer| {
        let rows = match answer.rows() {
            Ok(rows) => rows,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let mut users = module.users(call, &table, &rows, way, &asked).into_iter();
        let Some(first) = users.next() else { return Flow::done(-1) };
        call.msg.branches.first_mut().uri = first;
        let flags = call.msg.branches.first().flags;
        for uri in users {
            // Past the greatest number of branches the others have no place.
            call.msg.branches.push(Branch { uri, flags, ..Branch::default() });
        }
        Flow::done(1)
    }))
}

fn find(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let way = way(call, args.opt_str(3));
    let module = call.shared_state::<AliasDb>()?;
    let Some(query) = module.query(args.str(0)?, args.str(1)?, way)? else { return Ok(Flow::done(-1)) };
    let (table, asked, output) = (args.str(0)?.clone(), args.str(1)?.clone(), args.var(2)?.clone());
    Ok(Flow::wait(query.into(), move |call, answer| {
        let rows = match answer.rows() {
            Ok(rows) => rows,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let users = module.users(call, &table, &rows, way, &asked);
        if users.is_empty() {
            return Flow::done(-1);
        }
        // The value of an AVP that is added last is its first: so the first row is, whatever the variable.
        for user in users.into_iter().rev() {
            if let Err(fault) = output.write(call, Operator::Set, Value::Str(user)) {
                return Flow::Done(Err(fault));
            }
        }
        Flow::done(1)
    }))
}

/// The flags; a letter that means nothing is logged and passed over.
fn way(call: &Call<'_>, flags: Option<&Bytes>) -> Way {
    let mut way = Way::default();
    for letter in flags.into_iter().flatten() {
        match letter {
            b'd' => way.ignores_domain = true,
            b'r' => way.is_reverse = true,
            b' ' => {}
            other => {
                let letter = char::from(*other).escape_default().to_string();
                call.env.log().warning(format!("alias_db: flag {letter} means nothing"));
            }
        }
    }
    way
}

impl AliasDb {
    /// The question for a URI; `None` where it has no user.
    fn query(&self, table: &Bytes, uri: &[u8], way: Way) -> Result<Option<Query>, Fault> {
        let Some((user, domain)) = user_and_domain(uri, &self.domain_prefix)? else { return Ok(None) };
        let statement = self.statements.of(way, table, |table| self.statement(table, way));
        let domain = (!way.ignores_domain).then(|| Cell::text(domain));
        Ok(Some(Query::new(self.database, &statement, std::iter::once(Cell::text(&user)).chain(domain))))
    }

    fn statement(&self, table: &str, way: Way) -> Arc<Statement> {
        let users = [&*self.user, &*self.domain];
        let aliases = [&*self.alias_user, &*self.alias_domain];
        let (wanted, keys) = if way.is_reverse { (aliases, users) } else { (users, aliases) };
        let keys = keys.get(..if way.ignores_domain { 1 } else { 2 }).unwrap_or_default();
        Statement::select(table, &wanted, keys, "")
    }

    /// The URIs of the rows: the first, or all with `append_branches`. A row that is none is reported.
    fn users(&self, call: &Call<'_>, table: &[u8], rows: &Rows, way: Way, asked: &[u8]) -> Vec<Bytes> {
        let most = if self.appends_branches { BRANCHES_MAX } else { 1 };
        let mut users = Vec::new();
        for row in &rows.rows {
            if users.len() >= most {
                break;
            }
            let text = |index: usize| row.get(index).and_then(Cell::to_bytes).unwrap_or_default();
            let (user, domain) = (text(0), text(1));
            let uri = [b"sip:", &*user, b"@", &*domain].concat();
            if user.is_empty() || domain.is_empty() || !is_usable(&uri) {
                let columns =
                    if way.is_reverse { [&self.alias_user, &self.alias_domain] } else { [&self.user, &self.domain] };
                let (table, asked) = (String::from_utf8_lossy(table), String::from_utf8_lossy(asked));
                let row = shown(&columns, row);
                call.env.log().error(format!(
                    "table {table}, row {row} for {asked}: it is no user's address; the row is passed over"
                ));
                continue;
            }
            users.push(Bytes::from(uri));
        }
        users
    }
}
