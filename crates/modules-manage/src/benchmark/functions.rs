//! `bm_start_timer()`, `bm_log_timer()`, `$BM_time_diff`.

use super::timers::Timers;
use catalogue::{Arg, Example, Routes, Value};
use module_api::{
    Args, Call, FUNCTION, Fault, Function, Level, Outcome, Run, VARIABLE, Variable, VariableName, VariableRun,
};
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(super) const BM_START_TIMER: Function = Function {
    name: "bm_start_timer",
    about: "Starts a timer on this message.",
    args: &[NAME],
    routes: ROUTES,
    returns: &[(1, "it runs, or is not enabled"), (-1, "there are too many timers")],
    examples: &[Example { script: "bm_start_timer(\"lookup\")", message: "", returns: 1 }],
    run: Run::Now(start_timer),
    ..FUNCTION
};

pub(super) const BM_LOG_TIMER: Function = Function {
    name: "bm_log_timer",
    about: "Takes the time since a timer was started on this message, and logs what it measured if it is time to: \
            measurements/total/least/greatest/average, since the last line (LR) and altogether (GB).",
    args: &[NAME],
    routes: ROUTES,
    returns: &[(1, "taken, or it is not enabled"), (-1, "it was not started on this message")],
    examples: &[
        Example { script: "bm_start_timer(\"lookup\"); bm_log_timer(\"lookup\")", message: "", returns: 1 },
        Example { script: "bm_log_timer(\"lookup\")", message: "", returns: 1 },
    ],
    run: Run::Now(log_timer),
    ..FUNCTION
};

pub(super) const BM_TIME_DIFF: Variable = Variable {
    name: "BM_time_diff",
    about: "The microseconds that bm_log_timer() took last on this message; 0 before.",
    run: VariableRun::read(time_diff),
    ..VARIABLE
};

const NAME: Arg = Arg::str("name", "Its name.");
const ROUTES: Routes = Routes::REQUEST
    .or(Routes::FAILURE)
    .or(Routes::ONREPLY)
    .or(Routes::BRANCH)
    .or(Routes::LOCAL)
    .or(Routes::STARTUP)
    .or(Routes::TIMER)
    .or(Routes::EVENT);

/// The timers that were started on a message, and what was taken last.
#[derive(Default)]
struct Running {
    started: Vec<(String, Duration)>,
    last_micros: u64,
}

fn name(args: Args<'_>) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(args.str(0)?).into_owned())
}

/// Whether a timer runs.
fn runs(call: &Call<'_>, name: &str) -> Result<bool, Fault> {
    let runs = call.state::<Timers>()?.runs(name);
    runs.ok_or_else(|| Fault::us(format!("there are too many timers for another one called \"{name}\"")))
}

fn start_timer(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = name(args)?;
    if !runs(call, &name)? {
        return Ok(1);
    }
    let mut running = call.msg.extensions.take::<Running>().unwrap_or_default();
    running.started.retain(|(known, _)| *known != name);
    running.started.push((name, call.env.services.process.stopwatch()));
    call.msg.extensions.set(*running);
    Ok(1)
}

fn log_timer(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let now = call.env.services.process.stopwatch();
    let name = name(args)?;
    if !runs(call, &name)? {
        return Ok(1);
    }
    let Some(running) = call.msg.extensions.get_mut::<Running>() else { return Ok(-1) };
    let Some(at) = running.started.iter().position(|(known, _)| *known == name) else { return Ok(-1) };
    let (_, started) = running.started.swap_remove(at);
    let micros = u64::try_from(now.saturating_sub(started).as_micros()).unwrap_or(u64::MAX);
    running.last_micros = micros;
    let timers = call.state::<Timers>()?;
    if let Some(due) = timers.add(&name, micros) {
        let level = Level::of(timers.loglevel.load(Ordering::Relaxed));
        let line = format!(
            "benchmark (timer {name}): {micros} [ msgs/total/min/max/avg - LR: {} | GB: {} ]",
            due.lately, due.altogether
        );
        call.env.log().line(level, line);
    }
    Ok(1)
}

fn time_diff(call: &mut Call<'_>, _: VariableName<'_>) -> Value {
    Value::number(call.msg.extensions.get::<Running>().map_or(0, |running| running.last_micros))
}

#[cfg(test)]
mod tests {
    use super::{BM_LOG_TIMER, BM_START_TIMER, BM_TIME_DIFF};
    use crate::benchmark::{MODULE, management};
    use module_api::{Index, ParamSetting, Process};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;
    use testkit::{Fixture, check_examples, str};

    /// A stopwatch that runs ten microseconds more each time it is read.
    #[derive(Default)]
    struct Watch(AtomicU64, AtomicU64);

    impl Process for Watch {
        fn stopwatch(&self) -> Duration {
            let step = self.1.fetch_add(5, Ordering::Relaxed);
            Duration::from_micros(self.0.fetch_add(step, Ordering::Relaxed))
        }
    }

    fn measured(granularity: i32) -> (Fixture, module_api::State) {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        fixture.services.process = Arc::new(Watch::default());
        let params = [("enable", ParamSetting::Int(1)), ("granularity", ParamSetting::Int(granularity))];
        let state = fixture.start(&MODULE, &params);
        for _ in 0..3 {
            assert_eq!(fixture.call(&state, &BM_START_TIMER, &[str("t")]), 1);
            assert_eq!(fixture.call(&state, &BM_LOG_TIMER, &[str("t")]), 1);
        }
        (fixture, state)
    }

    #[test]
    fn examples() {
        check_examples(&MODULE, &[]);
    }

    #[test]
    fn every_nth_measurement_is_logged() {
        let (mut fixture, state) = measured(2);
        let line = "INFO: benchmark (timer t): 10 [ msgs/total/min/max/avg - LR: 2/10/0/10/5.000000 | GB: 2/10/0/10/5.000000 ]";
        assert_eq!(fixture.log_lines(), [line]);
        assert_eq!(fixture.read(&state, &BM_TIME_DIFF, "", Index::None), 20.into());
        assert_eq!(fixture.call(&state, &BM_LOG_TIMER, &[str("t")]), -1);
    }

    #[test]
    fn results_are_polled() {
        let (mut fixture, state) = measured(0);
        let mut poll = || fixture.command(&state, management::POLL_RESULTS.run, &[]).unwrap().to_string();
        let first = r#"{"Timers":[{"name":"t","global":"3/30/0/20/10.000000","local":"3/30/0/20/10.000000"}]}"#;
        assert_eq!(poll(), first);
        assert_eq!(poll(), first.replace("local\":\"3/30/0/20/10", "local\":\"0/0/0/0/0"));
    }

    #[test]
    fn management_decides_what_runs() {
        let (mut fixture, state) = measured(0);
        let mut run = |command: &module_api::Command, params: &[(&'static str, module_api::Json)]| {
            fixture.command(&state, command.run, params).map_err(|error| error.to_string())
        };
        let ok = Ok("OK".into());
        assert_eq!(run(&management::ENABLE_GLOBAL, &[("enable", 0.into())]), ok);
        assert_eq!(run(&management::ENABLE_GLOBAL, &[("enable", 2.into())]), Err("400 Bad parameter value".to_owned()));
        assert_eq!(run(&management::ENABLE_TIMER, &[("timer", "u".into()), ("enable", 1.into())]), ok);
        let wrong = run(&management::ENABLE_TIMER, &[("timer", "u".into()), ("enable", 7.into())]);
        assert_eq!(wrong, Err("400 Bad parameter value".to_owned()));
        assert_eq!(run(&management::LOGLEVEL, &[("log_level", 1.into())]), ok);
        assert_eq!(
            run(&management::LOGLEVEL, &[("log_level", 9.into())]),
            Err("400 Bad value for parameter".to_owned())
        );
        assert_eq!(run(&management::GRANULARITY, &[("granularity", 1.into())]), ok);
        let wrong = run(&management::GRANULARITY, &[("granularity", (-1).into())]);
        assert_eq!(wrong, Err("400 Bad value for parameter".to_owned()));
        let wrong = run(&management::POLL_RESULTS, &[]);
        assert_eq!(wrong, Err("400 Call not valid for granularity!=0".to_owned()));
        for (name, lines) in [("t", 0), ("u", 1)] {
            fixture.call(&state, &BM_START_TIMER, &[str(name)]);
            fixture.call(&state, &BM_LOG_TIMER, &[str(name)]);
            let logged = fixture.log_lines();
            assert_eq!(logged.len(), lines, "{logged:?}");
            assert!(logged.iter().all(|line| line.starts_with("WARNING: benchmark (timer u)")), "{logged:?}");
        }
    }
}
