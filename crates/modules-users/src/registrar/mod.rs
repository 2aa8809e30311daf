//! `registrar`: REGISTER requests kept in `usrloc` (RFC 3261 section 10.3), and calls led to where users are.

mod add_sock_hdr;
mod aor;
mod bind;
mod flags;
mod fuzz;
mod gruu;
mod late;
mod lookup;
mod matching;
mod outbound;
mod params;
mod path;
mod purr;
mod push;
#[cfg(test)]
mod push_tests;
mod query;
mod refusal;
mod register;
mod remove;
mod remove_ip_port;
mod reply;
mod room;
mod save;
mod seal;
mod target;
#[cfg(test)]
mod tests;

pub use fuzz::{fuzz_register, fuzzed_modules};

use crate::usrloc::{Domain, Usrloc};
use bytes::Bytes;
use catalogue::{Statistic, Value};
use flags::{Expressions, LookupOptions, Matching, PathMode, SaveOptions};
use gruu::Gruu;
use module_api::{Call, Counter, Fault, Level, Module, Operator, Params, Q, Setup, StartError, State, VariableHandle};
use params::*;
use push::Push;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The module `registrar`.
pub const MODULE: Module = Module {
    name: "registrar",
    about: "Registers where users are, and leads calls there.",
    depends: &["usrloc"],
    params: PARAMS,
    functions: &[
        save::SAVE,
        remove::REMOVE,
        remove_ip_port::REMOVE_IP_PORT,
        lookup::LOOKUP,
        add_sock_hdr::ADD_SOCK_HDR,
        query::IS_REGISTERED,
        query::IS_CONTACT_REGISTERED,
        query::IS_IP_REGISTERED,
        purr::PN_PROCESS_PURR,
    ],
    statistics: &[STAT_MAX_EXPIRES, STAT_MAX_CONTACTS, STAT_DEFAULT_EXPIRE, ACCEPTED_REGS, REJECTED_REGS],
    start,
    ..Module::EMPTY
};

const STAT_MAX_EXPIRES: Statistic = Statistic::level("max_expires", "The parameter max_expires.");
const STAT_MAX_CONTACTS: Statistic = Statistic::level("max_contacts", "The parameter max_contacts.");
const STAT_DEFAULT_EXPIRE: Statistic = Statistic::level("default_expire", "The parameter default_expires.");
const ACCEPTED_REGS: Statistic = Statistic::counter("accepted_regs", "REGISTER requests that were accepted.");
const REJECTED_REGS: Statistic = Statistic::counter("rejected_regs", "REGISTER requests that were refused.");

/// The state of the module.
pub struct Registrar {
    /// The contacts.
    pub usrloc: Arc<Usrloc>,
    limits: Limits,
    save_defaults: SaveOptions,
    lookup_defaults: LookupOptions,
    socket_flag: Option<u8>,
    default_expires_s: u32,
    refuses_brief: bool,
    default_q: Option<Q>,
    persistent_flag: Option<u8>,
    received_param: Bytes,
    received: Option<VariableHandle>,
    retry_after_s: u32,
    socket_header: Option<String>,
    forwarded_contact: Option<VariableHandle>,
    attr: Option<VariableHandle>,
    attr_name: Bytes,
    /// Whether the attributes are in an AVP, where scripts of before 4.0 look for them.
    fills_attr: bool,
    gruu: Option<Gruu>,
    allow_dup_cseq: bool,
    deviation_s: u32,
    push: Option<Push>,
    expressions: Expressions,
    accepted: Counter,
    rejected: Counter,
}

/// The greatest lengths, in bytes.
struct Limits {
    username: usize,
    domain: usize,
    aor: usize,
    contact: usize,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let usrloc = setup.state_of::<Usrloc>("usrloc")?;
    let params = setup.params;
    let count = |param| u32::try_from(params.int(param)).unwrap_or(0);
    let length = |param| usize::try_from(params.int(param)).unwrap_or(0);
    let attr = setup.variable(&ATTR_AVP)?;
    let secret = params.str(&GRUU_SECRET).map_or(&setup.seed[..], str::as_bytes);
    let push = Push::read(&params, secret)?;
    usrloc.refresh_before_s.store(count(&PN_TRIGGER_INTERVAL), Ordering::Relaxed);
    for (statistic, param) in [
        (&STAT_MAX_EXPIRES, &MAX_EXPIRES),
        (&STAT_MAX_CONTACTS, &MAX_CONTACTS),
        (&STAT_DEFAULT_EXPIRE, &DEFAULT_EXPIRES),
    ] {
        let value = i64::from(params.int(param));
        setup.computed(statistic, move || value);
    }
    for contact in setup.compiler.constants(remove::REMOVE.name, 2) {
        if !contact.is_empty() && sip::Uri::parse(contact.as_bytes()).is_err() {
            let text =
                format!("remove(): \"{contact}\" is no contact's URI and removes none; the next hop comes after it");
            setup.log.line(Level::Warning, text);
        }
    }
    usrloc.aor_rules.set(params.is_on(&CASE_SENSITIVE), params.text(&REALM_PREFIX).as_bytes());
    let matching = if usrloc.config.match_call_id { Matching::UriAndCallId } else { Matching::Uri };
    Ok(Arc::new(Registrar {
        limits: Limits {
            username: length(&MAX_USERNAME_LEN),
            domain: length(&MAX_DOMAIN_LEN),
            aor: length(&MAX_AOR_LEN),
            contact: length(&MAX_CONTACT_LEN),
        },
        save_defaults: SaveOptions {
            memory_only: false,
            no_reply: false,
            max_contacts: length(&MAX_CONTACTS),
            force: false,
            matching,
            path: path_mode(&params),
            path_received: params.is_on(&USE_PATH) && params.is_on(&PATH_USE_RECEIVED),
            only_request_contacts: false,
            socket_header: false,
            min_expires_s: count(&MIN_EXPIRES),
            max_expires_s: count(&MAX_EXPIRES),
        },
        lookup_defaults: LookupOptions {
            no_branches: !params.is_on(&APPEND_BRANCHES),
            method_filtering: params.is_on(&METHOD_FILTERING),
            ..LookupOptions::default()
        },
        socket_flag: setup.message_flag(&SOCK_FLAG)?,
        usrloc,
        default_expires_s: count(&DEFAULT_EXPIRES),
        refuses_brief: params.is_on(&REFUSE_BRIEF),
        default_q: u16::try_from(params.int(&DEFAULT_Q)).ok().map(Q),
        persistent_flag: setup.message_flag(&TCP_PERSISTENT_FLAG)?,
        received_param: Bytes::copy_from_slice(params.text(&RECEIVED_PARAM).as_bytes()),
        received: setup.variable(&RECEIVED_AVP)?,
        retry_after_s: count(&RETRY_AFTER),
        socket_header: params.str(&SOCK_HDR_NAME).map(str::to_owned),
        forwarded_contact: setup.variable(&MCONTACT_AVP)?,
        attr_name: attr
            .as_ref()
            .map(|attr| Bytes::copy_from_slice(inner_name(attr.text()).as_bytes()))
            .unwrap_or_default(),
        fills_attr: attr.as_ref().is_some_and(|attr| attr.text().starts_with("$avp(")),
        attr,
        gruu: (!params.is_on(&DISABLE_GRUU)).then(|| Gruu::new(secret)),
        allow_dup_cseq: params.is_on(&ALLOW_DUP_CSEQ),
        deviation_s: count(&EXPIRES_MAX_DEVIATION),
        push,
        expressions: Expressions::default(),
        accepted: setup.counter(&ACCEPTED_REGS),
        rejected: setup.counter(&REJECTED_REGS),
    }))
}

/// What becomes of Path where no flag of `save()` says it.
fn path_mode(params: &Params<'_>) -> PathMode {
    match params.int(&PATH_MODE) {
        _ if !params.is_on(&USE_PATH) => PathMode::Ignore,
        0 => PathMode::Off,
        1 => PathMode::Lazy,
        _ => PathMode::Strict,
    }
}

impl Registrar {
    /// The location table that a function names.
    ///
    /// # Errors
    /// There are too many.
    pub fn domain(&self, name: &Bytes) -> Result<Arc<Domain>, Fault> {
        self.usrloc.domain(name)
    }

    /// Puts the attributes of contacts into the AVP of `attr_avp`, in the order of their branches, as releases before
    /// 4.0 did. It is left alone where there are none.
    fn fill_attr(&self, call: &mut Call<'_>, attributes: &[Bytes]) -> Result<(), Fault> {
        let Some(variable) = self.attr.as_ref().filter(|_| self.fills_attr) else { return Ok(()) };
        if attributes.iter().all(|attribute| attribute.is_empty()) {
            return Ok(());
        }
        // The value that is set last is the first.
        for (number, attribute) in attributes.iter().rev().enumerate() {
            let operator = if number == 0 { Operator::Replace } else { Operator::Set };
            variable.write(call, operator, Value::Str(attribute.clone()))?;
        }
        Ok(())
    }
}

/// `attr` of `$avp(attr)`.
fn inner_name(text: &str) -> &str {
    let inner = text.split_once('(').map(|(_, inner)| inner).unwrap_or(text);
    inner.split_once(')').map_or(inner, |(name, _)| name)
}
