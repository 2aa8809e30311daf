//! A place for one connection: made when it is needed, looked at after a rest, made again when it is lost.

use super::link::{Link, LinkError, Trouble};
use super::work::Shared;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// After how long without use a connection is asked whether it still stands, before anything is entrusted to it.
const REST: Duration = Duration::from_millis(500);
/// Between attempts to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// A place for a connection.
pub struct Holder {
    shared: Arc<Shared>,
    link: Option<Link>,
    used: Instant,
}

impl Holder {
    /// An empty one.
    pub fn new(shared: &Arc<Shared>) -> Holder {
        Holder { shared: Arc::clone(shared), link: None, used: Instant::now() }
    }

    /// The connection, standing as far as can be known.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn link(&mut self) -> Result<&mut Link, LinkError> {
        let rests = self.used.elapsed() >= REST;
        if let Some(mut link) = self.link.take() {
            let stands = !link.is_closed() && (!rests || self.answers(&mut link).await);
            if stands {
                self.used = Instant::now();
                return Ok(self.link.insert(link));
            }
            self.note_lost();
        }
        let link = self.connect().await?;
        self.shared.counters.connections.add(1);
        self.used = Instant::now();
        Ok(self.link.insert(link))
    }

    /// What a statement came to: the connection is given up if it is lost with it, and noted to be in use if not.
    pub fn note<T>(&mut self, outcome: &Result<T, LinkError>) {
        self.used = Instant::now();
        if outcome.as_ref().is_err_and(LinkError::is_lost) && self.link.take().is_some() {
            self.note_lost();
        }
    }

    fn note_lost(&self) {
        self.shared.counters.connections.add(-1);
        self.shared.counters.lost.increment();
    }

    async fn answers(&self, link: &mut Link) -> bool {
        let asked = timeout(self.shared.tuning.connect_timeout, link.command("SELECT 1")).await;
        asked.is_ok_and(|answer| answer.is_ok())
    }

    async fn connect(&self) -> Result<Link, LinkError> {
        let mut outcome = Err(LinkError::new(Trouble::Lost, "no attempt was made"));
        for attempt in 0..self.shared.tuning.connects_max.max(1) {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            outcome = Link::connect(&self.shared.server, &self.shared.tuning).await;
            if !outcome.as_ref().is_err_and(LinkError::is_lost) {
                break;
            }
        }
        outcome
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if self.link.is_some() {
            self.shared.counters.connections.add(-1);
        }
    }
}
