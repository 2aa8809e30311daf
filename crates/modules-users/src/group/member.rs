//! `db_is_user_in`: membership by name. `aaa_is_user_in`, which needs what is not there yet.

use super::who::Who;
use super::{Groups, NEEDS_AAA};
use catalogue::{Alias, Arg, Example, Routes, Verdict};
use module_api::sql::{Cell, Query};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Run, judge};

pub const DB_IS_USER_IN: Function = Function {
    name: "db_is_user_in",
    aliases: &[Alias::old("is_user_in", "3.2")],
    about: "Whether a user is in a group.",
    args: ARGS,
    routes: ROUTES,
    returns: &[(1, "the user is"), (-1, "the user is not, or an error, which is logged")],
    examples: &[
        Example { script: "db_is_user_in(\"sip:example.com\", \"ld\")", message: "", returns: -1 },
        Example { script: "db_is_user_in(\"Credentials\", \"ld\")", message: "", returns: -1 },
    ],
    run: Run::Wait(|call, args| is_user_in(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const AAA_IS_USER_IN: Function = Function {
    name: "aaa_is_user_in",
    about: "Whether a user is in a group, as an AAA server knows it.",
    args: ARGS,
    routes: ROUTES,
    unavailable: Some(NEEDS_AAA),
    ..FUNCTION
};

/// What takes the user.
pub const URI: Arg = Arg::str("uri", "The user's URI; or Request-URI, To, From, Credentials.").judged(|text| {
    let is_word = ["Request-URI", "To", "From", "Credentials"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_word { Verdict::Fine } else { judge::uri(text) }
});
const ARGS: &[Arg] = &[URI, Arg::str("group", "The group.")];
/// Where the functions may be called from.
pub const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::LOCAL);

fn is_user_in(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.state::<Groups>()?;
    let Some(who) = Who::of(call, args.str(0)?)? else { return Ok(Flow::done(-1)) };
    let domain = module.uses_domain.then_some(Cell::Text(who.domain));
    let keys = [Cell::Text(who.user), Cell::Text(args.str(1)?.clone())].into_iter().chain(domain);
    let query = Query::new(module.database, &module.is_member, keys);
    Ok(Flow::wait(query.into(), |_, answer| {
        Flow::Done(answer.rows().map(|rows| if rows.rows.is_empty() { -1 } else { 1 }))
    }))
}
