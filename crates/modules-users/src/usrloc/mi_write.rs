//! The management commands that add and remove contacts.

use super::Usrloc;
use super::contact::Details;
use super::domain::Domain;
use super::edit::{Changes, Edit};
use super::events;
use super::methods::Methods;
use super::mi::{AOR, TABLE, target};
use bytes::Bytes;
use catalogue::{CommandParam, FlagSet};
use module_api::{COMMAND, Command, Management, MiError, MiFlow, MiRun, Q};
use std::sync::Arc;

pub const RM: Command = Command {
    name: "usrloc:rm",
    aliases: &["ul_rm"],
    about: "Removes an address of record with all its contacts.",
    recipes: &[&[TABLE, AOR]],
    run: MiRun::Wait(rm),
    ..COMMAND
};

pub const RM_CONTACT: Command = Command {
    name: "usrloc:rm_contact",
    aliases: &["ul_rm_contact"],
    about: "Removes a contact of an address of record.",
    recipes: &[&[TABLE, AOR, CONTACT]],
    run: MiRun::Wait(rm_contact),
    ..COMMAND
};

pub const ADD: Command = Command {
    name: "usrloc:add",
    aliases: &["ul_add"],
    about: "Adds a contact to an address of record, or sets the values of one that is there.",
    recipes: &[&[
        TABLE,
        AOR,
        CONTACT,
        CommandParam::int("expires"),
        CommandParam::str("q"),
        CommandParam::int("flags"),
        CommandParam::int("cflags"),
        CommandParam::int("methods"),
    ]],
    run: MiRun::Wait(add),
    ..COMMAND
};

const CONTACT: CommandParam = CommandParam::str("contact");
const CALL_ID: &[u8] = b"usrloc-add@management";
const USER_AGENT: &[u8] = b"Strowger management";

fn rm(management: &mut Management<'_>) -> MiFlow {
    let target = target(management);
    change(management, target, |edit| {
        edit.remove_unless(|_| false);
        Ok(())
    })
}

fn rm_contact(management: &mut Management<'_>) -> MiFlow {
    let target = target(management);
    let uri = management.params.str(CONTACT.name).unwrap_or_default().to_owned();
    change(management, target, move |edit| {
        if edit.record().contacts().is_empty() {
            return Err(MiError::new(404, "AOR not found"));
        }
        match edit.remove_unless(|contact| contact.uri() != uri.as_bytes()) {
            0 => Err(MiError::new(404, "Contact not found")),
            _ => Ok(()),
        }
    })
}

fn add(management: &mut Management<'_>) -> MiFlow {
    let new = match NewContact::read(management) {
        Ok(new) => new,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let target = target(management);
    change(management, target, move |edit| {
        let details = new.details();
        let known = edit.record().contacts().iter().position(|contact| contact.uri() == details.uri);
        let is_added = match known {
            Some(position) => edit.update(position, &details),
            None => edit.insert(&details).is_some(),
        };
        if is_added { Ok(()) } else { Err(MiError::new(400, "Bad parameter value")) }
    })
}

/// Changes a record and answers when the change is as safe as the mode promises.
fn change(
    management: &mut Management<'_>,
    target: Result<(Arc<Usrloc>, Arc<Domain>, Bytes), MiError>,
    work: impl FnOnce(&mut Edit<'_>) -> Result<(), MiError> + Send + 'static,
) -> MiFlow {
    let (usrloc, domain, aor) = match target {
        Ok(target) => target,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    if usrloc.is_in_memory() {
        let (made, changes) = domain.change(&aor, events::are_wanted(&management.env), work);
        return commit(management, &usrloc, &domain, &aor, made, changes);
    }
    match usrloc.fetch(&domain, &aor) {
        Err(fault) => MiFlow::Done(Err(fault.into())),
        Ok(request) => MiFlow::wait(request, move |management, answer| match answer.rows() {
            Err(fault) => MiFlow::Done(Err(fault.into())),
            Ok(rows) => {
                let (made, changes) = usrloc.edit_rows(&aor, &rows, &mut management.env, work);
                commit(management, &usrloc, &domain, &aor, made, changes)
            }
        }),
    }
}

fn commit(
    management: &mut Management<'_>,
    usrloc: &Arc<Usrloc>,
    domain: &Arc<Domain>,
    aor: &[u8],
    made: Result<(), MiError>,
    mut changes: Changes,
) -> MiFlow {
    if let Err(error) = made {
        return MiFlow::Done(Err(error));
    }
    let Some((request, pending)) = usrloc.batch(&management.env, domain, aor, &mut changes) else {
        events::raise(usrloc, &mut management.env, domain, aor, &changes);
        return MiFlow::Done(Ok("OK".into()));
    };
    let (usrloc, domain, aor) = (Arc::clone(usrloc), Arc::clone(domain), Bytes::copy_from_slice(aor));
    MiFlow::wait(request, move |management, answer| {
        let fault = answer.into_fault();
        pending.settle(fault.is_none());
        if let Some(fault) = fault {
            return MiFlow::Done(Err(MiError::new(500, "Internal Error").with(fault.text)));
        }
        events::raise(&usrloc, &mut management.env, &domain, &aor, &changes);
        MiFlow::Done(Ok("OK".into()))
    })
}

/// The parameters of `usrloc:add`.
struct NewContact {
    uri: String,
    expires: u32,
    modified: u32,
    q: Option<Q>,
    flags: u32,
    branch_flags: u32,
    methods: u32,
}

impl NewContact {
    fn read(management: &Management<'_>) -> Result<NewContact, MiError> {
        let params = &management.params;
        let bad = || MiError::new(400, "Bad parameter value");
        let number = |name| params.int(name).and_then(|number| u32::try_from(number).map_err(|_| bad()));
        let uri = params.str(CONTACT.name)?;
        sip::Uri::parse(uri.as_bytes()).map_err(|_| bad())?;
        let q = params.str("q")?;
        let now = u32::try_from(management.env.now.unix_seconds()).unwrap_or(u32::MAX);
        let lifetime = number("expires")?;
        Ok(NewContact {
            uri: uri.to_owned(),
            expires: if lifetime == 0 { 0 } else { now.saturating_add(lifetime) },
            modified: now,
            q: if q.is_empty() { None } else { Some(Q::parse(q.as_bytes()).ok_or_else(bad)?) },
            flags: number("flags")?,
            branch_flags: number("cflags")?,
            methods: number("methods")?,
        })
    }

    fn details(&self) -> Details<'_> {
        Details {
            uri: self.uri.as_bytes(),
            call_id: CALL_ID,
            received: b"",
            path: b"",
            instance: b"",
            attr: b"",
            tag: b"",
            user_agent: USER_AGENT,
            expires: self.expires,
            modified: self.modified,
            cseq: 1,
            flags: self.flags,
            branch_flags: FlagSet(self.branch_flags),
            methods: Methods(self.methods),
            socket: None,
            q: self.q,
            reg_id: 0,
        }
    }
}
