//! The user a function is about: a URI, or one of the old words for those of the message.

use crate::auth::user_part;
use bytes::Bytes;
use module_api::{Call, Fault};
use sip::Uri;
use sip::auth::Credentials;
use sip::escape::without_needless_escapes;

/// A user with the domain, or of credentials the realm.
pub struct Who {
    /// The user name.
    pub user: Bytes,
    /// The domain.
    pub domain: Bytes,
}

impl Who {
    /// Reads `Request-URI`, `To`, `From`, `Credentials` or a URI; `None` where it has no user.
    ///
    /// # Errors
    /// It is no URI, or no credentials were verified.
    pub fn of(call: &Call<'_>, written: &Bytes) -> Result<Option<Who>, Fault> {
        let is = |word: &str| written.eq_ignore_ascii_case(word.as_bytes());
        if is("Credentials") {
            return credentials(call).map(Some);
        }
        let uri = match () {
            () if is("Request-URI") => call.msg.request_uri(),
            () if is("To") => call.msg.message.to()?.uri,
            () if is("From") => call.msg.message.from()?.uri,
            () => &written[..],
        };
        let uri = Uri::parse(uri)?;
        let Some(user) = uri.user.filter(|user| !user.is_empty()) else { return Ok(None) };
        Ok(Some(Who {
            user: Bytes::copy_from_slice(&without_needless_escapes(user)),
            domain: Bytes::copy_from_slice(uri.host),
        }))
    }
}

fn credentials(call: &Call<'_>) -> Result<Who, Fault> {
    let header = call.msg.credentials.and_then(|header| call.msg.message.header_at(header));
    let found = header.and_then(|header| Credentials::parse(header.value).ok());
    let found = found.ok_or_else(|| Fault::script("no credentials were verified before"))?;
    let name = found.plain_username();
    Ok(Who { user: Bytes::copy_from_slice(user_part(&name)), domain: Bytes::copy_from_slice(found.realm) })
}
