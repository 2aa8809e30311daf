//! The parts of a branch as values: what `$msg.branch.*` and `$branch(x)` share.

use super::place::text;
use super::request_uri::preference;
use crate::core::functions::socket_named;
use crate::core::uri_parts::check_text;
use catalogue::Value;
use module_api::{Branch, Call, Fault, Services};
use sip::Uri;

/// A part of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Uri,
    Destination,
    Path,
    Preference,
    Flags,
    Socket,
}

impl Field {
    /// Its value; NULL where the branch lacks it.
    pub(super) fn read(self, branch: &Branch, services: &Services) -> Value {
        match self {
            Field::Uri => Value::Str(branch.uri.clone()),
            Field::Destination => branch.destination.clone().map_or(Value::Null, Value::Str),
            Field::Path => branch.path.clone().map_or(Value::Null, Value::Str),
            Field::Preference => branch.q.map_or(Value::Null, |q| Value::from(q.to_string())),
            Field::Flags => Value::from(services.names.flags.branch.list(branch.flags)),
            Field::Socket => {
                let socket = branch.socket.and_then(|id| services.sockets.get(id));
                socket.map_or(Value::Null, |socket| Value::Str(socket.name.clone()))
            }
        }
    }

    /// Assigns it to the branch at this place of the destination set; NULL clears all but the URI.
    ///
    /// # Errors
    /// The value does not fit, or there is no such branch.
    pub(super) fn write(self, call: &mut Call<'_>, place: i32, value: Value) -> Result<(), Fault> {
        let socket = match (self, &value) {
            (Field::Socket, Value::Str(name)) => Some(socket_named(call, name)?),
            _ => None,
        };
        let names = &call.env.services.names.flags.branch;
        let branch = call.msg.branches.at_mut(place).ok_or_else(|| missing(place))?;
        match self {
            Field::Uri => {
                let uri = text(value)?;
                check_text(&uri)?;
                branch.uri = uri;
            }
            Field::Destination => {
                let uri = value.into_bytes();
                if let Some(uri) = &uri {
                    check_text(uri)?;
                    Uri::parse(uri)?;
                }
                branch.destination = uri;
            }
            Field::Path => branch.path = value.into_bytes(),
            Field::Preference => branch.q = preference(value)?,
            Field::Flags => {
                let list = value.into_bytes().unwrap_or_default();
                branch.flags = names.parse(&String::from_utf8_lossy(&list).replace(',', " "));
            }
            Field::Socket => branch.socket = socket,
        }
        Ok(())
    }
}

/// Adds a branch with this URI and nothing else.
///
/// # Errors
/// It is no URI text, or there are as many branches as there may be.
pub(super) fn add(call: &mut Call<'_>, value: Value) -> Result<(), Fault> {
    let uri = text(value)?;
    check_text(&uri)?;
    if !call.msg.branches.push(Branch { uri, ..Branch::default() }) {
        return Err(Fault::script("the message has as many branches as it may"));
    }
    Ok(())
}

pub(super) fn missing(place: i32) -> Fault {
    Fault::script(format!("there is no branch {place}"))
}
