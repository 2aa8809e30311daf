//! The engine's operations, written down instead of done.

use crate::simple_compiler::{Filled, SimpleCompiler};
use bytes::Bytes;
use catalogue::RouteKind;
use module_api::{
    Branch, Call, Commanded, Compiler, Created, Env, Fault, Flow, FormatHandle, Found, Json, MiError, NewRequest,
    Operations, RelayOptions, ReplyContent, VariableHandle, WhenAnswered,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Writes down what functions ask of the engine, one line each.
#[derive(Default)]
pub struct Recorder {
    journal: Mutex<Vec<String>>,
    requests: Mutex<Vec<SentRequest>>,
}

/// A request of our own, and what hears of its final reply.
pub type SentRequest = (NewRequest, Option<WhenAnswered>);

impl Recorder {
    /// Takes what was written.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the requests of our own that were sent.
    pub fn take_requests(&self) -> Vec<SentRequest> {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, line: String) {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn reply_line(&self, verb: &str, call: &Call<'_>, reply: &ReplyContent) {
        let mut headers = String::from_utf8_lossy(&call.msg.reply.headers).replace("\r\n", "\n");
        headers.push_str(&String::from_utf8_lossy(&reply.headers).replace("\r\n", "\n"));
        let line = format!("{verb} {} {}\n{headers}", reply.code, String::from_utf8_lossy(&reply.reason));
        self.note(line.trim_end().to_owned());
    }
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

impl Operations for Recorder {
    fn reply_stateless(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        self.reply_line("reply", call, reply);
        Ok(())
    }

    fn forward_stateless(&self, call: &mut Call<'_>, destination: Option<Bytes>) -> Flow {
        let to = destination.unwrap_or_else(|| call.msg.next_hop().clone());
        self.note(format!("forward {}", text(&to)));
        Flow::done(1)
    }

    fn send_unchanged(&self, _: &mut Call<'_>, destination: Bytes, headers: Option<Bytes>) -> Flow {
        self.note(format!("send {} {}", text(&destination), text(&headers.unwrap_or_default())));
        Flow::done(1)
    }

    fn local_to_tag(&self, _: &mut Call<'_>) -> Bytes {
        Bytes::from_static(b"local-tag")
    }

    fn apply_changes(&self, call: &mut Call<'_>) -> Result<(), Fault> {
        call.msg.message = Arc::new(sip::apply(&call.msg.message, &call.msg.edits)?);
        call.msg.edits = sip::Edits::default();
        Ok(())
    }

    fn create(&self, _: &mut Call<'_>) -> Result<Created, Fault> {
        self.note("create".to_owned());
        Ok(Created::New)
    }

    fn find(&self, _: &mut Call<'_>) -> Found {
        Found::None
    }

    fn relay(&self, call: &mut Call<'_>, options: RelayOptions) -> Flow {
        let to = options.proxy.unwrap_or_else(|| call.msg.next_hop().clone());
        self.note(format!("relay {}", text(&to)));
        Flow::done(1)
    }

    fn reply(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        self.reply_line("reply", call, reply);
        Ok(())
    }

    fn answer(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        self.reply(call, reply)
    }

    fn arm(&self, _: &mut Call<'_>, route: RouteKind, name: Option<u16>) {
        self.note(format!("arm {route:?} {name:?}"));
    }

    fn add_headers(&self, _: &mut Call<'_>, lines: Bytes) -> Result<(), Fault> {
        self.note(format!("add headers {}", text(&lines)));
        Ok(())
    }

    fn add_cancel_headers(&self, _: &mut Call<'_>, lines: Bytes) -> Result<(), Fault> {
        self.note(format!("add cancel headers {}", text(&lines)));
        Ok(())
    }

    fn cancel_branches(&self, _: &mut Call<'_>, this: bool, others: bool) -> Result<(), Fault> {
        self.note(format!("cancel this={this} others={others}"));
        Ok(())
    }

    fn inject_branches(&self, _: &mut Call<'_>, cancel_others: bool, last: bool) -> Flow {
        self.note(format!("inject cancel={cancel_others} last={last}"));
        Flow::done(1)
    }

    fn wait_for_branches(&self, _: &mut Call<'_>, count: Option<i32>) -> Result<(), Fault> {
        self.note(format!("wait for branches {count:?}"));
        Ok(())
    }

    fn expect_branches(&self, _: &mut Call<'_>, count: u32, within: Duration) -> Result<(), Fault> {
        self.note(format!("expect {count} branches within {within:?}"));
        Ok(())
    }

    fn late_branch(&self, _: &mut Env<'_>, _: &[u8], branch: Branch) -> Result<(), Fault> {
        self.note(format!("late branch {}", text(&branch.uri)));
        Ok(())
    }

    fn reply_by_callid(
        &self,
        _: &mut Env<'_>,
        callid: &[u8],
        cseq: Option<u32>,
        reply: &ReplyContent,
    ) -> Result<(), Fault> {
        self.note(format!("reply to {} {cseq:?}: {}", text(callid), reply.code));
        Ok(())
    }

    fn reply_by_id(&self, _: &mut Env<'_>, id: &[u8], reply: &ReplyContent) -> Result<(), Fault> {
        self.note(format!("reply to {}: {}", text(id), reply.code));
        Ok(())
    }

    fn cancel_by_callid(&self, _: &mut Env<'_>, callid: &[u8], cseq: u32) -> Result<(), Fault> {
        self.note(format!("cancel {} {cseq}", text(callid)));
        Ok(())
    }

    fn send_request(&self, _: &mut Env<'_>, request: NewRequest, done: Option<WhenAnswered>) -> Result<(), Fault> {
        self.note(format!("request {} {}", text(&request.method), text(&request.uri)));
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push((request, done));
        Ok(())
    }

    fn table_load(&self) -> Vec<(usize, u64)> {
        Vec::new()
    }

    fn format(&self, text: &[u8]) -> Result<FormatHandle, String> {
        Ok(Arc::new(Filled(Bytes::copy_from_slice(text))))
    }

    /// A command `missing` is not there; any other answers the parameters it was given.
    fn command(&self, _: &mut Env<'_>, name: &str, params: Json) -> Commanded {
        self.note(format!("command {name} {params}"));
        Commanded::Done(if name == "missing" { Err(MiError::new(404, "Not there")) } else { Ok(params) })
    }

    fn variable(&self, env: &Env<'_>, text: &str) -> Result<VariableHandle, String> {
        SimpleCompiler(Arc::clone(&env.services.names)).variable(text)
    }
}
