//! Chance: `rand_event()` and its probability, `$RANDOM`.

use super::Cfgutils;
use crate::yes;
use catalogue::{Arg, CommandParam, Example, Routes, Value};
use module_api::{
    Args, COMMAND, Call, Command, FUNCTION, Fault, Function, Management, MiError, MiReply, MiRun, Outcome, Run,
    VARIABLE, Variable, VariableRun,
};
use std::sync::atomic::{AtomicI32, Ordering};

pub(super) const RAND_SET_PROB: Function = Function {
    name: "rand_set_prob",
    about: "Sets the chance of rand_event(), for all messages.",
    args: &[Arg::int("probability", "Percent.").within(0, 100)],
    routes: Routes::ALL,
    returns: &[(1, "it is set"), (-1, "it is not between 0 and 100")],
    examples: &[Example { script: "rand_set_prob(4)", message: "", returns: 1 }],
    run: Run::Now(rand_set_prob),
    ..FUNCTION
};

pub(super) const RAND_RESET_PROB: Function = Function {
    name: "rand_reset_prob",
    about: "Sets the chance of rand_event() to initial_probability.",
    routes: Routes::ALL,
    examples: &[Example { script: "rand_set_prob(4); rand_reset_prob(); rand_get_prob()", message: "", returns: 10 }],
    run: Run::Now(rand_reset_prob),
    ..FUNCTION
};

pub(super) const RAND_GET_PROB: Function = Function {
    name: "rand_get_prob",
    about: "Tells the chance of rand_event().",
    routes: Routes::ALL,
    // A return code of 0 would end the script.
    returns: &[(100, "the chance in percent, 1 to 100"), (-1, "it is 0")],
    examples: &[
        Example { script: "rand_get_prob()", message: "", returns: 10 },
        Example { script: "rand_set_prob(0); rand_get_prob()", message: "", returns: -1 },
    ],
    run: Run::Now(rand_get_prob),
    ..FUNCTION
};

pub(super) const RAND_EVENT: Function = Function {
    name: "rand_event",
    about: "Is true by chance.",
    args: &[Arg::int("probability", "The chance in percent, if not the one that is set.").within(0, 100).optional()],
    routes: Routes::ALL,
    returns: &[(1, "it happens"), (-1, "it does not")],
    examples: &[
        Example { script: "rand_event(100)", message: "", returns: 1 },
        Example { script: "rand_event(0)", message: "", returns: -1 },
    ],
    run: Run::Now(rand_event),
    ..FUNCTION
};

pub(super) const RANDOM: Variable = Variable {
    name: "RANDOM",
    about: "A random number, 0 to 2147483647.",
    run: VariableRun::read(|call, _| Value::number(call.env.random_below(1 << 31))),
    ..VARIABLE
};

pub(super) const MI_SET: Command = Command {
    name: "cfgutils:rand_set_prob",
    aliases: &["rand_set_prob"],
    about: "Sets the chance of rand_event().",
    recipes: &[&[CommandParam::int("prob_proc")]],
    run: MiRun::Now(mi_set),
    ..COMMAND
};

pub(super) const MI_RESET: Command = Command {
    name: "cfgutils:rand_reset_prob",
    aliases: &["rand_reset_prob"],
    about: "Sets the chance of rand_event() to initial_probability.",
    run: MiRun::Now(mi_reset),
    ..COMMAND
};

pub(super) const MI_GET: Command = Command {
    name: "cfgutils:rand_get_prob",
    aliases: &["rand_get_prob"],
    about: "Tells the chance of rand_event().",
    reply: "{actual probability percent: n}",
    run: MiRun::Now(mi_get),
    ..COMMAND
};

/// A chance in percent.
pub(super) struct Probability {
    initial: i32,
    percent: AtomicI32,
}

impl Probability {
    pub(super) fn new(initial: i32) -> Probability {
        Probability { initial, percent: AtomicI32::new(initial) }
    }

    fn percent(&self) -> i32 {
        self.percent.load(Ordering::Relaxed)
    }

    /// Whether it could be set.
    fn set(&self, percent: i64) -> bool {
        let percent = i32::try_from(percent).ok().filter(|percent| (0..=100).contains(percent));
        if let Some(percent) = percent {
            self.percent.store(percent, Ordering::Relaxed);
        }
        percent.is_some()
    }

    fn reset(&self) {
        self.percent.store(self.initial, Ordering::Relaxed);
    }
}

fn rand_set_prob(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let percent = i64::from(args.int(0)?);
    if !call.state::<Cfgutils>()?.probability.set(percent) {
        return Err(Fault::script(format!("{percent} is no probability in percent")));
    }
    Ok(1)
}

fn rand_reset_prob(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    call.state::<Cfgutils>()?.probability.reset();
    Ok(1)
}

fn rand_get_prob(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let percent = call.state::<Cfgutils>()?.probability.percent();
    Ok(if percent == 0 { -1 } else { percent })
}

fn rand_event(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let set = call.state::<Cfgutils>()?.probability.percent();
    let percent = args.opt_int(0)?.unwrap_or(set);
    let drawn = i32::try_from(call.env.random_below(100)).unwrap_or(0);
    yes(drawn < percent)
}

fn mi_set(management: &mut Management<'_>) -> MiReply {
    let percent = management.params.int("prob_proc")?;
    if !management.state::<Cfgutils>()?.probability.set(percent) {
        return Err(MiError::new(400, "Bad parameter value"));
    }
    Ok("OK".into())
}

fn mi_reset(management: &mut Management<'_>) -> MiReply {
    management.state::<Cfgutils>()?.probability.reset();
    Ok("OK".into())
}

fn mi_get(management: &mut Management<'_>) -> MiReply {
    let percent = management.state::<Cfgutils>()?.probability.percent();
    Ok(serde_json::json!({"actual probability percent": percent}))
}
