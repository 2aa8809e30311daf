//! `json`: JSON documents as variables.
//!
//! A message has its own documents, and keeps them through its transaction; they begin as `startup_route` left them.
//! (Upstream has one set for each of its processes, where messages overwrite each other's.)

mod functions;
mod fuzz;
mod node;
mod parse;
mod path;
mod print;
mod store;
#[cfg(test)]
mod tests;
mod variables;

use catalogue::Param;
use module_api::{Call, Fault, Kind, Module, Setup, StartError, State};
use std::sync::{Arc, PoisonError, RwLock};
use store::Store;

pub use fuzz::fuzz;

/// The module.
pub const MODULE: Module = Module {
    name: "json",
    about: "JSON documents as variables.",
    params: &[ENABLE_LONG_QUOTING],
    functions: &[functions::JSON_LINK, functions::JSON_MERGE],
    variables: &[variables::JSON, variables::JSON_PRETTY, variables::JSON_COMPACT, variables::JSON_COMPACT_NOESCAPE],
    start,
    ..Module::EMPTY
};

const ENABLE_LONG_QUOTING: Param = Param::int(
    "enable_long_quoting",
    0,
    "Whether integers that do not fit in 32 bits read as text; otherwise as the nearest that does.",
);

/// The module's state.
struct Json {
    quotes_long: bool,
    /// The documents as `startup_route` left them.
    initial: RwLock<Arc<Store>>,
}

/// The documents of a message; shared with the initial ones until they are changed.
struct Documents(Arc<Store>);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    Ok(Arc::new(Json { quotes_long: setup.params.is_on(&ENABLE_LONG_QUOTING), initial: RwLock::default() }))
}

/// The documents of the message.
fn documents(call: &Call<'_>) -> Result<Arc<Store>, Fault> {
    if let Some(Documents(store)) = call.msg.extensions.get() {
        return Ok(Arc::clone(store));
    }
    Ok(Arc::clone(&call.state::<Json>()?.initial.read().unwrap_or_else(PoisonError::into_inner)))
}

/// Changes the documents of the message.
fn change<T>(call: &mut Call<'_>, change: impl FnOnce(&mut Store) -> Result<T, Fault>) -> Result<T, Fault> {
    let mut store = match call.msg.extensions.take::<Documents>() {
        Some(documents) => documents.0,
        None => documents(call)?,
    };
    let changed = change(Arc::make_mut(&mut store));
    if call.kind == Kind::Startup {
        *call.state::<Json>()?.initial.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&store);
    }
    call.msg.extensions.set(Documents(store));
    changed
}
