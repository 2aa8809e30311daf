//! A bounded queue whose takers are woken only when nobody is awake who will take the work soon.
//!
//! Waking a thread costs more than a short query. So while one taker works, others sleep on, except for one lookout
//! who looks from time to time whether work has been left behind a long query. Takers may come for a while and go again.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long work may be left behind a long query before another taker comes.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The queue.
#[derive(Debug)]
pub struct Queue<T> {
    state: Mutex<State<T>>,
    work: Condvar,
    waiting_max: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    takers: usize,
    /// The fewest that slept at once since `release` asked.
    least_sleeping: usize,
    /// How many of those that have come for a while may go.
    going: usize,
    /// Takers that sleep and have not been called.
    sleeping: usize,
    /// Calls that no taker has heard yet.
    calls: usize,
    /// Whether one of the sleepers looks from time to time.
    has_lookout: bool,
    closed: bool,
}

/// How long somebody stays who takes work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// Until the queue is closed.
    Always,
    /// Until `release` lets it go.
    ForAWhile,
}

/// Why work was not taken; it comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused<T> {
    /// As much waits as may.
    Full(T),
    /// It has been closed.
    Closed(T),
}

impl<T> Queue<T> {
    /// For `takers` threads, with at most `waiting_max` entries.
    pub fn new(takers: usize, waiting_max: usize) -> Queue<T> {
        let waiting = VecDeque::new();
        let (least_sleeping, going) = (0, 0);
        let state =
            State { waiting, takers, least_sleeping, going, sleeping: 0, calls: 0, has_lookout: false, closed: false };
        Queue { state: Mutex::new(state), work: Condvar::new(), waiting_max }
    }

    /// Another thread comes to take work for a while.
    pub fn join(&self) {
        self.lock().takers += 1;
    }

    /// A thread that has joined goes, without having been let go.
    pub fn leave(&self) {
        let mut state = self.lock();
        state.takers = state.takers.saturating_sub(1);
    }

    /// Lets those go whom nobody has needed since it was asked last, as long as `least` remain.
    pub fn release(&self, least: usize) {
        let mut state = self.lock();
        let spare = state.takers.saturating_sub(least);
        state.going = state.least_sleeping.min(spare);
        state.least_sleeping = state.sleeping;
        if state.going > 0 {
            self.work.notify_all();
        }
    }

    /// How many threads take work.
    pub fn takers(&self) -> usize {
        self.lock().takers
    }

    /// What this says of the work that waits longest.
    pub fn front<U>(&self, look: impl FnOnce(&T) -> U) -> Option<U> {
        self.lock().waiting.front().map(look)
    }

    /// Takes out the work at the front for as long as this holds.
    pub fn take_while(&self, is_taken: impl Fn(&T) -> bool) -> Vec<T> {
        let mut state = self.lock();
        let count = state.waiting.iter().take_while(|work| is_taken(work)).count();
        state.waiting.drain(..count).collect()
    }

    /// Adds work. Whether more waits than there are takers who sleep or are on their way.
    ///
    /// # Errors
    /// It is full or closed; the work comes back.
    pub fn push(&self, work: T) -> Result<bool, Refused<T>> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed(work));
        }
        if state.waiting.len() >= self.waiting_max {
            return Err(Refused::Full(work));
        }
        state.waiting.push_back(work);
        self.call_one(&mut state);
        Ok(state.waiting.len() > state.sleeping + state.calls)
    }

    /// The next work, waiting for it; `None` when the queue is closed and empty, or the taker is let go.
    pub fn take(&self, stay: Stay) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.waiting.pop_front() {
                if !state.waiting.is_empty() {
                    self.call_one(&mut state);
                }
                return Some(work);
            }
            if state.closed {
                return None;
            }
            if stay == Stay::ForAWhile && state.going > 0 {
                state.going -= 1;
                state.takers = state.takers.saturating_sub(1);
                return None;
            }
            state = self.sleep(state);
        }
    }

    /// Waits for work and takes up to `most` of it; false when the queue is closed and empty.
    pub fn take_many(&self, most: usize, into: &mut Vec<T>) -> bool {
        let Some(first) = self.take(Stay::Always) else { return false };
        into.push(first);
        let mut state = self.lock();
        let more = state.waiting.len().min(most.saturating_sub(1));
        into.extend(state.waiting.drain(..more));
        true
    }

    /// Takes no more work; what waits is still taken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// How much waits.
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Wakes a sleeper, unless one is awake or on its way and another will see what is left behind it.
    fn call_one(&self, state: &mut State<T>) {
        let all_sleep = state.sleeping == state.takers;
        let somebody_looks = state.has_lookout || state.calls > 0;
        if state.sleeping == 0 || (somebody_looks && !all_sleep) {
            return;
        }
        state.sleeping -= 1;
        state.least_sleeping = state.least_sleeping.min(state.sleeping);
        state.calls += 1;
        self.work.notify_one();
    }

    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        state.sleeping += 1;
        let others_work = state.sleeping < state.takers;
        let is_lookout = others_work && !state.has_lookout;
        if is_lookout {
            state.has_lookout = true;
            state = self.work.wait_timeout(state, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner).0;
            state.has_lookout = false;
        } else {
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        // Whoever called has counted one sleeper awake already; it need not have been this one.
        match state.calls.checked_sub(1) {
            Some(calls) => state.calls = calls,
            None => state.sleeping = state.sleeping.saturating_sub(1),
        }
        state
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, Refused, Stay};
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    #[test]
    fn refuses_what_is_too_much() {
        let queue = Queue::new(1, 2);
        assert_eq!(queue.push(1).and_then(|_| queue.push(2)), Ok(true));
        assert_eq!(queue.push(3), Err(Refused::Full(3)));
        let mut taken = Vec::new();
        assert!(queue.take_many(9, &mut taken));
        assert_eq!(taken, [1, 2]);
        queue.close();
        assert_eq!(queue.push(4), Err(Refused::Closed(4)));
        assert_eq!(queue.take(Stay::Always), None);
    }

    #[test]
    fn work_is_not_left_behind_a_taker_that_is_stuck() {
        let queue = Arc::new(Queue::new(2, 1000));
        let (done, seen) = channel();
        let (release, stuck) = channel::<()>();
        let stuck = Arc::new(std::sync::Mutex::new(stuck));
        let takers: Vec<_> = (0..2)
            .map(|_| {
                let (queue, done, stuck) = (Arc::clone(&queue), done.clone(), Arc::clone(&stuck));
                std::thread::spawn(move || {
                    while let Some(work) = queue.take(Stay::Always) {
                        if work == 0 {
                            let _ = stuck.lock().unwrap().recv();
                        }
                        let _ = done.send(work);
                    }
                })
            })
            .collect();
        for work in 0..100 {
            queue.push(work).unwrap();
        }
        let first: Vec<i32> = seen.iter().take(99).collect();
        assert_eq!(first, (1..100).collect::<Vec<_>>());
        release.send(()).unwrap();
        assert_eq!(seen.recv(), Ok(0));
        queue.close();
        takers.into_iter().for_each(|taker| taker.join().unwrap());
    }

    #[test]
    fn nothing_is_lost_between_many_threads() {
        let queue = Arc::new(Queue::new(3, 100_000));
        let takers: Vec<_> = (0..3)
            .map(|_| {
                let queue = Arc::clone(&queue);
                std::thread::spawn(move || std::iter::from_fn(|| queue.take(Stay::Always)).sum::<u64>())
            })
            .collect();
        let givers: Vec<_> = (0..4)
            .map(|_| {
                let queue = Arc::clone(&queue);
                std::thread::spawn(move || (1..=5000u64).for_each(|work| assert!(queue.push(work).is_ok())))
            })
            .collect();
        givers.into_iter().for_each(|giver| giver.join().unwrap());
        queue.close();
        let sum: u64 = takers.into_iter().map(|taker| taker.join().unwrap()).sum();
        assert_eq!(sum, 4 * 5000 * 5001 / 2);
    }

    #[test]
    fn who_comes_for_a_while_goes_when_nobody_needs_it() {
        let queue: Arc<Queue<u32>> = Arc::new(Queue::new(1, 10));
        queue.join();
        let guest = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || queue.take(Stay::ForAWhile))
        };
        // It counts as needed until it has slept from one question to the next.
        while !guest.is_finished() {
            queue.release(1);
        }
        assert_eq!((guest.join().unwrap(), queue.takers()), (None, 1));
        assert_eq!(queue.push(1), Ok(true));
        assert_eq!(queue.front(|work| *work), Some(1));
        assert_eq!((queue.take_while(|work| *work == 2), queue.take_while(|work| *work == 1)), (vec![], vec![1]));
    }
}
