//! `fetch_event_params()` of older releases: an event's parameters into variables; `$param(name)` reads them today.

use bytes::Bytes;
use catalogue::{Arg, Routes, Value, Verdict};
use module_api::{Args, Call, Env, FUNCTION, Fault, Function, Operator, Outcome, Run, VariableHandle};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const FETCH_EVENT_PARAMS: Function = Function {
    name: "fetch_event_params",
    about: "Puts the parameters of the event that runs into variables; $param(name) reads them without that.",
    args: &[Arg::raw("pvar_list", "\"name=$avp(a);$avp(b)\": a parameter by its name, or the one of that position.")
        .judged(judge)],
    routes: Routes::REQUEST.or(Routes::EVENT),
    returns: &[(1, "done"), (-1, "the event has no such parameter")],
    run: Run::Now(fetch),
    ..FUNCTION
};

/// Whether each part ends in a variable.
fn judge(list: &str) -> Verdict {
    let mut parts = list.split(';').map(str::trim).filter(|part| !part.is_empty());
    let wrong =
        parts.find(|part| !part.split_once('=').map_or(*part, |(_, variable)| variable.trim()).starts_with('$'));
    Verdict::must(wrong.is_none(), wrong.unwrap_or_default(), "variable", "name=$avp(a);$avp(b)")
}

/// The lists that the script passes, each compiled when it is first asked for.
#[derive(Default)]
pub(super) struct Lists {
    known: Mutex<BTreeMap<Bytes, Arc<[Wanted]>>>,
}

/// A parameter that is wanted.
struct Wanted {
    /// Its name; without one it is that of its position in the list.
    name: Option<String>,
    variable: VariableHandle,
}

/// How many lists are kept; a script that has more compiles the rest each time.
const KNOWN_MAX: usize = 256;

impl Lists {
    fn find(&self, env: &Env<'_>, text: &Bytes) -> Result<Arc<[Wanted]>, Fault> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = known.get(text) {
            return Ok(Arc::clone(list));
        }
        let list = compile(env, &String::from_utf8_lossy(text))?;
        if known.len() < KNOWN_MAX {
            known.insert(text.clone(), Arc::clone(&list));
        }
        Ok(list)
    }
}

fn compile(env: &Env<'_>, text: &str) -> Result<Arc<[Wanted]>, Fault> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let wanted = parts.map(|part| {
        let (name, variable) = match part.split_once('=') {
            Some((name, variable)) => (Some(name.trim().to_owned()), variable.trim()),
            None => (None, part),
        };
        let variable = env.operations.variable(env, variable).map_err(Fault::script)?;
        Ok(Wanted { name, variable })
    });
    wanted.collect()
}

fn fetch(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let wanted = call.state::<Lists>()?.find(&call.env, args.str(0)?)?;
    for (position, wanted) in wanted.iter().enumerate() {
        let Some(value) = find(call, wanted.name.as_deref(), position) else {
            let what = wanted.name.clone().unwrap_or_else(|| format!("number {}", position + 1));
            return Err(Fault::script(format!("the event has no parameter {what}")));
        };
        wanted.variable.write(call, Operator::Set, value)?;
    }
    Ok(1)
}

fn find(call: &Call<'_>, name: Option<&str>, position: usize) -> Option<Value> {
    let params = &call.msg.params;
    let found = match name {
        Some(name) => params.iter().find(|(known, _)| known == name.as_bytes()),
        None => params.get(position),
    };
    found.map(|(_, value)| value.clone())
}
