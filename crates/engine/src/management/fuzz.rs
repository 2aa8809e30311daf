//! Requests of management from arbitrary bytes: none may panic, and every reply is JSON-RPC with the id of its request.

use super::{Caller, params, read};
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, MiReply};

/// Commands that take parameters of all kinds.
const COMMANDS: [Command; 3] = [
    Command {
        name: "fuzz:mixed",
        recipes: &[
            &[CommandParam::str("name")],
            &[CommandParam::int("level")],
            &[CommandParam::str("name"), CommandParam::int("level")],
        ],
        ..COMMAND
    },
    Command { name: "fuzz:lists", recipes: &[&[CommandParam::array("names")], &[]], ..COMMAND },
    Command {
        name: "fuzz:named",
        recipes: &[&[CommandParam::any("value"), CommandParam::str("name")]],
        named_only: true,
        ..COMMAND
    },
];

/// Reads a request, fits its parameters to each command, and reads what is replied.
#[doc(hidden)]
pub fn fuzz_management(request: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Json>(request) else { return };
    let Some((caller, _, given)) = read(request, 1, false) else { return };
    for command in &COMMANDS {
        let reply = params::fit(command, given.clone()).map(|params| {
            assert!(command.recipes.iter().any(|recipe| recipe.len() == params.0.len()), "{}", command.name);
            params.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        });
        check(&caller, reply);
    }
}

fn check(caller: &Caller, reply: MiReply) {
    let is_result = reply.is_ok();
    let Some(text) = caller.print(reply) else { return assert!(caller.id.is_none()) };
    let reply: Option<Json> = serde_json::from_slice(&text).ok();
    let member = |name| reply.as_ref().and_then(|reply| reply.get(name));
    assert_eq!(member("id"), caller.id.as_ref());
    assert_eq!(member(if is_result { "error" } else { "result" }), None);
}

#[cfg(test)]
mod tests {
    use super::fuzz_management;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/management");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|request| fuzz_management(request));
        assert!(files.len() >= 5);
    }

    proptest! {
        #[test]
        fn any_parameters_have_their_reply(id in ID, params in PARAMS) {
            fuzz_management(format!(r#"{{"jsonrpc":"2.0","method":"x","id":{id},"params":{params}}}"#).as_bytes());
        }
    }

    const ID: &str = r#"null|true|-?[0-9]{1,22}|[0-9]\.5e3|"[a-z\\n]{0,4}""#;
    const PARAMS: &str = r#"\[([0-9]|"[0-9x]{0,3}"|\[\])?\]|\{("(name|level|names|value)":([0-9]|"[0-9x]"|\[1\]|null))?\}|\{"name":"a","(level|value)":([0-9]|"x")\}"#;
}
