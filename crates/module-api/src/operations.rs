//! What the engine does for script functions.

use crate::{
    Branch, Call, Commanded, DialogOf, Env, Fault, Flow, FormatHandle, Job, Json, Kind, MiError, Raised, Source,
    VariableHandle,
};
use bytes::Bytes;
use catalogue::{NameId, Value};
use sip::Message;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The engine, as functions see it.
pub trait Operations: Send + Sync {
    // Without a transaction.

    /// Answers the request at hand, keeping nothing. The To tag of all such replies of one request is the same.
    ///
    /// # Errors
    /// The request cannot be answered: its Via is unusable, or it is an ACK.
    fn reply_stateless(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault>;

    /// Sends the message at hand on, keeping nothing: to `destination` (`host[:port]` or URI), else to `$du`, else to
    /// the Request-URI.
    fn forward_stateless(&self, call: &mut Call<'_>, destination: Option<Bytes>) -> Flow;

    /// Sends the message at hand as it was received, with more header lines if given.
    fn send_unchanged(&self, call: &mut Call<'_>, destination: Bytes, headers: Option<Bytes>) -> Flow;

    /// The To tag that our replies to this request carry (`$sig_local_totag`).
    fn local_to_tag(&self, call: &mut Call<'_>) -> Bytes;

    /// Takes the edits recorded so far into the message, so that the script sees them.
    ///
    /// # Errors
    /// The message so changed cannot be parsed; nothing changes.
    fn apply_changes(&self, call: &mut Call<'_>) -> Result<(), Fault>;

    // With one.

    /// Makes the transaction of the request at hand; an INVITE gets its 100.
    ///
    /// # Errors
    /// The table is full, or the request lacks what a transaction needs.
    fn create(&self, call: &mut Call<'_>) -> Result<Created, Fault>;

    /// Looks for the transaction of the request at hand: a retransmission is absorbed (its last reply sent again), a
    /// CANCEL and an ACK find their INVITE's.
    fn find(&self, call: &mut Call<'_>) -> Found;

    /// Relays the request at hand to all branches (`t_relay()`), making the transaction if there is none. Return codes
    /// as `compat/flags.md`.
    fn relay(&self, call: &mut Call<'_>, options: RelayOptions) -> Flow;

    /// Answers within the transaction, making it if there is none.
    ///
    /// # Errors
    /// It has been answered already.
    fn reply(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault>;

    /// Answers as module `signaling` does: within the transaction; without one, keeping nothing if module `sl` is
    /// loaded, else in a transaction made for it.
    ///
    /// # Errors
    /// It cannot be answered, or has been already.
    fn answer(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault>;

    /// Arms a route of the program that is running, by name: the next `failure_route`, the `onreply_route` (of the
    /// branch in `branch_route`, else of the transaction), the `branch_route`. None disarms.
    fn arm(&self, call: &mut Call<'_>, route: catalogue::RouteKind, name: Option<u16>);

    /// Header lines for every request of the transaction (`t_add_hdrs`).
    ///
    /// # Errors
    /// There is no transaction and none can be made.
    fn add_headers(&self, call: &mut Call<'_>, lines: Bytes) -> Result<(), Fault>;

    /// Header lines for the CANCELs of the transaction (`t_add_cancel_reason`).
    ///
    /// # Errors
    /// There is no transaction and none can be made.
    fn add_cancel_headers(&self, call: &mut Call<'_>, lines: Bytes) -> Result<(), Fault>;

    /// Cancels branches from `onreply_route`: all that are pending, or all but the one at hand, or only it.
    ///
    /// # Errors
    /// There is no transaction.
    fn cancel_branches(&self, call: &mut Call<'_>, this: bool, others: bool) -> Result<(), Fault>;

    /// Puts the message's branches into its ongoing transaction (`t_inject_branches`).
    fn inject_branches(&self, call: &mut Call<'_>, cancel_others: bool, last: bool) -> Flow;

    /// Keeps the transaction open for branches to come: this many, or until told otherwise; `None` stops waiting.
    ///
    /// # Errors
    /// There is no transaction.
    fn wait_for_branches(&self, call: &mut Call<'_>, count: Option<i32>) -> Result<(), Fault>;

    /// Keeps the transaction open, for no longer than this, for branches that [`Operations::late_branch`] will bring:
    /// this many more.
    ///
    /// # Errors
    /// There is no transaction.
    fn expect_branches(&self, call: &mut Call<'_>, count: u32, within: Duration) -> Result<(), Fault>;

    /// Puts a branch into an ongoing transaction found by its identifier, as [`crate::TransactionHandle::id`] has it.
    ///
    /// # Errors
    /// There is none.
    fn late_branch(&self, env: &mut Env<'_>, id: &[u8], branch: Branch) -> Result<(), Fault>;

    /// Answers a waiting INVITE found by Call-ID, and CSeq if given.
    ///
    /// # Errors
    /// There is none.
    fn reply_by_callid(
        &self,
        env: &mut Env<'_>,
        callid: &[u8],
        cseq: Option<u32>,
        reply: &ReplyContent,
    ) -> Result<(), Fault>;

    /// Answers a transaction found by its identifier (`tm:reply`).
    ///
    /// # Errors
    /// There is none, or it has been answered.
    fn reply_by_id(&self, env: &mut Env<'_>, id: &[u8], reply: &ReplyContent) -> Result<(), Fault>;

    /// Cancels our own transaction found by Call-ID and CSeq (`tm:uac_cancel`).
    ///
    /// # Errors
    /// There is none.
    fn cancel_by_callid(&self, env: &mut Env<'_>, callid: &[u8], cseq: u32) -> Result<(), Fault>;

    /// Sends a request of our own in a new client transaction; `done` gets the final reply's code and bytes
    /// (408 and nothing when none came).
    ///
    /// # Errors
    /// The URI is bad, or no socket fits.
    fn send_request(&self, env: &mut Env<'_>, request: NewRequest, done: Option<WhenAnswered>) -> Result<(), Fault>;

    /// How many transactions each part of the table holds, and has held since the start (`tm:hash`).
    fn table_load(&self) -> Vec<(usize, u64)>;

    // Work that waits for other work.

    /// A number to wait for with [`crate::Request::Promise`].
    fn promise(&self) -> u64 {
        0
    }

    /// Lets the work that waits for this number go on, now or as soon as it waits.
    fn fulfil(&self, env: &mut Env<'_>, number: u64) {
        let _ = (env, number);
    }

    // The script.

    /// Compiles a format string that is known only now (`{s.eval}`, `script_trace()`).
    ///
    /// # Errors
    /// What is wrong with it, for people.
    fn format(&self, text: &[u8]) -> Result<FormatHandle, String> {
        let _ = text;
        Err("no script is running that could read it".to_owned())
    }

    /// Runs a management command by its name, with parameters as JSON-RPC has them (`mi()`).
    fn command(&self, env: &mut Env<'_>, name: &str, params: Json) -> Commanded {
        let _ = (env, name, params);
        Commanded::Done(Err(MiError::new(-32601, "Method not found")))
    }

    /// Compiles a variable that is known only now (`fetch_event_params()`).
    ///
    /// # Errors
    /// What is wrong with it, for people.
    fn variable(&self, env: &Env<'_>, text: &str) -> Result<VariableHandle, String> {
        let _ = (env, text);
        Err("no script is running that could read it".to_owned())
    }

    /// Runs `event_route[route]` for an event, whatever the event's name.
    ///
    /// # Errors
    /// The script has no such route.
    fn run_event_route(&self, env: &mut Env<'_>, route: &str, event: &Raised) -> Result<(), Fault> {
        let _ = (env, event);
        Err(Fault::script(format!("there is no event_route[{route}]")))
    }

    /// Whether the script has `route[name]`.
    fn has_route(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Runs `route[name]` on a message of its own, or without one on none in particular, once the step at hand is
    /// finished. When the route is done too, the promise of this number is kept ([`Operations::promise`]).
    ///
    /// # Errors
    /// The script has no such route.
    fn run_route(
        &self,
        env: &mut Env<'_>,
        name: &str,
        message: Option<(Arc<Message>, Source, Kind)>,
        dialog: Option<DialogOf>,
        done: Option<u64>,
    ) -> Result<(), Fault> {
        let _ = (env, message, dialog, done);
        Err(Fault::script(format!("there is no route[{name}]")))
    }

    /// Reads the script again and puts the new routes in place of the old ones (`core:reload_routes`).
    ///
    /// # Errors
    /// What is wrong with the new script, for people; the old one stays.
    fn reload(&self, env: &mut Env<'_>) -> Result<(), String> {
        let _ = env;
        Err("the script cannot be read again".to_owned())
    }
}

/// What runs with the code and bytes of the final reply to a request of our own.
pub type WhenAnswered = Box<dyn FnOnce(&mut Env<'_>, u16, Bytes) -> Job + Send>;

/// What a reply says.
#[derive(Clone, Debug, Default)]
pub struct ReplyContent {
    /// Its code.
    pub code: u16,
    /// Its reason phrase.
    pub reason: Bytes,
    /// Header lines besides those of [`crate::ReplyExtras`].
    pub headers: Bytes,
    /// Body and content type, in place of [`crate::ReplyExtras`]'s.
    pub body: Option<(Bytes, Bytes)>,
    /// The To tag, if not ours (`tm:reply`).
    pub to_tag: Option<Bytes>,
}

impl ReplyContent {
    /// Code and reason phrase.
    pub fn new(code: u16, reason: impl Into<Bytes>) -> ReplyContent {
        ReplyContent { code, reason: reason.into(), ..ReplyContent::default() }
    }
}

/// Flags of `t_relay()`.
#[derive(Clone, Debug, Default)]
pub struct RelayOptions {
    /// `no-auto-477`: do not answer when nothing could be sent, and return only when it is known that something was.
    pub no_auto_477: bool,
    /// `no-dns-failover`
    pub no_dns_failover: bool,
    /// `pass-reason-hdr`: a CANCEL's Reason goes on.
    pub pass_reason: bool,
    /// `allow-no-cancel`: obey `Request-Disposition: no-cancel`.
    pub allow_no_cancel: bool,
    /// The outbound proxy: all branches go there.
    pub proxy: Option<Bytes>,
    /// `t_replicate()`: replies are of no interest.
    pub replicate: bool,
}

/// What [`Operations::create`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// There was none, now there is.
    New,
    /// The request is a retransmission, which was absorbed: the script ends.
    Retransmission,
}

/// What [`Operations::find`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    None,
    /// The request is a retransmission, which was absorbed: the script ends.
    Retransmission,
    /// The INVITE of this ACK or CANCEL.
    Matched,
    /// The INVITE of this ACK, whose 2xx was not our own: the ACK goes on.
    Passing,
}

/// A request of our own.
#[derive(Clone, Debug, Default)]
pub struct NewRequest {
    /// Its method.
    pub method: Bytes,
    /// Its Request-URI.
    pub uri: Bytes,
    /// The URI to send it to, if another.
    pub next_hop: Option<Bytes>,
    /// The socket to send it by, as written in scripts.
    pub socket: Option<Bytes>,
    /// Header lines; From, To, Call-ID, CSeq and Via are made where they are missing.
    pub headers: Bytes,
    /// Its body.
    pub body: Bytes,
    /// Where to send it, without looking anything up.
    pub address: Option<SocketAddr>,
    /// AVPs that its `local_route` sees.
    pub avps: Vec<(NameId, Value)>,
    /// The dialog it belongs to, which its `local_route` sees.
    pub dialog: Option<DialogOf>,
    /// Hears of its provisional replies, where module `tm` is told to pass them.
    pub provisional: Option<WhenHeard>,
}

/// Hears of provisional replies: their codes and bytes.
#[derive(Clone)]
pub struct WhenHeard(pub Arc<Heard>);

type Heard = dyn Fn(u16, &Bytes) + Send + Sync;

impl fmt::Debug for WhenHeard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WhenHeard")
    }
}
