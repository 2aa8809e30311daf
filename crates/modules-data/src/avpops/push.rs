//! `avp_pushto()`.

use super::names::{text, values, with_flags};
use super::today;
use bytes::Bytes;
use catalogue::{Arg, Verdict};
use module_api::{Args, Branch, Call, FUNCTION, Fault, Function, Outcome, Run};
use sip::Uri;

pub(super) const PUSH_TO: Function = Function {
    name: "avp_pushto",
    about: "Writes an AVP or variable into the Request-URI, a part of it, the destination URI, or a new branch.",
    args: &[
        Arg::raw("destination", "$ru, $ru/username, $ru/domain, $du or $br.").judged(judge_destination),
        Arg::raw("name", "The AVP or variable; with /g all values of the AVP, each further one as a branch."),
    ],
    returns: &[(1, "written"), (-1, "there is no value, or it cannot be written")],
    today: Some(today::push_to),
    run: Run::Now(push_to),
    ..FUNCTION
};

fn judge_destination(text: &str) -> Verdict {
    let known = ["$ru", "$ru/username", "$ru/domain", "$du", "$br"];
    Verdict::one_of(text.trim(), &known, "$ru, $ru/username, $ru/domain, $du or $br")
}

fn push_to(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (destination, part) = with_flags(text(args, 0)?);
    let (name, flags) = with_flags(text(args, 1)?);
    let count = if flags.has('g') { usize::MAX } else { 1 };
    let values: Vec<Bytes> =
        values(call, name)?.into_iter().take(count).filter_map(catalogue::Value::into_bytes).collect();
    let uri = call.msg.request_uri().clone();
    for (number, value) in values.iter().enumerate() {
        if value.is_empty() || value.iter().any(|byte| byte.is_ascii_control()) {
            return Err(Fault::script("the value cannot be part of a URI"));
        }
        match (destination, part.0) {
            ("$du", _) => call.msg.branches.first_mut().destination = Some(value.clone()),
            ("$br", _) => add_branch(call, value.clone())?,
            ("$ru", part) => {
                let uri = with_part(&uri, part, value)?;
                // The first value is the Request-URI's; others become branches.
                if number == 0 { call.msg.branches.first_mut().uri = uri } else { add_branch(call, uri)? }
            }
            _ => return Err(Fault::script(format!("avp_pushto() does not write to {destination}"))),
        }
    }
    Ok(if values.is_empty() { -1 } else { 1 })
}

fn add_branch(call: &mut Call<'_>, uri: Bytes) -> Result<(), Fault> {
    Uri::parse(&uri)?;
    if call.msg.branches.push(Branch { uri, ..Branch::default() }) {
        return Ok(());
    }
    Err(Fault::script("the message has as many branches as it may"))
}

/// The URI with another user or host, or another URI.
fn with_part(uri: &Bytes, part: &str, value: &Bytes) -> Result<Bytes, Fault> {
    let parsed = Uri::parse(uri)?;
    let offset = |slice: &[u8]| slice.as_ptr().addr().saturating_sub(uri.as_ptr().addr());
    let host = offset(parsed.host);
    let (from, to, at) = match part {
        "" => return Ok(value.clone()),
        "username" => match parsed.user {
            Some(user) => (offset(user), offset(user) + user.len(), &b""[..]),
            None => (host, host, &b"@"[..]),
        },
        "domain" => (host, host + parsed.host.len(), &b""[..]),
        _ => return Err(Fault::script(format!("a Request-URI has no part {part}"))),
    };
    let before = uri.get(..from).unwrap_or_default();
    let after = uri.get(to..).unwrap_or_default();
    let changed = Bytes::from([before, value, at, after].concat());
    Uri::parse(&changed)?;
    Ok(changed)
}
