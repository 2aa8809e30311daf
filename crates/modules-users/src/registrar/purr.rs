//! `pn_process_purr()`: a phone is woken up for a request within a call (RFC 8599 section 6).

use super::Registrar;
use super::late::wake_up;
use super::target::Sleeper;
use crate::usrloc::Domain;
use bytes::Bytes;
use catalogue::{Arg, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Request, Run};
use sip::{HeaderName, Uri};
use std::sync::Arc;
use std::time::Duration;

pub const PN_PROCESS_PURR: Function = Function {
    name: "pn_process_purr",
    about: "Wakes up the phone that pn-purr in the Request-URI or the topmost Route refers to, and waits for it.",
    args: &[Arg::fixed("domain", "The location table.")],
    routes: Routes::REQUEST,
    is_async: true,
    returns: &[
        (1, "the phone was told to wake up, and has come or its time is over"),
        (2, "there is nobody to wake up"),
        (-1, "an error, which is logged"),
    ],
    run: Run::Wait(pn_process_purr),
    ..FUNCTION
};

const NOBODY: i32 = 2;

fn pn_process_purr(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    find(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))
}

fn find(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let registrar = call.shared_state::<Registrar>()?;
    let domain = registrar.domain(args.str(0)?)?;
    let push = registrar.push.as_ref().ok_or_else(|| Fault::script("pn_process_purr() needs pn_enable"))?;
    let Some((aor, id)) = reference(call).and_then(|reference| push.referred(&reference)) else {
        return Ok(Flow::done(NOBODY));
    };
    let now = call.env.now;
    let usrloc = Arc::clone(&registrar.usrloc);
    let key = aor.clone();
    let look = Arc::clone(&registrar);
    Ok(usrloc.read(
        call,
        &Arc::clone(&domain),
        key,
        move |record| {
            let push = look.push.as_ref()?;
            let contact = record?.valid(now).find(|contact| contact.id == id)?;
            push.sleeps(contact, now).then(|| contact.clone())
        },
        move |call, sleeping| match sleeping {
            None => Flow::done(NOBODY),
            Some(contact) => wake(call, &registrar, &domain, &[Sleeper { aor, contact }]),
        },
    ))
}

fn wake(call: &mut Call<'_>, registrar: &Arc<Registrar>, domain: &Domain, sleepers: &[Sleeper]) -> Flow {
    let reason = format!("mid-{}", String::from_utf8_lossy(call.msg.message.method_text()));
    let promises = wake_up(call, registrar, domain, sleepers, &reason);
    let (Some((contact, promise)), Some(push)) = (promises.first().copied(), &registrar.push) else {
        return Flow::done(1);
    };
    let deadline = Duration::from_secs(u64::from(push.timeout_s));
    let registrar = Arc::clone(registrar);
    Flow::wait(Request::Promise { number: promise, deadline }, move |call, answer| {
        if let Some(push) = &registrar.push {
            push.give_up(contact, promise);
        }
        if answer.into_fault().is_some() {
            // Nobody else does that any more; without it the promise would be kept for ever.
            let operations = call.env.operations;
            operations.fulfil(&mut call.env, promise);
        }
        Flow::done(1)
    })
}

/// `pn-purr` of the Request-URI, else of the topmost Route.
fn reference(call: &Call<'_>) -> Option<Bytes> {
    let of = |uri: &[u8]| {
        let uri = Uri::parse(uri).ok()?;
        uri.params.unquoted(b"pn-purr").map(|reference| Bytes::from(reference.into_owned()))
    };
    of(call.msg.request_uri()).or_else(|| {
        let route = call.msg.message.name_addrs(HeaderName::Route).next()?.ok()?;
        of(route.address.uri)
    })
}
