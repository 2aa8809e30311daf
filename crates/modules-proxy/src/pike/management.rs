//! `pike:list`, `pike:rm`.

use super::Pike;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, JsonMap, Management, MiError, MiReply, MiRun};
use std::net::IpAddr;

pub(super) const LIST: Command = Command {
    name: "pike:list",
    aliases: &["pike_list"],
    about: "Lists the addresses that flood us.",
    reply: "{IPs: [s, …]}",
    run: MiRun::Now(list),
    ..COMMAND
};

pub(super) const RM: Command = Command {
    name: "pike:rm",
    aliases: &["pike_rm"],
    about: "Unblocks an address; it is counted anew.",
    recipes: &[&[CommandParam::str("ip")]],
    run: MiRun::Now(rm),
    ..COMMAND
};

fn list(management: &mut Management<'_>) -> MiReply {
    let floods = management.state::<Pike>()?.tree.floods();
    let floods: Vec<Json> = floods.iter().map(|address| address.to_string().into()).collect();
    Ok(Json::Object(JsonMap::from_iter([("IPs".to_owned(), Json::Array(floods))])))
}

fn rm(management: &mut Management<'_>) -> MiReply {
    let state = management.state::<Pike>()?;
    let text = management.params.str("ip")?;
    let address: IpAddr = text.trim_matches(['[', ']']).parse().map_err(|_| MiError::new(500, "Bad IP"))?;
    match state.tree.forgive(address) {
        None => Err(MiError::new(404, "Match not found")),
        Some(false) => Err(MiError::new(400, "IP not blocked")),
        Some(true) => {
            state.blocked.decrement();
            Ok("OK".into())
        }
    }
}
