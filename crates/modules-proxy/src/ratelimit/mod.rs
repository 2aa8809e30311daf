//! `ratelimit`: how much may come through, pipe by pipe.
//!
//! A pipe is whatever a script gives a name: a gateway, a user, a method. Its algorithm decides with each message
//! whether it is over its limit; what then happens to the message is the script's.

mod feedback;
mod functions;
mod management;
mod params;
mod pipe;
mod pipes;
mod shared;
#[cfg(test)]
mod tests;
mod values;
mod window;

use module_api::Module;

/// The module.
pub const MODULE: Module = Module {
    name: "ratelimit",
    about: "Limits how much comes through, by whatever a script counts.",
    params: params::ALL,
    functions: &[functions::RL_CHECK, functions::RL_DEC_COUNT, functions::RL_RESET_COUNT, values::RL_VALUES],
    variables: &[values::RL_COUNT],
    commands: &[
        management::LIST,
        management::RESET_PIPE,
        management::SET_PID,
        management::GET_PID,
        management::DUMP_PIPE,
    ],
    statistics: &[params::PIPES, params::PIPES_EVICTED],
    start: params::start,
    ..Module::EMPTY
};
