//! What the process takes and gives up: its directory and limits before anything is opened; root directory, user and
//! group once its sockets are open.

use super::pid_files::PidFiles;
use crate::cli::ServeOptions;
use crate::configure::chosen;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::unistd::{Gid, Group, Uid, User, chdir, chroot, initgroups, setgid, setgroups, setuid};
use script::globals::Globals;
use std::ffi::CString;

/// Goes into the working directory and sets the limits. The command line is stronger than the script.
///
/// # Errors
/// The directory is not there, or the system grants less than the script demands.
pub fn enter(options: &ServeOptions, globals: &Globals) -> Result<(), String> {
    if let Some((source, directory)) = chosen("-w", &options.working_directory, "wdir", globals) {
        chdir(&directory).map_err(|error| format!("{source} {}: {error}", directory.display()))?;
    }
    limit_open_files(globals.int("open_files_limit"))?;
    limit_core_dumps(globals.is_on("disable_core_dump"))
}

/// Writes the pid files, changes the root, becomes the user.
///
/// # Errors
/// A file cannot be written, or the system refuses.
pub fn drop(options: &ServeOptions, globals: &Globals, pid_files: &PidFiles) -> Result<(), String> {
    // Names are looked up while the system's files can still be seen.
    let identity = Identity::of(options, globals)?;
    pid_files.write(options)?;
    if let Some((source, root)) = chosen("-t", &options.root, "chroot", globals) {
        let changed = chroot(&root).and_then(|()| chdir("/"));
        changed.map_err(|error| format!("{source} {}: {error}", root.display()))?;
    }
    identity.assume()
}

/// Whom the process becomes.
#[derive(Debug, Default)]
struct Identity {
    user: Option<(Uid, Option<CString>)>,
    group: Option<Gid>,
}

impl Identity {
    /// By name or number. A user without a group given brings his own.
    fn of(options: &ServeOptions, globals: &Globals) -> Result<Identity, String> {
        let user = options.user.as_deref().or_else(|| globals.text("user")).map(find_user).transpose()?;
        let given = options.group.as_deref().or_else(|| globals.text("group")).map(find_group).transpose()?;
        let group =
            given.or_else(|| user.as_ref().and_then(|(_, account)| account.as_ref().map(|account| account.gid)));
        let named =
            |(uid, account): (Uid, Option<User>)| (uid, account.and_then(|account| CString::new(account.name).ok()));
        Ok(Identity { user: user.map(named), group })
    }

    /// Groups first: who is no longer root cannot change them. The groups that root is in are left too.
    fn assume(self) -> Result<(), String> {
        let refused = |what: &str, error: nix::Error| format!("{what}: {error}");
        if let Some(group) = self.group {
            let left = match &self.user {
                Some((_, Some(name))) => initgroups(name, group),
                _ => setgroups(&[group]),
            };
            left.and_then(|()| setgid(group)).map_err(|error| refused("-g", error))?;
        }
        if let Some((user, _)) = self.user {
            setuid(user).map_err(|error| refused("-u", error))?;
        }
        Ok(())
    }
}

fn find_user(name: &str) -> Result<(Uid, Option<User>), String> {
    if let Ok(number) = name.parse() {
        let uid = Uid::from_raw(number);
        return Ok((uid, User::from_uid(uid).ok().flatten()));
    }
    let user = User::from_name(name).ok().flatten().ok_or_else(|| format!("-u {name}: there is no such user"))?;
    Ok((user.uid, Some(user)))
}

fn find_group(name: &str) -> Result<Gid, String> {
    if let Ok(number) = name.parse() {
        return Ok(Gid::from_raw(number));
    }
    let group = Group::from_name(name).ok().flatten().ok_or_else(|| format!("-g {name}: there is no such group"))?;
    Ok(group.gid)
}

/// As many as the script says; otherwise as many as the system grants without asking.
fn limit_open_files(wanted: i32) -> Result<(), String> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| format!("open_files_limit: {error}"))?;
    let wanted = rlim_t::try_from(wanted).unwrap_or(hard);
    if wanted <= soft {
        return Ok(());
    }
    let set = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted));
    set.map_err(|error| format!("open_files_limit = {wanted}: the system allows {hard}: {error}"))
}

fn limit_core_dumps(is_disabled: bool) -> Result<(), String> {
    let refused = |error: nix::Error| format!("disable_core_dump: {error}");
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).map_err(refused)?;
    let (soft, hard) = if is_disabled { (0, 0) } else { (hard, hard) };
    setrlimit(Resource::RLIMIT_CORE, soft, hard).map_err(refused)
}
