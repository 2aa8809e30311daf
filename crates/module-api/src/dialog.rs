//! Dialogs, as modules see them. Module `dialog` keeps them and offers itself in [`crate::Wishes`].

use crate::{Call, Env, Fault, Routing, SocketId, State, Time};
use bytes::Bytes;
use catalogue::Value;
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A dialog that somebody holds. It stays readable when it has ended and left the table.
pub trait DialogHandle: Any + Send + Sync {
    /// Its identifier, as `$DLG_did` prints it.
    fn did(&self) -> String;
    /// The same as a number, as rows have it.
    fn number(&self) -> u64;
    /// Its Call-ID.
    fn call_id(&self) -> Bytes;
    /// Where it stands.
    fn state(&self) -> DialogState;
    /// Who called.
    fn caller(&self) -> DialogLeg;
    /// Who was called: once it is answered who answered, until then who has rung first.
    fn callee(&self) -> DialogLeg;
    /// When it was made, when it was answered, when it ended.
    fn times(&self) -> DialogTimes;
    /// Why it ended, once it has.
    fn end_reason(&self) -> Option<&'static str>;
    /// A value of the script's or a module's (`$dlg_val(name)`); NULL where there is none.
    fn value(&self, name: &[u8]) -> Value;
    /// Sets a value, which is kept as long as the dialog and over a restart where dialogs are; NULL removes it.
    ///
    /// # Errors
    /// It has more values than it may.
    fn set_value(&self, env: &mut Env<'_>, name: &[u8], value: Value) -> Result<(), Fault>;
    /// For the module that made it.
    fn as_any(&self) -> &dyn Any;
    /// For the module that made it.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// Where a dialog stands. The numbers are those of `$DLG_status`, commands and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DialogState {
    /// It was made; nobody has rung.
    Unconfirmed = 1,
    /// Somebody rings.
    Early = 2,
    /// It was answered; the ACK has not passed.
    ConfirmedNoAck = 3,
    /// It was answered, and the caller knows.
    Confirmed = 4,
    /// It has ended.
    Deleted = 5,
}

/// One party of a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogLeg {
    /// Its URI: of From, or of To.
    pub uri: Bytes,
    /// Its tag; empty while it is not known.
    pub tag: Bytes,
    /// Its contact's URI; empty while it is not known.
    pub contact: Bytes,
    /// The way from us to it, as the value of a Route header.
    pub routes: Bytes,
    /// The socket that its messages come by.
    pub socket: Option<SocketId>,
}

/// The times of a dialog, by the engine's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialogTimes {
    /// When its INVITE came.
    pub created: Time,
    /// When it was answered.
    pub answered: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// When its time is over, once it is answered.
    pub expires: Time,
}

/// The answer to a dialog's INVITE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogAnswer {
    /// Its code.
    pub code: u16,
    /// Its reason phrase.
    pub reason: Bytes,
    /// What goes to the caller.
    pub sent: Bytes,
}

/// Which way a request inside a dialog goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the caller to the callee.
    Downstream,
    /// From the callee to the caller.
    Upstream,
}

/// A moment in the life of a dialog.
pub enum DialogEvent<'a> {
    /// It was made for this INVITE.
    Created(&'a mut Routing),
    /// Somebody rings.
    Early,
    /// It was answered. The answer has not left yet: [`Outbox::hold`](crate::Outbox::hold) keeps it back. What is set on the
    /// dialog now is in the row that it gets.
    Confirmed(&'a DialogAnswer),
    /// A request inside it came; it has not been relayed yet.
    Within(&'a mut Routing, Direction),
    /// It ended without ever being answered; the code is that of the INVITE's final reply.
    Failed(u16),
    /// It ended: by a BYE, or because somebody wanted it to ([`DialogHandle::end_reason`]).
    Terminated {
        /// A BYE that came, which has not been answered yet.
        by_bye: bool,
    },
    /// Its time was over.
    Expired,
    /// It is back after a restart.
    Loaded,
}

/// What a module wants to be called with at each moment in the life of every dialog.
pub type DialogHook = fn(&mut Env<'_>, &State, &Arc<dyn DialogHandle>, &mut DialogEvent<'_>);

/// All dialogs. Module `dialog` is behind it.
pub trait Dialogs: Send + Sync {
    /// Makes the dialog of the INVITE at hand, or finds that it has one.
    ///
    /// # Errors
    /// The message begins no dialog, or there are as many dialogs as there may be.
    fn create(&self, call: &mut Call<'_>) -> Result<Arc<dyn DialogHandle>, Fault>;
    /// The same with the flags of `create_dialog()`, as a script writes them.
    ///
    /// # Errors
    /// As [`Dialogs::create`], or there is no such flag.
    fn create_with(&self, call: &mut Call<'_>, flags: &str) -> Result<Arc<dyn DialogHandle>, Fault>;
    /// The request at hand has been routed by its Route set: finds its dialog.
    fn routed(&self, call: &mut Call<'_>);
    /// The dialog with this Call-ID.
    fn find(&self, call_id: &[u8]) -> Option<Arc<dyn DialogHandle>>;
    /// Gives a dialog this long from now on.
    fn set_lifetime(&self, env: &mut Env<'_>, dialog: &dyn DialogHandle, lifetime: Duration);
    /// Ends a dialog: with BYE to both parties, or while it rings with CANCEL and 487.
    fn end(&self, env: &mut Env<'_>, dialog: &dyn DialogHandle, reason: &'static str);
}

/// The dialog of a message.
#[derive(Clone)]
pub struct DialogOf {
    /// The dialog.
    pub dialog: Arc<dyn DialogHandle>,
    /// Which way the message's request goes.
    pub direction: Direction,
}

impl DialogState {
    /// From its number.
    pub const fn of(number: i64) -> Option<DialogState> {
        Some(match number {
            1 => DialogState::Unconfirmed,
            2 => DialogState::Early,
            3 => DialogState::ConfirmedNoAck,
            4 => DialogState::Confirmed,
            5 => DialogState::Deleted,
            _ => return None,
        })
    }

    /// Its number.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

impl Direction {
    /// The other way.
    pub const fn opposite(self) -> Direction {
        match self {
            Direction::Downstream => Direction::Upstream,
            Direction::Upstream => Direction::Downstream,
        }
    }

    /// As `$DLG_dir` prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Downstream => "downstream",
            Direction::Upstream => "upstream",
        }
    }
}

impl fmt::Debug for DialogOf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.dialog.did(), self.direction.name())
    }
}
