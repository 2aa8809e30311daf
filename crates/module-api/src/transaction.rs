//! What can be seen of a transaction, and the moments in its life that modules can watch.

use crate::{Branch, Call, SocketId};
use bytes::Bytes;
use catalogue::Value;
use sip::{Edits, Message};
use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// A transaction, as functions and variables see it. The engine owns what is behind.
pub trait TransactionHandle: Any + Send {
    /// Its identifier, as `$T_id` prints it.
    fn id(&self) -> String;
    /// Its branches, in the order they were made.
    fn branches(&self) -> &[TransactionBranch];
    /// The number of the first branch of the last `t_relay()`: from there on they are the active ones.
    fn first_active(&self) -> usize;
    /// For changing flags and attributes.
    fn branch_mut(&mut self, number: usize) -> Option<&mut TransactionBranch>;
    /// The code of the reply at hand: in `onreply_route` the one received, in `failure_route` the one chosen, else the
    /// last one sent upstream; 0 if there is none.
    fn reply_code(&self) -> u16;
    /// Whether its caller has cancelled it.
    fn was_cancelled(&self) -> bool;
    /// Whether a final reply has been sent upstream.
    fn is_answered(&self) -> bool;
    /// The times until it fails without final reply: for any reply, and for an INVITE's final one.
    fn timeouts(&self) -> (Duration, Duration);
    /// Changes them, for the timers armed from now on.
    fn set_timeouts(&mut self, any_reply: Option<Duration>, invite_final: Option<Duration>);
    /// For the engine.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// For the engine.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// A branch of a transaction.
#[derive(Clone, Debug, Default)]
pub struct TransactionBranch {
    /// Its destination, flags and attributes.
    pub target: Branch,
    /// The code of its last reply; 0 before the first.
    pub last_code: u16,
    /// Whether that reply was made by us (a timeout, a failed send).
    pub is_local: bool,
    /// Whether it stands for branches to come (`t_wait_for_new_branches`) and was never sent.
    pub is_phony: bool,
    /// The socket it has left by, once it has.
    pub sent_by: Option<SocketId>,
    /// `$bavp(x)`: its own AVPs.
    pub avps: Vec<(Bytes, Value)>,
}

/// A moment in the life of a transaction.
pub enum HookEvent<'a> {
    /// It was made.
    Created,
    /// A branch leaves.
    RequestOut {
        /// Which.
        branch: usize,
        /// What was sent.
        sent: &'a Bytes,
    },
    /// A reply came, before its `onreply_route`.
    ReplyIn {
        /// From which branch.
        branch: usize,
        /// The reply.
        reply: &'a Arc<Message>,
        /// What is changed in it before it goes on.
        edits: &'a RefCell<Edits>,
    },
    /// A reply goes upstream, or would: a 408 to another request than INVITE does not (RFC 4320 section 4.2).
    ReplyOut {
        /// Its code.
        code: u16,
        /// The reply received, or none for one of our own.
        reply: Option<&'a Arc<Message>>,
        /// Its reason phrase.
        reason: &'a [u8],
        /// The To tag it carries.
        to_tag: &'a [u8],
        /// What was sent.
        sent: &'a Bytes,
    },
    /// All branches that were tried failed; the failure route, if armed, runs next and may try others.
    Failed {
        /// The code of the reply that was chosen.
        code: u16,
        /// Its reason phrase.
        reason: &'a [u8],
    },
    /// Its caller cancelled it.
    Cancelled,
    /// Its caller cancelled it when a 2xx was on its way there already (RFC 5407 section 3.1.2): too late.
    CancelledLate,
    /// The ACK to its 2xx passed.
    Acknowledged,
    /// It is gone from the table.
    Ended,
}

/// How transactions behave: the parameters of module `tm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionSettings {
    /// `fr_timeout`: without any reply, and without ACK to a negative one.
    pub any_reply: Duration,
    /// `fr_inv_timeout`: for an INVITE's final reply after a provisional one.
    pub invite_final: Duration,
    /// `wt_timer`: how long a finished transaction absorbs retransmissions.
    pub linger: Duration,
    /// `T1_timer`: the first interval between retransmissions.
    pub t1: Duration,
    /// `T2_timer`: the greatest interval between retransmissions.
    pub t2: Duration,
    /// `ruri_matching`: whether requests without RFC 3261's branch must have the same Request-URI to match.
    pub match_request_uri: bool,
    /// `via1_matching`: whether they must have the same top Via.
    pub match_via: bool,
    /// `restart_fr_on_each_reply`: whether each provisional reply starts `invite_final` anew.
    pub restart_on_each_reply: bool,
    /// `onreply_avp_mode`: whether `onreply_route` sees the transaction's AVPs.
    pub avps_in_reply_routes: bool,
    /// `disable_6xx_block`: whether other branches may be tried after a 6xx.
    pub try_on_after_6xx: bool,
    /// `minor_branch_flag`: the branch flag that marks branches not to wait for.
    pub minor_branch_flag: Option<u8>,
    /// `auto_100trying`: whether an INVITE's transaction begins with a 100.
    pub auto_trying: bool,
    /// `pass_provisional_replies`: whether who sent a request of our own hears of provisional replies.
    pub pass_provisional_replies: bool,
    /// `local_reply_route`: the name of the route that is run for each reply of our own.
    pub local_reply_route: Option<String>,
    /// `local_request_route`: the name of the route that is run for each request of our own.
    pub local_request_route: Option<String>,
}

impl Default for TransactionSettings {
    fn default() -> TransactionSettings {
        TransactionSettings {
            any_reply: Duration::from_secs(30),
            invite_final: Duration::from_secs(120),
            linger: Duration::from_secs(5),
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            match_request_uri: true,
            match_via: true,
            restart_on_each_reply: true,
            avps_in_reply_routes: false,
            try_on_after_6xx: false,
            minor_branch_flag: None,
            auto_trying: true,
            pass_provisional_replies: false,
            local_reply_route: None,
            local_request_route: None,
        }
    }
}

/// What a module wants to be called with: the request's call, and the moment.
pub type Hook = fn(&mut Call<'_>, &HookEvent<'_>);
