//! `mem:*`: upstream's memory pools. There are none here: what would be dumped is a line with the figures of the
//! process, and there are no fragments to check.

use super::logging::is_ours;
use super::object;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Level, Management, MiError, MiReply, MiRun};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "mem:shm_check",
        aliases: &["mem_shm_check"],
        about: "Checks the memory pool: there is none, so there are no fragments.",
        reply: "{total_fragments: n}",
        run: MiRun::Now(|_| Ok(object([("total_fragments", 0.into())]))),
        ..COMMAND
    },
    Command {
        name: "mem:pkg_dump",
        aliases: &["mem_pkg_dump"],
        about: "Logs the memory of the process; its tasks have none of their own.",
        recipes: &[&[PID], &[PID, LEVEL]],
        run: MiRun::Now(|management| {
            let pid = management.params.int("pid")?;
            if !is_ours(management.env.services, pid) {
                return Err(MiError::new(404, "Process not found"));
            }
            dump(management)
        }),
        ..COMMAND
    },
    Command {
        name: "mem:shm_dump",
        aliases: &["mem_shm_dump"],
        about: "Logs the memory of the process.",
        recipes: &[&[], &[LEVEL]],
        run: MiRun::Now(dump),
        ..COMMAND
    },
    Command {
        name: "mem:rpm_dump",
        aliases: &["mem_rpm_dump"],
        about: "Logs the memory of the process; what survives a restart lives in files.",
        recipes: &[&[], &[LEVEL]],
        run: MiRun::Now(dump),
        ..COMMAND
    },
];

const PID: CommandParam = CommandParam::int("pid");
const LEVEL: CommandParam = CommandParam::int("log_level");

fn dump(management: &mut Management<'_>) -> MiReply {
    let services = management.env.services;
    let level = management.params.opt_int("log_level").and_then(|level| i32::try_from(level).ok());
    let memory = services.process.memory();
    let line = format!(
        "memory: {} bytes in use, {} held, at most {} held, ceiling {}",
        memory.used, memory.resident, memory.peak, memory.limit
    );
    services.log.line(level.map_or(Level::Notice, Level::of), line);
    Ok("OK".into())
}
