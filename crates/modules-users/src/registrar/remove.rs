//! `remove()`: contacts of an address of record are removed.

use super::{Registrar, aor, path};
use crate::usrloc::Record;
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
    /// Where it is reached, the same host under several names; empty: anywhere.
    hosts: Vec<Bytes>,
    instance: Option<Bytes>,
    flag: Option<u8>,
}

/// Names of one user's contacts that are resolved; a user whose phones are known by more has no phones.
const NAMES_MAX: usize = 16;

fn remove(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let registrar = call.shared_state::<Registrar>()?;
    let domain = args.str(0)?.clone();
    let aor = aor::key(&registrar, args.str(1)?)?;
    let text = |index| args.opt_str(index).filter(|text| !text.is_empty()).cloned();
    let flag = if args.is_given(5) { Some(args.flag(5)?) } else { None };
    let filter = Filter { uri: text(2), hosts: Vec::new(), instance: text(4), flag };
    match text(3) {
        None => run(call, &registrar, &domain, aor, filter),
        Some(host) if address(&host).is_some() => {
            look(call, registrar, domain, aor, Filter { hosts: vec![host], ..filter })
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
        look(call, registrar, domain, aor, Filter { hosts, ..filter }).unwrap_or_else(|fault| Flow::Done(Err(fault)))
    })
}

/// Looks for contacts that are reached by a name: it may lead to a wanted address.
fn look(
    call: &mut Call<'_>,
    registrar: Arc<Registrar>,
    domain: Bytes,
    aor: Bytes,
    filter: Filter,
) -> Result<Flow, Fault> {
    let table = registrar.domain(&domain)?;
    let usrloc = Arc::clone(&registrar.usrloc);
    let names = |record: Option<&Record>| {
        let hosts = record.into_iter().flat_map(Record::contacts).filter_map(next_hop).filter_map(host_of);
        let mut names: Vec<Bytes> = hosts
            .map(|(host, _)| Bytes::from(host.to_ascii_lowercase()))
            .filter(|host| address(host).is_none())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(NAMES_MAX);
        names
    };
    Ok(usrloc.read(call, &table, aor.clone(), names, move |call, names| {
        compare(call, registrar, domain, aor, filter, names)
    }))
}

fn compare(
    call: &mut Call<'_>,
    registrar: Arc<Registrar>,
    domain: Bytes,
    aor: Bytes,
    mut filter: Filter,
    mut names: Vec<Bytes>,
) -> Flow {
    let Some(name) = names.pop() else {
        return run(call, &registrar, &domain, aor, filter).unwrap_or_else(|fault| Flow::Done(Err(fault)));
    };
    if filter.hosts.iter().any(|wanted| is_host(&name, wanted)) {
        return compare(call, registrar, domain, aor, filter, names);
    }
    let ipv6 = call.env.services.settings.dns_try_ipv6;
    let request = Request::Resolve(Question::addresses(String::from_utf8_lossy(&name), ipv6));
    Flow::wait(request, move |call, answer| {
        let is_wanted = |found: &IpAddr| filter.hosts.iter().any(|wanted| address(wanted) == Some(*found));
        if answer.resolved().is_ok_and(|resolved| resolved.addresses().iter().any(is_wanted)) {
            filter.hosts.push(name);
        }
        compare(call, registrar, domain, aor, filter, names)
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
            && (self.hosts.is_empty() || is_reached_by(contact, &self.hosts))
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
