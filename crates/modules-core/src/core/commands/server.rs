//! `core:uptime`, `core:version`, `core:pwd`, `core:arg`, `core:kill`, `core:reload_routes`.

use super::object;
use crate::core::variables::{CTIME, formatted};
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, Management, MiError, MiReply, MiRun, Time};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "core:uptime",
        about: "Shows the time, the time of the start, and the seconds between.",
        reply: "{Now: s, Up since: s, Up time: s}",
        run: MiRun::Now(uptime),
        ..COMMAND
    },
    Command {
        name: "core:version",
        about: "Shows the version of the server, and the revision it was built from.",
        recipes: &[&[], &[CommandParam::str("revision")]],
        reply: "{Server: s} ; {Server: s, git: s}",
        run: MiRun::Now(version),
        ..COMMAND
    },
    Command {
        name: "core:pwd",
        about: "Shows the working directory.",
        reply: "{WD: s}",
        run: MiRun::Now(|management| {
            Ok(object([("WD", management.env.services.settings.working_directory.as_str().into())]))
        }),
        ..COMMAND
    },
    Command {
        name: "core:arg",
        about: "Shows the command line.",
        reply: "[s, …]",
        run: MiRun::Now(|management| {
            let words = management.env.services.settings.command_line.iter();
            Ok(words.map(|word| Json::from(word.as_str())).collect())
        }),
        ..COMMAND
    },
    Command {
        name: "core:kill",
        about: "Stops the server cleanly.",
        run: MiRun::Now(|management| {
            management.env.services.process.stop();
            Ok("OK".into())
        }),
        ..COMMAND
    },
    Command {
        name: "core:reload_routes",
        about: "Reads the script again; what is under way goes on with the old routes. A script with errors changes \
                nothing.",
        run: MiRun::Now(|management| {
            let operations = management.env.operations;
            let reloaded = operations.reload(&mut management.env);
            reloaded.map(|()| "OK".into()).map_err(|errors| MiError::new(500, "reload failed").with(errors))
        }),
        ..COMMAND
    },
];

fn uptime(management: &mut Management<'_>) -> MiReply {
    let (now, start) = (management.env.now, management.env.services.started_at);
    let wall = &management.env.services.wall;
    let date = |time: Time| Json::from(formatted(wall.at(time), CTIME).unwrap_or_default());
    let seconds = format!("{} [sec]", now.since(start).as_secs());
    Ok(object([("Now", date(now)), ("Up since", date(start)), ("Up time", seconds.into())]))
}

fn version(management: &mut Management<'_>) -> MiReply {
    let server = ("Server", Json::from(SERVER));
    if management.params.opt_str("revision").is_none() {
        return Ok(object([server]));
    }
    Ok(object([server, ("git", REVISION.unwrap_or("unknown").into())]))
}

const SERVER: &str = concat!("Strowger (", env!("CARGO_PKG_VERSION"), ")");
/// What the build says it was made from.
const REVISION: Option<&str> = option_env!("STROWGER_REVISION");
