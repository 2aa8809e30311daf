//! `tcp:list` and `tcp:close`: open connections of all stream transports.

use super::{object, text};
use crate::core::variables::formatted;
use catalogue::CommandParam;
use module_api::{
    COMMAND, Command, Connection, ConnectionName, Json, Management, MiError, MiReply, MiRun, Proto, Time,
};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "tcp:list",
        aliases: &["list_tcp_conns"],
        about: "Lists the open connections, of one transport if it is named.",
        recipes: &[&[], &[CommandParam::str("proto")]],
        reply: "{Connections: [{ID: n, Type: s, State: n, Remote: s, Local: s, Lifetime: s, Alias port: n|[n]}, …]}",
        run: MiRun::Now(list),
        ..COMMAND
    },
    Command {
        name: "tcp:close",
        about: "Closes a connection.",
        recipes: &[&[CommandParam::str("ipport")]],
        run: MiRun::Now(close),
        ..COMMAND
    },
];

fn list(management: &mut Management<'_>) -> MiReply {
    let proto = match management.params.opt_str("proto") {
        Some(name) => Some(Proto::of(name.as_bytes()).ok_or_else(|| MiError::new(400, "Bad protocol"))?),
        None => None,
    };
    // Upstream answers null where no stream transport is loaded.
    let Some(connections) = management.env.services.process.connections() else { return Ok(Json::Null) };
    let meant = connections.iter().filter(|connection| proto.is_none_or(|proto| proto == connection.proto));
    Ok(object([("Connections", meant.map(show).collect())]))
}

fn show(connection: &Connection) -> Json {
    let lifetime = u64::try_from(connection.lifetime).unwrap_or_default();
    let until = formatted(Time::from_unix_seconds(lifetime), "%Y-%m-%d %H:%M:%S").unwrap_or_default();
    let mut shown = object([
        ("ID", connection.id.into()),
        ("Type", connection.proto.name().into()),
        ("State", connection.state.into()),
        ("Remote", connection.remote.to_string().into()),
        ("Local", connection.local.to_string().into()),
        ("Lifetime", until.into()),
    ]);
    if let Some(members) = shown.as_object_mut() {
        // Upstream repeats the member for each port, which no JSON reader keeps apart.
        match connection.alias_ports.as_slice() {
            [] => {}
            [port] => drop(members.insert("Alias port".to_owned(), (*port).into())),
            ports => drop(members.insert("Alias port".to_owned(), ports.to_vec().into())),
        }
        members.extend(connection.details.iter().map(|(name, value)| ((*name).to_owned(), text(value))));
    }
    shown
}

fn close(management: &mut Management<'_>) -> MiReply {
    let bad = || MiError::new(400, "Bad tcp connection");
    let name = ConnectionName::parse(management.params.str("ipport")?).ok_or_else(bad)?;
    let process = &management.env.services.process;
    if process.connections().is_none() {
        return Ok(Json::Null);
    }
    if !process.close_connection(name) {
        return Err(bad());
    }
    Ok("OK".into())
}
