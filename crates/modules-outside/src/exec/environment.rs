//! What a program finds in its environment: values of an AVP, and the message.

use bytes::Bytes;
use module_api::{Call, VariableHandle};
use sip::{HeaderName, Uri};
use std::collections::BTreeMap;

/// Variables of an environment.
pub(super) type Environment = Vec<(String, Bytes)>;

/// More values than a script gives.
const VALUES_MAX: usize = 1024;

/// `OSIPS_EXEC_0` is the value on top of the AVP, `OSIPS_EXEC_1` the one below.
pub(super) fn of_avp(call: &mut Call<'_>, avp: &VariableHandle) -> Environment {
    let count = avp.count(call).min(VALUES_MAX);
    let values = (0..count).map(|position| {
        let value = avp.read_at(call, position).into_bytes().unwrap_or_default();
        (format!("OSIPS_EXEC_{position}"), without_nul(&value))
    });
    values.collect()
}

/// `SIP_RURI` and its kin, and `SIP_HF_<NAME>` for each header of the message.
pub(super) fn of_message(call: &Call<'_>) -> Environment {
    let message = &call.msg.message;
    let to_tag = message.to().ok().and_then(|to| to.tag());
    // Retransmissions, CANCEL and the ACK of a failure have the branch of their request.
    let transaction = message.top_via().ok().and_then(|via| via.branch());
    let (original, current) = (message.request_uri(), call.msg.request_uri());
    let address = call.msg.source.peer.ip().to_string();
    let fixed: [(&str, &[u8]); 7] = [
        ("SIP_TID", transaction.unwrap_or_default()),
        ("SIP_DID", to_tag.unwrap_or_default()),
        ("SIP_SRCIP", address.as_bytes()),
        ("SIP_ORURI", original),
        ("SIP_RURI", current),
        ("SIP_USER", user(current)),
        ("SIP_OUSER", user(original)),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), without_nul(value)));
    fixed.chain(headers(call)).collect()
}

/// The headers of each name, several values separated by commas.
fn headers(call: &Call<'_>) -> BTreeMap<String, Bytes> {
    let mut headers: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for header in call.msg.message.headers() {
        // A compact form stands for its long name.
        let name = match header.name {
            HeaderName::Other => header.name_text,
            known => known.as_str().as_bytes(),
        };
        let values = headers.entry(variable_name(name)).or_default();
        if !values.is_empty() {
            values.push(b',');
        }
        values.extend_from_slice(header.value);
    }
    headers.into_iter().map(|(name, values)| (name, without_nul(&values))).collect()
}

/// `SIP_HF_CALL_ID`: what no name of a variable may hold becomes `_`.
fn variable_name(header: &[u8]) -> String {
    let letter = |byte: &u8| if byte.is_ascii_alphanumeric() { char::from(byte.to_ascii_uppercase()) } else { '_' };
    format!("SIP_HF_{}", header.iter().map(letter).collect::<String>())
}

fn user(uri: &[u8]) -> &[u8] {
    Uri::parse(uri).ok().and_then(|uri| uri.user).unwrap_or_default()
}

/// An environment is made of C strings.
fn without_nul(value: &[u8]) -> Bytes {
    value.iter().copied().filter(|byte| *byte != 0).collect()
}
