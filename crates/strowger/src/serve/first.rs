//! As process 1 of a container: orphans are ours to bury. The server runs as a child, so that burying them cannot take a
//! child's end from whoever in the server waits for it.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use std::env;
use std::process::{Command, ExitCode};

/// What is passed on to the server.
const PASSED_ON: [i32; 5] = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2];

/// Whether this is process 1.
pub fn is_first() -> bool {
    Pid::this() == Pid::from_raw(1)
}

/// Runs this program again as a child, passes signals on to it, buries whoever ends, and ends as it does.
///
/// # Errors
/// It cannot be run.
pub fn watch_over() -> Result<ExitCode, String> {
    // Before the child is there: it may end at once.
    let mut signals =
        Signals::new(PASSED_ON.into_iter().chain([SIGCHLD])).map_err(|error| format!("signals: {error}"))?;
    let program = env::current_exe().map_err(|error| format!("/proc/self/exe: {error}"))?;
    let child = Command::new(&program).args(env::args_os().skip(1)).spawn();
    let child = child.map_err(|error| format!("{}: {error}", program.display()))?;
    let server = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
    for signal in signals.forever() {
        if signal != SIGCHLD {
            // It may have ended already, which is heard next.
            let _ = Signal::try_from(signal).and_then(|signal| kill(server, signal));
            continue;
        }
        if let Some(status) = bury(server) {
            return Ok(ExitCode::from(status));
        }
    }
    Ok(ExitCode::FAILURE)
}

/// Takes the ends of all children that have ended; the status of the server, if it is among them.
fn bury(server: Pid) -> Option<u8> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == server => return Some(u8::try_from(status).unwrap_or(1)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == server => {
                // As a shell has it.
                return Some(128 + u8::try_from(signal as i32).unwrap_or_default());
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return None,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}
