//! Serving: from a configured script to a running server, and to its clean end.

mod clock;
mod edges;
mod log_events;
mod names;
mod outside;
mod privileges;
pub mod process;
mod reload;
mod start;
mod stdout;
mod streams;
mod watch;

use crate::cli::ServeOptions;
use crate::configure::{Configured, Ground, Origin};
use clock::Clock;
use engine::{Event, Progress};
use outside::Outside;
use process::ThisProcess;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long modules may take to start or stop.
const LIFECYCLE_LIMIT: Duration = Duration::from_secs(60);
/// How often the engine's timers are looked at.
const TICK: Duration = Duration::from_millis(10);

/// Serves until a signal or `core:kill`.
///
/// # Errors
/// Why it could not start; nothing has been served then.
pub fn run(origin: &Origin, options: &ServeOptions, banner: &str) -> Result<(), String> {
    // Before any thread is made, so that all of them leave signals to the one that waits for them.
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2]).map_err(|error| error.to_string())?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let ground = Arc::new(Ground::new(workers));
    let configured = ground.configure(origin).map_err(|report| report.text())?;
    let served = serve(signals, &ground, origin, configured, options, banner);
    privileges::forget(options);
    served
}

fn serve(
    signals: Signals,
    ground: &Arc<Ground>,
    origin: &Origin,
    configured: Configured,
    options: &ServeOptions,
    banner: &str,
) -> Result<(), String> {
    if !configured.globals.is_on("log_stdout") {
        stdout::drop()?;
    }
    let mut server = start::start(ground, origin, configured, options)?;
    server.process.name_this_thread("attendant");
    watch_signals(signals, &server.process)?;
    let ticking = tick(&server.outside, &server.process)?;
    server.outside.handle(Event::Start);
    wait_until_running(&server.outside)?;
    server.open_management()?;
    server.receive(ground.workers)?;
    // Serving goes on though nobody listens at the standard error.
    let _ = writeln!(io::stderr(), "{banner}{}ready", server.summary());
    server.process.wait_for_stop();
    server.stop(ticking)
}

/// Signals to the process: two stop it cleanly, the others are upstream's to ignore (SIGPIPE is ignored from the start).
/// The thread never ends: a signal that nobody reads would come again and again.
fn watch_signals(mut signals: Signals, process: &Arc<ThisProcess>) -> Result<(), String> {
    let process = Arc::clone(process);
    let work = move || {
        for signal in signals.forever() {
            if signal == SIGTERM || signal == SIGINT {
                module_api::Process::stop(&*process);
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(work).map(|_| ()).map_err(|error| error.to_string())
}

/// The thread that looks at the timers.
fn tick(outside: &Arc<Outside>, process: &Arc<ThisProcess>) -> Result<thread::JoinHandle<()>, String> {
    let (mut driver, process) = (outside.driver(), Arc::clone(process));
    let work = move || {
        process.name_this_thread("Timer handler");
        let stop = process.stop_flag();
        let mut sampled = Instant::now();
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            thread::sleep(TICK);
            driver.handle(Event::Tick);
            if sampled.elapsed() >= Duration::from_secs(1) {
                sampled = Instant::now();
                process.sample();
                driver.handle(Event::Clock(Clock::wall()));
            }
        }
    };
    thread::Builder::new().name("timer".to_owned()).spawn(work).map_err(|error| error.to_string())
}

fn wait_until_running(outside: &Arc<Outside>) -> Result<(), String> {
    let deadline = Instant::now() + LIFECYCLE_LIMIT;
    loop {
        match outside.engine().progress() {
            Progress::Running => return Ok(()),
            Progress::Failed(why) => return Err(why),
            _ if Instant::now() > deadline => return Err("the modules take too long to start".to_owned()),
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
}
