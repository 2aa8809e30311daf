//! Reading the FIFO, and seeing to it that it stays there.

use super::framing::{Framer, Request};
use super::make::Made;
use super::{Counters, FifoOptions, reply};
use crate::handler::{Handler, ask};
use crate::pretty;
use bytes::Bytes;
use module_api::Logger;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How much is read at once: as much as one `write()` puts in undivided.
const READ_BYTES: usize = 4096;

/// What the reading task has.
pub struct Listener {
    pub options: Arc<FifoOptions>,
    pub handler: Handler,
    pub counters: Arc<Counters>,
    /// Replies that may be on their way.
    pub replies: Arc<Semaphore>,
    /// Rings when it is time to look whether the FIFO is there.
    pub check: Arc<Notify>,
    pub log: Logger,
}

/// Reads until the server stops; then the FIFO is removed.
pub async fn listen(listener: Listener, mut made: Made, mut stopping: watch::Receiver<bool>) {
    let mut checks = interval(listener.options.check_every);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut framer = Framer::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        tokio::select! {
            _ = stopping.changed() => break,
            _ = checks.tick() => listener.renew(&mut made, &mut framer),
            () = listener.check.notified() => listener.renew(&mut made, &mut framer),
            read = listener.read(&mut made, &mut framer, &mut buffer) => {
                if !read {
                    listener.renew(&mut made, &mut framer);
                }
            }
        }
    }
    made.remove();
}

impl Listener {
    /// Reads once and starts what is there whole; false if the FIFO cannot be read.
    async fn read(&self, made: &mut Made, framer: &mut Framer, buffer: &mut [u8]) -> bool {
        let read = if framer.is_pending() {
            let Ok(read) = timeout(self.options.rest_within, made.receiver.read(buffer)).await else {
                self.counters.refused.increment();
                framer.give_up();
                return true;
            };
            read
        } else {
            made.receiver.read(buffer).await
        };
        let bytes = match read {
            Ok(count) => buffer.get(..count).unwrap_or_default(),
            Err(error) => {
                self.log.error(format!("mi_fifo: {}: {error}", self.options.path.display()));
                return false;
            }
        };
        framer.push(bytes);
        self.start_all(framer);
        !bytes.is_empty()
    }

    fn start_all(&self, framer: &mut Framer) {
        loop {
            match framer.next() {
                Ok(Some(request)) => self.start(request),
                Ok(None) => return,
                Err(offence) => {
                    self.counters.refused.increment();
                    self.log.warning(format!("mi_fifo: what came is no request: {offence:?}"));
                }
            }
        }
    }

    /// Has a request answered, and its reply written, by a task of its own.
    fn start(&self, request: Request) {
        let Ok(place) = Arc::clone(&self.replies).try_acquire_owned() else {
            self.counters.refused.increment();
            return;
        };
        let (options, handler) = (Arc::clone(&self.options), Arc::clone(&self.handler));
        let (counters, log) = (Arc::clone(&self.counters), self.log.clone());
        tokio::spawn(async move {
            let text = match ask(&handler, request.json).await {
                Ok(None) => None,
                Ok(Some(reply)) => Some(pretty::print(reply, options.is_pretty)),
                Err(_) => Some(Bytes::from_static(b"500 Internal error")),
            };
            if let (Some(text), Some(name)) = (text, request.reply_name) {
                let path = options.reply_directory.join(name);
                if let Err(error) = reply::write(&path, &text).await {
                    counters.lost.increment();
                    log.warning(format!("mi_fifo: a reply into {} is lost: {error}", path.display()));
                }
            }
            drop(place);
        });
    }

    /// Makes the FIFO again if it has been removed.
    fn renew(&self, made: &mut Made, framer: &mut Framer) {
        if made.is_there() {
            return;
        }
        match Made::new(&self.options) {
            Ok(new) => {
                self.log
                    .warning(format!("mi_fifo: {} was removed and has been made again", self.options.path.display()));
                *made = new;
                framer.give_up();
            }
            Err(error) => self.log.error(error.to_string()),
        }
    }
}
