//! The functions of module `uri`.

use super::UriChecks;
use crate::auth::user_part;
use crate::first_row::into_variables;
use bytes::Bytes;
use catalogue::{Alias, Arg, Routes, Today};
use module_api::sql::{Cell, Query, Statement};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Outcome, Run};
use sip::Uri;
use sip::auth::Credentials;

pub(super) const CHECK_TO: Function = Function {
    name: "db_check_to",
    aliases: &[Alias::of_module("uri_db", "check_to", "1.6")],
    about: "Whether the verified credentials may use the user of To.",
    routes: Routes::REQUEST,
    returns: MAY_USE,
    today: Some(|_| hint("$tU", "db_is_to_authorized")),
    run: Run::Wait(|call, _| {
        let user = call.msg.message.to().map_err(Fault::from).and_then(|to| user(to.uri));
        user.and_then(|user| may_use(call, &user)).unwrap_or_else(|fault| Flow::Done(Err(fault)))
    }),
    ..FUNCTION
};

pub(super) const CHECK_FROM: Function = Function {
    name: "db_check_from",
    aliases: &[Alias::of_module("uri_db", "check_from", "1.6")],
    about: "Whether the verified credentials may use the user of From.",
    routes: Routes::REQUEST,
    returns: MAY_USE,
    today: Some(|_| hint("$fU", "db_is_from_authorized")),
    run: Run::Wait(|call, _| {
        let user = call.msg.message.from().map_err(Fault::from).and_then(|from| user(from.uri));
        user.and_then(|user| may_use(call, &user)).unwrap_or_else(|fault| Flow::Done(Err(fault)))
    }),
    ..FUNCTION
};

pub(super) const DOES_URI_EXIST: Function = Function {
    name: "db_does_uri_exist",
    aliases: &[Alias::of_module("uri_db", "does_uri_exist", "1.6")],
    about: "Whether the user of the Request-URI is in the table.",
    routes: Routes::REQUEST,
    returns: &[(1, "there is such a user"), (-1, "there is none, or an error, which is logged")],
    today: Some(|_| Today::Line("db_does_uri_exist($ru, \"subscriber\")".to_owned())),
    run: Run::Wait(|call, _| does_uri_exist(call).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub(super) const GET_AUTH_ID: Function = Function {
    name: "db_get_auth_id",
    about: "The user and realm of the credentials that belong to the user of a URI.",
    args: &[
        Arg::str("uri", "The URI.").judged(module_api::judge::uri),
        Arg::var("auth_id", "Gets the user of the credentials."),
        Arg::var("realm", "Gets their realm."),
    ],
    routes: Routes::REQUEST,
    returns: &[(1, "the variables are set"), (-1, "there is no such user, or an error, which is logged")],
    today: Some(|args| Today::Line(format!("db_get_auth_id(\"uri\", {})", args.join(", ")))),
    run: Run::Wait(|call, args| auth_id(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub(super) const IS_USER: Function = Function {
    name: "is_user",
    about: "Whether the verified credentials are of this user.",
    args: &[Arg::str("username", "The user name.")],
    routes: Routes::REQUEST,
    returns: &[(1, "they are"), (-1, "they are not, or there are none")],
    today: Some(|args| {
        let name = args.first().copied().unwrap_or_default();
        Today::Line(if name.starts_with('$') { format!("$au == {name}") } else { format!("$au == \"{name}\"") })
    }),
    run: Run::Now(is_user),
    ..FUNCTION
};

const MAY_USE: &[(i32, &str)] = &[(1, "they may"), (-1, "they may not, there are none, or an error, which is logged")];

fn hint(user: &str, function: &str) -> Today {
    Today::Hint(format!(
        "without use_uri_table it is written `$au == {user}` today, with it `{function}(\"uri\")` of the module auth_db"
    ))
}

/// User and realm of the credentials that were verified.
fn credentials(call: &Call<'_>) -> Result<(Bytes, Bytes), Fault> {
    let header = call.msg.credentials.and_then(|header| call.msg.message.header_at(header));
    let found = header.and_then(|header| Credentials::parse(header.value).ok());
    let found = found.ok_or_else(|| Fault::script("no credentials were verified before"))?;
    let name = found.plain_username();
    Ok((Bytes::copy_from_slice(user_part(&name)), Bytes::copy_from_slice(found.realm)))
}

fn may_use(call: &mut Call<'_>, user: &Bytes) -> Result<Flow, Fault> {
    let module = call.state::<UriChecks>()?;
    let (name, realm) = credentials(call)?;
    if !module.uses_table {
        return Ok(Flow::done(if name == *user { 1 } else { -1 }));
    }
    let keys = [&*module.user, &*module.domain, &*module.uri_user];
    module.ask(&module.uri_user, &keys, [Cell::Text(name), Cell::Text(realm), Cell::Text(user.clone())])
}

fn does_uri_exist(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let module = call.state::<UriChecks>()?;
    let uri = Uri::parse(call.msg.request_uri())?;
    let Some(user) = uri.user else { return Ok(Flow::done(-1)) };
    let column = if module.uses_table { &*module.uri_user } else { &*module.user };
    let keys = [column, &*module.domain];
    let keys = keys.get(..if module.uses_domain { 2 } else { 1 }).unwrap_or_default();
    let host = module.uses_domain.then(|| Cell::text(uri.host));
    module.ask(column, keys, std::iter::once(Cell::text(user)).chain(host))
}

fn auth_id(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.state::<UriChecks>()?;
    let user = user(args.str(0)?)?;
    let column = if module.uses_table { &*module.uri_user } else { &*module.user };
    let statement = Statement::select(&module.table, &[&module.user, &module.domain], &[column], "");
    let query = Query::new(module.database()?, &statement, [Cell::Text(user)]);
    let variables = [args.var(1)?.clone(), args.var(2)?.clone()];
    Ok(into_variables(query, variables))
}

fn is_user(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, _) = credentials(call)?;
    Ok(if name == *args.str(0)? { 1 } else { -1 })
}

fn user(uri: &[u8]) -> Result<Bytes, Fault> {
    let user = Uri::parse(uri)?.user.ok_or_else(|| Fault::peer("the URI has no user"))?;
    Ok(Bytes::copy_from_slice(user))
}

impl UriChecks {
    fn database(&self) -> Result<module_api::sql::Database, Fault> {
        self.database.ok_or_else(|| Fault::script("modparam(\"uri\", \"db_url\", …) is missing"))
    }

    /// 1 if the table has such a row.
    fn ask(&self, column: &str, keys: &[&str], cells: impl IntoIterator<Item = Cell>) -> Result<Flow, Fault> {
        let query = Query::new(self.database()?, &Statement::select(&self.table, &[column], keys, ""), cells);
        Ok(Flow::wait(query.into(), |_, answer| {
            Flow::Done(answer.rows().map(|rows| if rows.rows.is_empty() { -1 } else { 1 }))
        }))
    }
}
