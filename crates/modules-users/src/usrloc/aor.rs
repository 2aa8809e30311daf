//! Addresses of record: the one key under which contacts are kept, looked up, and managed.

use super::Usrloc;
use bytes::Bytes;
use sip::{Uri, escape};
use std::sync::OnceLock;

/// What the registrar's parameters say of addresses of record.
#[derive(Debug, Default)]
pub struct AorRules(OnceLock<Rules>);

#[derive(Debug)]
struct Rules {
    ignores_case: bool,
    realm_prefix: Bytes,
}

impl AorRules {
    /// `case_sensitive` and `realm_prefix`.
    pub fn set(&self, case_sensitive: bool, realm_prefix: &[u8]) {
        // There is one registrar.
        let _ = self.0.set(Rules { ignores_case: !case_sensitive, realm_prefix: Bytes::copy_from_slice(realm_prefix) });
    }
}

impl Usrloc {
    /// The key of a user, without escapes, and a domain: that in lower case, where it counts. `None` if nothing is left.
    pub fn aor_key(&self, user: &[u8], domain: &[u8]) -> Option<Bytes> {
        let rules = self.aor_rules.0.get();
        let domain = self.aor_domain(domain);
        let mut key = Vec::with_capacity(user.len() + domain.len() + 1);
        key.extend_from_slice(user);
        if rules.is_some_and(|rules| rules.ignores_case) {
            key.make_ascii_lowercase();
        }
        if self.config.use_domain && !domain.is_empty() {
            if !key.is_empty() {
                key.push(b'@');
            }
            key.extend(domain.iter().map(u8::to_ascii_lowercase));
        }
        (!key.is_empty()).then(|| Bytes::from(key))
    }

    /// A domain without `realm_prefix`.
    pub fn aor_domain<'a>(&self, domain: &'a [u8]) -> &'a [u8] {
        let prefix = self.aor_rules.0.get().map_or(&b""[..], |rules| &rules.realm_prefix);
        match domain.split_at_checked(prefix.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(prefix) && !rest.is_empty() => rest,
            _ => domain,
        }
    }

    /// The key of what a person or a script writes: a URI, or `user@domain` as it is shown. `None` if the domain counts
    /// and is not there.
    pub fn aor_of_text(&self, text: &[u8]) -> Option<Bytes> {
        let has_scheme = text
            .split(|byte| *byte == b':')
            .next()
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"sip") || scheme.eq_ignore_ascii_case(b"sips"));
        if has_scheme && let Ok(uri) = Uri::parse(text) {
            return self.aor_key(&escape::unescape(uri.user.unwrap_or_default()), uri.host);
        }
        match text.iter().rposition(|byte| *byte == b'@') {
            Some(at) => self.aor_key(text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
            None if self.config.use_domain => None,
            None => self.aor_key(text, b""),
        }
    }
}
