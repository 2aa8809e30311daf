//! Contacts as management commands show them.

use super::Usrloc;
use super::contact::{Contact, Need};
use super::record::Record;
use module_api::{Env, Json, JsonMap};

/// `{AOR, Contacts, KV-Store}`
pub fn record(usrloc: &Usrloc, env: &Env<'_>, record: &Record) -> Json {
    let mut shown = JsonMap::new();
    shown.insert("AOR".to_owned(), text(record.aor()));
    let contacts = record.contacts().iter().map(|one| contact(usrloc, env, one)).collect();
    shown.insert("Contacts".to_owned(), Json::Array(contacts));
    if usrloc.config.shows_keys {
        shown.insert("KV-Store".to_owned(), keys(record.keys.as_deref()));
    }
    Json::Object(shown)
}

/// A contact; what is empty is left out.
pub fn contact(usrloc: &Usrloc, env: &Env<'_>, contact: &Contact) -> Json {
    let mut shown = JsonMap::new();
    let mut add = |name: &str, value: Json| {
        shown.insert(name.to_owned(), value);
    };
    add("Contact", text(contact.uri()));
    add("ContactID", contact.id.to_string().into());
    add("Expires", expires(env, contact));
    add("Q", contact.q().map(|q| q.to_string()).unwrap_or_default().into());
    add("Callid", text(contact.call_id()));
    add("Cseq", contact.cseq.into());
    let socket = contact.socket().and_then(|id| env.services.sockets.get(id));
    let user_agent = contact.user_agent(&usrloc.agents);
    for (name, value) in [("User-agent", &user_agent[..]), ("Received", contact.received()), ("Path", contact.path())] {
        if !value.is_empty() {
            add(name, text(value));
        }
    }
    add("State", state(contact).into());
    add("Flags", contact.flags.into());
    add("Cflags", env.services.names.flags.branch.list(contact.branch_flags).into());
    if let Some(socket) = socket {
        add("Socket", text(&socket.name));
    }
    add("Methods", contact.methods.0.into());
    for (name, value) in [("Attr", contact.attr()), ("SIP_instance", contact.instance())] {
        if !value.is_empty() {
            add(name, text(value));
        }
    }
    if contact.latency_us > 0 {
        add("Ping-Latency", contact.latency_us.into());
    }
    if usrloc.config.shows_keys {
        add("KV-Store", keys(contact.keys.as_deref()));
    }
    Json::Object(shown)
}

fn expires(env: &Env<'_>, contact: &Contact) -> Json {
    match contact.seconds_left(env.now) {
        None => "permanent".into(),
        Some(0) => "expired".into(),
        Some(left) => left.into(),
    }
}

fn state(contact: &Contact) -> &'static str {
    match contact.sync.need {
        Need::Insert => "CS_NEW",
        Need::Nothing => "CS_SYNC",
        Need::Update | Need::Rewrite => "CS_DIRTY",
    }
}

fn keys(keys: Option<&JsonMap>) -> Json {
    Json::Object(keys.cloned().unwrap_or_default()).to_string().into()
}

fn text(bytes: &[u8]) -> Json {
    String::from_utf8_lossy(bytes).into_owned().into()
}
