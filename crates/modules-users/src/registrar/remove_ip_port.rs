//! `remove_ip_port()`: the contacts behind an address are removed, of one address of record or of all.

use super::remove::{host_of, is_host, next_hop};
use super::{Registrar, aor};
use crate::usrloc::contact::Contact;
use crate::usrloc::{Domain, events};
use bytes::Bytes;
use catalogue::Arg;
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Request, Run, judge};
use std::sync::Arc;
use std::time::Duration;

pub const REMOVE_IP_PORT: Function = Function {
    name: "remove_ip_port",
    about: "Removes the contacts that are reached by an address and port.",
    args: &[
        Arg::str("IP", "The address.").judged(judge::address),
        Arg::int("Port", "The port.").within(0, 65_535),
        Arg::fixed("domain", "The location table."),
        Arg::str("AOR", "Only of this address of record.").optional(),
    ],
    returns: &[(1, "done"), (-1, "an error, which is logged")],
    run: Run::Wait(|call, args| remove(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

/// Shards looked through before other messages get their turn.
const SHARDS_AT_ONCE: usize = 64;

/// The work: what is looked for, and how far it is.
struct Task {
    registrar: Arc<Registrar>,
    domain: Arc<Domain>,
    behind: Behind,
    next_shard: usize,
    aors: Vec<Bytes>,
}

struct Behind {
    address: Bytes,
    port: u16,
}

fn remove(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let registrar = call.shared_state::<Registrar>()?;
    let domain = registrar.domain(args.str(2)?)?;
    let port = u16::try_from(args.int(1)?).map_err(|_| Fault::script("the port is none"))?;
    let behind = Behind { address: args.str(0)?.clone(), port };
    let mut task = Task { registrar, domain, behind, next_shard: 0, aors: Vec::new() };
    if let Some(aor) = args.opt_str(3).filter(|aor| !aor.is_empty()) {
        task.next_shard = Domain::shard_count();
        task.aors.push(aor::key(&task.registrar, aor)?);
    } else if !task.registrar.usrloc.is_in_memory() {
        return Err(Fault::script(
            "remove_ip_port() needs the address of record where contacts are in the database alone",
        ));
    }
    Ok(task.run(call))
}

impl Task {
    fn run(mut self, call: &mut Call<'_>) -> Flow {
        if !self.registrar.usrloc.is_in_memory() {
            return self.change_rows(call);
        }
        let usrloc = Arc::clone(&self.registrar.usrloc);
        while let Some(aor) = self.aors.pop() {
            let is_watched = events::are_wanted(&call.env);
            let (_, mut changes) =
                self.domain.change(&aor, is_watched, |edit| edit.remove_unless(|contact| !self.behind.has(contact)));
            let Some((request, pending)) = usrloc.batch(&call.env, &self.domain, &aor, &mut changes) else {
                events::raise(&usrloc, &mut call.env, &self.domain, &aor, &changes);
                continue;
            };
            return Flow::wait(request, move |call, answer| {
                let fault = answer.into_fault();
                pending.settle(fault.is_none());
                if let Some(fault) = fault {
                    return Flow::Done(Err(fault));
                }
                events::raise(&usrloc, &mut call.env, &self.domain, &aor, &changes);
                self.run(call)
            });
        }
        if self.next_shard >= Domain::shard_count() {
            return Flow::done(1);
        }
        self.search();
        Flow::wait(Request::Sleep(Duration::ZERO), move |call, _| self.run(call))
    }

    fn change_rows(mut self, call: &mut Call<'_>) -> Flow {
        let Some(aor) = self.aors.pop() else { return Flow::done(1) };
        let (usrloc, behind) = (Arc::clone(&self.registrar.usrloc), self.behind);
        usrloc.change(
            call,
            &self.domain,
            aor,
            move |edit| edit.remove_unless(|contact| !behind.has(contact)),
            |_, _, written| Flow::Done(written.map(|()| 1)),
        )
    }

    fn search(&mut self) {
        let shards = self.next_shard..(self.next_shard + SHARDS_AT_ONCE).min(Domain::shard_count());
        self.next_shard = shards.end;
        for shard in shards {
            self.domain.each(shard, |record| {
                if record.contacts().iter().any(|contact| self.behind.has(contact)) {
                    self.aors.push(Bytes::copy_from_slice(record.aor()));
                }
            });
        }
    }
}

impl Behind {
    fn has(&self, contact: &Contact) -> bool {
        let hop = next_hop(contact).and_then(host_of);
        hop.is_some_and(|(host, port)| port == self.port && is_host(host, &self.address))
    }
}
