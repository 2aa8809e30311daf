//! `remove()`: contacts of an address of record are removed.

use super::{Registrar, aor, path};
use crate::usrloc::contact::Contact;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Question, Request, Run};
use sip::Uri;
use std::net::IpAddr;
use std::sync::Arc;

pub const REMOVE: Function = Function {
    name: "remove",
    about: "Removes the contacts of an address of record that pass all filters given.",
    args: &[
        Arg::fixed("domain", "The location table."),
        Arg::str("AOR", "The address of record."),
        Arg::str("contact", "Only the contact with this URI.").optional(),
        Arg::str("next_hop", "Only contacts reached by this host: of the Path, where the phone was seen, or the URI.")
            .optional(),
        Arg::str("sip_instance", "Only contacts of this instance.").optional(),
        Arg::branch_flag("bflag", "Only contacts with this branch flag.").optional(),
    ],
    routes: Routes::REQUEST.or(Routes::ONREPLY),
    returns: &[(1, "done"), (-1, "the address of record is not registered, or an error, which is logged")],
    examples: &[Example { script: "remove(\"location\", \"sip:nobody@example.com\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| remove(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

/// Which contacts are removed.
#[derive(Default)]
struct Filter {
    uri: Option<Bytes>,
    hosts: Option<Vec<Bytes>>,
    instance: Option<Bytes>,
    flag: Option<u8>,
}

fn remove(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let registrar = call.shared_state::<Registrar>()?;
    let domain = args.str(0)?.clone();
    let aor = aor::key(&registrar, args.str(1)?)?;
    let text = |index| args.opt_str(index).filter(|text| !text.is_empty()).cloned();
    let flag = if args.is_given(5) { Some(args.flag(5)?) } else { None };
    let filter = Filter { uri: text(2), hosts: None, instance: text(4), flag };
    match text(3) {
        None => run(call, &registrar, &domain, aor, filter),
        Some(host) if address(&host).is_some() => {
            run(call, &registrar, &domain, aor, Filter { hosts: Some(vec![host]), ..filter })
        }
        Some(host) => Ok(resolve(call, registrar, domain, aor, filter, host)),
    }
}

fn resolve(call: &Call<'_>, registrar: Arc<Registrar>, domain: Bytes, aor: Bytes, filter: Filter, host: Bytes) -> Flow {
    let ipv6 = call.env.services.settings.dns_try_ipv6;
    let request = Request::Resolve(Question::addresses(String::from_utf8_lossy(&host), ipv6));
    Flow::wait(request, move |call, answer| {
        let mut hosts = vec![host];
        if let Ok(resolved) = answer.resolved() {
            hosts.extend(resolved.addresses().iter().map(|address| Bytes::from(address.to_string())));
        }
        run(call, &registrar, &domain, aor, Filter { hosts: Some(hosts), ..filter })
            .unwrap_or_else(|fault| Flow::Done(Err(fault)))
    })
}

fn run(call: &mut Call<'_>, registrar: &Registrar, domain: &Bytes, aor: Bytes, filter: Filter) -> Result<Flow, Fault> {
    let domain = registrar.domain(domain)?;
    Ok(registrar.usrloc.change(
        call,
        &domain,
        aor,
        move |edit| {
            let is_known = !edit.record().contacts().is_empty();
            edit.remove_unless(|contact| !filter.takes(contact));
            is_known
        },
        |_, is_known, written| Flow::Done(written.map(|()| if is_known { 1 } else { -1 })),
    ))
}

impl Filter {
    fn takes(&self, contact: &Contact) -> bool {
        self.uri.as_ref().is_none_or(|uri| contact.uri() == &uri[..])
            && self.instance.as_ref().is_none_or(|instance| is_instance(contact, instance))
            && self.flag.is_none_or(|flag| contact.branch_flags.is_set(flag))
            && self.hosts.as_ref().is_none_or(|hosts| is_reached_by(contact, hosts))
    }
}

fn is_instance(contact: &Contact, instance: &[u8]) -> bool {
    let plain = |text: &[u8]| sip::text::unquote(text).into_owned();
    !contact.instance().is_empty() && plain(contact.instance()) == plain(instance)
}

fn is_reached_by(contact: &Contact, hosts: &[Bytes]) -> bool {
    next_hop(contact).and_then(host_of).is_some_and(|(host, _)| hosts.iter().any(|wanted| is_host(host, wanted)))
}

/// The URI that a request to the contact is sent to.
pub fn next_hop(contact: &Contact) -> Option<&[u8]> {
    match path::first_uri(contact.path()) {
        Some(uri) => Some(uri),
        None if !contact.received().is_empty() => Some(contact.received()),
        None => Some(contact.uri()),
    }
}

/// Host and port of a URI.
pub fn host_of(uri: &[u8]) -> Option<(&[u8], u16)> {
    let uri = Uri::parse(uri).ok()?;
    Some((uri.host, uri.port.unwrap_or(uri.default_port())))
}

/// Whether two hosts are the same: names whatever their case, addresses whatever their writing.
pub fn is_host(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
        || matches!((address(one), address(other)), (Some(one), Some(other)) if one == other)
}

fn address(host: &[u8]) -> Option<IpAddr> {
    let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    std::str::from_utf8(host).ok()?.parse().ok()
}
