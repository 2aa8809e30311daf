//! `pv_www_authorize` and `pv_proxy_authorize`: user and password come from variables.

use super::check::{self, Checked, Secret};
use super::{AUTHORIZE_RETURNS, Auth, ERROR, Hop, UNKNOWN_USER};
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Function, Outcome, Run};

pub const PV_WWW_AUTHORIZE: Function = Function {
    name: "pv_www_authorize",
    about: "Checks Authorization against the user and password in the variables of username_spec and password_spec.",
    args: ARGS,
    routes: Routes::REQUEST,
    returns: AUTHORIZE_RETURNS,
    examples: &[Example { script: "pv_www_authorize(\"example.com\")", message: "", returns: -4 }],
    run: Run::Now(|call, args| authorize(call, args, Hop::User)),
    ..FUNCTION
};

pub const PV_PROXY_AUTHORIZE: Function = Function {
    name: "pv_proxy_authorize",
    about: "Checks Proxy-Authorization against the user and password in the variables of username_spec and \
            password_spec.",
    args: ARGS,
    routes: Routes::REQUEST,
    returns: AUTHORIZE_RETURNS,
    examples: &[Example { script: "pv_proxy_authorize(\"\")", message: "", returns: -4 }],
    run: Run::Now(|call, args| authorize(call, args, Hop::Proxy)),
    ..FUNCTION
};

const ARGS: &[Arg] = &[Arg::str("realm", "The realm; empty: the domain of who registers or calls.")];

fn authorize(call: &mut Call<'_>, args: Args<'_>, hop: Hop) -> Outcome {
    let auth = call.state::<Auth>()?;
    let candidate = match check::find(call, auth, hop, args.str(0)?)? {
        Checked::Code(code) => return Ok(code),
        Checked::Candidate(candidate) => candidate,
    };
    let (Some(user), Some(password)) = (&auth.username, &auth.password) else {
        call.env.log().error("pv authorization needs the parameters username_spec and password_spec of module auth");
        return Ok(ERROR);
    };
    let (user, password) = (user.read(call).into_bytes(), password.read(call).into_bytes());
    let (Some(user), Some(password)) = (user, password) else { return Ok(ERROR) };
    let name = candidate.username();
    // Scripts leave the password empty where they find none: everybody would know it.
    if password.is_empty() || *name != *user && user_part(&name) != &user[..] {
        candidate.verify_nobody();
        return Ok(UNKNOWN_USER);
    }
    let secret = if auth.calculates_ha1 { Secret::Password(&password) } else { Secret::Ha1(&password) };
    Ok(candidate.verify(call, auth, secret))
}

/// A user name may be written with its domain.
pub fn user_part(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'@').next().unwrap_or(name)
}
