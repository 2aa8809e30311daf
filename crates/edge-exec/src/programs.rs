//! Starting programs, waiting for their output, and seeing to it that they end.

use crate::kill::end;
use crate::pipes::{Pipes, Written};
use module_api::{Counter, Fault, Level, Logger, Program, ProgramOutput, Statistics};
use std::ffi::OsStr;
use std::future::Future;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How much programs may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many run at once.
    pub programs: usize,
    /// How much of each stream of a program's output is kept.
    pub output_bytes: usize,
    /// How long a program that is asked to end may take to.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { programs: 256, output_bytes: 1 << 20, grace: Duration::from_secs(1) }
    }
}

/// Runs programs, each in a task of its own.
#[derive(Clone)]
pub struct Programs {
    runtime: Handle,
    room: Arc<Semaphore>,
    limits: Limits,
    counters: Counters,
    log: Logger,
}

#[derive(Clone)]
struct Counters {
    /// Programs that run.
    running: Counter,
    /// Programs that were not run because so many run already.
    refused: Counter,
    /// Programs that were ended because their time was over.
    killed: Counter,
    /// Programs whose output was waited for in vain.
    late: Counter,
    /// Programs of whose output only the beginning was kept.
    cut: Counter,
}

/// Gets the output, once.
type Reply = Box<dyn FnOnce(Result<ProgramOutput, Fault>) + Send>;

impl Programs {
    /// On this runtime.
    pub fn new(runtime: Handle, limits: Limits, statistics: &Statistics, log: &Logger) -> Programs {
        let counter = |name, resets| statistics.counter("exec", name, resets);
        let counters = Counters {
            running: counter("running_programs", false),
            refused: counter("refused_programs", true),
            killed: counter("killed_programs", true),
            late: counter("late_programs", true),
            cut: counter("cut_outputs", true),
        };
        Programs { runtime, room: Arc::new(Semaphore::new(limits.programs)), limits, counters, log: log.clone() }
    }

    /// Runs a program; `reply` gets what it wrote, on a thread of the runtime.
    pub fn run(&self, program: Program, reply: impl FnOnce(Result<ProgramOutput, Fault>) + Send + 'static) {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.counters.refused.increment();
            return reply(Err(Fault::us("too many programs run already")));
        };
        let programs = self.clone();
        self.runtime.spawn(async move {
            programs.counters.running.increment();
            programs.attend(program, Box::new(reply)).await;
            programs.counters.running.decrement();
            drop(place);
        });
    }

    /// A program from its beginning to its end.
    async fn attend(&self, program: Program, reply: Reply) {
        let mut child = match spawn(&program) {
            Ok(child) => child,
            Err(error) => return reply(Err(Fault::backend(format!("/bin/sh cannot be run: {error}")))),
        };
        let kill_at = program.time_to_kill.map(|time| Instant::now() + time);
        let mut reply = Some(reply);
        if !program.wants_output && !program.wants_errors {
            answer(&mut reply, Ok(ProgramOutput::default()));
        }
        let pipes = Pipes::of(&mut child);
        let ends = self.listen(pipes, &program, kill_at, &mut reply).await && until(kill_at, child.wait()).await;
        if !ends {
            self.counters.killed.increment();
            self.log.warning(format!("exec: a program took too long and was ended: {}", shown(&program)));
            return end(&mut child, self.limits.grace).await;
        }
        if let Ok(status) = child.wait().await
            && !status.success()
        {
            self.log.line(Level::Notice, format!("exec: {status}: {}", shown(&program)));
        }
    }

    /// Answers when the program has closed its pipes, or when whoever waits has waited long enough. False if the
    /// program's time is over while its pipes are open.
    async fn listen(
        &self,
        pipes: Pipes,
        program: &Program,
        kill_at: Option<Instant>,
        reply: &mut Option<Reply>,
    ) -> bool {
        let talk = pipes.talk(program.input.clone(), self.limits.output_bytes);
        tokio::pin!(talk);
        let answer_at = Instant::now() + program.answer_within;
        let first = kill_at.map_or(answer_at, |kill_at| kill_at.min(answer_at));
        if let Ok(written) = timeout_at(first, &mut talk).await {
            self.say(reply, written);
            return true;
        }
        if reply.is_some() {
            self.counters.late.increment();
        }
        answer(reply, Err(Fault::backend(format!("a program has not answered in time: {}", shown(program)))));
        // Whoever waited has gone on; the program may still write, into nothing.
        until(kill_at, talk).await
    }

    fn say(&self, reply: &mut Option<Reply>, written: Written) {
        if written.is_cut {
            self.counters.cut.increment();
        }
        answer(reply, Ok(written.kept));
    }
}

fn answer(reply: &mut Option<Reply>, outcome: Result<ProgramOutput, Fault>) {
    if let Some(reply) = reply.take() {
        reply(outcome);
    }
}

/// Waits for something until then, if there is a then; whether it came about.
async fn until<T>(then: Option<Instant>, something: impl Future<Output = T>) -> bool {
    let Some(then) = then else {
        something.await;
        return true;
    };
    tokio::select! {
        biased;
        _ = something => true,
        () = sleep_until(then) => false,
    }
}

fn spawn(program: &Program) -> std::io::Result<Child> {
    let wanted = |is_wanted| if is_wanted { Stdio::piped() } else { Stdio::null() };
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(OsStr::from_bytes(&program.command));
    command.envs(program.environment.iter().map(|(name, value)| (name, OsStr::from_bytes(value))));
    command.stdin(wanted(!program.input.is_empty()));
    command.stdout(wanted(program.wants_output)).stderr(wanted(program.wants_errors));
    command.process_group(0).spawn()
}

/// The beginning of a command line, for the log.
fn shown(program: &Program) -> String {
    const SHOWN_CHARS: usize = 120;
    String::from_utf8_lossy(&program.command).chars().take(SHOWN_CHARS).collect()
}
