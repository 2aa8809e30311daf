//! Locks of the script. A message that meets a lock which is taken is put aside until it is released; no thread waits.

use super::Cfgutils;
use crate::yes;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Outcome, Request, Run, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) const GET_STATIC_LOCK: Function = Function {
    name: "get_static_lock",
    about: "Takes the lock of this name, after whoever has it.",
    examples: &[Example { script: "get_static_lock(\"zone\")", message: "", returns: 1 }],
    run: Run::Wait(|call, args| get(call, args, Kind::Static)),
    ..GET
};

pub(super) const GET_DYNAMIC_LOCK: Function = Function {
    name: "get_dynamic_lock",
    about: "Takes the lock of this key, after whoever has it.",
    examples: &[Example { script: "get_dynamic_lock(\"zone\")", message: "", returns: 1 }],
    run: Run::Wait(|call, args| get(call, args, Kind::Dynamic)),
    ..GET
};

pub(super) const RELEASE_STATIC_LOCK: Function = Function {
    name: "release_static_lock",
    about: "Releases the lock of this name.",
    examples: &[Example {
        script: "get_static_lock(\"zone\"); release_static_lock(\"zone\")",
        message: "",
        returns: 1,
    }],
    run: Run::Now(|call, args| release(call, args, Kind::Static)),
    ..RELEASE
};

pub(super) const RELEASE_DYNAMIC_LOCK: Function = Function {
    name: "release_dynamic_lock",
    about: "Releases the lock of this key.",
    examples: &[Example {
        script: "get_dynamic_lock(\"zone\"); release_dynamic_lock(\"zone\")",
        message: "",
        returns: 1,
    }],
    run: Run::Now(|call, args| release(call, args, Kind::Dynamic)),
    ..RELEASE
};

pub(super) const STRINGS_SHARE_LOCK: Function = Function {
    name: "strings_share_lock",
    about: "Whether two keys have one dynamic lock: here only if they are the same.",
    args: &[Arg::str("string1", "One key."), Arg::str("string2", "The other.")],
    routes: Routes::ALL,
    returns: &[(1, "they have"), (-1, "each has its own")],
    examples: &[
        Example { script: "strings_share_lock(\"a\", \"a\")", message: "", returns: 1 },
        Example { script: "strings_share_lock(\"a\", \"b\")", message: "", returns: -1 },
    ],
    run: Run::Now(|_, args| yes(args.str(0)? == args.str(1)?)),
    ..FUNCTION
};

const GET: Function = Function {
    args: &[Arg::str("key", "The key.")],
    routes: Routes::ALL,
    returns: &[(1, "it is ours"), (-1, "it was not released in time, or too many wait for it")],
    ..FUNCTION
};

const RELEASE: Function = Function {
    args: &[Arg::str("key", "The key.")],
    routes: Routes::ALL,
    returns: &[(1, "it is free, or its next owner's")],
    ..FUNCTION
};

/// How long a message waits: less than any client waits for a reply.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a lock may be held. A script that ends without releasing its lock must not stop all others for ever.
const HELD_AT_MOST: Duration = Duration::from_secs(30);
/// Keys may come from messages.
const LOCKS_MAX: usize = 65_536;
const WAITING_MAX: usize = 10_000;

/// Static and dynamic locks of one name are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Static,
    Dynamic,
}

/// The locks that are taken.
#[derive(Default)]
pub(super) struct Locks {
    taken: Mutex<BTreeMap<(Kind, Bytes), Taken>>,
}

struct Taken {
    since: Time,
    /// The promises that those who wait were given, first come first served.
    waiting: VecDeque<u64>,
}

/// What came of asking for a lock.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Ours,
    /// It was held for too long and is ours now.
    TakenOver,
    /// When this promise is fulfilled it is ours.
    Promised(u64),
    Refused,
}

impl Locks {
    fn ask(&self, kind: Kind, key: &Bytes, now: Time, promise: impl FnOnce() -> u64) -> Asked {
        let mut taken = self.table();
        if taken.len() >= LOCKS_MAX {
            return Asked::Refused;
        }
        let Some(lock) = taken.get_mut(&(kind, key.clone())) else {
            taken.insert((kind, key.clone()), Taken { since: now, waiting: VecDeque::new() });
            return Asked::Ours;
        };
        if lock.waiting.is_empty() && now.since(lock.since) > HELD_AT_MOST {
            lock.since = now;
            return Asked::TakenOver;
        }
        if lock.waiting.len() >= WAITING_MAX {
            return Asked::Refused;
        }
        let promise = promise();
        lock.waiting.push_back(promise);
        Asked::Promised(promise)
    }

    /// Releases a lock: the promise of its next owner.
    fn release(&self, kind: Kind, key: &Bytes, now: Time) -> Option<u64> {
        let mut taken = self.table();
        let lock = taken.get_mut(&(kind, key.clone()))?;
        let next = lock.waiting.pop_front();
        lock.since = now;
        if next.is_none() {
            taken.remove(&(kind, key.clone()));
        }
        next
    }

    /// Stops waiting; false if the lock has become ours in the meantime.
    fn give_up(&self, kind: Kind, key: &Bytes, promise: u64) -> bool {
        let mut taken = self.table();
        let Some(lock) = taken.get_mut(&(kind, key.clone())) else { return true };
        let place = lock.waiting.iter().position(|waiting| *waiting == promise);
        place.and_then(|place| lock.waiting.remove(place)).is_some()
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<(Kind, Bytes), Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn get(call: &mut Call<'_>, args: Args<'_>, kind: Kind) -> Flow {
    let (key, state) = match (args.str(0), call.shared_state::<Cfgutils>()) {
        (Ok(key), Ok(state)) => (key.clone(), state),
        (Err(fault), _) | (_, Err(fault)) => return Flow::Done(Err(fault)),
    };
    let operations = call.env.operations;
    match state.locks.ask(kind, &key, call.env.now, || operations.promise()) {
        Asked::Ours => Flow::done(1),
        Asked::TakenOver => {
            let name = String::from_utf8_lossy(&key).into_owned();
            call.env.log().warning(format!("lock {name} was never released: it is taken over"));
            Flow::done(1)
        }
        Asked::Refused => Flow::Done(Err(Fault::us("there are too many locks, or too many wait for this one"))),
        Asked::Promised(number) => Flow::wait(Request::Promise { number, deadline: PATIENCE }, move |_, answer| {
            if answer.into_fault().is_some() && state.locks.give_up(kind, &key, number) {
                let name = String::from_utf8_lossy(&key).into_owned();
                return Flow::Done(Err(Fault::script(format!("lock {name} was not released in time"))));
            }
            Flow::done(1)
        }),
    }
}

fn release(call: &mut Call<'_>, args: Args<'_>, kind: Kind) -> Outcome {
    let state = call.state::<Cfgutils>()?;
    if let Some(next) = state.locks.release(kind, args.str(0)?, call.env.now) {
        let operations = call.env.operations;
        operations.fulfil(&mut call.env, next);
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Time {
        Time::from_unix_seconds(second)
    }

    #[test]
    fn first_come_first_served() {
        let (locks, key) = (Locks::default(), Bytes::from_static(b"zone"));
        let ask = |kind, number| locks.ask(kind, &key, at(0), || number);
        assert_eq!(ask(Kind::Static, 1), Asked::Ours);
        assert_eq!(ask(Kind::Dynamic, 1), Asked::Ours);
        assert_eq!([ask(Kind::Static, 2), ask(Kind::Static, 3)], [Asked::Promised(2), Asked::Promised(3)]);
        assert_eq!(locks.release(Kind::Static, &key, at(1)), Some(2));
        assert_eq!(locks.release(Kind::Static, &key, at(1)), Some(3));
        assert_eq!(locks.release(Kind::Static, &key, at(1)), None);
        assert_eq!(ask(Kind::Static, 4), Asked::Ours);
    }

    #[test]
    fn who_gives_up_may_have_got_it() {
        let (locks, key) = (Locks::default(), Bytes::from_static(b"zone"));
        let ask = |number| locks.ask(Kind::Static, &key, at(0), || number);
        ask(1);
        ask(2);
        assert!(locks.give_up(Kind::Static, &key, 2));
        ask(3);
        assert_eq!(locks.release(Kind::Static, &key, at(1)), Some(3));
        assert!(!locks.give_up(Kind::Static, &key, 3));
    }

    #[test]
    fn a_forgotten_lock_is_taken_over() {
        let (locks, key) = (Locks::default(), Bytes::from_static(b"zone"));
        let ask = |second| locks.ask(Kind::Static, &key, at(second), || 7);
        assert_eq!(ask(0), Asked::Ours);
        assert_eq!(ask(31), Asked::TakenOver);
        assert_eq!(ask(32), Asked::Promised(7));
    }
}
