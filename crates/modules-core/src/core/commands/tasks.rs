//! `core:ps` and `core:profiling_proc`: the threads and tasks of the process.

use super::object;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, Management, MiError, MiReply, MiRun, Task};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "core:ps",
        about: "Lists the threads and tasks.",
        reply: "{Processes: [{ID: n, PID: n, Type: s}, …]}",
        run: MiRun::Now(|management| {
            let tasks = management.env.services.process.tasks();
            let row = |task: &Task| {
                object([("ID", task.id.into()), ("PID", task.pid.into()), ("Type", task.about.as_str().into())])
            };
            Ok(object([("Processes", tasks.iter().map(row).collect())]))
        }),
        ..COMMAND
    },
    Command {
        name: "core:profiling_proc",
        about: "Shows the profiling level of tasks, which is 0: scripts are measured by their line counters instead.",
        recipes: &[
            &[],
            &[CommandParam::int("id")],
            &[CommandParam::int("pid")],
            &[CommandParam::int("level")],
            &[CommandParam::int("id"), CommandParam::int("level")],
            &[CommandParam::int("pid"), CommandParam::int("level")],
        ],
        reply: "{Processes: [{ID: n, PID: n, Profiling level: n, Type: s}, …]} ; \"OK\"",
        run: MiRun::Now(profiling),
        ..COMMAND
    },
];

fn profiling(management: &mut Management<'_>) -> MiReply {
    let params = &management.params;
    let (id, pid) = (params.opt_int("id"), params.opt_int("pid"));
    let is_meant =
        |task: &&Task| id.is_none_or(|id| id == i64::from(task.id)) && pid.is_none_or(|pid| pid == i64::from(task.pid));
    let tasks = management.env.services.process.tasks();
    let tasks: Vec<&Task> = tasks.iter().filter(is_meant).collect();
    if tasks.is_empty() && (id.is_some() || pid.is_some()) {
        return Err(MiError::new(404, "Process not found"));
    }
    match params.opt_int("level") {
        Some(0) => Ok("OK".into()),
        Some(_) => Err(MiError::new(501, "Not supported").with("tasks are not profiled; scripts are, line by line")),
        None => Ok(object([("Processes", tasks.into_iter().map(row).collect())])),
    }
}

fn row(task: &Task) -> Json {
    object([
        ("ID", task.id.into()),
        ("PID", task.pid.into()),
        ("Profiling level", 0.into()),
        ("Type", task.about.as_str().into()),
    ])
}
