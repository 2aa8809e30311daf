//! Remote-Party-ID: the caller's identity as the provider knows it.

use super::{Auth, RPID_PREFIX, RPID_SUFFIX};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};
use sip::{NameAddr, Uri};

pub const APPEND_RPID_HF: Function = Function {
    name: "append_rpid_hf",
    about: "Adds a Remote-Party-ID header with the identity in the AVP of rpid_avp, if there is one.",
    args: &[
        Arg::str("prefix", "What stands before the identity, in place of rpid_prefix.")
            .judged(judge::one_line)
            .optional(),
        Arg::str("suffix", "What stands after it, in place of rpid_suffix.").judged(judge::one_line).optional(),
    ],
    routes: Routes::REQUEST.or(Routes::BRANCH).or(Routes::FAILURE),
    returns: &[(1, "the header was added"), (-1, "there is no identity")],
    examples: &[Example { script: "append_rpid_hf()", message: "", returns: -1 }],
    run: Run::Now(append_rpid_hf),
    ..FUNCTION
};

pub const IS_RPID_USER_E164: Function = Function {
    name: "is_rpid_user_e164",
    about: "Whether the user of the identity in the AVP of rpid_avp is an E.164 number.",
    routes: Routes::REQUEST,
    returns: &[(1, "it is"), (-1, "it is not, or there is none")],
    examples: &[Example { script: "is_rpid_user_e164()", message: "", returns: -1 }],
    run: Run::Now(is_rpid_user_e164),
    ..FUNCTION
};

fn append_rpid_hf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let auth = call.state::<Auth>()?;
    let Some(identity) = identity(call, auth)? else { return Ok(-1) };
    let prefix = args.opt_str(0).unwrap_or(&auth.rpid_prefix);
    let suffix = args.opt_str(1).unwrap_or(&auth.rpid_suffix);
    let parts: [&[u8]; 3] = [prefix, &identity, suffix];
    if parts.concat().iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Err(Fault::script("the Remote-Party-ID has a line end in it"));
    }
    let line = [b"Remote-Party-ID: ", &parts.concat()[..], b"\r\n"].concat();
    call.msg.edits.append(Bytes::from(line));
    Ok(1)
}

fn is_rpid_user_e164(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let auth = call.state::<Auth>()?;
    let Some(identity) = identity(call, auth)? else { return Ok(-1) };
    let uri = NameAddr::parse(&identity).map_or(&identity[..], |address| address.uri);
    let user = Uri::parse(uri).ok().and_then(|uri| uri.user);
    Ok(if user.is_some_and(is_e164) { 1 } else { -1 })
}

fn identity(call: &mut Call<'_>, auth: &Auth) -> Result<Option<Bytes>, Fault> {
    let variable = auth.rpid.as_ref().ok_or_else(|| {
        Fault::script(format!("no rpid_avp: {} and {} have nothing to go around", RPID_PREFIX.name, RPID_SUFFIX.name))
    })?;
    Ok(variable.read(call).into_bytes().filter(|identity| !identity.is_empty()))
}

/// A plus sign and up to 15 digits.
fn is_e164(user: &[u8]) -> bool {
    matches!(user, [b'+', digits @ ..] if (1..=15).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit))
}
