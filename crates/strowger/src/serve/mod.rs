//! Serving: from a configured script to a running server, and to its clean end.

mod clock;
mod edges;
pub mod first;
mod log_events;
mod names;
mod outside;
mod pid_files;
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
use start::Server;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// After how long a start says what it waits for, again and again.
const LONG_START: Duration = Duration::from_secs(60);
/// How often the engine's timers are looked at.
const TICK: Duration = Duration::from_millis(10);

/// Serves until a signal or `core:kill`.
///
/// # Errors
/// Why it could not start; nothing has been served then.
pub fn run(origin: &Origin, options: &ServeOptions, banner: &str) -> Result<(), String> {
    // Before any thread is made, so that all of them leave signals to the one that waits for them.
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2]).map_err(|error| error.to_string())?;
    let process = Arc::new(ThisProcess::default());
    watch_signals(signals, &process)?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let ground = Arc::new(Ground::new(workers));
    let configured = ground.configure(origin).map_err(|report| report.text())?;
    process.opens();
    let served = serve(Arc::clone(&process), &ground, origin, configured, options, banner);
    process.pid_files.forget();
    served
}

fn serve(
    process: Arc<ThisProcess>,
    ground: &Arc<Ground>,
    origin: &Origin,
    configured: Configured,
    options: &ServeOptions,
    banner: &str,
) -> Result<(), String> {
    if !configured.globals.is_on("log_stdout") {
        stdout::drop()?;
    }
    let mut server = start::start(ground, origin, configured, options, process)?;
    server.process.name_this_thread("attendant");
    let ticking = tick(&server.outside, &server.process)?;
    server.outside.handle(Event::Start);
    if !wait_until_running(&server)? {
        return server.stop(ticking);
    }
    server.open_management(ground)?;
    server.receive(ground.workers)?;
    // Serving goes on though nobody listens at the standard error.
    let _ = writeln!(io::stderr(), "{banner}{}ready", server.summary());
    server.process.wait_for_stop();
    server.stop(ticking)
}

/// Signals to the process: two stop it cleanly, the others are upstream's to ignore (SIGPIPE is ignored from the start).
/// The thread never ends: a signal that nobody reads would come again and again.
/// While nothing is opened yet, as long as a preprocessor takes, there is nothing to write either.
fn watch_signals(mut signals: Signals, process: &Arc<ThisProcess>) -> Result<(), String> {
    let process = Arc::clone(process);
    let work = move || {
        for signal in signals.forever() {
            if signal == SIGTERM || signal == SIGINT {
                module_api::Process::stop(&*process);
                if !process.has_opened() {
                    std::process::exit(0);
                }
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

/// Whether it runs; otherwise it is to stop before it has. A start takes as long as it takes, a million rows or a name
/// server that is slow.
fn wait_until_running(server: &Server) -> Result<bool, String> {
    let engine = server.outside.engine();
    let mut told = Instant::now();
    loop {
        match engine.progress() {
            Progress::Running => return Ok(true),
            Progress::Failed(why) => return Err(why),
            _ if server.process.is_stopping() => return Ok(false),
            _ => thread::sleep(Duration::from_millis(1)),
        }
        if told.elapsed() >= LONG_START {
            told = Instant::now();
            engine.services().log.warning("the start goes on: modules or startup_route have not done yet");
        }
    }
}
