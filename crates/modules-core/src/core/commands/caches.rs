//! `cache:*`: key-value stores.

use super::{object, text};
use crate::core::Core;
use bytes::Bytes;
use catalogue::CommandParam;
use module_api::{
    COMMAND, CacheOperation, CacheReply, Command, Fault, Json, Management, MiError, MiFlow, MiReply, MiRun,
};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "cache:store",
        aliases: &["cache_store"],
        about: "Sets a key of a store.",
        recipes: &[&[SYSTEM, KEY, VALUE], &[SYSTEM, KEY, VALUE, CommandParam::int("expire")]],
        run: MiRun::Wait(store),
        ..COMMAND
    },
    Command {
        name: "cache:fetch",
        aliases: &["cache_fetch"],
        about: "Shows the value of a key of a store.",
        recipes: &[&[SYSTEM, KEY]],
        reply: "{key: s, value: s}",
        run: MiRun::Wait(fetch),
        ..COMMAND
    },
    Command {
        name: "cache:remove",
        aliases: &["cache_remove"],
        about: "Deletes a key of a store.",
        recipes: &[&[SYSTEM, KEY]],
        run: MiRun::Wait(|management| {
            let operation = param(management, "attr").map(CacheOperation::Remove);
            ask(management, operation, "Cache remove command failed", |_| Ok("OK".into()))
        }),
        ..COMMAND
    },
];

const SYSTEM: CommandParam = CommandParam::str("system");
const KEY: CommandParam = CommandParam::str("attr");
const VALUE: CommandParam = CommandParam::str("value");

fn store(management: &mut Management<'_>) -> MiFlow {
    let lifetime = management.params.opt_int("expire").unwrap_or(0);
    let expires_s = u32::try_from(lifetime.max(0)).unwrap_or(u32::MAX);
    let operation = param(management, "attr")
        .and_then(|key| Ok(CacheOperation::Store { key, value: param(management, "value")?, expires_s }));
    ask(management, operation, "Cache store command failed", |_| Ok("OK".into()))
}

fn fetch(management: &mut Management<'_>) -> MiFlow {
    let key = management.params.opt_str("attr").unwrap_or_default().to_owned();
    let operation = param(management, "attr").map(CacheOperation::Fetch);
    ask(management, operation, "Cache fetch command failed", move |found| {
        let value = found.ok_or_else(|| MiError::new(400, "Value not found"))?;
        Ok(object([("key", Json::from(key)), ("value", text(&value))]))
    })
}

fn param(management: &Management<'_>, name: &str) -> Result<Bytes, MiError> {
    management.params.str(name).map(|text| Bytes::copy_from_slice(text.as_bytes()))
}

/// Asks the store that is named; `failed` is upstream's message for any fault.
fn ask(
    management: &mut Management<'_>,
    operation: Result<CacheOperation, MiError>,
    failed: &'static str,
    then: impl FnOnce(Option<Bytes>) -> MiReply + Send + 'static,
) -> MiFlow {
    let finish = move |reply: Result<Option<Bytes>, Fault>| match reply {
        Ok(found) => then(found),
        Err(fault) => Err(MiError::new(500, failed).with(fault.text)),
    };
    match start(management, operation, failed) {
        Err(error) => MiFlow::Done(Err(error)),
        Ok(CacheReply::Now(reply)) => MiFlow::Done(finish(reply)),
        Ok(CacheReply::Wait(request, read)) => {
            MiFlow::wait(request, move |_, answer| MiFlow::Done(finish(read(answer))))
        }
    }
}

fn start(
    management: &Management<'_>,
    operation: Result<CacheOperation, MiError>,
    failed: &'static str,
) -> Result<CacheReply, MiError> {
    let operation = operation?;
    let system = management.params.str("system")?;
    let store = management.env.services.cache(system.as_bytes());
    let store = store.map_err(|fault| MiError::new(500, failed).with(fault.text))?;
    management.state::<Core>()?.cache_queries.increment();
    Ok(store.run(operation, management.env.now))
}
