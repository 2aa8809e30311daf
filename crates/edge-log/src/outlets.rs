//! Both consumers together: the sink that the server logs to.

use crate::syslog::Syslog;
use crate::{Consumer, Facility, Format};
use chrono::Local;
use module_api::{Counter, Level, LogSink};
use std::io::Write;

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
    /// stderr, as management changes it.
    pub stderr: Consumer,
    /// syslog, as management changes it.
    pub syslog: Consumer,
    logger: Syslog,
    /// Lines that could not be written.
    lost: Counter,
}

impl Outlets {
    /// As the parameters say.
    pub fn new(settings: LogSettings, lost: Counter) -> Outlets {
        let logger = Syslog::new(settings.name.clone(), settings.pid, settings.facility);
        let stderr = Consumer::new(!settings.stderr, settings.stderr_filter);
        let syslog = Consumer::new(!settings.syslog, settings.syslog_filter);
        Outlets { settings, stderr, syslog, logger, lost }
    }
}

impl LogSink for Outlets {
    fn write(&self, level: Level, facility: Option<&str>, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let LogSettings { pid, prefix, .. } = &self.settings;
        if self.stderr.takes(level) {
            let line = self.settings.stderr_format.line(Local::now(), *pid, level, prefix, &text, true);
            if writeln!(std::io::stderr().lock(), "{line}").is_err() {
                self.lost.increment();
            }
        }
        if self.syslog.takes(level) {
            let line = self.settings.syslog_format.line(Local::now(), *pid, level, prefix, &text, false);
            if !self.logger.send(level, facility.and_then(Facility::named), &line) {
                self.lost.increment();
            }
        }
    }
}
