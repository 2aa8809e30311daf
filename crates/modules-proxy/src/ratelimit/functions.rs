//! `rl_check()`, `rl_dec_count()`, `rl_reset_count()`.

use super::params::Ratelimit;
use super::pipe::{Algorithm, Pipe, Rules};
use super::shared::{Sharing, Store, add, interval_of, number, parts_of};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, CacheOperation, Call, FUNCTION, Fault, Flow, Function, Outcome, Run};
use std::sync::{Arc, PoisonError};

pub(super) const RL_CHECK: Function = Function {
    name: "rl_check",
    about: "Counts the message for a pipe, made if it is new, and says whether it is within the pipe's limit.",
    args: &[
        Arg::str("name", "The name of the pipe; with /s behind it, it is shared over cachedb_url.").judged(judge_name),
        Arg::int(
            "limit",
            "TAILDROP, RED: messages a second; SBT: messages in the window; NETWORK: bytes that wait; FEEDBACK: load \
             in percent.",
        ),
        Arg::str("algorithm", "TAILDROP, RED, SBT, NETWORK or FEEDBACK; that of a pipe that is there stays.")
            .optional()
            .judged(|text| match text.is_empty() || Algorithm::named(text.as_bytes()).is_some() {
                true => Verdict::Fine,
                false => {
                    Verdict::Wrong(format!("\"{text}\" is no algorithm"), "TAILDROP, RED, SBT, NETWORK or FEEDBACK")
                }
            }),
    ],
    routes: ROUTES,
    returns: &[(1, "it is within the limit"), (-1, "it is not, or an error, which is logged")],
    examples: &[
        Example { script: "rl_check(\"gw\", 10)", message: "", returns: 1 },
        Example { script: "rl_check(\"gw\", 0, \"RED\")", message: "", returns: -1 },
        Example { script: "rl_check(\"gw\", 1, \"SBT\"); rl_check(\"gw\", 1, \"SBT\")", message: "", returns: -1 },
        Example { script: "rl_check(\"gw\", 10, \"LUCK\")", message: "", returns: -1 },
    ],
    run: Run::Wait(rl_check),
    ..FUNCTION
};

pub(super) const RL_DEC_COUNT: Function = Function {
    name: "rl_dec_count",
    about: "Takes back what rl_check() counted for a pipe.",
    args: &[NAME],
    routes: ROUTES,
    returns: PIPE_OR_NONE,
    examples: &[
        Example { script: "rl_dec_count(\"gw\")", message: "", returns: -1 },
        Example {
            script: "rl_check(\"gw\", 1, \"SBT\"); rl_dec_count(\"gw\"); rl_check(\"gw\", 1)",
            message: "",
            returns: 1,
        },
    ],
    run: Run::Wait(|call, args| change(call, args, Pipe::decrement, |key, rules| add(key, -1, rules))),
    ..FUNCTION
};

pub(super) const RL_RESET_COUNT: Function = Function {
    name: "rl_reset_count",
    about: "Sets the count of a pipe to 0.",
    args: &[NAME],
    routes: ROUTES,
    returns: PIPE_OR_NONE,
    examples: &[Example { script: "rl_check(\"gw\", 1); rl_reset_count(\"gw\")", message: "", returns: 1 }],
    run: Run::Wait(|call, args| change(call, args, |pipe, _| pipe.reset(), |key, _| CacheOperation::Remove(key))),
    ..FUNCTION
};

const NAME: Arg = Arg::str("name", "The name of the pipe.").judged(judge_name);
const PIPE_OR_NONE: &[(i32, &str)] = &[(1, "done"), (-1, "there is no such pipe")];
const ROUTES: Routes = Routes::REQUEST
    .or(Routes::FAILURE)
    .or(Routes::ONREPLY)
    .or(Routes::BRANCH)
    .or(Routes::ERROR)
    .or(Routes::LOCAL)
    .or(Routes::TIMER)
    .or(Routes::EVENT);

fn judge_name(text: &str) -> Verdict {
    let (name, _) = parts_of(&Bytes::copy_from_slice(text.as_bytes()));
    Verdict::must(is_name(&name), text, "name of a pipe", "1 to 256 bytes, and /s where it is shared")
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX
}

/// What `rl_check()` is asked.
#[derive(Clone)]
struct Question {
    state: Arc<Ratelimit>,
    name: Bytes,
    limit: i32,
    algorithm: Algorithm,
}

fn rl_check(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let (question, sharing) = match question(call, args) {
        Ok(question) => question,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    match sharing {
        Sharing::Local => question.decide(call, None).into(),
        Sharing::Store => question.ask_store(call),
    }
}

fn question(call: &Call<'_>, args: Args<'_>) -> Result<(Question, Sharing), Fault> {
    let state = call.shared_state::<Ratelimit>()?;
    let (name, sharing) = parts_of(args.str(0)?);
    if !is_name(&name) {
        return Err(Fault::script("a pipe's name has 1 to 256 bytes"));
    }
    let algorithm = match args.opt_str(2).filter(|name| !name.is_empty()) {
        Some(name) => Algorithm::named(name)
            .ok_or_else(|| Fault::script(format!("there is no algorithm \"{}\"", String::from_utf8_lossy(name))))?,
        None => state.default_algorithm,
    };
    Ok((Question { state, name, limit: args.int(1)?, algorithm }, sharing))
}

/// Names come from messages.
const NAME_BYTES_MAX: usize = 256;

impl Question {
    fn with_pipe<T>(&self, call: &Call<'_>, work: impl FnOnce(&mut Pipe) -> T) -> T {
        self.state.pipes.with_new(&self.name, self.algorithm, self.limit, call.env.now, work)
    }

    /// Counts, and decides; `shared` is what all servers counted.
    fn decide(&self, call: &Call<'_>, shared: Option<u64>) -> Outcome {
        let (rules, conditions) = (self.state.pipes.rules(), self.state.conditions());
        let (is_within, algorithm) =
            self.with_pipe(call, |pipe| (pipe.check(rules, conditions, shared, call.env.now), pipe.algorithm));
        if algorithm == Algorithm::Feedback {
            self.state.feedback.lock().unwrap_or_else(PoisonError::into_inner).set_limit(self.limit);
        }
        Ok(if is_within { 1 } else { -1 })
    }

    fn store(&self) -> Result<&Store, Fault> {
        self.state.store.as_ref().ok_or(Fault::script("a pipe is shared over cachedb_url, which is not set"))
    }

    /// RED goes by what came in the last interval, which each server asks for once.
    fn ask_store(self, call: &mut Call<'_>) -> Flow {
        let interval = interval_of(self.state.pipes.rules(), call.env.now);
        let fetched_for = self.with_pipe(call, |pipe| (pipe.algorithm == Algorithm::Red).then_some(pipe.fetched_for));
        if fetched_for.is_none_or(|fetched| fetched == interval) {
            return self.count_in_store(call, interval);
        }
        let key = match self.store() {
            Ok(store) => store.key(&self.name, interval.saturating_sub(1)),
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let state = Arc::clone(&self.state);
        let Some(store) = &state.store else { return Flow::done(-1) };
        store.ask(call, CacheOperation::FetchCounter(key), move |call, reply| {
            let last = number(reply).unwrap_or_default().unwrap_or(0);
            self.with_pipe(call, |pipe| pipe.set_last(last, interval));
            self.count_in_store(call, interval)
        })
    }

    /// A store that is not there limits nothing less: this server goes by its own count.
    fn count_in_store(self, call: &mut Call<'_>, interval: u64) -> Flow {
        let operation = match self.store() {
            Ok(store) => add(store.key(&self.name, interval), 1, self.state.pipes.rules()),
            Err(fault) => return Flow::Done(Err(fault)),
        };
        let state = Arc::clone(&self.state);
        let Some(store) = &state.store else { return Flow::done(-1) };
        store.ask(call, operation, move |call, reply| {
            let shared = number(reply).unwrap_or_else(|fault| {
                call.env.log().error(format!("ratelimit counts by itself: {fault}"));
                None
            });
            self.decide(call, shared).into()
        })
    }
}

/// Changes a pipe's count, here and where it is shared.
fn change(
    call: &mut Call<'_>,
    args: Args<'_>,
    here: fn(&mut Pipe, module_api::Time),
    there: fn(Bytes, &Rules) -> CacheOperation,
) -> Flow {
    let (state, name) = match (call.shared_state::<Ratelimit>(), args.str(0)) {
        (Ok(state), Ok(name)) => (state, name),
        (Err(fault), _) | (_, Err(fault)) => return Flow::Done(Err(fault)),
    };
    let (name, sharing) = parts_of(name);
    let now = call.env.now;
    if state.pipes.with(&name, |pipe| here(pipe, now)).is_none() {
        return Flow::done(-1);
    }
    let (Sharing::Store, Some(store)) = (sharing, &state.store) else { return Flow::done(1) };
    let key = store.key(&name, interval_of(state.pipes.rules(), now));
    store.ask(call, there(key, state.pipes.rules()), |_, reply| reply.map(|_| 1).into())
}
