//! `tm`: transactions. The engine owns them; here are the functions, variables and commands by which scripts and
//! operators reach them.

mod bavp;
mod branch_functions;
mod branch_variables;
mod checks;
mod commands;
mod headers;
mod new_request;
mod params;
mod relay;
mod replies;
mod routes;
mod statistics;
#[cfg(test)]
mod tests;
mod variables;
mod write;

use module_api::{Module, Refusal, Setup, StartError, State, VariableHandle};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "tm",
    about: "Stateful processing: transactions, relaying, replies, timeouts.",
    params: params::ALL,
    functions: &[
        checks::NEW_TRANSACTION,
        replies::REPLY,
        relay::REPLICATE,
        relay::RELAY,
        routes::ON_FAILURE,
        routes::ON_REPLY,
        routes::ON_BRANCH,
        checks::STATUS,
        write::TO_FIFO,
        write::TO_SOCKET,
        checks::FLUSH_FLAGS,
        checks::LOCALLY_REPLIED,
        checks::TRANSACTION,
        checks::WAS_CANCELLED,
        branch_functions::CANCEL,
        headers::ADD,
        replies::REPLY_WITH_BODY,
        new_request::NEW_REQUEST,
        headers::ADD_CANCEL_REASON,
        branch_functions::INJECT,
        branch_functions::WAIT,
        branch_functions::WAIT_NO_MORE,
        relay::ANYCAST_REPLICATE,
        replies::REPLY_BY_CALLID,
        branch_functions::INDEX_BY_ATTRIBUTE,
    ],
    variables: &[
        variables::BRANCH_INDEX,
        variables::REPLY_CODE,
        variables::REQUEST_URI,
        bavp::BAVP,
        variables::ANY_REPLY,
        variables::INVITE_FINAL,
        variables::ID,
        branch_variables::LAST_REPLY_CODE,
        branch_variables::URI,
        branch_variables::DESTINATION,
        branch_variables::PATH,
        branch_variables::PREFERENCE,
        branch_variables::FLAGS,
        branch_variables::SOCKET,
        branch_variables::FLAG,
        branch_variables::ATTRIBUTE,
        branch_variables::LAST_RECEIVED,
        branch_variables::TYPE,
    ],
    commands: &[commands::UAC_DLG, commands::UAC_CANCEL, commands::HASH, commands::REPLY],
    statistics: statistics::ALL,
    start,
    ..Module::EMPTY
};

/// What the module keeps.
pub(crate) struct Tm {
    /// What `t_write_req()` and `t_write_unix()` may append.
    appends: Vec<write::Append>,
    /// `unix_tx_timeout`
    write_deadline: std::time::Duration,
    /// `fr_timeout` and `fr_inv_timeout`
    timeouts: (std::time::Duration, std::time::Duration),
    /// Where scripts of 1.x have them for each request: `fr_timer_avp` and `fr_inv_timer_avp`.
    timeout_variables: [Option<VariableHandle>; 2],
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let settings = params::settings(setup)?;
    let timeouts = (settings.any_reply, settings.invite_final);
    setup.wishes.transactions = Some(settings);
    if setup.params.is_on(&params::ENABLE_STATS) {
        for statistic in statistics::ALL {
            setup.counter(statistic);
        }
    }
    let appends = write::appends(setup)?;
    for function in [write::TO_FIFO.name, write::TO_SOCKET.name] {
        setup.hold(function, 0, |info| match info.split_once('/').filter(|(_, item)| !item.is_empty()) {
            Some((_, item)) => Refusal::unless_one_of("item of tw_append", item, &appends),
            None => Ok(()),
        });
    }
    let timeout_variables = [setup.variable(&params::FR_TIMER_AVP)?, setup.variable(&params::FR_INV_TIMER_AVP)?];
    Ok(Arc::new(Tm { appends, write_deadline: params::write_deadline(setup), timeouts, timeout_variables }))
}
