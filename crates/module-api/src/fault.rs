//! What went wrong, and whose fault it is.

use std::borrow::Cow;
use std::fmt;

/// What a function returns: its return code, or a fault, which the engine logs with the line of the script, counts,
/// keeps for `sl_reply_error()`, and turns into the return code -1.
pub type Outcome = Result<i32, Fault>;

/// An error with its culprit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose it is.
    pub whose: Whose,
    /// What happened, for the log.
    pub text: Cow<'static, str>,
    /// The SIP reply it suggests; without one it follows from `whose`.
    pub reply: Option<(u16, &'static str)>,
}

/// Who made the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The script: a value of a wrong type, a call at the wrong moment.
    Script,
    /// Who sent the message.
    Peer,
    /// Where it should go.
    NextHop,
    /// A database, name server or other backend.
    Backend,
    /// Ourselves: a bound was reached, an invariant did not hold.
    Us,
}

impl Fault {
    /// A fault of the script.
    pub fn script(text: impl Into<Cow<'static, str>>) -> Fault {
        Fault { whose: Whose::Script, text: text.into(), reply: None }
    }

    /// A fault of the sender.
    pub fn peer(text: impl Into<Cow<'static, str>>) -> Fault {
        Fault { whose: Whose::Peer, text: text.into(), reply: None }
    }

    /// A fault of the next hop.
    pub fn next_hop(text: impl Into<Cow<'static, str>>) -> Fault {
        Fault { whose: Whose::NextHop, text: text.into(), reply: None }
    }

    /// A fault of a backend.
    pub fn backend(text: impl Into<Cow<'static, str>>) -> Fault {
        Fault { whose: Whose::Backend, text: text.into(), reply: None }
    }

    /// Our own fault.
    pub fn us(text: impl Into<Cow<'static, str>>) -> Fault {
        Fault { whose: Whose::Us, text: text.into(), reply: None }
    }

    /// With the SIP reply it suggests.
    pub fn reply(self, code: u16, reason: &'static str) -> Fault {
        Fault { reply: Some((code, reason)), ..self }
    }

    /// The SIP reply for this error: the one place where errors become replies.
    pub fn sip_reply(&self) -> (u16, &'static str) {
        self.reply.unwrap_or(match self.whose {
            Whose::Peer => (400, "Bad Request"),
            Whose::NextHop => (478, "Unresolvable destination"),
            Whose::Backend => (503, "Service Unavailable"),
            Whose::Script | Whose::Us => (500, "Server Internal Error"),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

impl From<sip::HeaderError> for Fault {
    fn from(error: sip::HeaderError) -> Fault {
        Fault::peer(error.to_string())
    }
}

impl From<sip::UriError> for Fault {
    fn from(error: sip::UriError) -> Fault {
        Fault::peer(error.to_string())
    }
}

impl From<sip::ParseError> for Fault {
    fn from(error: sip::ParseError) -> Fault {
        Fault::peer(error.to_string())
    }
}
