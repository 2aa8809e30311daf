//! `sst`: session timers (RFC 4028). A call that nobody refreshes any more ends, with its dialog, when its time is over.
//!
//! The timer itself is the dialog's lifetime: each INVITE or UPDATE that is answered with a `Session-Expires` begins it
//! anew. This module reads and writes the headers, and refuses intervals that are too short.

mod check;
mod headers;
mod request;
mod response;
#[cfg(test)]
mod tests;

use catalogue::{Param, ParamKind, Statistic};
use headers::MIN_SE_LEAST;
use module_api::{Counter, DialogEvent, DialogHandle, Env, Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "sst",
    about: "Session timers (RFC 4028): ends calls whose parties have gone.",
    params: &[ENABLE_STATS, MIN_SE, REJECT_TO_SMALL, SST_FLAG, SST_INTERVAL],
    functions: &[check::SST_CHECK_MIN],
    statistics: &[EXPIRED_SST],
    depends: &["dialog", "tm", "sl"],
    start,
    ..Module::EMPTY
};

const ENABLE_STATS: Param = Param::int("enable_stats", 1, "Whether dialogs whose session ran out are counted.");
const MIN_SE: Param =
    Param::int("min_se", 90, "The shortest session that is let through, in seconds (Min-SE); less than 90 is 90.");
const REJECT_TO_SMALL: Param = Param::int(
    "reject_to_small",
    1,
    "Whether an INVITE with a shorter session, of a phone that knows session timers, is answered with 422; else it goes on \
     as it came.",
);
const SST_FLAG: Param = Param::unset(
    "sst_flag",
    ParamKind::Str,
    "The flag that an INVITE has, before create_dialog(), whose session is to be timed.",
);
const SST_INTERVAL: Param = Param::int(
    "sst_interval",
    0,
    "How long a session is, in seconds, where the caller does not say; at least min_se and the caller's Min-SE.",
)
.within(0, i32::MAX);

const EXPIRED_SST: Statistic =
    Statistic::counter("expired_sst", "Timed dialogs that nobody refreshed, and that ended.");

/// The dialog's value that marks it as timed: seconds.
const VALUE: &[u8] = b"sst";

/// The state of the module.
struct SessionTimers {
    min_se: u32,
    interval: u32,
    rejects: bool,
    flag: u8,
    expired: Option<Counter>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let given = setup.params;
    let seconds = |param| u32::try_from(given.int(param)).unwrap_or(0);
    let name = match (given.str(&SST_FLAG), given.is_set(&SST_FLAG)) {
        (Some(name), _) => name.to_owned(),
        (None, true) => given.int(&SST_FLAG).to_string(),
        (None, false) => return Err(StartError::param(SST_FLAG.name, "it must name the flag of INVITEs to be timed")),
    };
    let number = setup.names.flags.message.number(&name);
    let flag = number.ok_or_else(|| StartError::param(SST_FLAG.name, "there are 32 message flags already"))?;
    let state: State = Arc::new(SessionTimers {
        min_se: seconds(&MIN_SE).max(MIN_SE_LEAST),
        interval: seconds(&SST_INTERVAL),
        rejects: given.is_on(&REJECT_TO_SMALL),
        flag,
        expired: given.is_on(&ENABLE_STATS).then(|| setup.counter(&EXPIRED_SST)),
    });
    setup.watch_dialogs(&state, watch_dialog);
    setup.watch_transactions(&state, response::watch);
    Ok(state)
}

fn watch_dialog(env: &mut Env<'_>, state: &State, dialog: &Arc<dyn DialogHandle>, moment: &mut DialogEvent<'_>) {
    let Some(timers) = state.downcast_ref::<SessionTimers>() else { return };
    match moment {
        DialogEvent::Created(routing) if routing.flags.is_set(timers.flag) => {
            request::begin(timers, env, state, dialog, routing);
        }
        DialogEvent::Expired if !dialog.value(VALUE).is_null() => {
            timers.expired.as_ref().into_iter().for_each(Counter::increment);
        }
        _ => {}
    }
}
