//! Which users exist, and who may use which user name: `db_does_uri_exist`, `db_is_to_authorized` and their kin.

use super::settings::{AuthDb, Purpose};
use crate::auth::user_part;
use crate::first_row::into_variables;
use bytes::Bytes;
use catalogue::{Arg, Routes};
use module_api::sql::{Cell, Query};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Run};
use sip::Uri;
use sip::auth::Credentials;

pub const DB_DOES_URI_EXIST: Function = Function {
    name: "db_does_uri_exist",
    about: "Whether the user of a URI is in a table of subscribers.",
    args: &[Arg::str("uri", "The URI.").judged(module_api::judge::uri), Arg::str("table", "The table of subscribers.")],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL),
    returns: &[(1, "there is such a user"), (-1, "there is none, or an error, which is logged")],
    run: Run::Wait(|call, args| does_uri_exist(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const DB_IS_TO_AUTHORIZED: Function = Function {
    name: "db_is_to_authorized",
    aliases: &[catalogue::Alias::of_module("uri", "db_check_to", "3.0")],
    about: "Whether the verified credentials may use the user of To.",
    args: TABLE,
    routes: Routes::REQUEST,
    returns: MAY_USE,
    run: Run::Wait(|call, args| {
        let to = call.msg.message.to().map_err(Fault::from).and_then(|to| user(to.uri));
        to.and_then(|user| may_use(call, args, &user)).unwrap_or_else(|fault| Flow::Done(Err(fault)))
    }),
    ..FUNCTION
};

pub const DB_IS_FROM_AUTHORIZED: Function = Function {
    name: "db_is_from_authorized",
    aliases: &[catalogue::Alias::of_module("uri", "db_check_from", "3.0")],
    about: "Whether the verified credentials may use the user of From.",
    args: TABLE,
    routes: Routes::REQUEST,
    returns: MAY_USE,
    run: Run::Wait(|call, args| {
        let from = call.msg.message.from().map_err(Fault::from).and_then(|from| user(from.uri));
        from.and_then(|user| may_use(call, args, &user)).unwrap_or_else(|fault| Flow::Done(Err(fault)))
    }),
    ..FUNCTION
};

pub const DB_GET_AUTH_ID: Function = Function {
    name: "db_get_auth_id",
    about: "The user and realm of the credentials that belong to the user of a URI.",
    args: &[
        Arg::str("table", "The uri table."),
        Arg::str("uri", "The URI.").judged(module_api::judge::uri),
        Arg::var("auth", "Gets the user of the credentials."),
        Arg::var("realm", "Gets their realm."),
    ],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL),
    returns: &[(1, "the variables are set"), (-1, "there is no such user, or an error, which is logged")],
    run: Run::Wait(|call, args| auth_id(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

const TABLE: &[Arg] = &[Arg::str("table", "The uri table.")];
const MAY_USE: &[(i32, &str)] = &[(1, "they may"), (-1, "they may not, there are none, or an error, which is logged")];

fn does_uri_exist(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.state::<AuthDb>()?;
    let uri = Uri::parse(args.str(0)?)?;
    let Some(user) = uri.user else { return Ok(Flow::done(-1)) };
    let domain = module.use_domain.then(|| Cell::text(uri.host));
    Ok(found(module, Purpose::Exists, args.str(1)?, std::iter::once(Cell::text(user)).chain(domain)))
}

fn may_use(call: &mut Call<'_>, args: Args<'_>, user: &Bytes) -> Result<Flow, Fault> {
    let module = call.state::<AuthDb>()?;
    let header = call.msg.credentials.and_then(|header| call.msg.message.header_at(header));
    let Some(credentials) = header.and_then(|header| Credentials::parse(header.value).ok()) else {
        return Err(Fault::script("no credentials were verified before"));
    };
    let name = credentials.plain_username();
    let domain = module.use_domain.then(|| Cell::text(credentials.realm));
    let keys = [Cell::text(user_part(&name)), Cell::Text(user.clone())].into_iter().chain(domain);
    Ok(found(module, Purpose::MayUse, args.str(0)?, keys))
}

fn auth_id(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.state::<AuthDb>()?;
    let uri = Uri::parse(args.str(1)?)?;
    let Some(user) = uri.user else { return Ok(Flow::done(-1)) };
    let domain = module.use_domain.then(|| Cell::text(uri.host));
    let keys = std::iter::once(Cell::text(user)).chain(domain);
    let query = Query::new(module.database, &module.statement(Purpose::AuthId, args.str(0)?), keys);
    let variables = [args.var(2)?.clone(), args.var(3)?.clone()];
    Ok(into_variables(query, variables))
}

/// 1 if the query has a row.
fn found(module: &AuthDb, purpose: Purpose, table: &Bytes, keys: impl IntoIterator<Item = Cell>) -> Flow {
    let query = Query::new(module.database, &module.statement(purpose, table), keys);
    Flow::wait(query.into(), |_, answer| {
        Flow::Done(answer.rows().map(|rows| if rows.rows.is_empty() { -1 } else { 1 }))
    })
}

fn user(uri: &[u8]) -> Result<Bytes, Fault> {
    let user = Uri::parse(uri)?.user.ok_or_else(|| Fault::peer("the URI has no user"))?;
    Ok(Bytes::copy_from_slice(user))
}
