//! `is_registered()` and its kin.

use super::remove::{host_of, is_host};
use super::{Registrar, aor};
use crate::usrloc::contact::Contact;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Value};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Run, VariableHandle};

pub const IS_REGISTERED: Function = Function {
    name: "is_registered",
    about: "Whether an address of record has contacts.",
    args: &[DOMAIN, AOR],
    routes: ROUTES,
    returns: RETURNS,
    examples: &[Example {
        script: "is_registered(\"location\", \"sip:nobody@example.com\")",
        message: "",
        returns: -1,
    }],
    run: Run::Wait(|call, args| ask(call, args, |_| true)),
    ..FUNCTION
};

pub const IS_CONTACT_REGISTERED: Function = Function {
    name: "is_contact_registered",
    about: "Whether an address of record has a contact with this URI or this Call-ID.",
    args: &[
        DOMAIN,
        AOR,
        Arg::str("contact", "The contact's URI; without it and callid, that of the request's Contact.").optional(),
        Arg::str("callid", "The Call-ID of its registration.").optional(),
    ],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Wait(is_contact_registered),
    ..FUNCTION
};

pub const IS_IP_REGISTERED: Function = Function {
    name: "is_ip_registered",
    about: "Whether an address of record has a contact from this address.",
    args: &[
        DOMAIN,
        AOR,
        Arg::var("IPvar", "The address; all values of an AVP."),
        Arg::var("PORTvar", "The port; the values of an AVP stand beside those of the addresses.").optional(),
    ],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Wait(is_ip_registered),
    ..FUNCTION
};

const DOMAIN: Arg = Arg::fixed("domain", "The location table.");
const AOR: Arg = Arg::str("AOR", "The address of record, if not To's of a REGISTER or else From's.").optional();
const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL);
const RETURNS: &[(i32, &str)] = &[(1, "it has"), (-1, "it has not, or an error, which is logged")];

fn is_contact_registered(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let mut uri = args.opt_str(2).filter(|uri| !uri.is_empty()).cloned();
    let call_id = args.opt_str(3).filter(|call_id| !call_id.is_empty()).cloned();
    if uri.is_none() && call_id.is_none() {
        let message = &call.msg.message;
        let own = message.name_addrs(sip::HeaderName::Contact).flatten().next();
        let Some(own) = own else {
            return Flow::Done(Err(Fault::script(
                "neither a contact nor a Call-ID is given, and the message has no Contact",
            )));
        };
        uri = Some(message.share(own.address.uri));
    }
    ask(call, args, move |contact| {
        uri.as_ref().is_none_or(|uri| contact.uri() == &uri[..])
            && call_id.as_ref().is_none_or(|call_id| contact.call_id() == &call_id[..])
    })
}

fn is_ip_registered(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let addresses = match args.var(2) {
        Ok(variable) => values(call, variable),
        Err(fault) => return Flow::Done(Err(fault)),
    };
    let ports = args.opt_var(3).map(|variable| values(call, variable)).unwrap_or_default();
    let pairs: Vec<(Bytes, Option<u16>)> = addresses
        .into_iter()
        .enumerate()
        .filter_map(|(index, address)| {
            let port = ports.get(index).and_then(Value::int).and_then(|port| u16::try_from(port).ok());
            Some((address.into_bytes()?, port))
        })
        .collect();
    ask(call, args, move |contact| {
        let uri = if contact.received().is_empty() { contact.uri() } else { contact.received() };
        let Some((host, port)) = host_of(uri) else { return false };
        pairs.iter().any(|(address, wanted)| is_host(host, address) && wanted.is_none_or(|wanted| wanted == port))
    })
}

/// 1 if a contact passes the test; its attributes go to the message's first branch.
fn ask(call: &mut Call<'_>, args: Args<'_>, is_it: impl Fn(&Contact) -> bool + Send + 'static) -> Flow {
    prepare(call, args, is_it).unwrap_or_else(|fault| Flow::Done(Err(fault)))
}

fn prepare(
    call: &mut Call<'_>,
    args: Args<'_>,
    is_it: impl Fn(&Contact) -> bool + Send + 'static,
) -> Result<Flow, Fault> {
    let registrar = call.shared_state::<Registrar>()?;
    let domain = registrar.domain(args.str(0)?)?;
    let aor = aor::given_or_own(call, &registrar, args.opt_str(1))?;
    let now = call.env.now;
    let usrloc = std::sync::Arc::clone(&registrar.usrloc);
    Ok(usrloc.read(
        call,
        &domain,
        aor,
        move |record| {
            let found = record?.valid(now).find(|contact| is_it(contact))?;
            Some(Bytes::copy_from_slice(found.attr()))
        },
        move |call, attr| {
            let Some(attr) = attr else { return Flow::done(-1) };
            if let Err(fault) = registrar.fill_attr(call, std::slice::from_ref(&attr)) {
                return Flow::Done(Err(fault));
            }
            if !attr.is_empty() && !registrar.attr_name.is_empty() {
                let attributes = &mut call.msg.branches.first_mut().attributes;
                attributes.retain(|(name, _)| *name != registrar.attr_name);
                attributes.push((registrar.attr_name.clone(), Value::Str(attr)));
            }
            Flow::done(1)
        },
    ))
}

/// All values of a variable. There are no more worth comparing than a request has addresses.
fn values(call: &mut Call<'_>, variable: &VariableHandle) -> Vec<Value> {
    let count = variable.count(call).min(VALUES_MAX);
    (0..count).map(|position| variable.read_at(call, position)).collect()
}

const VALUES_MAX: usize = 64;
