//! When two URIs are the same (RFC 3261 section 19.1.4), and when they name the same address of record (section 10.3).

use crate::{
    Params, Scheme, Uri,
    escape::{plain_bytes, unescape},
};

/// How many parameters or headers are compared one by one, which costs the product of their numbers. Nobody writes so
/// many: texts with more are the same only to the byte.
const COMPARED_MAX: usize = 64;

/// Parameters that count even where only one of the URIs has them.
const NEVER_IGNORED: [&[u8]; 5] = [b"user", b"ttl", b"method", b"maddr", b"transport"];

impl Uri<'_> {
    /// Whether both are the same URI by RFC 3261 section 19.1.4.
    pub fn same_as(&self, other: &Uri<'_>) -> bool {
        match self.scheme {
            Scheme::Sip | Scheme::Sips => self.same_sip(other),
            Scheme::Tel => self.same_tel(other),
            Scheme::Urn | Scheme::Other => self.text.eq_ignore_ascii_case(other.text),
        }
    }

    /// Whether both name the same address of record: scheme, user, host and port, whatever their parameters.
    pub fn same_address_of_record(&self, other: &Uri<'_>) -> bool {
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {
                self.scheme == other.scheme
                    && same_user(self.user, other.user)
                    && same_host(self, other)
                    && self.port.unwrap_or(self.default_port()) == other.port.unwrap_or(other.default_port())
            }
            Scheme::Tel => self.same_tel(other),
            Scheme::Urn | Scheme::Other => self.same_as(other),
        }
    }

    fn same_sip(&self, other: &Uri<'_>) -> bool {
        self.scheme == other.scheme
            && same_user(self.user, other.user)
            && same_user(self.password, other.password)
            && same_host(self, other)
            && self.port == other.port
            && same_params(&self.params, &other.params)
            && same_headers(self, other)
    }

    /// RFC 3966 section 4: visual separators do not count, and no parameter may be missing on either side.
    fn same_tel(&self, other: &Uri<'_>) -> bool {
        let digits = |uri: &Uri<'_>| -> Vec<u8> {
            let number = uri.user.unwrap_or_default();
            number.iter().filter(|byte| !b"-.()".contains(byte)).map(u8::to_ascii_lowercase).collect()
        };
        other.scheme == Scheme::Tel && digits(self) == digits(other) && same_tel_params(&self.params, &other.params)
    }
}

/// User parts: case counts, an escape equals its character unless that one is reserved.
fn same_user(one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one == other || plain_bytes(one).eq(plain_bytes(other)),
        _ => false,
    }
}

fn same_host(one: &Uri<'_>, other: &Uri<'_>) -> bool {
    if one.host.eq_ignore_ascii_case(other.host) {
        return true;
    }
    // `[2001:db8::1]` and `[2001:DB8:0:0:0:0:0:1]` are one address.
    matches!((one.host_ip(), other.host_ip()), (Some(one), Some(other)) if one == other)
}

/// Of a parameter that is there twice the first counts, on either side.
fn same_params(one: &Params<'_>, other: &Params<'_>) -> bool {
    if one.as_bytes() == other.as_bytes() {
        return true;
    }
    if are_many(one) || are_many(other) {
        return false;
    }
    one.iter().all(|(name, _)| match (one.get(name), other.get(name)) {
        (Some(value), Some(found)) => same_value(value, found),
        _ => true,
    }) && NEVER_IGNORED.iter().all(|name| one.has(name) == other.has(name))
}

fn same_tel_params(one: &Params<'_>, other: &Params<'_>) -> bool {
    if are_many(one) || are_many(other) {
        return one.as_bytes() == other.as_bytes();
    }
    holds_all(one, other) && holds_all(other, one)
}

fn are_many(params: &Params<'_>) -> bool {
    params.iter().nth(COMPARED_MAX).is_some()
}

fn holds_all(one: &Params<'_>, other: &Params<'_>) -> bool {
    one.iter().all(|(name, _)| match (one.get(name), other.get(name)) {
        (Some(value), Some(found)) => same_value(value, found),
        _ => false,
    })
}

fn same_value(one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    let lower = |text| plain_bytes(text).map(|(byte, escaped)| (byte.to_ascii_lowercase(), escaped));
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => lower(one).eq(lower(other)),
        _ => false,
    }
}

/// URI headers are never ignored; their order is. What is there twice must be there twice on the other side.
fn same_headers(one: &Uri<'_>, other: &Uri<'_>) -> bool {
    if one.headers == other.headers {
        return true;
    }
    let count = one.header_pairs().count();
    let times = |uri: &Uri<'_>, pair| uri.header_pairs().filter(|found| same_header(pair, *found)).count();
    count == other.header_pairs().count()
        && count <= COMPARED_MAX
        && one.header_pairs().all(|pair| times(one, pair) == times(other, pair))
}

fn same_header(one: (&[u8], &[u8]), other: (&[u8], &[u8])) -> bool {
    unescape(one.0).eq_ignore_ascii_case(&unescape(other.0)) && unescape(one.1) == unescape(other.1)
}
