//! What a management command gets and gives.

use crate::{Answer, Env, Fault, Json, Request, State};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A management command being run.
pub struct Management<'a> {
    /// Time, randomness, services, and what goes out.
    pub env: Env<'a>,
    /// Its parameters.
    pub params: MiParams,
    /// The state of its module.
    pub module: &'a State,
}

/// What a command answers.
pub type MiReply = Result<Json, MiError>;
/// What runs when the answer of a backend is there.
pub type ThenMi = Box<dyn for<'a, 'b> FnOnce(&'a mut Management<'b>, Answer) -> MiFlow + Send>;

/// What a command does next.
pub enum MiFlow {
    /// It is finished.
    Done(MiReply),
    /// It asks a backend and goes on with the answer.
    Wait(Request, ThenMi),
}

impl MiFlow {
    /// Waits for the answer to `request`, then goes on with `then`.
    pub fn wait(
        request: Request,
        then: impl for<'a, 'b> FnOnce(&'a mut Management<'b>, Answer) -> MiFlow + Send + 'static,
    ) -> MiFlow {
        MiFlow::Wait(request, Box::new(then))
    }
}

/// A command that other work has run by its name ([`crate::Operations::command`]).
pub enum Commanded {
    /// It is finished.
    Done(MiReply),
    /// It asks a backend and goes on with the answer.
    Wait(Request, ThenCommanded),
}

/// What runs when the answer of a backend is there.
pub type ThenCommanded = Box<dyn for<'a, 'b> FnOnce(&'a mut Env<'b>, Answer) -> Commanded + Send>;

impl Commanded {
    /// What a command of this module state with these parameters has come to.
    pub fn of(flow: MiFlow, module: State, params: MiParams) -> Commanded {
        match flow {
            MiFlow::Done(reply) => Commanded::Done(reply),
            MiFlow::Wait(request, then) => Commanded::Wait(
                request,
                Box::new(move |env, answer| {
                    let management = &mut Management { env: env.reborrow(), params: params.clone(), module: &module };
                    let flow = then(management, answer);
                    Commanded::of(flow, module, params)
                }),
            ),
        }
    }
}

/// The parameters of a command: one of its recipes, types checked.
#[derive(Clone, Debug, Default)]
pub struct MiParams(pub Vec<(&'static str, Json)>);

/// A command's error: a SIP-like code and a short message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiError {
    /// Positive codes are the command's, negative ones JSON-RPC's.
    pub code: i32,
    /// The message.
    pub message: String,
    /// More, for people.
    pub data: Option<String>,
}

impl MiError {
    /// A command's own error.
    pub fn new(code: i32, message: impl Into<String>) -> MiError {
        MiError { code, message: message.into(), data: None }
    }

    /// With details.
    pub fn with(self, data: impl Into<String>) -> MiError {
        MiError { data: Some(data.into()), ..self }
    }

    /// "Invalid params" with the reason.
    pub fn invalid(data: impl Into<String>) -> MiError {
        MiError::new(-32602, "Invalid params").with(data)
    }
}

impl fmt::Display for MiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.code, self.message)
    }
}

impl From<Fault> for MiError {
    fn from(fault: Fault) -> MiError {
        let (code, reason) = fault.sip_reply();
        MiError::new(i32::from(code), reason).with(fault.text)
    }
}

impl MiParams {
    /// A parameter, if given.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A string.
    ///
    /// # Errors
    /// It is missing or no string.
    pub fn str(&self, name: &str) -> Result<&str, MiError> {
        self.opt_str(name).ok_or_else(|| MiError::invalid(format!("Missing or bad parameter '{name}'")))
    }

    /// A string, if given.
    pub fn opt_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_str)
    }

    /// An integer.
    ///
    /// # Errors
    /// It is missing or no integer.
    pub fn int(&self, name: &str) -> Result<i64, MiError> {
        self.opt_int(name).ok_or_else(|| MiError::invalid(format!("Missing or bad parameter '{name}'")))
    }

    /// An integer, if given.
    pub fn opt_int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Json::as_i64)
    }
}

impl<'a> Management<'a> {
    /// The state of the command's own module.
    ///
    /// # Errors
    /// It has another type than `T`, which is our fault.
    pub fn state<T: Any + Send + Sync>(&self) -> Result<&'a T, MiError> {
        self.module.downcast_ref::<T>().ok_or_else(|| MiError::new(500, "Internal error"))
    }

    /// The same as a shared value, to keep while waiting.
    ///
    /// # Errors
    /// As [`Management::state`].
    pub fn shared_state<T: Any + Send + Sync>(&self) -> Result<Arc<T>, MiError> {
        Arc::clone(self.module).downcast::<T>().map_err(|_| MiError::new(500, "Internal error"))
    }
}
