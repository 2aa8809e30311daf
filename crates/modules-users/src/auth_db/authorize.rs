//! `www_authorize` and `proxy_authorize`: the user's hash comes from the database, the message waits for it.

use super::settings::AuthDb;
use crate::auth::check::{self, Candidate, Checked, Secret};
use crate::auth::{AUTHORIZE_RETURNS, ERROR, Hop, OK, UNKNOWN_USER, user_part};
use catalogue::{Arg, Example, Routes, Value};
use module_api::sql::{Cell, Query};
use module_api::{Answer, Args, Call, FUNCTION, Fault, Flow, Function, Operator, Run};
use std::sync::Arc;

pub const WWW_AUTHORIZE: Function = Function {
    name: "www_authorize",
    about: "Checks Authorization against a table of subscribers.",
    args: ARGS,
    routes: Routes::REQUEST,
    returns: AUTHORIZE_RETURNS,
    examples: &[Example { script: "www_authorize(\"\", \"subscriber\")", message: "", returns: -4 }],
    run: Run::Wait(|call, args| authorize(call, args, Hop::User)),
    ..FUNCTION
};

pub const PROXY_AUTHORIZE: Function = Function {
    name: "proxy_authorize",
    about: "Checks Proxy-Authorization against a table of subscribers.",
    args: ARGS,
    routes: Routes::REQUEST,
    returns: AUTHORIZE_RETURNS,
    examples: &[Example { script: "proxy_authorize(\"\", \"subscriber\")", message: "", returns: -4 }],
    run: Run::Wait(|call, args| authorize(call, args, Hop::Proxy)),
    ..FUNCTION
};

const ARGS: &[Arg] = &[
    Arg::str("realm", "The realm; empty: the domain of who registers or calls."),
    Arg::str("table", "The table of subscribers."),
];

fn authorize(call: &mut Call<'_>, args: Args<'_>, hop: Hop) -> Flow {
    ask(call, args, hop).unwrap_or_else(|fault| failed(call, &fault))
}

fn ask(call: &mut Call<'_>, args: Args<'_>, hop: Hop) -> Result<Flow, Fault> {
    let module = call.shared_state::<AuthDb>()?;
    let candidate = match check::find(call, &module.auth, hop, args.str(0)?)? {
        Checked::Code(code) => return Ok(Flow::done(code)),
        Checked::Candidate(candidate) => candidate,
    };
    let has_domain = candidate.username().contains(&b'@');
    let statement = module.statement(module.purpose(candidate.algorithm(), has_domain), args.str(1)?);
    let keys = keys(&module, &candidate);
    let query = Query::new(module.database, &statement, keys);
    Ok(Flow::wait(query.into(), move |call, answer| {
        answered(call, &module, &candidate, answer).unwrap_or_else(|fault| failed(call, &fault))
    }))
}

/// User and, where it counts, domain: what stands after `@` in the user name, else the realm.
fn keys(module: &AuthDb, candidate: &Candidate) -> impl Iterator<Item = Cell> + use<> {
    let name = candidate.username();
    let user = user_part(&name);
    let domain = name.get(user.len() + 1..).filter(|domain| !domain.is_empty()).unwrap_or(candidate.realm());
    let domain = module.use_domain.then(|| Cell::text(domain));
    std::iter::once(Cell::text(user)).chain(domain)
}

fn answered(call: &mut Call<'_>, module: &Arc<AuthDb>, candidate: &Candidate, answer: Answer) -> Result<Flow, Fault> {
    let rows = answer.rows()?;
    let row = rows.rows.first().map(Vec::as_slice).unwrap_or_default();
    let secret = row.first().and_then(Cell::to_bytes).filter(|secret| !secret.is_empty());
    // Who has neither password nor hash has no credentials: an empty one would be known to everybody.
    let Some(secret) = secret else {
        candidate.verify_nobody();
        return Ok(Flow::done(UNKNOWN_USER));
    };
    let secret = if module.calculates_ha1 { Secret::Password(&secret) } else { Secret::Ha1(&secret) };
    let code = candidate.verify(call, &module.auth, secret);
    if code == OK {
        load(call, module, row.get(1..).unwrap_or_default())?;
    }
    Ok(Flow::done(code))
}

fn load(call: &mut Call<'_>, module: &AuthDb, cells: &[Cell]) -> Result<(), Fault> {
    for (variable, cell) in module.loads.iter().zip(cells) {
        let value = match cell {
            Cell::Int(number) => Value::number(*number),
            other => Value::or_null(other.to_bytes()),
        };
        if !value.is_null() {
            variable.write(call, Operator::Set, value)?;
        }
    }
    Ok(())
}

/// -1 would say that the user is unknown.
fn failed(call: &mut Call<'_>, fault: &Fault) -> Flow {
    call.env.log().error(format!("credentials could not be checked: {fault}"));
    call.msg.fault = Some(Box::new(fault.clone()));
    Flow::done(ERROR)
}
