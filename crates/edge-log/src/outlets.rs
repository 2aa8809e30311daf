//! Both consumers together: the sink that the server logs to.

use crate::syslog::{PATH, Syslog};
use crate::{Facility, Format};
use chrono::Local;
use module_api::{Counter, Level, LogConsumers, LogSink};
use std::io::Write;
use std::sync::Arc;

/// What the global parameters say about the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `stderror_enabled`
    pub stderr: bool,
    /// `syslog_enabled`
    pub syslog: bool,
    /// `stderror_level_filter`, 0 for none.
    pub stderr_filter: i32,
    /// `syslog_level_filter`, 0 for none.
    pub syslog_filter: i32,
    /// `stderror_log_format`
    pub stderr_format: Format,
    /// `syslog_log_format`
    pub syslog_format: Format,
    /// `syslog_name`
    pub name: String,
    /// `syslog_facility`
    pub facility: Facility,
    /// `log_prefix`
    pub prefix: String,
    /// The process number.
    pub pid: u32,
}

impl Default for LogSettings {
    fn default() -> LogSettings {
        LogSettings {
            stderr: true,
            syslog: false,
            stderr_filter: 0,
            syslog_filter: 0,
            stderr_format: Format::Plain,
            syslog_format: Format::Plain,
            name: "strowger".to_owned(),
            facility: Facility::DAEMON,
            prefix: String::new(),
            pid: std::process::id(),
        }
    }
}

/// The log's outlets.
pub struct Outlets {
    settings: LogSettings,
    /// Who is muted, and from which level on: management changes it.
    consumers: Arc<LogConsumers>,
    logger: Syslog,
    /// Lines that could not be written.
    lost: Counter,
}

impl Outlets {
    /// As the parameters say; `consumers` is the log's.
    pub fn new(settings: LogSettings, consumers: Arc<LogConsumers>, lost: Counter) -> Outlets {
        let logger = Syslog::new(PATH, settings.name.clone(), settings.pid, settings.facility);
        if settings.syslog {
            logger.open();
        }
        consumers.stderror.set_muted(!settings.stderr);
        consumers.stderror.set_filter(settings.stderr_filter);
        consumers.syslog.set_muted(!settings.syslog);
        consumers.syslog.set_filter(settings.syslog_filter);
        Outlets { settings, consumers, logger, lost }
    }
}

impl LogSink for Outlets {
    fn write(&self, level: Level, facility: Option<&str>, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let LogSettings { pid, prefix, .. } = &self.settings;
        if self.consumers.stderror.takes(level) {
            let line = self.settings.stderr_format.line(Local::now(), *pid, level, prefix, &text, true);
            if writeln!(std::io::stderr().lock(), "{line}").is_err() {
                self.lost.increment();
            }
        }
        if self.consumers.syslog.takes(level) {
            let line = self.settings.syslog_format.line(Local::now(), *pid, level, prefix, &text, false);
            if !self.logger.send(level, facility.and_then(Facility::named), &line) {
                self.lost.increment();
            }
        }
    }
}
