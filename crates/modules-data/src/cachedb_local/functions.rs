//! `cache_remove_chunk()`.

use super::params::Caches;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

/// `cache_remove_chunk([collection], glob)`
pub const REMOVE_CHUNK: Function = Function {
    name: "cache_remove_chunk",
    about: "Deletes all keys that match a shell pattern.",
    args: &[
        Arg::str("collection", "The collection, the default one if left out; alone it is the pattern.").optional(),
        Arg::str("glob", "The pattern: * any text, ? any character, [a-z] one of them.").optional(),
    ],
    routes: Routes::REQUEST
        .or(Routes::ONREPLY)
        .or(Routes::FAILURE)
        .or(Routes::BRANCH)
        .or(Routes::LOCAL)
        .or(Routes::STARTUP),
    returns: &[(1, "done"), (-1, "there is no such collection")],
    examples: &[
        Example { script: "cache_remove_chunk(\"myinfo_*\")", message: "", returns: 1 },
        Example { script: "cache_remove_chunk(\"default\", \"myinfo_*\")", message: "", returns: 1 },
        Example { script: "cache_remove_chunk(\"nowhere\", \"myinfo_*\")", message: "", returns: -1 },
    ],
    run: Run::Now(remove_chunk),
    ..FUNCTION
};

fn remove_chunk(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let caches = call.state::<Caches>()?;
    // Scripts of releases without collections give the pattern alone.
    let (name, pattern) = match args.opt_str(1) {
        Some(pattern) => (args.opt_str(0), pattern),
        None => (None, args.str(0)?),
    };
    let name = name.map(|name| String::from_utf8_lossy(name));
    let collection = caches.collection(name.as_deref());
    let collection =
        collection.ok_or_else(|| Fault::script(format!("there is no collection {}", name.unwrap_or_default())))?;
    collection.remove_matching(pattern);
    Ok(1)
}
