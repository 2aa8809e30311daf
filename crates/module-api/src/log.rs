//! Logging: levels as upstream numbers them, and where the lines go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// How much a line matters: upstream's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum Level {
    /// -3: somebody must act now.
    Alert = -3,
    /// -2
    Critical = -2,
    /// -1
    Error = -1,
    /// 1
    Warning = 1,
    /// 2
    Notice = 2,
    /// 3
    Info = 3,
    /// 4
    Debug = 4,
}

impl Level {
    /// The level of a number; numbers between and beyond are read as the nearest one that logs no less.
    pub const fn of(number: i32) -> Level {
        match number {
            ..=-3 => Level::Alert,
            -2 => Level::Critical,
            -1 | 0 => Level::Error,
            1 => Level::Warning,
            2 => Level::Notice,
            3 => Level::Info,
            4.. => Level::Debug,
        }
    }

    /// The word that begins a log line.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Alert => "ALERT",
            Level::Critical => "CRITICAL",
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Notice => "NOTICE",
            Level::Info => "INFO",
            Level::Debug => "DBG",
        }
    }
}

/// Where log lines go: stderr, syslog, memory in tests.
pub trait LogSink: Send + Sync {
    /// Writes one line (without its end). `facility` is set where another than the configured one is wanted.
    fn write(&self, level: Level, facility: Option<&str>, line: &[u8]);

    /// Writes a line that came of an `E_CORE_LOG`, and must not be one again.
    fn write_quietly(&self, level: Level, facility: Option<&str>, line: &[u8]) {
        self.write(level, facility, line);
    }
}

/// A threshold that can be changed while running.
#[derive(Debug)]
pub struct LevelCell {
    level: AtomicI32,
    /// What the configuration said.
    pub configured: i32,
}

impl LevelCell {
    /// With the configured level.
    pub const fn new(configured: i32) -> LevelCell {
        LevelCell { level: AtomicI32::new(configured), configured }
    }

    /// The level now.
    pub fn get(&self) -> i32 {
        self.level.load(Ordering::Relaxed)
    }

    /// Changes it.
    pub fn set(&self, level: i32) {
        self.level.store(level, Ordering::Relaxed);
    }
}

/// One that takes log lines: `stderror`, `syslog`, or the event `E_CORE_LOG`.
#[derive(Debug, Default)]
pub struct LogConsumer {
    filter: AtomicI32,
    muted: AtomicBool,
}

impl LogConsumer {
    /// Its level filter; 0 for none.
    pub fn filter(&self) -> i32 {
        self.filter.load(Ordering::Relaxed)
    }

    /// Lines above this level do not reach it; 0 lets all through.
    pub fn set_filter(&self, level: i32) {
        self.filter.store(level, Ordering::Relaxed);
    }

    /// Whether it gets nothing.
    pub fn is_muted(&self) -> bool {
        self.muted.load(Ordering::Relaxed)
    }

    /// Whether it is to get nothing.
    pub fn set_muted(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    /// Whether it gets a line of this level.
    pub fn takes(&self, level: Level) -> bool {
        !self.is_muted() && (self.filter() == 0 || level as i32 <= self.filter())
    }
}

/// All that take log lines. The sink obeys them; management changes them.
#[derive(Debug, Default)]
pub struct LogConsumers {
    /// Standard error.
    pub stderror: LogConsumer,
    /// The system's log.
    pub syslog: LogConsumer,
    /// The event `E_CORE_LOG`.
    pub event: LogConsumer,
}

impl LogConsumers {
    /// The one of this name.
    pub fn named(&self, name: &str) -> Option<&LogConsumer> {
        match name {
            "stderror" => Some(&self.stderror),
            "syslog" => Some(&self.syslog),
            "event" => Some(&self.event),
            _ => None,
        }
    }
}

/// The log of a server.
#[derive(Clone)]
pub struct Logger {
    /// `log_level`
    pub level: Arc<LevelCell>,
    /// `xlog_level`
    pub xlog_level: Arc<LevelCell>,
    /// Where lines go on to; the sink shares it.
    pub consumers: Arc<LogConsumers>,
    sink: Arc<dyn LogSink>,
}

impl Logger {
    /// A log with these thresholds.
    pub fn new(level: i32, xlog_level: i32, sink: Arc<dyn LogSink>) -> Logger {
        Logger {
            level: Arc::new(LevelCell::new(level)),
            xlog_level: Arc::new(LevelCell::new(xlog_level)),
            consumers: Arc::default(),
            sink,
        }
    }

    /// Whether lines of this level are written.
    pub fn enabled(&self, level: Level) -> bool {
        level as i32 <= self.level.get()
    }

    /// Writes a line, if its level is enabled.
    pub fn line(&self, level: Level, line: impl AsRef<[u8]>) {
        if self.enabled(level) {
            self.sink.write(level, None, line.as_ref());
        }
    }

    /// Writes a line that its own threshold has let pass already (xlog, accounting).
    pub fn raw(&self, level: Level, facility: Option<&str>, line: &[u8]) {
        self.sink.write(level, facility, line);
    }

    /// Writes a line that came of an `E_CORE_LOG`, and must not be one again.
    pub fn raw_quietly(&self, level: Level, line: &[u8]) {
        self.sink.write_quietly(level, None, line);
    }

    /// Writes an error.
    pub fn error(&self, line: impl AsRef<[u8]>) {
        self.line(Level::Error, line);
    }

    /// Writes a warning.
    pub fn warning(&self, line: impl AsRef<[u8]>) {
        self.line(Level::Warning, line);
    }
}

impl std::fmt::Debug for Logger {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Logger({})", self.level.get())
    }
}
