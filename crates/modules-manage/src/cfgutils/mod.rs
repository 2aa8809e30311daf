//! `cfgutils`: helpers for scripts: chance, waiting, locks, shared variables, time recurrences, lists of values.

mod clock;
mod config_hash;
mod locks;
mod process;
mod random;
mod recurrence;
mod shared;
mod values;
mod waiting;

use catalogue::{Param, ParamKind};
use config_hash::ConfigHash;
use locks::Locks;
use module_api::{Module, Setup, StartError, State};
use random::Probability;
use shared::SharedVariables;
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "cfgutils",
    about: "Helpers for scripts: chance, waiting, locks, shared variables, time recurrences.",
    params: &[INITIAL_PROBABILITY, HASH_FILE, SHV_HASH_SIZE, SHVSET, VARSET, LOCK_POOL_SIZE],
    functions: &[
        random::RAND_SET_PROB,
        random::RAND_RESET_PROB,
        random::RAND_GET_PROB,
        random::RAND_EVENT,
        waiting::SLEEP,
        waiting::USLEEP,
        process::ABORT,
        process::PKG_STATUS,
        process::SHM_STATUS,
        values::SET_COUNT,
        values::SET_SELECT_WEIGHT,
        values::SHUFFLE_AVPS,
        clock::GET_ACCURATE_TIME,
        clock::TS_USEC_DELTA,
        recurrence::CHECK_TIME_REC,
        locks::GET_STATIC_LOCK,
        locks::RELEASE_STATIC_LOCK,
        locks::GET_DYNAMIC_LOCK,
        locks::RELEASE_DYNAMIC_LOCK,
        locks::STRINGS_SHARE_LOCK,
    ],
    variables: &[random::RANDOM, shared::SHV, clock::CTIME, process::ENV],
    commands: &[
        random::MI_SET,
        random::MI_RESET,
        random::MI_GET,
        config_hash::MI_GET,
        config_hash::MI_CHECK,
        shared::MI_GET,
        shared::MI_SET,
    ],
    start,
    ..Module::EMPTY
};

const INITIAL_PROBABILITY: Param =
    Param::int("initial_probability", 10, "The chance of rand_event(), in percent.").within(0, 100);
const HASH_FILE: Param =
    Param::unset("hash_file", ParamKind::Str, "The file that cfgutils:check_config_hash compares with what it was.");
const SHV_HASH_SIZE: Param =
    Param::int("shv_hash_size", 64, "The size of the table of $shv.").no_effect("the table sizes itself");
const SHVSET: Param =
    Param::unset("shvset", ParamKind::Str, "The first value of a $shv, `name=s:text` or `name=i:number`.").repeats();
const VARSET: Param =
    Param::unset("varset", ParamKind::Str, "The first value of a $var, `name=s:text` or `name=i:number`.")
        .repeats()
        .sets_variable();
const LOCK_POOL_SIZE: Param =
    Param::int("lock_pool_size", 32, "The number of dynamic locks.").no_effect("each key has a lock of its own");

/// The module's state.
struct Cfgutils {
    probability: Probability,
    locks: Locks,
    shared: SharedVariables,
    config_hash: ConfigHash,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let shared = SharedVariables::default();
    for text in params.strs(&SHVSET) {
        let (name, value) =
            shared::assignment(text).map_err(|wrong| StartError::param(SHVSET.name, wrong).value(text))?;
        shared.set(name, value).map_err(|fault| StartError::param(SHVSET.name, fault.text).value(text))?;
    }
    for text in params.strs(&VARSET) {
        let (name, value) =
            shared::assignment(text).map_err(|wrong| StartError::param(VARSET.name, wrong).value(text))?;
        let id = setup.names.vars.intern(name.as_bytes());
        let id = id.ok_or_else(|| StartError::param(VARSET.name, "there are too many names of variables"))?;
        setup.wishes.variables.push((id, value));
    }
    let state = Arc::new(Cfgutils {
        probability: Probability::new(params.int(&INITIAL_PROBABILITY)),
        locks: Locks::default(),
        shared,
        config_hash: ConfigHash::new(params.str(&HASH_FILE)),
    });
    config_hash::read_at_start(setup, &state);
    Ok(state)
}

#[cfg(test)]
mod tests;
