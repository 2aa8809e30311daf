//! `cachedb_local:remove_chunk` and `cachedb_local:fetch_chunk`.

use super::collection::Collection;
use super::params::Caches;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, Management, MiError, MiReply, MiRun};
use serde_json::json;
use std::sync::Arc;

const RECIPES: &[&[CommandParam]] =
    &[&[CommandParam::str("glob")], &[CommandParam::str("glob"), CommandParam::str("collection")]];

/// `cachedb_local:remove_chunk`
pub const REMOVE_CHUNK: Command = Command {
    name: "cachedb_local:remove_chunk",
    aliases: &["cache_remove_chunk"],
    about: "Deletes all keys of a collection that match a shell pattern.",
    recipes: RECIPES,
    run: MiRun::Now(remove_chunk),
    ..COMMAND
};

/// `cachedb_local:fetch_chunk`
pub const FETCH_CHUNK: Command = Command {
    name: "cachedb_local:fetch_chunk",
    aliases: &["cache_fetch_chunk"],
    about: "Keys and values of a collection that match a shell pattern.",
    recipes: RECIPES,
    reply: "{keys: [{name: s, value: s}, …]}",
    run: MiRun::Now(fetch_chunk),
    ..COMMAND
};

fn remove_chunk(management: &mut Management<'_>) -> MiReply {
    let collection = collection(management).ok_or_else(|| MiError::new(500, "Internal error"))?;
    collection.remove_matching(management.params.str("glob")?.as_bytes());
    Ok("OK".into())
}

fn fetch_chunk(management: &mut Management<'_>) -> MiReply {
    let collection = collection(management).ok_or_else(|| MiError::new(400, "Internal Error"))?;
    let found = collection.matching(management.params.str("glob")?.as_bytes(), management.env.now);
    let keys: Vec<Json> = found.iter().map(|(key, value)| json!({"name": text(key), "value": text(value)})).collect();
    Ok(json!({ "keys": keys }))
}

fn collection<'a>(management: &Management<'a>) -> Option<&'a Arc<Collection>> {
    management.state::<Caches>().ok()?.collection(management.params.opt_str("collection"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
