//! What the process gives up once its sockets are open: root directory, user, group; and the files that tell its number.

use crate::cli::ServeOptions;
use nix::unistd::{Group, Pid, User, chdir, chroot, getpgrp, setgid, setuid};
use std::fs;
use std::path::Path;

/// Goes into the working directory, before anything is read.
///
/// # Errors
/// It is not there.
pub fn enter(options: &ServeOptions) -> Result<(), String> {
    let Some(directory) = &options.working_directory else { return Ok(()) };
    chdir(directory.as_path()).map_err(|error| format!("-w {}: {error}", directory.display()))
}

/// Writes the pid files, changes the root, drops to user and group.
///
/// # Errors
/// A file cannot be written, or the system refuses.
pub fn drop(options: &ServeOptions) -> Result<(), String> {
    if let Some(path) = &options.pid_file {
        write(path, Pid::this())?;
    }
    if let Some(path) = &options.group_file {
        write(path, getpgrp())?;
    }
    if let Some(root) = &options.root {
        chroot(root.as_path()).map_err(|error| format!("-t {}: {error}", root.display()))?;
        chdir("/").map_err(|error| format!("-t {}: {error}", root.display()))?;
    }
    if let Some(name) = &options.group {
        let group = Group::from_name(name).ok().flatten().ok_or_else(|| format!("-g {name}: there is no such group"))?;
        setgid(group.gid).map_err(|error| format!("-g {name}: {error}"))?;
    }
    if let Some(name) = &options.user {
        let user = User::from_name(name).ok().flatten().ok_or_else(|| format!("-u {name}: there is no such user"))?;
        setuid(user.uid).map_err(|error| format!("-u {name}: {error}"))?;
    }
    Ok(())
}

/// Removes the pid files.
pub fn forget(options: &ServeOptions) {
    for path in [&options.pid_file, &options.group_file].into_iter().flatten() {
        // After dropping privileges it may not be ours to remove.
        let _ = fs::remove_file(path);
    }
}

fn write(path: &Path, number: Pid) -> Result<(), String> {
    fs::write(path, format!("{number}\n")).map_err(|error| format!("{}: {error}", path.display()))
}
