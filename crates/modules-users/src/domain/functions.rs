//! `is_from_local`, `is_uri_host_local` and `is_domain_local`.

use super::Domains;
use super::cache::{Cache, Entry, parents};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Value};
use module_api::sql::{Cell, Query, Statement};
use module_api::{Call, FUNCTION, Fault, Flow, Function, Operator, Run, VariableHandle};
use sip::Uri;

pub const IS_FROM_LOCAL: Function = Function {
    name: "is_from_local",
    about: "Whether the domain of From is ours.",
    args: &[ATTRS],
    routes: ROUTES,
    returns: OURS,
    examples: &[Example { script: "is_from_local()", message: "From: <tel:+15551234>;tag=1", returns: -1 }],
    run: Run::Wait(|call, args| {
        let host = call.msg.message.from().map_err(Fault::from).and_then(|from| host(from.uri));
        host.map_or_else(|fault| Flow::Done(Err(fault)), |host| is_local(call, host, args.opt_var(0)))
    }),
    ..FUNCTION
};

pub const IS_URI_HOST_LOCAL: Function = Function {
    name: "is_uri_host_local",
    about: "Whether the domain of the Request-URI is ours.",
    args: &[ATTRS],
    routes: ROUTES,
    returns: OURS,
    examples: &[Example { script: "is_uri_host_local()", message: "OPTIONS tel:+15551234 SIP/2.0", returns: -1 }],
    run: Run::Wait(|call, args| {
        let host = host(call.msg.request_uri());
        host.map_or_else(|fault| Flow::Done(Err(fault)), |host| is_local(call, host, args.opt_var(0)))
    }),
    ..FUNCTION
};

pub const IS_DOMAIN_LOCAL: Function = Function {
    name: "is_domain_local",
    about: "Whether a domain is ours.",
    args: &[Arg::str("domain", "The domain."), ATTRS],
    routes: ROUTES,
    returns: OURS,
    examples: &[Example { script: "is_domain_local(\"\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| match args.str(0) {
        Ok(domain) => is_local(call, domain.clone(), args.opt_var(1)),
        Err(fault) => Flow::Done(Err(fault)),
    }),
    ..FUNCTION
};

const ATTRS: Arg = Arg::var("attrs_var", "Gets the domain's attributes, if it has any.").optional();
const ROUTES: Routes = Routes::REQUEST.or(Routes::BRANCH).or(Routes::FAILURE).or(Routes::LOCAL);
const OURS: &[(i32, &str)] = &[(1, "it is"), (-1, "it is not, or an error, which is logged")];

fn host(uri: &[u8]) -> Result<Bytes, Fault> {
    Ok(Bytes::copy_from_slice(Uri::parse(uri)?.host))
}

fn is_local(call: &mut Call<'_>, domain: Bytes, attrs: Option<&VariableHandle>) -> Flow {
    let module = match call.shared_state::<Domains>() {
        Ok(module) => module,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    if domain.is_empty() {
        return Flow::done(-1);
    }
    if let Some(cache) = module.cached() {
        return found(call, cache.find(&domain), attrs);
    }
    let attrs = attrs.cloned();
    Flow::wait(module.query(&domain).into(), move |call, answer| match answer.rows() {
        // The rows are few: of the domain itself, and of those it is below.
        Ok(rows) => found(
            call,
            Cache::read(&rows, &module.table, &module.columns, call.env.log()).find(&domain),
            attrs.as_ref(),
        ),
        Err(fault) => Flow::Done(Err(fault)),
    })
}

fn found(call: &mut Call<'_>, entry: Option<&Entry>, attrs: Option<&VariableHandle>) -> Flow {
    let Some(entry) = entry else { return Flow::done(-1) };
    if let (Some(variable), Some(attrs)) = (attrs, &entry.attrs)
        && let Err(fault) = variable.write(call, Operator::Set, Value::Str(attrs.clone()))
    {
        return Flow::Done(Err(fault));
    }
    Flow::done(1)
}

/// What the table is asked at a time: more names than most domains have parents. The nearest count.
const NAMES_MAX: usize = 16;

impl Domains {
    /// Asks for the domain and those it is below, as written and in small letters.
    fn query(&self, domain: &[u8]) -> Query {
        let small = domain.to_ascii_lowercase();
        let is_small = small == domain;
        let mut names: Vec<&[u8]> = Vec::with_capacity(NAMES_MAX);
        names.push(&small);
        if !is_small {
            names.push(domain);
        }
        names.extend(parents(&small).take(NAMES_MAX - names.len()));
        let tests = vec!["?"; names.len()].join(", ");
        let [name, ..] = &self.columns;
        // The names of table and columns are the operator's own.
        let sql = format!("{} WHERE {name} IN ({tests})", self.load.sql);
        Query::new(self.database, &Statement::raw(sql), names.into_iter().map(Cell::text))
    }
}
