//! Basic authentication (RFC 7617).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderMap};

/// Whether a request has the right credentials.
pub fn is_allowed(headers: &HeaderMap, user: &str, password: &str) -> bool {
    let given = headers.get(AUTHORIZATION).map(|value| value.as_bytes()).and_then(credentials);
    given.is_some_and(|given| same(&given, format!("{user}:{password}").as_bytes()))
}

fn credentials(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, rest) = value.split_at_checked(6)?;
    scheme.eq_ignore_ascii_case(b"Basic ").then(|| STANDARD.decode(rest.trim_ascii()).ok())?
}

/// Compares in a time that says nothing about where the first difference is.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    let mut difference = u8::from(given.len() != wanted.len());
    for (position, byte) in wanted.iter().enumerate() {
        difference |= byte ^ given.get(position).copied().unwrap_or_default();
    }
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::is_allowed;
    use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    #[test]
    fn only_the_pair_is_let_in() {
        let tries = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            is_allowed(&headers, "admin", "s3cret")
        };
        assert!(tries("Basic YWRtaW46czNjcmV0") && tries("basic  YWRtaW46czNjcmV0"));
        for wrong in ["Basic YWRtaW46czNjcmV", "Basic YWRtaW46czNjcmV0Cg==", "Bearer YWRtaW46czNjcmV0", "Basic", ""] {
            assert!(!tries(wrong), "{wrong}");
        }
        assert!(!is_allowed(&HeaderMap::new(), "", ""));
    }
}
