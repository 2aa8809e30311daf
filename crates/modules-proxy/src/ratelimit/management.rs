//! `ratelimit:list` and its kin.

use super::feedback::Gains;
use super::params::Ratelimit;
use super::pipe::Pipe;
use super::shared::parts_of;
use bytes::Bytes;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, JsonMap, Management, MiError, MiReply, MiRun, Time};
use posix_regex::glob;
use std::sync::PoisonError;

pub(super) const LIST: Command = Command {
    name: "ratelimit:list",
    aliases: &["rl_list"],
    about: "Lists one pipe, or all, or those whose names match a shell pattern, or do not.",
    recipes: &[&[], &[CommandParam::str("pipe")], &[CommandParam::str("filter")], &[CommandParam::str("filter_out")]],
    reply: "{Pipes: [{id: s, algorithm: s, limit: n, counter: n}, …], drop_rate: n} ; {Pipe: {…}}",
    run: MiRun::Now(list),
    ..COMMAND
};

pub(super) const RESET_PIPE: Command = Command {
    name: "ratelimit:reset_pipe",
    aliases: &["rl_reset_pipe"],
    about: "Sets the count of a pipe to 0.",
    recipes: &[&[CommandParam::str("pipe")]],
    run: MiRun::Now(reset_pipe),
    ..COMMAND
};

pub(super) const SET_PID: Command = Command {
    name: "ratelimit:set_pid",
    aliases: &["rl_set_pid"],
    about: "Sets how strongly FEEDBACK answers to the load: to the sum of errors, their size, their change.",
    recipes: &[&[CommandParam::str("ki"), CommandParam::str("kp"), CommandParam::str("kd")]],
    run: MiRun::Now(set_pid),
    ..COMMAND
};

pub(super) const GET_PID: Command = Command {
    name: "ratelimit:get_pid",
    aliases: &["rl_get_pid"],
    about: "Shows how strongly FEEDBACK answers to the load.",
    reply: "{PID: {ki: s, kp: s, kd: s}}",
    run: MiRun::Now(get_pid),
    ..COMMAND
};

pub(super) const DUMP_PIPE: Command = Command {
    name: "ratelimit:dump_pipe",
    aliases: &["rl_dump_pipe"],
    about: "Shows all there is to know of a pipe, the window of SBT included.",
    recipes: &[&[CommandParam::str("pipe")]],
    reply: "{Window: {Buckets: [{Index: n, Count: n}, …], Status: s, Window Size: n, Bucket Total: n}, Pipe: s, \
            Algorithm: s, Counter: n, Replication Nodes: [], Total: n}",
    run: MiRun::Now(dump_pipe),
    ..COMMAND
};

/// A pipe's name as a parameter gives it.
fn name(text: &str) -> Bytes {
    parts_of(&Bytes::copy_from_slice(text.as_bytes())).0
}

fn list(management: &mut Management<'_>) -> MiReply {
    let state = management.state::<Ratelimit>()?;
    let now = management.env.now;
    if let Some(pipe) = management.params.opt_str("pipe") {
        let name = name(pipe);
        let shown = state.pipes.with(&name, |pipe| entry(&name, pipe, now));
        let shown = shown.ok_or_else(|| MiError::new(404, "Pipe Not Found"))?;
        return Ok(object([("Pipe", shown)]));
    }
    let [only, but] = ["filter", "filter_out"].map(|param| management.params.opt_str(param));
    let is_wanted = |name: &[u8]| {
        only.is_none_or(|only| glob(only.as_bytes(), name)) && but.is_none_or(|but| !glob(but.as_bytes(), name))
    };
    let pipes = state.pipes.all().into_iter().filter(|(name, _)| is_wanted(name));
    let pipes: Vec<Json> = pipes.map(|(name, mut pipe)| entry(&name, &mut pipe, now)).collect();
    Ok(object([("Pipes", pipes.into()), ("drop_rate", state.conditions().drop_rate.into())]))
}

fn entry(name: &[u8], pipe: &mut Pipe, now: Time) -> Json {
    object([
        ("id", String::from_utf8_lossy(name).into()),
        ("algorithm", pipe.algorithm.name().into()),
        ("limit", pipe.limit.into()),
        ("counter", pipe.count(now).into()),
    ])
}

fn reset_pipe(management: &mut Management<'_>) -> MiReply {
    let name = name(management.params.str("pipe")?);
    let reset = management.state::<Ratelimit>()?.pipes.with(&name, Pipe::reset);
    reset.map(|()| "OK".into()).ok_or_else(|| MiError::new(500, "Internal error").with("there is no such pipe"))
}

fn set_pid(management: &mut Management<'_>) -> MiReply {
    let gain = |param: &str| {
        let gain: Option<f64> = management.params.str(param)?.trim().parse().ok();
        gain.filter(|gain| gain.is_finite()).ok_or_else(|| MiError::new(400, "Bad parameter value"))
    };
    let gains = Gains { integral: gain("ki")?, proportional: gain("kp")?, derivative: gain("kd")? };
    let state = management.state::<Ratelimit>()?;
    state.feedback.lock().unwrap_or_else(PoisonError::into_inner).set_gains(gains);
    Ok("OK".into())
}

fn get_pid(management: &mut Management<'_>) -> MiReply {
    let state = management.state::<Ratelimit>()?;
    let gains = state.feedback.lock().unwrap_or_else(PoisonError::into_inner).gains;
    let shown = |gain: f64| Json::from(format!("{gain:.3}"));
    let pid =
        object([("ki", shown(gains.integral)), ("kp", shown(gains.proportional)), ("kd", shown(gains.derivative))]);
    Ok(object([("PID", pid)]))
}

fn dump_pipe(management: &mut Management<'_>) -> MiReply {
    let state = management.state::<Ratelimit>()?;
    let now = management.env.now;
    let name = name(management.params.str("pipe")?);
    let dumped = state.pipes.with(&name, |pipe| {
        let mut dump = JsonMap::new();
        let count = pipe.count(now);
        if let Some(window) = pipe.window() {
            let buckets: Vec<Json> = (0..)
                .zip(window.slots())
                .map(|(index, count)| object([("Index", Json::from(index)), ("Count", count.into())]))
                .collect();
            let size = buckets.len();
            let window = object([
                ("Buckets", buckets.into()),
                ("Status", window.status(now).into()),
                ("Window Size", size.into()),
                ("Bucket Total", count.into()),
            ]);
            dump.insert("Window".to_owned(), window);
        }
        for (key, value) in [
            ("Pipe", String::from_utf8_lossy(&name).into()),
            ("Algorithm", pipe.algorithm.name().into()),
            ("Counter", count.into()),
            ("Replication Nodes", Json::Array(Vec::new())),
            ("Total", count.into()),
        ] {
            dump.insert(key.to_owned(), value);
        }
        Json::Object(dump)
    });
    dumped.ok_or_else(|| MiError::new(404, "Pipe not found"))
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
