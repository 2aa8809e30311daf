//! Who owns the files that management is reached by: users and groups, by number or name.

use crate::{EdgeError, EdgeParams};
use nix::unistd::{Gid, Group, Uid, User};

/// The number of the user that a parameter names.
///
/// # Errors
/// There is none of this name.
pub fn user(params: EdgeParams<'_>, param: &'static str) -> Result<Option<u32>, EdgeError> {
    id(params, param, |name| Ok(User::from_name(name)?.map(|user| user.uid)), Uid::as_raw)
}

/// The number of the group that a parameter names.
///
/// # Errors
/// There is none of this name.
pub fn group(params: EdgeParams<'_>, param: &'static str) -> Result<Option<u32>, EdgeError> {
    id(params, param, |name| Ok(Group::from_name(name)?.map(|group| group.gid)), Gid::as_raw)
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
