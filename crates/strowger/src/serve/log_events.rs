//! The lines of the log as events (`log_event_enabled`): handed to a thread of their own, for whoever logs a line may be
//! anywhere. What that thread logs while it delivers a line is no event again.

use super::outside::Late;
use catalogue::Value;
use chrono::{Local, SecondsFormat};
use module_api::{Counter, LOG_LINE, Level, LogConsumers, LogSink};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// The log's outlets, and a queue for events beside them.
pub struct LogEvents<S> {
    outlets: S,
    consumers: Arc<LogConsumers>,
    queue: SyncSender<Line>,
    /// Lines that became no event because too many wait.
    lost: Counter,
}

struct Line {
    level: Level,
    text: Vec<u8>,
}

/// Lines that wait to become events.
const QUEUE_MAX: usize = 1024;

thread_local! {
    /// Whether this thread delivers lines.
    static DELIVERS: Cell<bool> = const { Cell::new(false) };
}

impl<S: LogSink> LogEvents<S> {
    /// Around the outlets; the lines come to the receiver.
    pub fn new(outlets: S, consumers: Arc<LogConsumers>, lost: Counter) -> (LogEvents<S>, Lines) {
        let (queue, lines) = sync_channel(QUEUE_MAX);
        (LogEvents { outlets, consumers, queue, lost }, Lines(lines))
    }
}

impl<S: LogSink> LogSink for LogEvents<S> {
    fn write(&self, level: Level, facility: Option<&str>, line: &[u8]) {
        self.outlets.write(level, facility, line);
        if !self.consumers.event.takes(level) || DELIVERS.get() {
            return;
        }
        if self.queue.try_send(Line { level, text: line.trim_ascii_end().to_vec() }).is_err() {
            self.lost.increment();
        }
    }

    fn write_quietly(&self, level: Level, facility: Option<&str>, line: &[u8]) {
        self.outlets.write(level, facility, line);
    }
}

/// Lines on their way to be events.
pub struct Lines(Receiver<Line>);

impl Lines {
    /// Delivers them, in a thread that ends with the log.
    ///
    /// # Errors
    /// There can be no more threads.
    pub fn deliver(self, late: &Late, prefix: &str) -> Result<(), String> {
        let (late, prefix) = (Arc::clone(late), Value::from(prefix.to_owned()));
        let work = move || {
            DELIVERS.set(true);
            for line in self.0 {
                if let Some(outside) = late.get() {
                    outside.raise(&LOG_LINE, values(line, &prefix));
                }
            }
        };
        let thread = thread::Builder::new().name("log-events".to_owned()).spawn(work);
        thread.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Which part of the server logs a line is not known to the log: module and function are NULL.
fn values(line: Line, prefix: &Value) -> Vec<Value> {
    let pid = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    vec![
        Local::now().to_rfc3339_opts(SecondsFormat::Secs, false).into(),
        Value::Int(pid),
        line.level.word().to_owned().into(),
        Value::Null,
        Value::Null,
        prefix.clone(),
        line.text.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{DELIVERS, LogEvents, QUEUE_MAX};
    use module_api::{Counter, Level, LogConsumers, LogSink};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<String>>>);

    impl LogSink for Written {
        fn write(&self, _: Level, _: Option<&str>, line: &[u8]) {
            self.0.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        }
    }

    #[test]
    fn lines_are_events_unless_they_came_of_one() {
        let (written, consumers, lost) = (Written::default(), Arc::new(LogConsumers::default()), Counter::default());
        consumers.event.set_filter(1);
        let (log, lines) = LogEvents::new(written.clone(), Arc::clone(&consumers), lost.clone());
        log.write(Level::Error, None, b"one\n");
        log.write(Level::Notice, None, b"above the filter");
        log.write_quietly(Level::Error, None, b"of an event");
        DELIVERS.set(true);
        log.write(Level::Error, None, b"while delivering");
        DELIVERS.set(false);
        consumers.event.set_muted(true);
        log.write(Level::Error, None, b"muted");
        assert_eq!(written.0.lock().unwrap().len(), 5);
        let events: Vec<Vec<u8>> = lines.0.try_iter().map(|line| line.text).collect();
        assert_eq!(events, [b"one"]);
        // What nobody takes is counted, and holds up nobody.
        consumers.event.set_muted(false);
        for _ in 0..QUEUE_MAX + 3 {
            log.write(Level::Error, None, b"flood");
        }
        assert_eq!(lost.get(), 3);
    }
}
