//! The proxy: an engine with all real modules, from the moment it starts to the moment it is killed.

use crate::script::Compiled;
use engine::{Blueprint, Bounds, Engine, Event, Progress, Token, Worker};
use module_api::{Level, LogSink, Logger, Proto, Request, Sending, Settings, SocketId, Sockets, Time, UnknownProcess};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where it listens.
pub const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 5060);

/// Its sockets, in the order of the scripts: UDP and TCP at the same address.
pub const UDP: SocketId = SocketId(0);
/// See [`UDP`].
pub const TCP: SocketId = SocketId(1);

/// A proxy that runs.
pub struct Proxy {
    /// Its engine.
    pub engine: Engine,
    worker: Worker,
    /// How far its clock is from the world's: forwards or backwards.
    skew: i64,
    /// The least that the clock on its wall was from the world's.
    least_skew: i64,
    /// What runs.
    pub program: Arc<script::Program>,
}

/// Log lines: the last ones are kept.
#[derive(Default)]
pub struct Log(Mutex<Vec<String>>);

/// What an event made the proxy do.
#[derive(Default)]
pub struct Deeds {
    /// Messages to send.
    pub sends: Vec<Sending>,
    /// Questions.
    pub requests: Vec<(Token, Request)>,
    /// Connections that stand for another port too.
    pub aliases: Vec<(u64, u16)>,
}

const LINES_MAX: usize = 60;

impl LogSink for Log {
    fn write(&self, level: Level, _: Option<&str>, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES_MAX {
            lines.remove(0);
        }
        lines.push(format!("{}: {}", level.word(), String::from_utf8_lossy(line).trim_end()));
    }
}

impl Log {
    /// The last lines.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Proxy {
    /// Starts. What it wants to know first is among the deeds of [`Proxy::handle`] with [`Event::Start`].
    ///
    /// # Panics
    /// A module does not start.
    pub fn boot(
        compiled: Compiled,
        seed: [u8; 32],
        now: Time,
        skew: i64,
        takes_aliases: bool,
        log: &Arc<Log>,
    ) -> Proxy {
        let mut sockets = Sockets::default();
        sockets.add(Proto::Udp, ADDRESS, None, None, false);
        sockets.add(Proto::Tcp, ADDRESS, None, None, false);
        sockets.add_alias(None, crate::script::DOMAIN.as_bytes(), None, false);
        let program = Arc::clone(&compiled.program);
        let blueprint = Blueprint {
            modules: &compiled.modules,
            catalogue: compiled.catalogue,
            loaded: compiled.loaded,
            params: compiled.params,
            program: compiled.program,
            constants: Box::new(|_, _| Vec::new()),
            reloader: None,
            settings: Settings {
                db_default_url: Some("sqlite:///sim".to_owned()),
                tcp_accept_aliases: takes_aliases,
                ..Settings::default()
            },
            sockets,
            names: compiled.names,
            log: Logger::new(2, 2, Arc::clone(log) as Arc<dyn LogSink>),
            process: Arc::new(UnknownProcess),
            bounds: Bounds::default(),
            seed,
            now: skewed(now, skew),
        };
        let engine = match Engine::start(blueprint) {
            Ok(started) => started.engine,
            Err(failures) => panic!("{failures:?}"),
        };
        Proxy { worker: engine.worker(), engine, skew, least_skew: skew, program }
    }

    /// The time on the wall, or what it was for rows that were written while it was less.
    pub fn clock(&self, now: Time) -> Time {
        skewed(now, self.least_skew)
    }

    /// The clock on its wall is set, so far from the world's.
    pub fn set_clock(&mut self, now: Time, skew: i64) -> Deeds {
        self.least_skew = self.least_skew.min(skew);
        self.handle(Event::Clock(skewed(now, skew)), now)
    }

    /// Gives it an event.
    pub fn handle(&mut self, event: Event, now: Time) -> Deeds {
        self.worker.handle(event, skewed(now, self.skew));
        self.worker.drain_events();
        self.worker.drain_keeps();
        self.worker.drain_management();
        Deeds {
            sends: self.worker.drain_sends().collect(),
            requests: self.worker.drain_requests().collect(),
            aliases: self.worker.drain_aliases().collect(),
        }
    }

    /// Whether it takes messages.
    pub fn is_running(&self) -> bool {
        self.engine.progress() == Progress::Running
    }

    /// Whether a module could not start.
    pub fn has_failed(&self) -> bool {
        matches!(self.engine.progress(), Progress::Failed(_))
    }

    /// Whether it has written all that it must before its end, or given up.
    pub fn is_stopped(&self) -> bool {
        matches!(self.engine.progress(), Progress::Stopped | Progress::Unwritten(_))
    }

    /// Whether it has nothing to do with anybody.
    pub fn is_idle(&self) -> bool {
        self.engine.transactions() == 0 && self.engine.waiting() == 0
    }

    /// A statistic.
    pub fn count(&self, name: &str) -> i64 {
        self.engine.services().statistics.find(name).map_or(0, |entry| entry.value())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.engine.abandon();
    }
}

/// The world's time on a clock that is so many seconds from it.
fn skewed(now: Time, skew: i64) -> Time {
    let distance = Duration::from_secs(skew.unsigned_abs());
    if skew < 0 { now - distance } else { now + distance }
}
