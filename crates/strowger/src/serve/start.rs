//! Opening everything, in the order in which it can fail: sockets, modules, databases, management.

use super::clock::Clock;
use super::edges::Management;
use super::log_events::{Lines, LogEvents};
use super::names;
use super::outside::{Late, Opened, Outside};
use super::privileges;
use super::process::ThisProcess;
use super::reload::reloader;
use super::streams::{ToWorkers, stream_options};
use super::watch::watch;
use crate::cli::ServeOptions;
use crate::configure::sockets::{Planned, named, plan};
use crate::configure::{
    Begun, Configured, Ground, ManagementOptions, Origin, Paths, Surroundings, Wanted, log_settings,
};
use edge_dns::{Names, Prepared, Resolver};
use edge_events::Notifier;
use edge_exec::{Limits, Programs};
use edge_http::{HttpClient, HttpOptions};
use edge_journal::Journals;
use edge_log::Outlets;
use edge_mi::EdgeError;
use edge_net::tcp::{Common, StreamCounters, Streams};
use edge_net::udp::{UdpCounters, UdpListener};
use edge_net::{Senders, Waits};
use edge_sql::Databases;
use engine::{Event, Progress, STOP_WITHIN, Started};
use module_api::{Blacklist, BlacklistFlags, Counter, Level, LogConsumers, LogSink, Logger, Proto, Statistics};
use rand_core::{OsRng, TryRngCore};
use script::globals::Globals;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A server that has been opened.
pub struct Server {
    /// Engine and edges.
    pub outside: Arc<Outside>,
    /// The process.
    pub process: Arc<ThisProcess>,
    /// Management that is not opened yet, and the script that asks for it.
    wanted: Option<(ManagementOptions, Configured)>,
    management: Management,
    udp: Vec<(UdpListener, String)>,
    receiving: Vec<JoinHandle<()>>,
    udp_counters: UdpCounters,
    summary: String,
    runtime: Runtime,
}

/// Opens sockets, starts modules, opens databases.
///
/// # Errors
/// What cannot be opened, all of it where several things fail together.
pub fn start(
    ground: &Arc<Ground>,
    origin: &Origin,
    configured: Configured,
    options: &ServeOptions,
    process: Arc<ThisProcess>,
) -> Result<Server, String> {
    privileges::enter(options, &configured.globals)?;
    let clock = Clock::start();
    let lost_lines = Counter::default();
    let lost_events = Counter::default();
    let (log, log_lines) = log(&configured.globals, options, &lost_lines, &lost_events);
    warn(&log, &configured);
    let (mut sockets, planned) = plan(&configured, ground, options).map_err(|found| configured.report(found).text())?;
    let runtime = runtime()?;
    let late: Late = Arc::default();
    log_lines.deliver(&late, configured.globals.text("log_prefix").unwrap_or_default())?;
    let name_options = names::options(&configured.globals, options, &late, &log);
    if configured.globals.is_on("auto_aliases") {
        let hosts = named(&configured.globals);
        names::add_aliases(&mut sockets, hosts, name_options.clone(), &runtime, &log)?;
    }
    let counters = StreamCounters { watch: watch(&configured.globals, &late, &log), ..StreamCounters::default() };
    let handler = Arc::new(ToWorkers { late: Arc::clone(&late), proto: Proto::Tcp });
    let common = Common::new(stream_options(&configured, ground), counters.clone(), runtime.handle(), handler);
    let open = open(&planned, &common, &process)?;
    // While the system's files can be seen.
    let prepared = Prepared::new(name_options)?;
    // Before databases and FIFOs are made, so that they are made as the user who goes on using them.
    privileges::drop(options, &configured.globals, &process.pid_files)?;
    let mut seed = [0; 32];
    OsRng.try_fill_bytes(&mut seed).map_err(|error| format!("the system gives no randomness: {error}"))?;
    let surroundings = Surroundings {
        sockets,
        log: log.clone(),
        process: Arc::clone(&process) as Arc<dyn module_api::Process>,
        reloader: Some(reloader(ground, origin, &configured, &log)),
        seed,
        now: clock.now(),
        paths: Some(Paths::default()),
    };
    let begun = configured.start(ground, origin, options, surroundings).map_err(|report| report.text())?;
    let Begun { started: Started { engine, databases, edges, .. }, sql, management } = begun;
    let services = engine.services();
    if !services.settings.disable_dns_blacklist {
        let flags = BlacklistFlags { expire: true, default: true, read_only: false };
        services.blacklists.create(b"dns", Blacklist { owner: "core", flags, rules: Vec::new() })?;
    }
    let databases = Databases::open(&databases, &sql, &services.statistics, &log)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let counter = |group: &str, name: &str| services.statistics.counter(group, name, true);
    let refused = counter("net", "refused_waits");
    let (asked, slow) = (counter("dns", "dns_total_queries"), counter("dns", "dns_slow_queries"));
    let resolver = Resolver::new(prepared, asked, slow);
    let names = Names::new(runtime.handle().clone(), resolver, refused.clone());
    let waits = Waits::new(runtime.handle().clone(), refused);
    let programs = Programs::new(runtime.handle().clone(), Limits::default(), &services.statistics, &log);
    let journals = Journals::new(log.clone());
    let notifier = Notifier::new(runtime.handle(), edge_events::Limits::default(), &services.statistics);
    let http = http(&edges, &runtime, &services.statistics)?;
    let udp_counters = UdpCounters {
        keepalives: counter("net", "keepalives"),
        dropped: counter("net", "dropped"),
        ignored: counter("net", "ignored"),
    };
    publish(&services.statistics, "tcp", "refused_connections", &counters.refused);
    publish(&services.statistics, "tcp", "dropped_messages", &counters.dropped);
    publish(&services.statistics, "tcp", "garbled_connections", &counters.garbled);
    publish(&services.statistics, "tcp", "stalled_connections", &counters.stalled);
    publish(&services.statistics, "tcp", "unopened_connections", &counters.unopened);
    publish(&services.statistics, "core", "lost_log_lines", &lost_lines);
    publish(&services.statistics, "core", "lost_log_events", &lost_events);
    let Open { senders, streams, udp, summary } = open;
    let opened = Opened { senders, streams, databases, waits, names, programs, journals, notifier, http };
    let outside = Outside::new(engine, clock, opened);
    // Streams hand their messages on from here.
    let _ = late.set(Arc::clone(&outside));
    Ok(Server {
        outside,
        process,
        wanted: Some((management, configured)),
        management: Management::default(),
        udp,
        receiving: Vec::new(),
        udp_counters,
        summary,
        runtime,
    })
}

impl Server {
    /// Opens management.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open_management(&mut self, ground: &Ground) -> Result<(), String> {
        let Some((wanted, configured)) = self.wanted.take() else { return Ok(()) };
        let refused = |error: EdgeError| configured.report(vec![configured.bad_management(&error, ground)]).text();
        self.management = Management::start(wanted, &self.outside, self.runtime.handle()).map_err(refused)?;
        self.summary.push_str(&self.management.summary());
        Ok(())
    }

    /// Begins to take messages: each UDP socket is shared by so many threads.
    ///
    /// # Errors
    /// A thread cannot be made.
    pub fn receive(&mut self, workers: usize) -> Result<(), String> {
        for (listener, name) in &self.udp {
            for _ in 0..workers {
                let (listener, mut driver) = (listener.clone(), self.outside.driver());
                let (process, counters) = (Arc::clone(&self.process), self.udp_counters.clone());
                let about = format!("SIP receiver {name}");
                let work = move || {
                    process.name_this_thread(about);
                    let stop = process.stop_flag();
                    listener.receive(&stop, &counters, |received, admission| driver.receive(received, admission));
                };
                let thread = thread::Builder::new().name("sip-udp".to_owned()).spawn(work);
                self.receiving.push(thread.map_err(|error| error.to_string())?);
            }
        }
        Ok(())
    }

    /// Where it listens, a line each.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Ends: no more messages, then what must not be lost is written.
    ///
    /// # Errors
    /// Something was not written in time.
    pub fn stop(self, ticking: JoinHandle<()>) -> Result<(), String> {
        self.management.stop();
        for thread in self.receiving.into_iter().chain([ticking]) {
            // A thread that panicked has nothing left to do.
            let _ = thread.join();
        }
        self.outside.handle(Event::Stop);
        // A moment more than modules are given, for what they ask last.
        let deadline = Instant::now() + STOP_WITHIN + Duration::from_secs(1);
        let written = loop {
            match self.outside.engine().progress() {
                Progress::Stopped => break Ok(()),
                Progress::Unwritten(modules) => break Err(format!("not everything was written, of {modules}")),
                _ if Instant::now() > deadline => break Err("not everything was written in time".to_owned()),
                _ => thread::sleep(Duration::from_millis(1)),
            }
        };
        self.outside.close();
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        written
    }
}

/// The sockets, opened.
struct Open {
    senders: Senders,
    streams: Vec<Arc<Streams>>,
    udp: Vec<(UdpListener, String)>,
    summary: String,
}

fn open(planned: &[Planned], common: &Common, process: &Arc<ThisProcess>) -> Result<Open, String> {
    let mut open = Open { senders: Senders::default(), streams: Vec::new(), udp: Vec::new(), summary: String::new() };
    let mut errors = Vec::new();
    for Planned { id, proto, address, options, .. } in planned {
        let name = format!("{}:{address}", proto.name());
        let opened = match proto {
            Proto::Udp => UdpListener::open(*id, *address, options).map(|listener| {
                open.senders.add_udp(id.0, listener.socket());
                open.udp.push((listener, name.clone()));
            }),
            _ => Streams::listen(*id, *address, options, common.clone()).map(|streams| {
                process.add_streams(*proto, Arc::clone(&streams));
                open.senders.add_stream(id.0, Arc::clone(&streams));
                open.streams.push(streams);
            }),
        };
        match opened {
            Ok(()) => open.summary.push_str(&format!("listening  {name}\n")),
            Err(error) => errors.push(error.to_string()),
        }
    }
    if errors.is_empty() { Ok(open) } else { Err(errors.join("\n")) }
}

fn log(globals: &Globals, options: &ServeOptions, lost: &Counter, lost_events: &Counter) -> (Logger, Lines) {
    let (settings, level, xlog_level) = log_settings(globals, options);
    let consumers = Arc::new(LogConsumers::default());
    consumers.event.set_muted(!globals.is_on("log_event_enabled"));
    consumers.event.set_filter(globals.int("log_event_level_filter"));
    let outlets = Outlets::new(settings, Arc::clone(&consumers), lost.clone());
    let (sink, lines) = LogEvents::new(outlets, Arc::clone(&consumers), lost_events.clone());
    let mut log = Logger::new(level, xlog_level, Arc::new(sink) as Arc<dyn LogSink>);
    log.consumers = consumers;
    (log, lines)
}

/// The checker's warnings go to the log, where whoever reads it in the morning finds them, and to whoever starts the
/// server.
fn warn(log: &Logger, configured: &Configured) {
    let text = warnings(log, configured);
    if !(log.enabled(Level::Notice) && log.consumers.stderror.takes(Level::Notice)) {
        // Nobody may be listening.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// The checker's warnings to the log.
pub fn warnings(log: &Logger, configured: &Configured) -> String {
    let text = configured.warnings.text();
    for line in text.lines().filter(|line| !line.is_empty()) {
        log.line(Level::Notice, line);
    }
    text
}

/// Shows among the statistics what has been counted since before there were any.
fn publish(statistics: &Statistics, group: &str, name: &str, counter: &Counter) {
    let counter = counter.clone();
    statistics.computed(group, name, move || counter.get());
}

fn runtime() -> Result<Runtime, String> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.thread_name("edges").enable_all().build();
    built.map_err(|error| format!("threads cannot be made: {error}"))
}

/// What asks HTTP servers, if a module does.
fn http(wanted: &Wanted, runtime: &Runtime, statistics: &Statistics) -> Result<Option<HttpClient>, String> {
    let Some((module, params)) = wanted.iter().find(|(edge, _)| *edge == "rest_client") else { return Ok(None) };
    let options = HttpOptions::new(params);
    let client = HttpClient::new(runtime.handle().clone(), &options, edge_http::Limits::default(), statistics);
    client.map(Some).map_err(|error| format!("module {module}: {error}"))
}
