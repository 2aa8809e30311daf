//! `rr`: Record-Route, and routing by Route sets (RFC 3261 sections 16.4, 16.6 and 16.12).

mod loose_route;
mod record_route;
mod route_params;
#[cfg(test)]
mod tests;

pub(crate) use loose_route::loose_route;
pub(crate) use record_route::record_route;

use bytes::Bytes;
use catalogue::{Param, ParamKind};
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "rr",
    about: "Records this server in dialogs' Route sets, and routes requests that carry one.",
    params: &[
        APPEND_FROMTAG,
        ENABLE_DOUBLE_RR,
        IGNORE_USER,
        ADD_USERNAME,
        ENABLE_SOCKET_MISMATCH_WARNING,
        ENABLE_FULL_LR,
    ],
    functions: &[
        loose_route::LOOSE_ROUTE,
        record_route::RECORD_ROUTE,
        record_route::RECORD_ROUTE_PRESET,
        record_route::ADD_RR_PARAM,
        route_params::CHECK_ROUTE_PARAM,
        route_params::IS_DIRECTION,
    ],
    variables: &[route_params::RR_PARAMS],
    start,
    ..Module::EMPTY
};

const APPEND_FROMTAG: Param =
    Param::int("append_fromtag", 1, "Whether the Record-Route carries the From tag, which is_direction() needs.");
const ENABLE_DOUBLE_RR: Param = Param::int(
    "enable_double_rr",
    1,
    "Whether a request that leaves by another socket than it came gets a Record-Route for each of the two.",
);
const IGNORE_USER: Param = Param::unset(
    "ignore_user",
    ParamKind::Str,
    "A user part that makes a Route URI another server's, whatever its host.",
);
const ADD_USERNAME: Param =
    Param::int("add_username", 0, "Whether the Record-Route carries the user part of the Request-URI.");
const ENABLE_SOCKET_MISMATCH_WARNING: Param = Param::int(
    "enable_socket_mismatch_warning",
    1,
    "Whether a record_route_preset() with a host that is not ours is logged as a warning.",
);
const ENABLE_FULL_LR: Param = Param::int("enable_full_lr", 0, "Whether `;lr=on` is written instead of `;lr`.")
    .no_effect("a Route URI of ours is recognised without it too");

/// The module's state: what its parameters say.
struct RecordRouting {
    append_fromtag: bool,
    double: bool,
    ignore_user: Option<Bytes>,
    add_username: bool,
    warn_of_mismatch: bool,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let ignore_user = params.str(&IGNORE_USER).filter(|user| !user.is_empty());
    Ok(Arc::new(RecordRouting {
        append_fromtag: params.is_on(&APPEND_FROMTAG),
        double: params.is_on(&ENABLE_DOUBLE_RR),
        ignore_user: ignore_user.map(|user| Bytes::copy_from_slice(user.as_bytes())),
        add_username: params.is_on(&ADD_USERNAME),
        warn_of_mismatch: params.is_on(&ENABLE_SOCKET_MISMATCH_WARNING),
    }))
}
