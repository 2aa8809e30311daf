//! The engine as one piece of work sees it: what all share, and the program this work began with.

use crate::core::Core;
use crate::program::Loaded;
use crate::run::After;
use crate::table::Mail;
use crate::transaction;
use bytes::Bytes;
use catalogue::RouteKind;
use module_api::{
    Answer, Branch, Call, Commanded, Created, DialogOf, Env, Fault, Flow, FormatHandle, Found, Json, Kind, NewRequest,
    Operations, Raised, RelayOptions, ReplyContent, Routing, Source, VariableHandle, WhenAnswered,
};
use script::ast::RouteType;
use script::vm::Execution;
use sip::{Message, Method};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The engine at work.
pub(crate) struct Desk<'a> {
    pub(crate) core: &'a Arc<Core>,
    pub(crate) program: &'a Arc<Loaded>,
    pub(crate) pool: &'a Pool,
}

/// The same, to keep while waiting.
#[derive(Clone)]
pub(crate) struct Owned {
    core: Arc<Core>,
    program: Arc<Loaded>,
}

/// Executions that keep their memory from one run to the next.
pub(crate) struct Pool {
    worker: usize,
    #[allow(clippy::vec_box, reason = "an execution goes from the pool into what waits without being copied")]
    spare: Mutex<Vec<Box<Execution>>>,
}

/// More than are running at one time on one worker.
const SPARE_MAX: usize = 16;

impl Pool {
    pub(crate) fn new(worker: usize) -> Pool {
        Pool { worker, spare: Mutex::new(Vec::new()) }
    }

    pub(crate) fn take(&self) -> Box<Execution> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Box::new(Execution::new(self.worker)))
    }

    pub(crate) fn give(&self, mut execution: Box<Execution>) {
        execution.clear();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_MAX {
            spare.push(execution);
        }
    }
}

impl Desk<'_> {
    pub(crate) fn owned(&self) -> Owned {
        Owned { core: Arc::clone(self.core), program: Arc::clone(self.program) }
    }
}

impl Owned {
    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk { core: &self.core, program: &self.program, pool: &self.core.pool }
    }
}

impl Operations for Desk<'_> {
    fn reply_stateless(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        Desk::reply_stateless(self, call, reply)
    }

    fn forward_stateless(&self, call: &mut Call<'_>, destination: Option<Bytes>) -> Flow {
        self.forward(call, destination)
    }

    fn send_unchanged(&self, call: &mut Call<'_>, destination: Bytes, headers: Option<Bytes>) -> Flow {
        self.send_as_received(call, &destination, headers)
    }

    fn local_to_tag(&self, call: &mut Call<'_>) -> Bytes {
        self.core.tags.tag(&call.msg.message)
    }

    fn apply_changes(&self, call: &mut Call<'_>) -> Result<(), Fault> {
        let msg = &mut *call.msg;
        if msg.edits.is_empty() {
            return Ok(());
        }
        msg.message = Arc::new(sip::apply(&msg.message, &msg.edits)?);
        msg.edits = sip::Edits::default();
        Ok(())
    }

    fn create(&self, call: &mut Call<'_>) -> Result<Created, Fault> {
        self.create_transaction(call)
    }

    fn find(&self, call: &mut Call<'_>) -> Found {
        self.find_transaction(call)
    }

    fn relay(&self, call: &mut Call<'_>, options: RelayOptions) -> Flow {
        self.relay_request(call, options)
    }

    fn reply(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        if call.msg.transaction.is_none() {
            // A retransmission was absorbed: its reply has been sent again.
            if self.create_transaction(call)? == Created::Retransmission {
                return Ok(());
            }
        }
        let kind = call.kind;
        self.answer_locally(&mut call.env, call.msg, kind, reply)
    }

    fn answer(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        let keeps = self.core.has_transactions && !self.core.has_sl;
        if call.msg.transaction.is_some() || keeps {
            return Operations::reply(self, call, reply);
        }
        Desk::reply_stateless(self, call, reply)
    }

    fn arm(&self, call: &mut Call<'_>, route: RouteKind, name: Option<u16>) {
        let kind = call.kind;
        let msg = &mut *call.msg;
        if kind == Kind::Branch && route == RouteKind::Reply {
            if let Some(transaction) = transaction::of(msg) {
                transaction.branch_reply_route = name;
            }
            return;
        }
        // In a reply route the request, whose routes these are, is inside the transaction.
        let is_reply = !msg.is_request();
        let armed = if is_reply {
            transaction::of(msg).and_then(|transaction| transaction.routing.as_mut()).map(|request| &mut request.armed)
        } else {
            Some(&mut msg.armed)
        };
        let Some(armed) = armed else { return };
        match route {
            RouteKind::Failure => armed.failure = name,
            RouteKind::Reply => armed.reply = name,
            RouteKind::Branch => armed.branch = name,
            RouteKind::Request => {}
        }
    }

    fn add_headers(&self, call: &mut Call<'_>, lines: Bytes) -> Result<(), Fault> {
        self.create_transaction(call)?;
        let transaction = transaction::of(call.msg).ok_or_else(|| Fault::script("there is no transaction"))?;
        transaction.extra_headers = joined(&transaction.extra_headers, &lines);
        Ok(())
    }

    fn add_cancel_headers(&self, call: &mut Call<'_>, lines: Bytes) -> Result<(), Fault> {
        // For a CANCEL at hand they go into the CANCELs that follow from it.
        if call.msg.message.method() == Method::Cancel
            && let Some(invite) = self.invite_of(call.msg)
        {
            self.post(&mut call.env, invite, Mail::CancelHeaders(lines));
            return Ok(());
        }
        self.create_transaction(call)?;
        let transaction = transaction::of(call.msg).ok_or_else(|| Fault::script("there is no transaction"))?;
        transaction.cancel_headers = joined(&transaction.cancel_headers, &lines);
        Ok(())
    }

    fn cancel_branches(&self, call: &mut Call<'_>, this: bool, others: bool) -> Result<(), Fault> {
        let at_hand = call.msg.branch;
        let transaction = transaction::of(call.msg).ok_or_else(|| Fault::script("there is no transaction"))?;
        let wanted = |branch: &usize| if Some(*branch) == at_hand { this } else { others };
        for branch in (0..transaction.clients.len()).filter(wanted) {
            self.cancel_branch(&mut call.env, call.msg, branch, None);
        }
        Ok(())
    }

    fn inject_branches(&self, call: &mut Call<'_>, cancel_others: bool, last: bool) -> Flow {
        self.inject_from_message(call, cancel_others, last)
    }

    fn wait_for_branches(&self, call: &mut Call<'_>, count: Option<i32>) -> Result<(), Fault> {
        self.await_branches(call, count)
    }

    fn expect_branches(&self, call: &mut Call<'_>, count: u32, within: Duration) -> Result<(), Fault> {
        Desk::expect_branches(self, call, count, within)
    }

    fn late_branch(&self, env: &mut Env<'_>, id: &[u8], branch: Branch) -> Result<(), Fault> {
        let not_found = || Fault::script("there is no such transaction").reply(404, "Transaction not found");
        let id = crate::table::Id::from_hex(id).ok_or_else(not_found)?;
        if self.post(env, id, Mail::Branch(Box::new(branch))) { Ok(()) } else { Err(not_found()) }
    }

    fn reply_by_callid(
        &self,
        env: &mut Env<'_>,
        callid: &[u8],
        cseq: Option<u32>,
        reply: &ReplyContent,
    ) -> Result<(), Fault> {
        let is_invite = |request: &Message| request.method() == Method::Invite;
        let id = self.core.table.find(callid, cseq, is_invite);
        let id = id.ok_or_else(|| Fault::script("there is no such INVITE").reply(404, "Transaction not found"))?;
        self.post(env, id, Mail::Answer(Box::new(reply.clone())));
        Ok(())
    }

    fn reply_by_id(&self, env: &mut Env<'_>, id: &[u8], reply: &ReplyContent) -> Result<(), Fault> {
        let not_found = || Fault::script("there is no such transaction").reply(404, "Transaction not found");
        let id = crate::table::Id::from_hex(id).filter(|id| self.core.table.holds(*id)).ok_or_else(not_found)?;
        self.post(env, id, Mail::Answer(Box::new(reply.clone())));
        Ok(())
    }

    fn cancel_by_callid(&self, env: &mut Env<'_>, callid: &[u8], cseq: u32) -> Result<(), Fault> {
        let is_invite = |request: &Message| request.method() == Method::Invite;
        let id = self.core.table.find(callid, Some(cseq), is_invite);
        let id = id.ok_or_else(|| Fault::script("there is no such INVITE").reply(481, "No such transaction"))?;
        self.post(env, id, Mail::Cancel { reason: None });
        Ok(())
    }

    fn send_request(&self, env: &mut Env<'_>, request: NewRequest, done: Option<WhenAnswered>) -> Result<(), Fault> {
        self.send_own(env, request, done)
    }

    fn table_load(&self) -> Vec<(usize, u64)> {
        self.core.table.load()
    }

    fn promise(&self) -> u64 {
        self.core.promises.next()
    }

    fn fulfil(&self, env: &mut Env<'_>, number: u64) {
        if let Some(then) = self.core.promises.fulfil(number).and_then(|token| self.core.waiting.take(token)) {
            env.out.resume(then, Answer::Done(Ok(())));
        }
    }

    fn format(&self, text: &[u8]) -> Result<FormatHandle, String> {
        self.core.language.format(text, &self.core.services.names, &self.core.dispatch)
    }

    fn command(&self, env: &mut Env<'_>, name: &str, params: Json) -> Commanded {
        self.run_command(env, name, params)
    }

    fn variable(&self, env: &Env<'_>, text: &str) -> Result<VariableHandle, String> {
        self.core.language.variable(text, &env.services.names, &self.core.dispatch)
    }

    fn run_event_route(&self, env: &mut Env<'_>, route: &str, event: &Raised) -> Result<(), Fault> {
        let found = self.program.events.get(route).copied();
        let found = found.ok_or_else(|| Fault::script(format!("there is no event_route[{route}]")))?;
        self.start_event_route(env, found, event);
        Ok(())
    }

    fn has_route(&self, name: &str) -> bool {
        self.program.program.route(RouteType::Request, name).is_some()
    }

    fn run_route(
        &self,
        env: &mut Env<'_>,
        name: &str,
        message: Option<(Arc<Message>, Source, Kind)>,
        dialog: Option<DialogOf>,
        done: Option<u64>,
    ) -> Result<(), Fault> {
        let route = self.program.program.route(RouteType::Request, name);
        let route = route.ok_or_else(|| Fault::script(format!("there is no route[{name}]")))?;
        let mut msg = self.no_message(env);
        let mut kind = Kind::Event;
        if let Some((message, source, of_message)) = message {
            kind = of_message;
            let vars = std::mem::take(&mut msg.vars);
            *msg = Routing::new(message, source);
            msg.vars = vars;
        }
        msg.dialog = dialog;
        let after = done.map_or(After::Nothing, After::Promised);
        self.run_detached_later(env, msg, kind, route, after);
        Ok(())
    }

    fn reload(&self, _: &mut Env<'_>) -> Result<(), String> {
        let reloader = self.core.reloader.as_ref().ok_or("the script cannot be read again")?;
        let program = reloader()?;
        self.core.replace_program(self.core.load(program));
        Ok(())
    }
}

/// Header lines one after the other.
fn joined(first: &[u8], second: &[u8]) -> Bytes {
    let mut lines = Vec::with_capacity(first.len() + second.len() + 2);
    crate::stateless::reply::append_line(first, &mut lines);
    crate::stateless::reply::append_line(second, &mut lines);
    lines.into()
}
