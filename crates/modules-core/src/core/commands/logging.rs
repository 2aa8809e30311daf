//! How much is logged, and where to: `core:log_level` and its kin.

use super::object;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, LogConsumer, Management, MiError, MiReply, MiRun, Services};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "core:log_level",
        about: "Shows or sets the log level. All tasks share one: a process number only says whose is shown.",
        recipes: &[&[], &[LEVEL], &[LEVEL, CommandParam::int("pid")]],
        reply: "{Processes: [{PID: n, Log level: n, Type: s}, …]} ; {New global log level: n} ; {Log level: n}",
        run: MiRun::Now(log_level),
        ..COMMAND
    },
    Command {
        name: "core:xlog_level",
        about: "Shows or sets the level above which xlog lines are dropped.",
        recipes: &[&[], &[LEVEL]],
        reply: "{xLog Level: n} ; {New xLog level: n}",
        run: MiRun::Now(xlog_level),
        ..COMMAND
    },
    Command {
        name: "core:log_level_filter",
        about: "Shows or sets the level above which lines do not reach stderror, syslog or event; 0 for none.",
        recipes: &[&[CONSUMER], &[CONSUMER, CommandParam::int("level_filter")]],
        reply: "{Log level filter: n} ; \"OK\"",
        run: MiRun::Now(|management| {
            let consumer = consumer(management)?;
            let Some(filter) = management.params.opt_int("level_filter") else {
                return Ok(object([("Log level filter", consumer.filter().into())]));
            };
            consumer.set_filter(clamp(filter));
            Ok("OK".into())
        }),
        ..COMMAND
    },
    Command {
        name: "core:log_mute_state",
        about: "Shows or sets whether stderror, syslog or event get no lines.",
        recipes: &[&[CONSUMER], &[CONSUMER, CommandParam::int("mute_state")]],
        reply: "{mute state: n} ; \"OK\"",
        run: MiRun::Now(|management| {
            let consumer = consumer(management)?;
            let Some(mute) = management.params.opt_int("mute_state") else {
                return Ok(object([("mute state", i32::from(consumer.is_muted()).into())]));
            };
            consumer.set_muted(mute != 0);
            Ok("OK".into())
        }),
        ..COMMAND
    },
];

const LEVEL: CommandParam = CommandParam::int("level");
const CONSUMER: CommandParam = CommandParam::str("consumer");

fn log_level(management: &mut Management<'_>) -> MiReply {
    let services = management.env.services;
    let Some(level) = management.params.opt_int("level") else { return Ok(levels(services)) };
    let name = match management.params.opt_int("pid") {
        Some(pid) if !is_ours(services, pid) => return Err(MiError::new(404, "Process not found")),
        Some(_) => "Log level",
        None => "New global log level",
    };
    services.log.level.set(clamp(level));
    Ok(object([(name, services.log.level.get().into())]))
}

fn levels(services: &Services) -> Json {
    let level = services.log.level.get();
    let tasks = services.process.tasks();
    let rows = tasks.iter().map(|task| {
        object([("PID", task.pid.into()), ("Log level", level.into()), ("Type", task.about.as_str().into())])
    });
    object([("Processes", rows.collect())])
}

/// Whether a process number is one of our tasks'.
pub(super) fn is_ours(services: &Services, pid: i64) -> bool {
    let known = |task: &module_api::Task| i64::from(task.pid) == pid;
    i64::from(services.settings.pid) == pid || services.process.tasks().iter().any(known)
}

fn xlog_level(management: &mut Management<'_>) -> MiReply {
    let cell = &management.env.services.log.xlog_level;
    let Some(level) = management.params.opt_int("level") else {
        return Ok(object([("xLog Level", cell.get().into())]));
    };
    cell.set(clamp(level));
    Ok(object([("New xLog level", cell.get().into())]))
}

fn consumer<'a>(management: &Management<'a>) -> Result<&'a LogConsumer, MiError> {
    let name = management.params.str("consumer")?;
    let consumers = &management.env.services.log.consumers;
    consumers.named(name).ok_or_else(|| MiError::new(404, "Unknown log consumer"))
}

fn clamp(level: i64) -> i32 {
    i32::try_from(level.clamp(-3, 4)).unwrap_or_default()
}
