//! `dialog`: calls as wholes, from the INVITE to the BYE.
//!
//! A dialog is made by `create_dialog()`. `watch` hears what becomes of its INVITE, `matching` which requests belong to
//! it, `timer` that its time is over; each takes a step of the machine in `state`, and `lifecycle` does what follows.

mod column_params;
mod columns;
mod context;
mod create;
mod ending;
mod event;
mod expiry;
mod flags;
mod flush;
pub mod fuzz;
mod gone;
mod id;
mod keeper;
mod leg;
mod lifecycle;
mod load;
mod matching;
mod mi;
mod mi_profiles;
mod numbering;
mod offers;
mod options;
mod packed;
mod params;
mod pings;
mod profile_functions;
mod profiles;
mod record;
mod requests;
mod routes;
mod rows;
mod search;
mod sequential;
mod service;
mod shown;
mod state;
mod store;
mod table;
mod timer;
mod validate;
mod variables;
mod watch;

#[cfg(test)]
mod numbers_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
mod tests;

use catalogue::{Arg, Routes};
use module_api::{FUNCTION, Fault, Function, Module, Run};

/// The module.
pub const MODULE: Module = Module {
    name: "dialog",
    about: "Follows calls as dialogs: their states, time limits, pings, values, profiles, and how they are ended from here.",
    depends: &["tm", "rr"],
    params: params::ALL,
    functions: &[
        create::CREATE_DIALOG,
        matching::MATCH_DIALOG,
        validate::VALIDATE,
        validate::FIX_ROUTE,
        profile_functions::SET,
        profile_functions::UNSET,
        profile_functions::IS_IN,
        profile_functions::SIZE,
        flags::SET,
        flags::RESET,
        flags::IS_SET,
        flags::TEST_AND_SET,
        flags::STORE_VALUE,
        flags::FETCH_VALUE,
        search::INFO,
        search::VALUES,
        search::BY_VALUE,
        search::BY_PROFILE,
        context::LOAD,
        context::UNLOAD,
        routes::ON_ANSWER,
        routes::ON_TIMEOUT,
        routes::ON_HANGUP,
        sequential::SEND,
        sequential::INC_CSEQ,
        SHARING_TAG,
    ],
    variables: variables::ALL,
    commands: &[
        mi::LIST,
        mi::LIST_CTX,
        mi::END,
        mi::PUSH_VAR,
        mi::DB_SYNC,
        mi::RESTORE_DB,
        mi::CLUSTER_SYNC,
        sequential::MI_SEND,
        mi_profiles::SIZE,
        mi_profiles::DIALOGS,
        mi_profiles::VALUES,
        mi_profiles::ALL,
        mi_profiles::END,
        mi_profiles::SET,
        mi_profiles::UNSET,
    ],
    statistics: params::STATISTICS,
    events: &[event::STATE_CHANGED],
    tables: &[columns::DIALOG],
    start: params::start,
    judge: routes::judge,
    ..Module::EMPTY
};

const SHARING_TAG: Function = Function {
    name: "set_dlg_sharing_tag",
    about: "Says which servers of a cluster may own the dialog.",
    unavailable: Some(params::NEEDS_CLUSTERER),
    args: &[Arg::str("tag_name", "The tag.")],
    routes: Routes::REQUEST,
    run: Run::Now(|_, _| Err(Fault::script(params::NEEDS_CLUSTERER))),
    ..FUNCTION
};
