//! Management: JSON-RPC 2.0 requests to the commands of the loaded modules (`compat/mi.md`).

mod commands;
mod fuzz;
mod params;

pub(crate) use commands::Commands;
pub use fuzz::fuzz_management;

use crate::desk::Desk;
use bytes::Bytes;
use commands::{Entry, Found};
use module_api::{Commanded, Env, Json, JsonMap, Management, MiError, MiFlow, MiParams, MiReply, MiRun};
use std::sync::Arc;

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const SERVER_ERROR: i32 = -32000;
const AMBIGUOUS: i32 = -32001;

/// A request as far as its reply needs it.
#[derive(Clone)]
struct Caller {
    /// Its transport's number for it.
    number: u64,
    /// Its `id`; none in a notification, which gets no reply.
    id: Option<Json>,
    pretty: bool,
}

impl Desk<'_> {
    /// Handles a request; its reply goes into the outbox, now or when it is known.
    pub(crate) fn manage(&self, env: &mut Env<'_>, number: u64, request: &[u8], pretty: bool) {
        let nobody = Caller { number, id: Some(Json::Null), pretty };
        let Ok(request) = serde_json::from_slice::<Json>(request) else {
            return nobody.answer(env, Err(MiError::new(PARSE_ERROR, "Parse error")));
        };
        let Some((caller, method, params)) = read(request, number, pretty) else {
            return nobody.answer(env, Err(MiError::new(INVALID_REQUEST, "Invalid Request")));
        };
        let commanded = self.run_command(env, &method, params);
        self.follow_command(env, caller, commanded);
    }

    /// Runs a command by its name.
    pub(crate) fn run_command(&self, env: &mut Env<'_>, method: &str, params: Json) -> Commanded {
        let (found, params) = match self.find_command(method, params) {
            Ok(found) => found,
            Err(error) => return Commanded::Done(Err(error)),
        };
        let module = self.core.dispatch.state(found.module);
        let mut management = Management { env: env.reborrow(), params: params.clone(), module };
        let flow = match found.command.run {
            MiRun::Now(run) => MiFlow::Done(run(&mut management)),
            MiRun::Wait(run) => run(&mut management),
        };
        Commanded::of(flow, Arc::clone(module), params)
    }

    fn find_command(&self, method: &str, params: Json) -> Result<(Entry, MiParams), MiError> {
        let found = match self.core.commands.find(method) {
            Found::One(found) => found,
            Found::None => return Err(MiError::new(METHOD_NOT_FOUND, "Method not found")),
            Found::Several(names) => return Err(MiError::new(AMBIGUOUS, "Method ambiguous").with(names.join(", "))),
        };
        Ok((found, params::fit(found.command, params)?))
    }

    fn follow_command(&self, env: &mut Env<'_>, caller: Caller, commanded: Commanded) {
        match commanded {
            Commanded::Done(reply) => caller.answer(env, reply),
            Commanded::Wait(request, then) => self.put_aside(env, request, None, move |desk, env, answer| {
                let commanded = then(env, answer);
                desk.follow_command(env, caller, commanded);
            }),
        }
    }
}

impl Caller {
    fn answer(&self, env: &mut Env<'_>, reply: MiReply) {
        env.out.answer_management(self.number, self.print(reply));
    }

    /// The reply as text: members in the order that clients expect.
    fn print(&self, reply: MiReply) -> Option<Bytes> {
        let id = self.id.clone()?;
        let reply = match reply {
            Ok(Json::Null) => Err(MiError::new(SERVER_ERROR, "Server error").with("Command handler returned null")),
            reply => reply,
        };
        let mut object = JsonMap::new();
        object.insert("jsonrpc".to_owned(), "2.0".into());
        match reply {
            Ok(result) => object.insert("result".to_owned(), result),
            Err(error) => object.insert("error".to_owned(), error_object(error)),
        };
        object.insert("id".to_owned(), id);
        let object = Json::Object(object);
        let text = if self.pretty { serde_json::to_vec_pretty(&object) } else { serde_json::to_vec(&object) };
        // A tree of JSON values always prints.
        text.ok().map(Bytes::from)
    }
}

fn error_object(error: MiError) -> Json {
    let mut object = JsonMap::new();
    object.insert("code".to_owned(), error.code.into());
    object.insert("message".to_owned(), error.message.into());
    if let Some(data) = error.data {
        object.insert("data".to_owned(), data.into());
    }
    Json::Object(object)
}

/// The parts of a request; `None` where it is not JSON-RPC 2.0.
fn read(request: Json, number: u64, pretty: bool) -> Option<(Caller, String, Json)> {
    let Json::Object(mut request) = request else { return None };
    if request.get("jsonrpc")?.as_str() != Some("2.0") {
        return None;
    }
    let method = request.get("method")?.as_str()?.to_owned();
    let id = request.remove("id");
    if matches!(id, Some(Json::Bool(_) | Json::Array(_) | Json::Object(_))) {
        return None;
    }
    let params = request.remove("params").unwrap_or(Json::Null);
    if !matches!(params, Json::Null | Json::Array(_) | Json::Object(_)) {
        return None;
    }
    Some((Caller { number, id, pretty }, method, params))
}
