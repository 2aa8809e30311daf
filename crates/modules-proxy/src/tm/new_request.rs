//! `t_new_request()`: a request of our own.

use bytes::Bytes;
use catalogue::{Arg, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, NewRequest, Outcome, Run, judge};
use sip::{MediaType, NameAddr};

pub(super) const NEW_REQUEST: Function = Function {
    name: "t_new_request",
    about: "Sends a request of our own, which has nothing to do with the message at hand.",
    args: &[
        Arg::str("method", "Its method.").judged(judge::method),
        Arg::str("RURI", "Its Request-URI; it goes there.").judged(judge::uri),
        Arg::str("from", "Its From: [display ]URI.").judged(judge_address),
        Arg::str("to", "Its To: [display ]URI.").judged(judge_address),
        Arg::str("body", "Its body, after the content type and a blank.").judged(judge_body).optional(),
        Arg::str("ctx", "What local_route finds in $avp(uac_ctx).").optional(),
    ],
    run: Run::Now(new_request),
    ..FUNCTION
};

fn judge_address(text: &str) -> Verdict {
    let mut address = Vec::new();
    append_address(text.as_bytes(), &mut address);
    let uri = NameAddr::parse(&address).ok().and_then(|address| address.parsed_uri().ok());
    Verdict::must(uri.is_some(), text, "address", "[display ]URI, like \"Alice sip:alice@example.com\"")
}

fn judge_body(text: &str) -> Verdict {
    let is_body =
        text.is_empty() || text.split_once(' ').is_some_and(|(kind, _)| MediaType::parse(kind.as_bytes()).is_ok());
    Verdict::must(is_body, text, "body", "the content type, a blank, and the body: \"text/plain Hello\"")
}

fn new_request(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let mut headers = Vec::new();
    for (name, index) in [("From: ", 2), ("To: ", 3)] {
        headers.extend_from_slice(name.as_bytes());
        append_address(args.str(index)?, &mut headers);
        headers.extend_from_slice(b"\r\n");
    }
    let mut body = Bytes::new();
    if let Some(given) = args.opt_str(4).filter(|given| !given.is_empty()) {
        let blank = given.iter().position(|byte| *byte == b' ');
        let blank = blank.ok_or_else(|| Fault::script("body must begin with the content type and a blank"))?;
        headers.extend_from_slice(b"Content-Type: ");
        headers.extend_from_slice(given.get(..blank).unwrap_or_default());
        headers.extend_from_slice(b"\r\n");
        body = given.slice(blank + 1..);
    }
    let mut avps = Vec::new();
    if let Some(context) = args.opt_str(5) {
        let name = call.env.services.names.avps.intern(b"uac_ctx");
        avps.extend(name.map(|name| (name, Value::Str(context.clone()))));
    }
    let request = NewRequest {
        method: args.str(0)?.clone(),
        uri: args.str(1)?.clone(),
        headers: headers.into(),
        body,
        avps,
        ..NewRequest::default()
    };
    let operations = call.env.operations;
    operations.send_request(&mut call.env, request, None)?;
    Ok(1)
}

/// `[display ]URI` as a name-addr; one that is a name-addr already stays as it is.
fn append_address(text: &[u8], out: &mut Vec<u8>) {
    if text.contains(&b'<') {
        return out.extend_from_slice(text);
    }
    let blank = text.iter().rposition(|byte| *byte == b' ');
    let (display, uri) = blank.map_or((&b""[..], text), |blank| text.split_at(blank));
    let display = display.trim_ascii();
    if display.starts_with(b"\"") {
        out.extend_from_slice(display);
        out.push(b' ');
    } else if !display.is_empty() {
        out.push(b'"');
        out.extend(display.iter().filter(|byte| !matches!(byte, b'"' | b'\\')));
        out.extend_from_slice(b"\" ");
    }
    out.push(b'<');
    out.extend_from_slice(uri.trim_ascii());
    out.push(b'>');
}
