//! `rest_append_hf()`: header fields for the next request; `rest_init_client_tls()`.

use bytes::Bytes;
use catalogue::{Arg, Example, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const APPEND_HF: Function = Function {
    name: "rest_append_hf",
    about: "Adds a header field to the next request; several calls add several.",
    args: &[Arg::str("txt", "The field: \"Name: value\".").judged(|text| {
        Verdict::must(read(text.as_bytes()).is_some(), text, "header field", "one field, \"Name: value\"")
    })],
    returns: &[(1, "done"), (-1, "it is no header field, or there are too many")],
    examples: &[
        Example { script: "rest_append_hf(\"Authorization: Bearer mF_9.B5f-4.1JqM\")", message: "", returns: 1 },
        Example { script: "rest_append_hf(\"no field\")", message: "", returns: -1 },
        Example { script: "rest_append_hf(\"X: a\\r\\nY: b\")", message: "", returns: -1 },
    ],
    run: Run::Now(append),
    ..FUNCTION
};

pub(super) const INIT_CLIENT_TLS: Function = Function {
    name: "rest_init_client_tls",
    about: "Chooses the TLS domain whose certificate the next request shows.",
    args: &[Arg::str("tls_client_domain", "A client domain of tls_mgm.")],
    unavailable: Some("its domains are those of the module tls_mgm, which is not there yet"),
    ..FUNCTION
};

/// The fields that were added for the next request.
#[derive(Default)]
struct Added(Vec<(String, Bytes)>);

/// More fields than a request has.
const FIELDS_MAX: usize = 64;

fn append(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, value) = read(args.str(0)?).ok_or_else(|| Fault::script("it is no header field: \"Name: value\""))?;
    let mut added = take_all(call);
    if added.len() >= FIELDS_MAX {
        call.msg.extensions.hand_on(Added(added));
        return Err(Fault::script("a request has no more than 64 header fields of the script's"));
    }
    added.push((name, value));
    call.msg.extensions.hand_on(Added(added));
    Ok(1)
}

/// Takes the fields for the request that is made now.
pub(super) fn take_all(call: &mut Call<'_>) -> Vec<(String, Bytes)> {
    call.msg.extensions.take_handed_on::<Added>().unwrap_or_default().0
}

/// A field that ends where it should: what comes from a message must not add others.
fn read(field: &[u8]) -> Option<(String, Bytes)> {
    let field = std::str::from_utf8(field).ok()?.trim();
    let (name, value) = field.split_once(':')?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(is_letter);
    let is_value = !value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
    (is_name && is_value).then(|| (name.to_owned(), Bytes::copy_from_slice(value.trim().as_bytes())))
}
