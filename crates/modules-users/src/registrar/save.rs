//! `save()`: a REGISTER is kept and answered.

use super::Registrar;
use super::bind::{self, Bound};
use super::flags::{SAVE_FLAGS, SaveOptions};
use super::refusal::Refusal;
use super::register::{Contacts, Given, Register};
use super::{aor, reply::Lines, room};
use crate::usrloc::Domain;
use crate::usrloc::edit::Edit;
use crate::usrloc::events;
use bytes::Bytes;
use catalogue::{Arg, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Kind, ReplyContent, Run, Time};
use sip::text::number;
use sip::{HeaderName, Message, NameAddr, Uri};
use std::sync::Arc;
use std::time::Duration;

pub const SAVE: Function = Function {
    name: "save",
    about: "Keeps the contacts of a REGISTER and answers it; in a reply route, those that another registrar accepted.",
    args: &[
        Arg::fixed("domain", "The location table."),
        Arg::flags("flags", SAVE_FLAGS, "How.").optional(),
        Arg::str("aor", "The address of record, if not To's.").optional(),
        Arg::str("ownership_tag", "The cluster tag of the contacts' owner.").optional(),
    ],
    routes: Routes::REQUEST.or(Routes::ONREPLY),
    returns: &[(1, "the contacts are kept"), (-1, "an error; the reply has been sent, unless no-reply was asked for")],
    run: Run::Wait(save),
    ..FUNCTION
};

/// A REGISTER being saved: what is needed after waiting, too.
struct Task {
    registrar: Arc<Registrar>,
    request: Arc<Message>,
    reply: Option<Arc<Message>>,
    forwarded_contact: Option<Bytes>,
    options: SaveOptions,
    domain: Arc<Domain>,
    aor: Bytes,
    aor_uri: Bytes,
    given: Given,
    drawn: u64,
    now: Time,
}

/// What has been made of it.
struct Saved {
    bound: Bound,
    lines: Vec<u8>,
    lifetime_s: u32,
}

fn save(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    let registrar = match call.shared_state::<Registrar>() {
        Ok(registrar) => registrar,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    match Task::prepare(call, args, registrar.clone()) {
        // The script counts on the phone to have its answer, whatever a variable said.
        Err(fault) => {
            call.env.log().error(format!("save: {fault}"));
            let no_reply = call.kind == Kind::Reply || args.has_flag(1, "no-reply");
            refuse(call, &registrar, &Refusal::NotStored, no_reply)
        }
        Ok(Err((refusal, no_reply))) => refuse(call, &registrar, &refusal, no_reply),
        Ok(Ok(task)) => task.run(call),
    }
}

impl Task {
    fn prepare(
        call: &mut Call<'_>,
        args: Args<'_>,
        registrar: Arc<Registrar>,
    ) -> Result<Result<Task, (Refusal, bool)>, Fault> {
        let is_reply = call.kind == Kind::Reply;
        let mut options = SaveOptions::read(&registrar, args, 1)?;
        options.no_reply |= is_reply;
        options.socket_header |= registrar.socket_flag.is_some_and(|flag| call.msg.flags.is_set(flag));
        let (request, reply) = if is_reply {
            let request = call.msg.counterpart.clone();
            let request = request.ok_or_else(|| Fault::script("save() in a reply route needs the transaction"))?;
            (request, Some(Arc::clone(&call.msg.message)))
        } else {
            (Arc::clone(&call.msg.message), None)
        };
        let domain = registrar.domain(args.str(0)?)?;
        let aor_uri = match args.opt_str(2).filter(|aor| !aor.is_empty()) {
            Some(aor) => aor.clone(),
            None => request.share(request.to()?.uri),
        };
        let aor = match aor::key(&registrar, &aor_uri) {
            Ok(aor) => aor,
            Err(refusal) => return Ok(Err((refusal, options.no_reply))),
        };
        let given = given(call, &registrar, &request, &options, args)?;
        let forwarded_contact = match (&registrar.forwarded_contact, is_reply) {
            (Some(variable), true) => variable.read(call).into_bytes(),
            _ => None,
        };
        let drawn = if registrar.gruu.is_some() || registrar.push.is_some() { call.env.random.next_u64() } else { 0 };
        let now = call.env.now;
        Ok(Ok(Task { registrar, request, reply, forwarded_contact, options, domain, aor, aor_uri, given, drawn, now }))
    }

    fn run(mut self, call: &mut Call<'_>) -> Flow {
        let usrloc = Arc::clone(&self.registrar.usrloc);
        if usrloc.is_in_memory() {
            let given = std::mem::take(&mut self.given);
            let work = self.read(given).map(|register| {
                let is_watched = events::are_wanted(&call.env);
                self.domain.change(&self.aor, is_watched, |edit| self.bind(edit, &register))
            });
            return match work {
                Err(refusal) => refuse(call, &self.registrar, &refusal, self.options.no_reply),
                Ok((saved, changes)) => {
                    let (domain, aor) = (Arc::clone(&self.domain), self.aor.clone());
                    usrloc.commit(call, &domain, &aor, changes, move |call, written| self.finish(call, saved, written))
                }
            };
        }
        let request = match usrloc.fetch(&self.domain, &self.aor) {
            Ok(request) => request,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        Flow::wait(request, move |call, answer| {
            let rows = match answer.rows() {
                Ok(rows) => rows,
                Err(fault) => return self.finish(call, Err(Refusal::NotStored), Err(fault)),
            };
            let given = std::mem::take(&mut self.given);
            let work = self
                .read(given)
                .map(|register| usrloc.edit_rows(&self.aor, &rows, &mut call.env, |edit| self.bind(edit, &register)));
            match work {
                Err(refusal) => refuse(call, &self.registrar, &refusal, self.options.no_reply),
                Ok((saved, changes)) => {
                    let (domain, aor) = (Arc::clone(&self.domain), self.aor.clone());
                    usrloc.commit(call, &domain, &aor, changes, move |call, written| self.finish(call, saved, written))
                }
            }
        })
    }

    fn read(&self, given: Given) -> Result<Register<'_>, Refusal> {
        let granted = |address: &NameAddr<'_>| self.granted(address);
        let granted: Option<&dyn Fn(&NameAddr<'_>) -> u32> = if self.reply.is_some() { Some(&granted) } else { None };
        Register::read(&self.registrar, &self.request, &self.options, given, granted)
    }

    /// The lifetime that the other registrar's reply grants a contact; what it does not list, it has not kept.
    fn granted(&self, address: &NameAddr<'_>) -> u32 {
        let Some(reply) = &self.reply else { return 0 };
        let wanted = self.forwarded_contact.as_deref().unwrap_or(address.uri);
        let Ok(wanted) = Uri::parse(wanted) else { return 0 };
        let listed = reply.name_addrs(HeaderName::Contact).flatten().map(|item| item.address);
        let mut same = listed.filter(|listed| Uri::parse(listed.uri).is_ok_and(|uri| uri.same_as(&wanted)));
        let expires = || reply.value(HeaderName::Expires);
        let Some(listed) = same.next() else { return 0 };
        let lifetime = listed.params.value(b"expires").or_else(expires).and_then(number);
        lifetime.unwrap_or(self.registrar.default_expires_s)
    }

    fn bind(&self, edit: &mut Edit<'_>, register: &Register<'_>) -> Result<Saved, Refusal> {
        let bound = bind::bind(&self.registrar, edit, register, &self.options, self.now)?;
        let lines = if self.options.no_reply {
            Vec::new()
        } else {
            let lines = Lines { registrar: &self.registrar, aor: &self.aor_uri, drawn: self.drawn, now: self.now };
            let all = lines.write(edit.record(), register, &self.options, &bound);
            let fits = register.given.reply_room.is_none_or(|room| all.len() <= room);
            match register.contacts {
                _ if fits => all,
                Contacts::None => return Err(Refusal::ReplyTooLong),
                // Contacts that came by a connection, or to another server: the phone at least hears of its own.
                _ => {
                    let own = SaveOptions { only_request_contacts: true, ..self.options.clone() };
                    lines.write(edit.record(), register, &own, &bound)
                }
            }
        };
        let lifetime_s = match &register.contacts {
            Contacts::List(list) => list.iter().map(|wanted| wanted.lifetime_s).max().unwrap_or(0),
            _ => 0,
        };
        Ok(Saved { bound, lines, lifetime_s })
    }

    fn finish(self, call: &mut Call<'_>, saved: Result<Saved, Refusal>, written: Result<(), Fault>) -> Flow {
        if let Err(fault) = written {
            call.env.log().error(format!("save: {fault}"));
            return refuse(call, &self.registrar, &Refusal::NotStored, self.options.no_reply);
        }
        let saved = match saved {
            Ok(saved) => saved,
            Err(refusal) => return refuse(call, &self.registrar, &refusal, self.options.no_reply),
        };
        self.keep_connection(call, saved.lifetime_s);
        if let Some(push) = &self.registrar.push {
            push.awake(&mut call.env, &saved.bound);
        }
        self.registrar.accepted.increment();
        if self.options.no_reply {
            return Flow::done(1);
        }
        let reply = ReplyContent { headers: Bytes::from(saved.lines), ..ReplyContent::new(200, "OK") };
        Flow::Done(call.env.operations.answer(call, &reply).map(|()| 1))
    }

    fn keep_connection(&self, call: &mut Call<'_>, lifetime_s: u32) {
        let is_asked = self.registrar.persistent_flag.is_some_and(|flag| call.msg.flags.is_set(flag));
        if let (true, Some(connection)) = (is_asked && lifetime_s > 0, call.msg.source.connection) {
            call.env.out.keep(connection, call.env.now + Duration::from_secs(u64::from(lifetime_s)));
        }
    }
}

fn given(
    call: &mut Call<'_>,
    registrar: &Registrar,
    request: &Message,
    options: &SaveOptions,
    args: Args<'_>,
) -> Result<Given, Fault> {
    let mut text = |variable: &Option<module_api::VariableHandle>| {
        let value = variable.as_ref().and_then(|variable| variable.read(call).into_bytes());
        value.unwrap_or_default()
    };
    let mut received = text(&registrar.received);
    let attr = text(&registrar.attr);
    if !received.is_empty() && Uri::parse(&received).is_err() {
        let shown = String::from_utf8_lossy(&received).into_owned();
        call.env.log().error(format!("save: received_avp is no URI, and is left out: \"{shown}\""));
        received = Bytes::new();
    }
    let mut given = Given {
        received,
        attr,
        tag: args.opt_str(3).cloned().unwrap_or_default(),
        branch_flags: call.msg.branches.first().flags,
        socket: Some(call.msg.source.socket),
        now_s: u32::try_from(call.env.now.unix_seconds()).unwrap_or(u32::MAX),
        ..Given::default()
    };
    if !options.no_reply {
        given.reply_room = room::of_reply(call, request);
    }
    if options.socket_header {
        given.socket = socket_of_header(call, registrar, request).or(given.socket);
    }
    if registrar.deviation_s > 0 {
        let range = registrar.deviation_s.saturating_mul(2).saturating_add(1);
        let count = request.name_addrs(HeaderName::Contact).count().min(64);
        let draw = |_| i64::from(call.env.random_below(range)) - i64::from(registrar.deviation_s);
        given.deviations = (0..count).map(draw).collect();
    }
    Ok(given)
}

fn socket_of_header(call: &Call<'_>, registrar: &Registrar, request: &Message) -> Option<module_api::SocketId> {
    let name = registrar.socket_header.as_ref()?;
    let header = request.headers_called(name.as_bytes()).next()?;
    call.env.services.sockets.named(header.value).map(|socket| socket.id)
}

fn refuse(call: &mut Call<'_>, registrar: &Registrar, refusal: &Refusal, no_reply: bool) -> Flow {
    if *refusal == Refusal::InProgress {
        return Flow::done(1);
    }
    registrar.rejected.increment();
    if no_reply {
        return Flow::done(-1);
    }
    Flow::Done(refusal.send(call, registrar).map(|()| -1))
}
