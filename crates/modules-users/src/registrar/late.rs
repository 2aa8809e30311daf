//! Phones that sleep while somebody calls: they are told to wake up, and get the request once they have registered.

use super::Registrar;
use super::target::{Sleeper, Target, Wish};
use crate::usrloc::contact::Contact;
use crate::usrloc::{Domain, Record, events};
use bytes::Bytes;
use module_api::{Branch, Call, Created, Env, Fault, Job, Request};
use std::sync::Arc;
use std::time::Duration;

/// A phone that has been told to wake up for a request.
struct Late {
    registrar: Arc<Registrar>,
    domain: Arc<Domain>,
    aor: Bytes,
    contact: u64,
    promise: u64,
    /// The transaction of the request, by its identifier.
    transaction: String,
}

/// Tells phones to wake up, and keeps the request's transaction open for them for `pn_refresh_timeout`.
///
/// # Errors
/// There is no room for the transaction, or for more who wait.
pub fn wake(
    call: &mut Call<'_>,
    registrar: &Arc<Registrar>,
    domain: &Arc<Domain>,
    wish: &Wish,
    sleepers: Vec<Sleeper>,
) -> Result<Created, Fault> {
    let Some(push) = &registrar.push else { return Ok(Created::New) };
    let operations = call.env.operations;
    // The caller hears 100, or it would send the request again and again.
    if operations.create(call)? == Created::Retransmission {
        return Ok(Created::Retransmission);
    }
    let transaction = call.msg.transaction.as_ref().map(|transaction| transaction.id()).unwrap_or_default();
    let reason = format!("ini-{}", String::from_utf8_lossy(call.msg.message.method_text()));
    let promises = wake_up(call, registrar, domain, &sleepers, &reason);
    let count = u32::try_from(promises.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(Fault::us("too many phones are waited for").reply(503, "Service Unavailable"));
    }
    let within = Duration::from_secs(u64::from(push.timeout_s));
    operations.expect_branches(call, if wish.options.no_branches { 1 } else { count }, within)?;
    for (contact, promise) in promises {
        let Some(sleeper) = sleepers.iter().find(|sleeper| sleeper.contact.id == contact) else { continue };
        let late = Late {
            registrar: Arc::clone(registrar),
            domain: Arc::clone(domain),
            aor: sleeper.aor.clone(),
            contact,
            promise,
            transaction: transaction.clone(),
        };
        let request = Request::Promise { number: promise, deadline: within };
        call.env.start(Job::wait(request, move |env, answer| late.ended(env, answer.into_fault().is_none())));
    }
    Ok(Created::New)
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

impl Late {
    /// It has registered, or its time is over.
    fn ended(self, env: &mut Env<'_>, has_come: bool) -> Job {
        if let Some(push) = &self.registrar.push {
            push.give_up(self.contact, self.promise);
        }
        if !has_come {
            // Nobody else does that any more; without it the promise would be kept for ever.
            let operations = env.operations;
            operations.fulfil(env, self.promise);
            return Job::DONE;
        }
        let usrloc = Arc::clone(&self.registrar.usrloc);
        if usrloc.is_in_memory() {
            let branch = self.domain.read(&self.aor, |record| record.and_then(|record| self.branch(env, record)));
            return self.add(env, branch);
        }
        match usrloc.fetch(&self.domain, &self.aor) {
            Err(fault) => Job::Done(Err(fault)),
            Ok(request) => Job::wait(request, move |env, answer| match answer.rows() {
                Err(fault) => Job::Done(Err(fault)),
                Ok(rows) => {
                    let record = self.registrar.usrloc.record(&self.aor, &rows, env);
                    let branch = self.branch(env, &record);
                    self.add(env, branch)
                }
            }),
        }
    }

    fn branch(&self, env: &Env<'_>, record: &Record) -> Option<Branch> {
        let is_it = |contact: &&Contact| contact.id == self.contact;
        let contact = record.valid(env.now).find(is_it)?;
        Some(Target::of(&self.registrar, contact).branch(&self.registrar))
    }

    fn add(self, env: &mut Env<'_>, branch: Option<Branch>) -> Job {
        let Some(branch) = branch else { return Job::DONE };
        let operations = env.operations;
        // A call that has ended meanwhile needs no more phones.
        let _ = operations.late_branch(env, self.transaction.as_bytes(), branch);
        Job::DONE
    }
}
