//! The events of `usrloc`.

use super::Usrloc;
use super::contact::Contact;
use super::domain::Domain;
use super::edit::{Changes, Kind};
use catalogue::{Event, Value};
use module_api::Env;

pub const AOR_INSERT: Event =
    Event { name: "E_UL_AOR_INSERT", about: "An address of record got its first contact.", params: AOR };
pub const AOR_DELETE: Event =
    Event { name: "E_UL_AOR_DELETE", about: "An address of record lost its last contact.", params: AOR };
pub const CONTACT_INSERT: Event =
    Event { name: "E_UL_CONTACT_INSERT", about: "A contact was registered for the first time.", params: CONTACT };
pub const CONTACT_UPDATE: Event =
    Event { name: "E_UL_CONTACT_UPDATE", about: "A contact was registered again.", params: CONTACT };
pub const CONTACT_DELETE: Event =
    Event { name: "E_UL_CONTACT_DELETE", about: "A contact was removed, or its time ran out.", params: CONTACT };
pub const CONTACT_REFRESH: Event = Event {
    name: "E_UL_CONTACT_REFRESH",
    about: "A contact must be woken up to register again (RFC 8599).",
    params: &[
        "domain",
        "aor",
        "uri",
        "received",
        "user_agent",
        "socket",
        "bflags",
        "expires",
        "callid",
        "attr",
        "shtag",
        "reason",
        "req_callid",
    ],
};
pub const LATENCY_UPDATE: Event =
    Event { name: "E_UL_LATENCY_UPDATE", about: "The round trip of a contact's ping is known anew.", params: CONTACT };

/// All of them.
pub const EVENTS: &[Event] =
    &[AOR_INSERT, AOR_DELETE, CONTACT_INSERT, CONTACT_UPDATE, CONTACT_DELETE, CONTACT_REFRESH, LATENCY_UPDATE];

const AOR: &[&str] = &["domain", "aor"];
const CONTACT: &[&str] = &[
    "domain",
    "aor",
    "uri",
    "received",
    "path",
    "qval",
    "user_agent",
    "socket",
    "bflags",
    "expires",
    "callid",
    "cseq",
    "attr",
    "latency",
    "shtag",
];

/// Whether anybody wants to hear of contacts.
pub fn are_wanted(env: &Env<'_>) -> bool {
    env.listens(&CONTACT_INSERT) || env.listens(&CONTACT_UPDATE) || env.listens(&CONTACT_DELETE)
}

/// Raises the events of a change.
pub fn raise(usrloc: &Usrloc, env: &mut Env<'_>, domain: &Domain, aor: &[u8], changes: &Changes) {
    if changes.aor_inserted && env.listens(&AOR_INSERT) {
        env.raise(&AOR_INSERT, vec![Value::copied(domain.name.as_bytes()), Value::copied(aor)]);
    }
    for (kind, contact) in &changes.list {
        let event = match kind {
            Kind::Insert => &CONTACT_INSERT,
            Kind::Update => &CONTACT_UPDATE,
            Kind::Delete => &CONTACT_DELETE,
        };
        raise_contact(usrloc, env, event, domain, aor, contact);
    }
    if changes.aor_deleted && env.listens(&AOR_DELETE) {
        env.raise(&AOR_DELETE, vec![Value::copied(domain.name.as_bytes()), Value::copied(aor)]);
    }
}

/// Raises one of the events with a contact's values.
pub fn raise_contact(
    usrloc: &Usrloc,
    env: &mut Env<'_>,
    event: &Event,
    domain: &Domain,
    aor: &[u8],
    contact: &Contact,
) {
    if !env.listens(event) {
        return;
    }
    let values = vec![
        Value::copied(domain.name.as_bytes()),
        Value::copied(aor),
        Value::copied(contact.uri()),
        Value::copied(contact.received()),
        Value::copied(contact.path()),
        Value::Int(contact.q().map_or(-1, |q| i32::from(q.0 / 100))),
        Value::Str(contact.user_agent(&usrloc.agents)),
        socket(env, contact),
        Value::number(contact.branch_flags.0),
        Value::number(contact.expires_on(&env.services.wall)),
        Value::copied(contact.call_id()),
        Value::number(contact.cseq),
        Value::copied(contact.attr()),
        Value::number(contact.latency_us),
        Value::copied(contact.tag()),
    ];
    env.raise(event, values);
}

/// Raises the event that a contact must be woken up. `uri` is the contact's, without what only the push service needs.
pub fn raise_refresh(
    usrloc: &Usrloc,
    env: &mut Env<'_>,
    domain: &Domain,
    aor: &[u8],
    contact: &Contact,
    reason: &str,
    call_id: &[u8],
) {
    if !env.listens(&CONTACT_REFRESH) {
        return;
    }
    let values = vec![
        Value::copied(domain.name.as_bytes()),
        Value::copied(aor),
        Value::copied(contact.uri()),
        Value::copied(contact.received()),
        Value::Str(contact.user_agent(&usrloc.agents)),
        socket(env, contact),
        Value::number(contact.branch_flags.0),
        Value::number(contact.expires_on(&env.services.wall)),
        Value::copied(contact.call_id()),
        Value::copied(contact.attr()),
        Value::copied(contact.tag()),
        Value::copied(reason.as_bytes()),
        Value::copied(call_id),
    ];
    env.raise(&CONTACT_REFRESH, values);
}

fn socket(env: &Env<'_>, contact: &Contact) -> Value {
    let socket = contact.socket().and_then(|id| env.services.sockets.get(id));
    socket.map_or(Value::fixed(""), |socket| Value::Str(socket.name.clone()))
}
