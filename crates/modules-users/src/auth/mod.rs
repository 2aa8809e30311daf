//! `auth`: digest challenges and the checks of their answers (RFC 7616, RFC 8760, RFC 3261 section 22).

mod challenge;
pub mod check;
mod consume;
mod nonce;
mod pv;
mod qop;
mod realm;
mod ring;
mod rpid;
#[cfg(test)]
pub(crate) mod tests;

use bytes::Bytes;
use catalogue::{Param, ParamKind};
use module_api::{Module, Setup, StartError, State, VariableHandle};
use nonce::Nonces;
pub use pv::user_part;
use sip::HeaderName;
use std::sync::Arc;

/// The module `auth`.
pub const MODULE: Module = Module {
    name: "auth",
    about: "Challenges users for their password, and checks the answer.",
    params: &[
        SECRET,
        NONCE_EXPIRE,
        RPID_PREFIX,
        RPID_SUFFIX,
        REALM_PREFIX,
        RPID_AVP,
        USERNAME_SPEC,
        PASSWORD_SPEC,
        CALCULATE_HA1,
        DISABLE_NONCE_CHECK,
    ],
    functions: &[
        challenge::WWW_CHALLENGE,
        challenge::PROXY_CHALLENGE,
        pv::PV_WWW_AUTHORIZE,
        pv::PV_PROXY_AUTHORIZE,
        consume::CONSUME_CREDENTIALS,
        rpid::IS_RPID_USER_E164,
        rpid::APPEND_RPID_HF,
    ],
    start,
    ..Module::EMPTY
};

const SECRET: Param = Param::unset(
    "secret",
    ParamKind::Str,
    "The key of nonces, to be the same on servers that check each other's; random where not set.",
);
const NONCE_EXPIRE: Param = Param::int("nonce_expire", 30, "The seconds for which a nonce is good.").within(1, 86_400);
const RPID_PREFIX: Param = Param::str("rpid_prefix", "", "What stands before the identity in Remote-Party-ID.");
const RPID_SUFFIX: Param = Param::str(
    "rpid_suffix",
    ";party=calling;id-type=subscriber;screen=yes",
    "What stands after the identity in Remote-Party-ID.",
);
const REALM_PREFIX: Param = Param::str("realm_prefix", "", "What is taken off a domain to make it the realm.");
const RPID_AVP: Param = Param::str("rpid_avp", "$avp(rpid)", "The AVP with the identity for Remote-Party-ID.");
const USERNAME_SPEC: Param =
    Param::unset("username_spec", ParamKind::Var, "The variable with the user name, for pv_www_authorize.");
const PASSWORD_SPEC: Param =
    Param::unset("password_spec", ParamKind::Var, "The variable with the password or its hash, for pv_www_authorize.");
const CALCULATE_HA1: Param =
    Param::int("calculate_ha1", 0, "Whether password_spec holds the password rather than its hash.");
const DISABLE_NONCE_CHECK: Param =
    Param::int("disable_nonce_check", 0, "Whether a nonce may be used again, as servers that share a name need.");

/// The state of the module.
pub struct Auth {
    /// The nonces.
    pub nonces: Nonces,
    /// `realm_prefix`
    pub realm_prefix: Bytes,
    rpid: Option<VariableHandle>,
    rpid_prefix: Bytes,
    rpid_suffix: Bytes,
    username: Option<VariableHandle>,
    password: Option<VariableHandle>,
    calculates_ha1: bool,
}

/// Who asks for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// The server the request is for: 401, WWW-Authenticate, Authorization.
    User,
    /// A proxy on its way: 407, Proxy-Authenticate, Proxy-Authorization.
    Proxy,
}

/// The credentials are right.
pub const OK: i32 = 1;
/// Nobody has this name.
pub const UNKNOWN_USER: i32 = -1;
/// The response is wrong.
pub const WRONG_PASSWORD: i32 = -2;
/// The nonce is too old, spent, or not ours.
pub const STALE_NONCE: i32 = -3;
/// There are no credentials for the realm.
pub const NO_CREDENTIALS: i32 = -4;
/// Something else went wrong.
pub const ERROR: i32 = -5;

/// The return codes of all functions that check credentials.
pub const AUTHORIZE_RETURNS: &[(i32, &str)] = &[
    (OK, "the credentials are right"),
    (UNKNOWN_USER, "nobody has this user name"),
    (WRONG_PASSWORD, "the password is wrong"),
    (STALE_NONCE, "the nonce is too old or was used before"),
    (NO_CREDENTIALS, "there are no credentials for the realm"),
    (ERROR, "an error, which is logged; nothing was sent"),
];

impl Hop {
    /// The header of credentials.
    pub const fn credentials(self) -> HeaderName {
        match self {
            Hop::User => HeaderName::Authorization,
            Hop::Proxy => HeaderName::ProxyAuthorization,
        }
    }

    /// The header of a challenge.
    pub const fn challenge(self) -> &'static str {
        match self {
            Hop::User => "WWW-Authenticate",
            Hop::Proxy => "Proxy-Authenticate",
        }
    }

    /// The reply with a challenge.
    pub const fn reply(self) -> (u16, &'static str) {
        match self {
            Hop::User => (401, "Unauthorized"),
            Hop::Proxy => (407, "Proxy Authentication Required"),
        }
    }
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = &setup.params;
    let secret = params.str(&SECRET).map_or(&setup.seed[..], str::as_bytes);
    let lifetime_s = u32::try_from(params.int(&NONCE_EXPIRE)).unwrap_or(30);
    let text = |param| Bytes::copy_from_slice(params.text(param).as_bytes());
    Ok(Arc::new(Auth {
        nonces: Nonces::new(secret, lifetime_s, !params.is_on(&DISABLE_NONCE_CHECK), setup.now),
        realm_prefix: text(&REALM_PREFIX),
        rpid: if params.text(&RPID_AVP) == "NULL" { None } else { setup.variable(&RPID_AVP)? },
        rpid_prefix: text(&RPID_PREFIX),
        rpid_suffix: text(&RPID_SUFFIX),
        username: setup.variable(&USERNAME_SPEC)?,
        password: setup.variable(&PASSWORD_SPEC)?,
        calculates_ha1: params.is_on(&CALCULATE_HA1),
    }))
}
