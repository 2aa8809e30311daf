//! `hash_file`: whether a file is still what it was at start.

use super::Cfgutils;
use md5::{Digest, Md5};
use module_api::{Answer, COMMAND, Command, Fault, Job, Management, MiError, MiFlow, MiReply, MiRun, Request, Setup};
use std::sync::{Arc, OnceLock};

pub(super) const MI_GET: Command = Command {
    name: "cfgutils:get_config_hash",
    aliases: &["get_config_hash"],
    about: "Tells the MD5 sum that hash_file had at start.",
    reply: "s",
    run: MiRun::Now(mi_get),
    ..COMMAND
};

pub(super) const MI_CHECK: Command = Command {
    name: "cfgutils:check_config_hash",
    aliases: &["check_config_hash"],
    about: "Tells whether hash_file is still what it was at start.",
    reply: "\"The actual config file hash is identical to the stored one.\"",
    run: MiRun::Wait(mi_check),
    ..COMMAND
};

/// The file, and its sum at start.
pub(super) struct ConfigHash {
    path: Option<String>,
    at_start: OnceLock<String>,
}

/// A script is shorter.
const FILE_BYTES_MAX: usize = 16 << 20;

impl ConfigHash {
    pub(super) fn new(path: Option<&str>) -> ConfigHash {
        let path = path.filter(|path| !path.is_empty()).map(str::to_owned);
        ConfigHash { path, at_start: OnceLock::new() }
    }

    fn question(&self) -> Option<Request> {
        let path = self.path.clone()?;
        Some(Request::Read { path, bytes_max: FILE_BYTES_MAX })
    }
}

/// Reads the file before the first message comes.
pub(super) fn read_at_start(setup: &mut Setup<'_>, state: &Arc<Cfgutils>) {
    let Some(question) = state.config_hash.question() else { return };
    let state = Arc::clone(state);
    setup.at_start(move |_| Job::wait(question, move |_, answer| Job::Done(remember(&state.config_hash, answer))));
}

fn remember(hash: &ConfigHash, answer: Answer) -> Result<(), Fault> {
    let sum = sum_of(&answer.content()?);
    // A second start-up job of the same state cannot be.
    let _ = hash.at_start.set(sum);
    Ok(())
}

fn mi_get(management: &mut Management<'_>) -> MiReply {
    let hash = &management.state::<Cfgutils>()?.config_hash;
    hash.at_start.get().map(|sum| sum.as_str().into()).ok_or_else(disabled)
}

fn mi_check(management: &mut Management<'_>) -> MiFlow {
    let state = match management.shared_state::<Cfgutils>() {
        Ok(state) => state,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let (Some(question), Some(_)) = (state.config_hash.question(), state.config_hash.at_start.get()) else {
        return MiFlow::Done(Err(disabled()));
    };
    MiFlow::wait(question, move |_, answer| MiFlow::Done(compare(&state.config_hash, answer)))
}

fn compare(hash: &ConfigHash, answer: Answer) -> MiReply {
    let content = answer.content().map_err(|fault| MiError::new(500, "Internal error").with(fault.text))?;
    if hash.at_start.get() == Some(&sum_of(&content)) {
        return Ok("The actual config file hash is identical to the stored one.".into());
    }
    Err(MiError::new(400, "The actual config file hash is not identical to the stored one."))
}

fn disabled() -> MiError {
    MiError::new(404, "Functionality disabled")
}

fn sum_of(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
