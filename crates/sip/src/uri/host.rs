//! Hosts: names, IPv4 addresses and IPv6 references in brackets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{UriError, text::is_host_byte};

/// Takes the host from the start of a text, brackets included.
pub(crate) fn take_host(text: &[u8]) -> Result<(&[u8], &[u8]), UriError> {
    let end = match text.first() {
        Some(b'[') => memchr::memchr(b']', text).ok_or(UriError::Host)? + 1,
        _ => text.iter().position(|byte| !is_host_byte(*byte)).unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end);
    if host.is_empty() || (host.first() == Some(&b'[') && address_of(host).is_none()) {
        return Err(UriError::Host);
    }
    Ok((host, rest))
}

/// The address a host is, when it is one in figures: `192.0.2.1`, `[2001:db8::1]`, and the latter without brackets.
pub(crate) fn address_of(host: &[u8]) -> Option<IpAddr> {
    let (inner, bracketed) = match host {
        [b'[', inner @ .., b']'] => (inner, true),
        _ => (host, false),
    };
    let looks_like_one = inner.first().is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':');
    // The longest IPv6 address in figures has 45 characters.
    if !looks_like_one || inner.len() > 45 {
        return None;
    }
    let text = std::str::from_utf8(inner).ok()?;
    if bracketed || memchr::memchr(b':', inner).is_some() {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    text.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}
