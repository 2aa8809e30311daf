//! `regex:reload`, `regex:match`, `regex:match_group`.

use super::Regexes;
use super::expression::Matched;
use super::groups::Groups;
use bytes::Bytes;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Fault, Management, MiError, MiFlow, MiReply, MiRun};

pub(super) const RELOAD: Command = Command {
    name: "regex:reload",
    aliases: &["regex_reload"],
    about: "Reads the file of groups again. If anything is wrong with it, what was there stays.",
    run: MiRun::Wait(reload),
    ..COMMAND
};

pub(super) const MATCH: Command = Command {
    name: "regex:match",
    aliases: &["regex_match"],
    about: "Tells whether a text matches an expression.",
    recipes: &[&[CommandParam::str("string"), CommandParam::str("pcre_regex")]],
    reply: "\"Match\" ; \"Not Match\"",
    run: MiRun::Now(mi_match),
    ..COMMAND
};

pub(super) const MATCH_GROUP: Command = Command {
    name: "regex:match_group",
    aliases: &["regex_match_group"],
    about: "Tells whether a text matches a group of the file.",
    recipes: &[&[CommandParam::str("string"), CommandParam::int("group")]],
    reply: "\"Match\" ; \"Not Match\"",
    run: MiRun::Now(match_group),
    ..COMMAND
};

fn reload(management: &mut Management<'_>) -> MiFlow {
    let state = match management.shared_state::<Regexes>() {
        Ok(state) => state,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let Some(question) = state.groups.as_ref().map(Groups::question) else {
        return MiFlow::Done(Err(MiError::new(403, "Group matching not enabled")));
    };
    MiFlow::wait(question, move |_, answer| {
        let taken = state.groups.as_ref().map_or(Ok(()), |groups| groups.take(answer));
        MiFlow::Done(taken.map(|()| "OK".into()).map_err(|fault| MiError::new(500, "Internal error").with(fault.text)))
    })
}

fn mi_match(management: &mut Management<'_>) -> MiReply {
    let state = management.state::<Regexes>()?;
    let text = management.params.str("pcre_regex")?;
    let expression = state.compiled.get(&Bytes::copy_from_slice(text.as_bytes()));
    let expression = expression.map_err(|fault| MiError::new(500, "Error pcre_re compilation").with(fault.text))?;
    answer(state.matched(&expression, management.params.str("string")?.as_bytes()))
}

fn match_group(management: &mut Management<'_>) -> MiReply {
    let state = management.state::<Regexes>()?;
    if state.groups.is_none() {
        return Err(MiError::new(500, "Error group matching is disabled"));
    }
    let text = management.params.str("string")?.as_bytes();
    match state.matched_group(management.params.int("group")?, text) {
        Ok(None) => Err(MiError::new(500, "Error invalid pcre index")),
        Ok(Some(matched)) => answer(Ok(matched)),
        Err(fault) => answer(Err(fault)),
    }
}

fn answer(matched: Result<Matched, Fault>) -> MiReply {
    match matched {
        Ok(Matched::Yes) => Ok("Match".into()),
        Ok(Matched::No) => Ok("Not Match".into()),
        Ok(Matched::GivenUp) => Err(MiError::new(500, "Error").with("the match took too many steps")),
        Err(fault) => Err(MiError::new(500, "Error").with(fault.text)),
    }
}
