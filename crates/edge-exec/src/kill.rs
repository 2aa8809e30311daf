//! Ending a program with everything in its process group.

use rustix::process::{Pid, Signal, kill_process_group};
use std::time::Duration;
use tokio::process::Child;
use tokio::time::sleep;

/// Asks the group to end, and after `grace` ends what is left of it. The child must not have been waited for: until
/// then its number cannot be given to another process.
pub async fn end(child: &mut Child, grace: Duration) {
    let Some(group) = group_of(child) else { return };
    // A group that is gone already is what we want.
    let _ = kill_process_group(group, Signal::TERM);
    sleep(grace).await;
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait().await;
}

/// The group's number is that of the process that leads it.
fn group_of(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}
