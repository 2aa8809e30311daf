//! Who may use the files that management is reached by: owner, group and permissions.

use crate::{EdgeError, EdgeParams};
use nix::unistd::{Gid, Group, Uid, User, chown};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Who may use a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its permissions.
    pub mode: u32,
    /// The user who owns it, if not the server's.
    pub owner: Option<u32>,
    /// The group that owns it, if not the server's.
    pub group: Option<u32>,
}

impl Default for Access {
    fn default() -> Access {
        Access { mode: 0o660, owner: None, group: None }
    }
}

impl Access {
    /// As three parameters say.
    ///
    /// # Errors
    /// One is no number, or there is no such user or group.
    pub fn new(
        params: EdgeParams<'_>,
        mode: &'static str,
        user: &'static str,
        group: &'static str,
    ) -> Result<Access, EdgeError> {
        Ok(Access {
            mode: params.number(mode, Access::default().mode)? & 0o777,
            owner: id(params, user, |name| Ok(User::from_name(name)?.map(|user| user.uid)), Uid::as_raw)?,
            group: id(params, group, |name| Ok(Group::from_name(name)?.map(|group| group.gid)), Gid::as_raw)?,
        })
    }

    /// Gives a file away. Owner first: whoever gets it gets it with its final mode.
    ///
    /// # Errors
    /// The system refuses.
    pub fn apply(&self, path: &Path) -> io::Result<()> {
        if self.owner.is_some() || self.group.is_some() {
            chown(path, self.owner.map(Uid::from_raw), self.group.map(Gid::from_raw))?;
        }
        fs::set_permissions(path, Permissions::from_mode(self.mode))
    }
}

/// The number of a user or group, given as such or by name; -1 is upstream's "not set".
fn id<T>(
    params: EdgeParams<'_>,
    param: &'static str,
    look_up: impl Fn(&str) -> nix::Result<Option<T>>,
    number: impl Fn(T) -> u32,
) -> Result<Option<u32>, EdgeError> {
    let Some(text) = params.text(param).filter(|text| *text != "-1") else { return Ok(None) };
    if let Ok(given) = text.parse() {
        return Ok(Some(given));
    }
    match look_up(text) {
        Ok(Some(found)) => Ok(Some(number(found))),
        Ok(None) => Err(params.bad(param, format!("there is no \"{text}\" on this machine"))),
        Err(error) => Err(params.bad(param, format!("\"{text}\": {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::Access;
    use crate::EdgeParams;
    use std::collections::BTreeMap;

    #[test]
    fn users_and_groups_have_numbers_or_names() {
        let read = |values: &[(&'static str, &str)]| {
            let values: BTreeMap<_, _> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            let params = EdgeParams::new("mi_fifo", &values);
            Access::new(params, "fifo_mode", "fifo_user", "fifo_group").map_err(|error| error.to_string())
        };
        // -1 is upstream's "not set".
        assert_eq!(read(&[("fifo_group", "-1"), ("fifo_user", "")]), Ok(Access::default()));
        let access = read(&[("fifo_mode", "384"), ("fifo_user", "root"), ("fifo_group", "7")]);
        assert_eq!(access, Ok(Access { mode: 0o600, owner: Some(0), group: Some(7) }));
        let said = read(&[("fifo_user", "no such user")]).unwrap_err();
        assert_eq!(said, "mi_fifo: parameter fifo_user: there is no \"no such user\" on this machine");
    }
}
