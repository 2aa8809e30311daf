//! Whether a server is tried. While it is left alone, one task knocks once a second: when it is back, so are we.

use super::link::Link;
use super::work::Shared;
use crate::breaker::Breaker;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often it is asked whether it is back.
const KNOCK: Duration = Duration::from_secs(1);

/// What is known about a server.
pub struct Health {
    start: Instant,
    breaker: Mutex<Breaker>,
    /// Whether a task knocks.
    is_asked: AtomicBool,
}

impl Default for Health {
    fn default() -> Health {
        Health { start: Instant::now(), breaker: Mutex::default(), is_asked: AtomicBool::new(false) }
    }
}

impl Health {
    /// Whether to try now.
    pub fn allows(&self) -> bool {
        self.breaker().allows(self.start.elapsed())
    }

    /// It has done what it was asked.
    pub fn succeeded(&self) {
        self.breaker().succeeded();
    }

    /// It has not. The server is left alone if it has done so several times.
    pub fn failed(shared: &Arc<Shared>, why: &str) {
        let health = &shared.health;
        let pauses = health.breaker().failed(health.start.elapsed());
        if !pauses || health.is_asked.swap(true, Ordering::Relaxed) {
            return;
        }
        shared.log.error(format!("database {} fails: {why}", shared.place));
        tokio::spawn(knock(Arc::clone(shared)));
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Knocks until somebody is let in, here or elsewhere.
async fn knock(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(KNOCK).await;
        let works = match Link::connect(&shared.server, &shared.tuning).await {
            Ok(mut link) => link.command("SELECT 1").await.is_ok(),
            Err(_) => false,
        };
        if works {
            break;
        }
    }
    shared.health.is_asked.store(false, Ordering::Relaxed);
    shared.health.succeeded();
    shared.log.warning(format!("database {} is back", shared.place));
}
