//! `sleep()` and `usleep()`: the message is put aside; no thread waits.

use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Request, Run};
use std::time::Duration;

pub(super) const SLEEP: Function = Function {
    name: "sleep",
    about: "Goes on after so many seconds.",
    args: &[Arg::int("time", "Seconds.").within(0, i32::MAX)],
    examples: &[Example { script: "sleep(0)", message: "", returns: 1 }],
    is_async: true,
    run: Run::Wait(|call, args| wait(call, args, 1_000_000)),
    ..WAITS
};

pub(super) const USLEEP: Function = Function {
    name: "usleep",
    about: "Goes on after so many microseconds.",
    args: &[Arg::int("time", "Microseconds.").within(0, i32::MAX)],
    examples: &[Example { script: "usleep(0)", message: "", returns: 1 }],
    is_async: true,
    run: Run::Wait(|call, args| wait(call, args, 1)),
    ..WAITS
};

const WAITS: Function = Function {
    routes: Routes::ALL,
    returns: &[(1, "the time has passed"), (-1, "it would be more than an hour")],
    ..FUNCTION
};

/// Every message that sleeps holds memory.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What is no number is no time, as upstream has it.
fn wait(_: &mut Call<'_>, args: Args<'_>, unit_us: u64) -> Flow {
    let units = args.int(0).ok().and_then(|units| u64::try_from(units).ok()).unwrap_or(0);
    let time = Duration::from_micros(units.saturating_mul(unit_us));
    if time > LONGEST {
        return Flow::Done(Err(Fault::script("a message sleeps at most an hour")));
    }
    if time.is_zero() {
        return Flow::done(1);
    }
    Flow::wait(Request::Sleep(time), |_, _| Flow::done(1))
}
