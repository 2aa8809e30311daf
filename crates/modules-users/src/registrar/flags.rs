//! The flags of `save()` and `lookup()`.

use super::Registrar;
use bytes::Bytes;
use catalogue::{Flag, Refused, Verdict};
use module_api::{Args, Fault};
use posix_regex::{Pattern, extended};
use regex::bytes::Regex;
use sip::text::number;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// The flags of `save()`.
pub const SAVE_FLAGS: &[Flag] = &[
    Flag::new("memory-only").letter("m").bit(0x01),
    Flag::new("no-reply").letter("r").bit(0x02),
    Flag::new("max-contacts").with_judged(Verdict::count).letter("c"),
    Flag::new("force-registration").letter("f"),
    Flag::new("matching-mode")
        .with_judged(|text| judged(matching(Some(&copied(text))), "0, 1, or the name of a URI parameter"))
        .letter("M"),
    Flag::new("path-off").letter("p0"),
    Flag::new("path-lazy").letter("p1"),
    Flag::new("path-strict").letter("p2"),
    Flag::new("path-received").letter("v"),
    Flag::new("only-request-contacts").letter("o"),
    Flag::new("socket-header").letter("s"),
    Flag::new("min-expires").with_judged(Verdict::count).letter("e"),
    Flag::new("max-expires").with_judged(Verdict::count).letter("E"),
];

/// What cannot be asked of `lookup()` yet.
pub const LOOKUP_REFUSED: &[Refused] = &[Refused::new("global", NO_FEDERATION)];
const NO_FEDERATION: &str = "it needs a federation of servers, which there is not yet";

/// The flags of `lookup()`.
pub const LOOKUP_FLAGS: &[Flag] = &[
    Flag::new("no-branches").letter("b"),
    Flag::new("to-branches-only").letter("B"),
    Flag::new("branch").letter("r"),
    Flag::new("method-filtering").letter("m"),
    Flag::new("ua-filtering").with_judged(user_agents).letter("u"),
    Flag::new("case-insensitive").letter("i"),
    Flag::new("extended-regexp").letter("e"),
    Flag::new("global").letter("g"),
    Flag::new("max-ping-latency").with_judged(Verdict::count).letter("y"),
    Flag::new("sort-by-latency").letter("Y"),
];

/// How `save()` does its work.
#[derive(Clone, Debug)]
pub struct SaveOptions {
    /// Contacts are kept out of the database.
    pub memory_only: bool,
    /// No reply is sent.
    pub no_reply: bool,
    /// The most contacts of the address of record; 0: any number.
    pub max_contacts: usize,
    /// Older contacts make room for new ones.
    pub force: bool,
    /// When a contact is one that is there already.
    pub matching: Matching,
    /// What becomes of Path.
    pub path: PathMode,
    /// `received` of the first Path URI tells where the phone is.
    pub path_received: bool,
    /// The reply lists the request's contacts only.
    pub only_request_contacts: bool,
    /// The receiving socket is in a header.
    pub socket_header: bool,
    /// The least lifetime.
    pub min_expires_s: u32,
    /// The greatest lifetime; 0: any.
    pub max_expires_s: u32,
}

/// When a contact is one that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// The URIs are the same.
    Uri,
    /// The URIs and the Call-IDs are the same.
    UriAndCallId,
    /// This URI parameter has the same value.
    Param(Bytes),
}

/// What becomes of Path (RFC 3327).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathMode {
    /// It is not looked at.
    Ignore,
    /// It is kept, and not told.
    Off,
    /// It is kept, and told to who supports it.
    Lazy,
    /// It is kept and told; who does not support it is refused.
    Strict,
}

/// How `lookup()` does its work.
#[derive(Clone, Debug, Default)]
pub struct LookupOptions {
    /// Only the first contact is used.
    pub no_branches: bool,
    /// The Request-URI stays.
    pub to_branches_only: bool,
    /// The branches there are addresses of record, too.
    pub branches: bool,
    /// Only contacts that support the method.
    pub method_filtering: bool,
    /// Only contacts with such a User-Agent.
    pub user_agent: Option<Regex>,
    /// Only contacts that answer pings this fast.
    pub latency_us_max: Option<u32>,
    /// The fastest first.
    pub sort_by_latency: bool,
}

/// Expressions of `ua-filtering`, compiled once.
#[derive(Debug, Default)]
pub struct Expressions(RwLock<BTreeMap<Expression, Regex>>);

/// `/expression/`, with `i` behind it to ignore case, and what other flags say of it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expression {
    text: Bytes,
    ignores_case: bool,
    /// Without the flag `extended-regexp` an expression is a basic one.
    is_extended: bool,
}

const EXPRESSIONS_MAX: usize = 64;

impl SaveOptions {
    /// From the flags of a call.
    ///
    /// # Errors
    /// A value is no number.
    pub fn read(registrar: &Registrar, args: Args<'_>, index: usize) -> Result<SaveOptions, Fault> {
        let mut options = registrar.save_defaults.clone();
        for (name, value) in args.flags(index) {
            let value = value.as_ref();
            match *name {
                "memory-only" => options.memory_only = true,
                "no-reply" => options.no_reply = true,
                "max-contacts" => options.max_contacts = usize::try_from(count(name, value)?).unwrap_or(usize::MAX),
                "force-registration" => options.force = true,
                "matching-mode" => options.matching = matching(value)?,
                "path-off" => options.path = PathMode::Off,
                "path-lazy" => options.path = PathMode::Lazy,
                "path-strict" => options.path = PathMode::Strict,
                "path-received" => options.path_received = true,
                "only-request-contacts" => options.only_request_contacts = true,
                "socket-header" => options.socket_header = true,
                "min-expires" => options.min_expires_s = count(name, value)?,
                "max-expires" => options.max_expires_s = count(name, value)?,
                _ => {}
            }
        }
        Ok(options)
    }
}

impl LookupOptions {
    /// From the flags of a call.
    ///
    /// # Errors
    /// A value is no number or no expression, or the contacts of other servers are asked for.
    pub fn read(registrar: &Registrar, args: Args<'_>, index: usize) -> Result<LookupOptions, Fault> {
        let mut options = registrar.lookup_defaults.clone();
        let expression = |text: Option<&Bytes>| Expression {
            text: text.cloned().unwrap_or_default(),
            ignores_case: args.has_flag(index, "case-insensitive"),
            is_extended: args.has_flag(index, "extended-regexp"),
        };
        for (name, value) in args.flags(index) {
            let value = value.as_ref();
            match *name {
                "no-branches" => options.no_branches = true,
                "to-branches-only" => options.to_branches_only = true,
                "branch" => options.branches = true,
                "method-filtering" => options.method_filtering = true,
                "ua-filtering" => options.user_agent = Some(registrar.expressions.get(&expression(value))?),
                "max-ping-latency" => options.latency_us_max = Some(count(name, value)?),
                "sort-by-latency" => options.sort_by_latency = true,
                "global" => {
                    return Err(Fault::script(NO_FEDERATION));
                }
                _ => {}
            }
        }
        Ok(options)
    }
}

impl Expressions {
    fn get(&self, wanted: &Expression) -> Result<Regex, Fault> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(wanted) {
            return Ok(known.clone());
        }
        let made = wanted.compile()?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < EXPRESSIONS_MAX {
            known.insert(Expression { text: Bytes::copy_from_slice(&wanted.text), ..*wanted }, made.clone());
        }
        Ok(made)
    }
}

impl Expression {
    fn compile(&self) -> Result<Regex, Fault> {
        let bad = || Fault::script(format!("ua-filtering is no expression: {}", String::from_utf8_lossy(&self.text)));
        let (pattern, letters) = match self.text.strip_prefix(b"/") {
            Some(rest) => {
                let end = rest.iter().rposition(|byte| *byte == b'/').ok_or_else(bad)?;
                rest.split_at(end)
            }
            None => (&self.text[..], &b""[..]),
        };
        let ignore_case = self.ignores_case || letters.contains(&b'i');
        let pattern = if self.is_extended { Cow::Borrowed(pattern) } else { Cow::Owned(extended(pattern)) };
        Pattern { ignore_case, by_line: false }.compile(&pattern).map_err(|_| bad())
    }
}

/// Whether it is an expression of either kind: the flag that says which may stand behind it.
fn user_agents(text: &str) -> Verdict {
    let compiled = |is_extended| Expression { text: copied(text), ignores_case: false, is_extended }.compile();
    judged(compiled(true).or_else(|_| compiled(false)), "/expression/, or /expression/i to ignore case")
}

fn judged<T>(read: Result<T, Fault>, instead: &'static str) -> Verdict {
    Verdict::of(read, instead)
}

fn copied(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn count(name: &str, value: Option<&Bytes>) -> Result<u32, Fault> {
    let value = value.map(|value| value.trim_ascii()).unwrap_or_default();
    number(value).ok_or_else(|| Fault::script(format!("{name} is no number: \"{}\"", String::from_utf8_lossy(value))))
}

fn matching(value: Option<&Bytes>) -> Result<Matching, Fault> {
    match value.map(|value| value.trim_ascii()) {
        Some(b"0") => Ok(Matching::Uri),
        Some(b"1") => Ok(Matching::UriAndCallId),
        Some(name) if !name.is_empty() => {
            // Older scripts write the parameter's name in angle brackets.
            let name = name.strip_prefix(b"<").and_then(|name| name.strip_suffix(b">")).unwrap_or(name);
            Ok(Matching::Param(Bytes::copy_from_slice(name)))
        }
        _ => Err(Fault::script("matching-mode needs 0, 1, or the name of a URI parameter")),
    }
}
