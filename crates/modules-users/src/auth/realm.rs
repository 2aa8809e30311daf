//! The realm of a request: given by the script, or the domain of who registers or calls.

use super::Hop;
use module_api::{Fault, Routing};
use sip::{Method, Uri};

/// The realm: `given` unless it is empty, then the host of To for a REGISTER to us, of From for everything else.
///
/// # Errors
/// The header or its URI cannot be read.
pub fn realm<'a>(msg: &'a Routing, hop: Hop, given: &'a [u8], prefix: &[u8]) -> Result<&'a [u8], Fault> {
    if !given.is_empty() {
        return Ok(given);
    }
    let message = &msg.message;
    let registers = hop == Hop::User && message.method() == Method::Register;
    let address = if registers { message.to()? } else { message.from()? };
    Ok(without_prefix(Uri::parse(address.uri)?.host, prefix))
}

/// The domain without `realm_prefix`.
pub fn without_prefix<'a>(domain: &'a [u8], prefix: &[u8]) -> &'a [u8] {
    match domain.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) && !rest.is_empty() => rest,
        _ => domain,
    }
}
