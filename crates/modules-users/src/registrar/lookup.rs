//! `lookup()`: a call is led to the contacts of its Request-URI.

use super::Registrar;
use super::flags::{LOOKUP_FLAGS, LOOKUP_REFUSED, LookupOptions};
use super::target::{Found, Sleeper, Wish};
use super::{aor, push::Push};
use crate::usrloc::{Domain, events};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, Created, FUNCTION, Fault, Flow, Function, Request, Run};
use sip::Uri;
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;

pub const LOOKUP: Function = Function {
    name: "lookup",
    about: "Replaces the Request-URI with the contacts that are registered for it.",
    args: &[
        Arg::fixed("domain", "The location table."),
        Arg::flags("flags", LOOKUP_FLAGS, "How.").optional().refusing(LOOKUP_REFUSED),
        Arg::str("aor", "The address of record, if not the Request-URI.").optional(),
    ],
    routes: Routes::REQUEST.or(Routes::ONREPLY).or(Routes::FAILURE),
    returns: &[
        (1, "there are contacts, which are the destinations now"),
        (2, "phones have been woken up, and none has come yet"),
        (-1, "there are no contacts"),
        (-2, "there are contacts, and none supports the method"),
        (-3, "an error, which is logged"),
    ],
    examples: &[Example { script: "lookup(\"location\", \"method-filtering\")", message: "", returns: -1 }],
    run: Run::Wait(lookup),
    ..FUNCTION
};

const NO_CONTACT: i32 = -1;
const NO_METHOD: i32 = -2;
const ERROR: i32 = -3;

/// A look-up being made: what is needed after waiting, too.
struct Task {
    registrar: Arc<Registrar>,
    domain: Arc<Domain>,
    wish: Arc<Wish>,
    /// The addresses of record, all of them and those still to be read, in turn from the end.
    aors: Aors,
    left: Aors,
    found: Found,
}

type Aors = SmallVec<[Bytes; 1]>;

fn lookup(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    match Task::prepare(call, args) {
        Ok(task) => task.read(call),
        Err(fault) => failed(call, fault),
    }
}

impl Task {
    fn prepare(call: &mut Call<'_>, args: Args<'_>) -> Result<Task, Fault> {
        let registrar = call.shared_state::<Registrar>()?;
        let options = LookupOptions::read(&registrar, args, 1)?;
        let domain = registrar.domain(args.str(0)?)?;
        let given = args.opt_str(2).filter(|aor| !aor.is_empty());
        let uri = given.unwrap_or_else(|| call.msg.request_uri());
        let referred = match &registrar.gruu {
            Some(gruu) => Uri::parse(uri).ok().and_then(|uri| gruu.referred(&registrar, &uri)),
            None => None,
        };
        let first = match &referred {
            Some(referred) => referred.aor.clone(),
            None => aor::key(&registrar, uri)?,
        };
        let mut left = Aors::new();
        left.push(first);
        if options.branches && !options.no_branches {
            let others = call.msg.branches.iter().skip(1).map(|branch| aor::key(&registrar, &branch.uri));
            left.extend(others.collect::<Result<Aors, _>>()?);
            call.msg.branches.take_others();
        }
        left.reverse();
        let method = call.msg.message.method();
        let wish = Wish { options, method, referred, now: call.env.now, awaited_since: None };
        Ok(Task { registrar, domain, wish: Arc::new(wish), aors: left.clone(), left, found: Found::default() })
    }

    /// Reads one address of record after the other.
    fn read(mut self, call: &mut Call<'_>) -> Flow {
        let Some(aor) = self.left.pop() else { return self.place(call) };
        let (registrar, domain, wish) = (Arc::clone(&self.registrar), Arc::clone(&self.domain), Arc::clone(&self.wish));
        let mut found = std::mem::take(&mut self.found);
        let usrloc = Arc::clone(&registrar.usrloc);
        usrloc.read(
            call,
            &domain,
            aor,
            move |record| {
                if let Some(record) = record {
                    wish.collect(&registrar, record, &registrar.usrloc.agents, &mut found);
                }
                found
            },
            move |call, found| {
                self.found = found;
                self.read(call)
            },
        )
    }

    fn place(mut self, call: &mut Call<'_>) -> Flow {
        let sleepers = std::mem::take(&mut self.found.sleepers);
        if !sleepers.is_empty() && self.wish.awaited_since.is_none() {
            return self.wake(call, sleepers);
        }
        let options = &self.wish.options;
        let registrar = &self.registrar;
        let mut branches = self.found.targets.into_iter().map(|target| target.branch(registrar)).peekable();
        if branches.peek().is_none() {
            return Flow::done(match (sleepers.is_empty(), self.found.lacks_method) {
                (false, _) => 2,
                (true, true) => NO_METHOD,
                (true, false) => NO_CONTACT,
            });
        }
        if !options.to_branches_only
            && let Some(first) = branches.next()
        {
            *call.msg.branches.first_mut() = first;
        }
        if !options.no_branches {
            // Past the greatest number of branches, what is left is less preferred than what is there.
            branches.all(|branch| call.msg.branches.push(branch));
        }
        Flow::done(1)
    }

    /// Tells the script to wake up phones, and waits until they have registered again or the time is over.
    fn wake(self, call: &mut Call<'_>, sleepers: Vec<Sleeper>) -> Flow {
        // The caller hears 100, or it would send the request again and again.
        if call.msg.transaction.is_none() {
            let operations = call.env.operations;
            match operations.create(call) {
                Ok(Created::New) => {}
                Ok(Created::Retransmission) => return Flow::done(2),
                Err(fault) => return failed(call, fault),
            }
        }
        let reason = format!("ini-{}", String::from_utf8_lossy(call.msg.message.method_text()));
        let promises = wake_up(call, &self.registrar, &self.domain, &sleepers, &reason);
        self.wait(call, promises)
    }

    fn wait(self, call: &mut Call<'_>, mut promises: Vec<(u64, u64)>) -> Flow {
        let Some((contact, promise)) = promises.pop() else {
            return self.read_again(call);
        };
        let waited = call.env.now.since(self.wish.now);
        let Some(deadline) =
            self.push().map(|push| Duration::from_secs(u64::from(push.timeout_s)).saturating_sub(waited))
        else {
            return self.read_again(call);
        };
        Flow::wait(Request::Promise { number: promise, deadline }, move |call, _| {
            if let Some(push) = self.push() {
                push.give_up(contact, promise);
            }
            self.wait(call, promises)
        })
    }

    fn read_again(self, call: &mut Call<'_>) -> Flow {
        let before = &self.wish;
        let wish = Wish {
            options: before.options.clone(),
            method: before.method,
            referred: before.referred.clone(),
            now: call.env.now,
            awaited_since: Some(u32::try_from(before.now.unix_seconds()).unwrap_or(0)),
        };
        let left = self.aors.clone();
        Task { wish: Arc::new(wish), left, found: Found::default(), ..self }.read(call)
    }

    fn push(&self) -> Option<&Push> {
        self.registrar.push.as_ref()
    }
}

/// Raises the event that wakes up each phone; the contacts and promises to wait for.
pub fn wake_up(
    call: &mut Call<'_>,
    registrar: &Registrar,
    domain: &Domain,
    sleepers: &[Sleeper],
    reason: &str,
) -> Vec<(u64, u64)> {
    let Some(push) = &registrar.push else { return Vec::new() };
    let message = Arc::clone(&call.msg.message);
    let call_id = message.call_id().unwrap_or_default();
    let mut promises = Vec::with_capacity(sleepers.len());
    for Sleeper { aor, contact } in sleepers {
        let promise = call.env.operations.promise();
        if push.wait(contact.id, promise) {
            promises.push((contact.id, promise));
        }
        events::raise_refresh(&registrar.usrloc, &mut call.env, domain, aor, contact, reason, call_id);
    }
    promises
}

/// -1 would say that there are no contacts.
fn failed(call: &mut Call<'_>, fault: Fault) -> Flow {
    call.env.log().error(format!("lookup: {fault}"));
    call.msg.fault = Some(Box::new(fault));
    Flow::done(ERROR)
}
