//! The threads that read, and who watches them. There are a few; while those are held up by queries that wait for
//! something (a disk, a lock, an extension that asks elsewhere), more come, so that one slow query costs nobody else
//! anything. They go again when nobody needs them.

use super::connection::{Connection, Role};
use super::reader;
use super::work::{Shared, Work};
use crate::queue::{Refused, Stay};
use crate::{OpenError, Reply};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many there are at least, and how many at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub least: usize,
    pub most: usize,
}

/// The threads that read.
pub struct Readers {
    shared: Arc<Shared>,
    bounds: Bounds,
    /// One for each of them.
    posts: Mutex<Vec<Arc<Post>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    watch: Watch,
    start: Instant,
}

/// What is known of a thread that reads.
pub struct Post {
    start: Instant,
    /// When its query began, in microseconds since `start`; 0 while there is none.
    began: AtomicU64,
    /// Who waits for the query.
    waits: Mutex<Option<Reply>>,
    /// Where the system tells what the thread does.
    told: Option<PathBuf>,
}

/// Whether the watcher must look.
#[derive(Default)]
struct Watch {
    called: AtomicBool,
    state: Mutex<Called>,
    change: Condvar,
}

#[derive(Default)]
struct Called {
    is_called: bool,
    is_over: bool,
}

/// A query that runs for longer holds its reader up, and work that waits for longer is held up.
const HELD_UP: Duration = Duration::from_millis(5);
/// How many may come at each look.
const COME_MAX: usize = 32;
/// Of how many the system is asked what they do.
const ASKED_MAX: usize = 16;
/// After this long without need they go.
const STAY: Duration = Duration::from_secs(10);
/// How often the watcher looks though nobody calls.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How much later than SQLite itself should have ended it a query is given up.
const GRACE: Duration = Duration::from_secs(1);

impl Readers {
    /// Starts as many as there are always, and their watcher.
    pub fn start(shared: &Arc<Shared>, bounds: Bounds) -> Result<Arc<Readers>, OpenError> {
        let connections: Result<Vec<_>, _> = (0..bounds.least).map(|_| shared.connect(Role::Reader)).collect();
        let readers = Arc::new(Readers {
            shared: Arc::clone(shared),
            bounds,
            posts: Mutex::default(),
            threads: Mutex::default(),
            watch: Watch::default(),
            start: Instant::now(),
        });
        for connection in connections? {
            let of_thread = Arc::clone(&readers);
            let thread = shared.spawn("sqlite-read", move || of_thread.read(&connection, Stay::Always))?;
            lock(&readers.threads).push(thread);
        }
        let of_watcher = Arc::clone(&readers);
        let watcher = shared.spawn("sqlite-watch", move || of_watcher.watch())?;
        lock(&readers.threads).push(watcher);
        Ok(readers)
    }

    /// Takes work.
    ///
    /// # Errors
    /// As the queue has it.
    #[allow(clippy::result_large_err, reason = "what is refused comes back whole, and seldom")]
    pub fn push(&self, work: Work) -> Result<(), Refused<Work>> {
        let all_work = self.shared.reads.push(work)?;
        if all_work && !self.watch.called.swap(true, Ordering::AcqRel) {
            lock(&self.watch.state).is_called = true;
            self.watch.change.notify_one();
        }
        Ok(())
    }

    /// Ends them, once all that waits has been answered.
    pub fn stop(&self) {
        self.shared.reads.close();
        lock(&self.watch.state).is_over = true;
        self.watch.change.notify_one();
        loop {
            let Some(thread) = lock(&self.threads).pop() else { return };
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }

    fn read(&self, connection: &Connection, stay: Stay) {
        let told = std::fs::read_link("/proc/thread-self").ok();
        let told = told.map(|thread| PathBuf::from("/proc").join(thread).join("stat"));
        let post = Arc::new(Post { start: self.start, began: AtomicU64::new(0), waits: Mutex::default(), told });
        lock(&self.posts).push(Arc::clone(&post));
        self.shared.counters.readers.increment();
        reader::run(connection, &self.shared, &post, stay);
        self.shared.counters.readers.decrement();
        lock(&self.posts).retain(|other| !Arc::ptr_eq(other, &post));
    }

    /// Looks while readers are held up; sleeps while all goes well.
    fn watch(self: &Arc<Self>) {
        let mut released = Instant::now();
        while self.wait_for_call() {
            self.answer_late();
            self.call_more();
            if released.elapsed() >= STAY {
                released = Instant::now();
                self.shared.reads.release(self.bounds.least);
                lock(&self.threads).retain(|thread| !thread.is_finished());
            }
        }
    }

    /// Waits until there is something to look at; false at the end. Whoever calls is heard a little later, and so at most
    /// some hundred times a second.
    fn wait_for_call(&self) -> bool {
        // First this: of what is pushed from here on, it is told again.
        self.watch.called.store(false, Ordering::Release);
        let mut state = lock(&self.watch.state);
        if self.shared.reads.len() == 0 {
            state = self.wait_while(state, LOOK_EVERY, |state| !state.is_called && !state.is_over);
        }
        state.is_called = false;
        self.watch.called.store(true, Ordering::Release);
        !self.wait_while(state, HELD_UP, |state| !state.is_over).is_over
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, Called>,
        limit: Duration,
        goes_on: impl Fn(&Called) -> bool,
    ) -> MutexGuard<'a, Called> {
        let waited = self.watch.change.wait_timeout_while(state, limit, |state| goes_on(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// What has waited for too long is not left to a thread that may never come back: a disk can be gone.
    fn answer_late(&self) {
        let deadline = self.shared.options.deadline;
        for queue in [&self.shared.reads, &self.shared.writes] {
            for work in queue.take_while(|work| work.since.elapsed() >= deadline) {
                let late = self.shared.late();
                self.shared.answer(work, Err(late));
            }
        }
        let given_up: Vec<Reply> = {
            let posts = lock(&self.posts);
            posts.iter().filter_map(|post| post.give_up(deadline + GRACE)).collect()
        };
        for reply in given_up {
            self.shared.counters.failed.increment();
            reply(Err(self.shared.late()));
        }
    }

    /// More come if work waits and all are held up. Those that compute are not held up: more of them would only take the
    /// processor from each other, and from calls.
    fn call_more(self: &Arc<Self>) {
        let is_held_up = self.shared.reads.front(|work| work.since.elapsed() >= HELD_UP).unwrap_or(false);
        if !is_held_up {
            return;
        }
        let computing = {
            let posts = lock(&self.posts);
            if !posts.iter().all(|post| post.runs_for(HELD_UP)) {
                return;
            }
            posts.iter().rev().take(ASKED_MAX).filter(|post| post.computes()).count()
        };
        if computing >= self.bounds.least {
            return;
        }
        let room = self.bounds.most.saturating_sub(self.shared.reads.takers());
        if room == 0 {
            return self.shared.counters.short.increment();
        }
        (0..self.shared.reads.len().min(room).min(COME_MAX)).for_each(|_| self.call_one());
    }

    fn call_one(self: &Arc<Self>) {
        self.shared.reads.join();
        let of_thread = Arc::clone(self);
        let come = move || match of_thread.shared.connect(Role::Reader) {
            Ok(connection) => of_thread.read(&connection, Stay::ForAWhile),
            Err(error) => of_thread.cannot_come(&error),
        };
        match self.shared.spawn("sqlite-read", come) {
            Ok(thread) => lock(&self.threads).push(thread),
            Err(error) => self.cannot_come(&error),
        }
    }

    /// Out of descriptors or threads: those that are there have to do.
    fn cannot_come(&self, error: &OpenError) {
        self.shared.reads.leave();
        self.shared.counters.short.increment();
        self.shared.log.warning(format!("no more can read at once: {error}"));
    }
}

impl Post {
    /// A query begins.
    pub fn begin(&self, waits: Option<Reply>) {
        let mut place = lock(&self.waits);
        self.began.store(self.now().max(1), Ordering::Relaxed);
        *place = waits;
    }

    /// It has ended. Who waits for it, unless it was given up.
    pub fn end(&self) -> Option<Reply> {
        let mut waits = lock(&self.waits);
        self.began.store(0, Ordering::Relaxed);
        waits.take()
    }

    /// Who waits for a query that runs for this long.
    fn give_up(&self, after: Duration) -> Option<Reply> {
        // While this is held, the query does not end, and no other begins.
        let mut waits = lock(&self.waits);
        if self.runs_for(after) { waits.take() } else { None }
    }

    fn runs_for(&self, duration: Duration) -> bool {
        let began = self.began.load(Ordering::Relaxed);
        began > 0 && u128::from(self.now().saturating_sub(began)) >= duration.as_micros()
    }

    /// Whether the system has the thread run, or wait for nothing but a processor. Where the system tells nothing, it
    /// does not.
    fn computes(&self) -> bool {
        let Some(Ok(text)) = self.told.as_ref().map(std::fs::read_to_string) else { return false };
        // Behind the name, which may hold anything, stands the state.
        text.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('R'))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
