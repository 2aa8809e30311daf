//! `benchmark:enable_global` and its kin.

use super::timers::Timers;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Management, MiError, MiReply, MiRun};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI32, Ordering};

pub(super) const ENABLE_GLOBAL: Command = Command {
    name: "benchmark:enable_global",
    aliases: &["bm_enable_global"],
    about: "Lets all timers run (1), those enabled one by one (0), or none (-1).",
    recipes: &[&[CommandParam::int("enable")]],
    run: MiRun::Now(|management| set(management, "enable", -1..=1, |timers| &timers.enable, "Bad parameter value")),
    ..COMMAND
};

pub(super) const ENABLE_TIMER: Command = Command {
    name: "benchmark:enable_timer",
    aliases: &["bm_enable_timer"],
    about: "Enables a timer (1) or disables it (0).",
    recipes: &[&[CommandParam::str("timer"), CommandParam::int("enable")]],
    run: MiRun::Now(enable_timer),
    ..COMMAND
};

pub(super) const GRANULARITY: Command = Command {
    name: "benchmark:granularity",
    aliases: &["bm_granularity"],
    about: "Sets after how many measurements a timer is logged.",
    recipes: &[&[CommandParam::int("granularity")]],
    run: MiRun::Now(|management| {
        set(management, "granularity", 0..=i32::MAX, |timers| &timers.granularity, "Bad value for parameter")
    }),
    ..COMMAND
};

pub(super) const LOGLEVEL: Command = Command {
    name: "benchmark:loglevel",
    aliases: &["bm_loglevel"],
    about: "Sets the level of the log lines.",
    recipes: &[&[CommandParam::int("log_level")]],
    run: MiRun::Now(|management| {
        set(management, "log_level", -3..=4, |timers| &timers.loglevel, "Bad value for parameter")
    }),
    ..COMMAND
};

pub(super) const POLL_RESULTS: Command = Command {
    name: "benchmark:poll_results",
    aliases: &["bm_poll_results"],
    about: "Shows what each timer measured since the last poll and altogether: \
            measurements/total/least/greatest/average.",
    reply: "{Timers: [{name: s, global: s, local: s}, …]}",
    run: MiRun::Now(poll_results),
    ..COMMAND
};

fn set(
    management: &Management<'_>,
    param: &str,
    within: RangeInclusive<i32>,
    cell: fn(&Timers) -> &AtomicI32,
    wrong: &str,
) -> MiReply {
    let value = i32::try_from(management.params.int(param)?).ok().filter(|value| within.contains(value));
    let value = value.ok_or_else(|| MiError::new(400, wrong))?;
    cell(management.state::<Timers>()?).store(value, Ordering::Relaxed);
    Ok("OK".into())
}

fn enable_timer(management: &mut Management<'_>) -> MiReply {
    let is_enabled = match management.params.int("enable")? {
        0 => false,
        1 => true,
        _ => return Err(MiError::new(400, "Bad parameter value")),
    };
    if !management.state::<Timers>()?.set_enabled(management.params.str("timer")?, is_enabled) {
        return Err(MiError::new(400, "Failed to register timer"));
    }
    Ok("OK".into())
}

fn poll_results(management: &mut Management<'_>) -> MiReply {
    let timers = management.state::<Timers>()?;
    if timers.granularity.load(Ordering::Relaxed) != 0 {
        return Err(MiError::new(400, "Call not valid for granularity!=0"));
    }
    let polled = timers.poll().into_iter().map(|(name, timer)| {
        serde_json::json!({
            "name": name,
            "global": timer.altogether.to_string(),
            "local": timer.lately.to_string(),
        })
    });
    Ok(serde_json::json!({"Timers": polled.collect::<Vec<_>>()}))
}
