//! `lookup()`: a call is led to the contacts of its Request-URI.

use super::Registrar;
use super::flags::{LOOKUP_FLAGS, LOOKUP_REFUSED, LookupOptions};
use super::target::{Found, Target, Wish};
use super::{aor, late};
use crate::usrloc::Domain;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, BRANCHES_MAX, Call, Created, FUNCTION, Fault, Flow, Function, Run};
use sip::Uri;
use smallvec::SmallVec;
use std::sync::Arc;

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
        (2, "all of them sleep and have been told to wake up: each gets the request as soon as it has registered"),
        (-1, "there are no contacts"),
        (-2, "there are contacts, and none supports the method"),
        (-3, "an error, which is logged"),
    ],
    examples: &[Example { script: "lookup(\"location\", \"method-filtering\")", message: "", returns: -1 }],
    run: Run::Wait(lookup),
    ..FUNCTION
};

const ASLEEP: i32 = 2;
const NO_CONTACT: i32 = -1;
const NO_METHOD: i32 = -2;
const ERROR: i32 = -3;

/// A look-up being made: what is needed after waiting, too.
struct Task {
    registrar: Arc<Registrar>,
    domain: Arc<Domain>,
    wish: Arc<Wish>,
    /// The addresses of record still to be read, in turn from the end.
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
        let wish = Wish { options, method, referred, now: call.env.now };
        Ok(Task { registrar, domain, wish: Arc::new(wish), left, found: Found::default() })
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
        let (wish, registrar) = (&self.wish, &self.registrar);
        let mut sleepers = std::mem::take(&mut self.found.sleepers);
        if wish.options.no_branches {
            sleepers.truncate(usize::from(self.found.targets.is_empty()));
        }
        if !sleepers.is_empty() {
            match late::wake(call, registrar, &self.domain, wish, sleepers) {
                Ok(Created::New) => {}
                Ok(Created::Retransmission) => return Flow::done(ASLEEP),
                Err(fault) if self.found.targets.is_empty() => return failed(call, fault),
                Err(fault) => call.env.log().error(format!("lookup: {fault}")),
            }
            if self.found.targets.is_empty() {
                return Flow::done(ASLEEP);
            }
        }
        let used = if wish.options.no_branches { 1 } else { BRANCHES_MAX };
        let attributes: SmallVec<[Bytes; 2]> = self.found.targets.iter().take(used).map(Target::attr).collect();
        if let Err(fault) = registrar.fill_attr(call, &attributes) {
            return failed(call, fault);
        }
        let mut branches = self.found.targets.into_iter().map(|target| target.branch(registrar)).peekable();
        if branches.peek().is_none() {
            return Flow::done(if self.found.lacks_method { NO_METHOD } else { NO_CONTACT });
        }
        if !wish.options.to_branches_only
            && let Some(first) = branches.next()
        {
            *call.msg.branches.first_mut() = first;
        }
        if !wish.options.no_branches {
            // Past the greatest number of branches, what is left is less preferred than what is there.
            branches.all(|branch| call.msg.branches.push(branch));
        }
        Flow::done(1)
    }
}

/// -1 would say that there are no contacts.
fn failed(call: &mut Call<'_>, fault: Fault) -> Flow {
    call.env.log().error(format!("lookup: {fault}"));
    call.msg.fault = Some(Box::new(fault));
    Flow::done(ERROR)
}
