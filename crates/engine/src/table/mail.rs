//! What reaches a transaction, directly or through its mailbox while another worker owns it.

use bytes::Bytes;
use module_api::{Branch, ReplyContent, Source};
use sip::Message;
use std::collections::VecDeque;
use std::sync::Arc;

/// An event for a transaction.
pub(crate) enum Mail {
    /// A reply to one of its branches.
    Reply { message: Arc<Message>, source: Source, branch: usize },
    /// The ACK of this hop.
    HopAck,
    /// The ACK to its 2xx has passed.
    Acknowledged,
    /// Its caller cancels it.
    Cancel {
        /// Header lines for the CANCELs sent on.
        reason: Option<Bytes>,
    },
    /// Header lines for its CANCELs (`t_add_cancel_reason` on a CANCEL).
    CancelHeaders(Bytes),
    /// A reply of our own from outside its routes (`tm:reply`, `t_reply_by_callid`).
    Answer(Box<ReplyContent>),
    /// A branch that comes from outside its routes.
    Branch(Box<Branch>),
    /// Its branch could not be delivered.
    SendFailed { branch: usize },
}

impl Mail {
    fn bytes(&self) -> usize {
        match self {
            Mail::Reply { message, .. } => message.bytes().len(),
            _ => 0,
        }
    }
}

/// Events for a transaction that is busy, worked off by its owner when it is put back.
#[derive(Default)]
pub(crate) struct Mailbox {
    mails: VecDeque<Mail>,
    /// How long its replies are together.
    bytes: usize,
}

/// More than a transaction gets in the time that a database takes: every branch a few replies.
const MAILS_MAX: usize = 64;
/// How long they may be together: whoever is called decides how long a reply is.
const BYTES_MAX: usize = 256 * 1024;

impl Mailbox {
    /// Adds an event; false if there are too many.
    pub(crate) fn post(&mut self, mail: Mail) -> bool {
        let bytes = mail.bytes();
        if self.mails.len() >= MAILS_MAX || self.bytes + bytes > BYTES_MAX {
            return false;
        }
        self.bytes += bytes;
        self.mails.push_back(mail);
        true
    }

    pub(crate) fn take(&mut self) -> Option<Mail> {
        let mail = self.mails.pop_front()?;
        self.bytes -= mail.bytes();
        Some(mail)
    }

    /// Its branches from this number on that could not be delivered, as far as is known.
    pub(crate) fn undelivered(&self, from: usize) -> Vec<usize> {
        let branch = |mail: &Mail| match mail {
            Mail::SendFailed { branch } => Some(*branch).filter(|branch| *branch >= from),
            _ => None,
        };
        self.mails.iter().filter_map(branch).collect()
    }

    /// Takes out that these branches could not be delivered.
    pub(crate) fn forget_undelivered(&mut self, branches: &[usize]) {
        self.mails.retain(|mail| !matches!(mail, Mail::SendFailed { branch } if branches.contains(branch)));
    }

    /// Whether its caller has cancelled it meanwhile.
    pub(crate) fn has_cancel(&self) -> bool {
        self.mails.iter().any(|mail| matches!(mail, Mail::Cancel { .. }))
    }
}
