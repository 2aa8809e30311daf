//! RFC 3261 section 10.3, step 7: what a REGISTER does to the contacts. All of it, or nothing.

use super::Registrar;
use super::flags::SaveOptions;
use super::matching;
use super::refusal::Refusal;
use super::register::{Contacts, Register, Wanted};
use super::room;
use crate::usrloc::contact::{Contact, Need};
use crate::usrloc::edit::Edit;
use crate::usrloc::{Mode, Record};
use module_api::Time;
use smallvec::SmallVec;

/// What becomes of a contact of the request.
enum Step {
    Insert,
    Update(u64),
    Remove(u64),
    Nothing,
}

/// How a REGISTER stands to a contact that is there.
enum Standing {
    Newer,
    Retransmitted,
}

type Steps = SmallVec<[Step; 2]>;
/// The identifiers of contacts that make room for new ones.
type Leaving = SmallVec<[u64; 2]>;

/// More contacts than anybody has phones. Without `max_contacts` this is the bound, so that nobody can make every call
/// and every registration of theirs a long search.
const CONTACTS_MAX: usize = 1000;

/// The identifiers of the contacts of the request that are registered now.
pub type Bound = SmallVec<[u64; 2]>;

/// Does what a REGISTER asks for.
///
/// # Errors
/// It is refused, and nothing has changed.
pub fn bind(
    registrar: &Registrar,
    edit: &mut Edit<'_>,
    register: &Register<'_>,
    options: &SaveOptions,
    now: Time,
) -> Result<Bound, Refusal> {
    match &register.contacts {
        Contacts::None => Ok(Bound::new()),
        Contacts::Star => {
            for contact in edit.record().contacts() {
                standing(registrar, contact, register)?;
            }
            edit.remove_unless(|_| false);
            Ok(Bound::new())
        }
        Contacts::List(list) => {
            let steps = plan(registrar, edit, register, list, options)?;
            let leaving = leaving(edit.record(), &steps, options, now)?;
            check_reply(registrar, edit.record(), register, list, &steps, &leaving, options, now)?;
            edit.remove_unless(|contact| !leaving.contains(&contact.id));
            apply(edit, register, list, steps, options)
        }
    }
}

fn plan(
    registrar: &Registrar,
    edit: &Edit<'_>,
    register: &Register<'_>,
    list: &[Wanted<'_>],
    options: &SaveOptions,
) -> Result<Steps, Refusal> {
    let record = edit.record();
    let step = |wanted: &Wanted<'_>| {
        let known = matching::position(registrar, record, register, wanted, &options.matching);
        let Some(contact) = known.and_then(|position| record.contacts().get(position)) else {
            return Ok(if wanted.lifetime_s == 0 { Step::Nothing } else { Step::Insert });
        };
        Ok(match standing(registrar, contact, register)? {
            Standing::Retransmitted => Step::Nothing,
            Standing::Newer if wanted.lifetime_s == 0 => Step::Remove(contact.id),
            Standing::Newer => Step::Update(contact.id),
        })
    };
    list.iter().map(step).collect()
}

/// A REGISTER of another Call-ID is newer; one of the same must have the greater CSeq number. The same number soon
/// after is a retransmission, which is answered and does nothing; later it is a phone that does not count.
fn standing(registrar: &Registrar, contact: &Contact, register: &Register<'_>) -> Result<Standing, Refusal> {
    if contact.call_id() != register.call_id || register.cseq > contact.cseq {
        return Ok(Standing::Newer);
    }
    let age = register.given.now_s.saturating_sub(contact.modified);
    if register.cseq == contact.cseq && age < registrar.usrloc.config.cseq_delay_s {
        return retransmitted(registrar, contact);
    }
    if register.cseq == contact.cseq && registrar.allow_dup_cseq {
        return Ok(Standing::Newer);
    }
    Err(Refusal::OldCSeq)
}

/// Written through, a REGISTER is answered when it is in the database: not sooner, because it came twice.
fn retransmitted(registrar: &Registrar, contact: &Contact) -> Result<Standing, Refusal> {
    if registrar.usrloc.config.mode != Mode::WriteThrough || !contact.is_stored() {
        return Ok(Standing::Retransmitted);
    }
    match (contact.sync.in_flight, contact.sync.need) {
        (0, Need::Nothing) => Ok(Standing::Retransmitted),
        (0, _) => Ok(Standing::Newer),
        _ => Err(Refusal::InProgress),
    }
}

/// Sees that there will not be more than `max_contacts`: with `force-registration` the oldest others leave.
fn leaving(record: &Record, steps: &Steps, options: &SaveOptions, now: Time) -> Result<Leaving, Refusal> {
    let inserted = steps.iter().filter(|step| matches!(step, Step::Insert)).count();
    if inserted == 0 {
        return Ok(Leaving::new());
    }
    let max_contacts = if options.max_contacts == 0 { CONTACTS_MAX } else { options.max_contacts.min(CONTACTS_MAX) };
    let staying = record.valid(now).filter(|contact| !is_removed(steps, contact)).count();
    let surplus = (staying + inserted).saturating_sub(max_contacts);
    if surplus == 0 {
        return Ok(Leaving::new());
    }
    let mut others: SmallVec<[(u32, u64); 8]> = record
        .valid(now)
        .filter(|contact| !is_removed(steps, contact) && !is_updated(steps, contact))
        .map(|contact| (contact.modified, contact.id))
        .collect();
    if !options.force || others.len() < surplus {
        return Err(Refusal::TooManyContacts);
    }
    others.sort_unstable();
    Ok(others.into_iter().take(surplus).map(|(_, id)| id).collect())
}

/// Refuses new contacts with which the reply would no longer fit into a datagram: it would be lost, and with it every
/// later one. What is there already may be refreshed and removed.
fn check_reply(
    registrar: &Registrar,
    record: &Record,
    register: &Register<'_>,
    list: &[Wanted<'_>],
    steps: &Steps,
    leaving: &Leaving,
    options: &SaveOptions,
    now: Time,
) -> Result<(), Refusal> {
    let inserts = || list.iter().zip(steps).filter(|(_, step)| matches!(step, Step::Insert));
    let Some(room) = register.given.reply_room.filter(|_| inserts().next().is_some()) else { return Ok(()) };
    let aor = record.aor();
    let is_told = |contact: &&Contact| {
        let stays = !is_removed(steps, contact) && !leaving.contains(&contact.id);
        stays && (!options.only_request_contacts || is_updated(steps, contact))
    };
    let there = record.valid(now).filter(is_told).map(|contact| room::of_contact(registrar, register, aor, contact));
    let new = inserts().map(|(wanted, _)| room::of_wanted(registrar, register, aor, wanted));
    if there.chain(new).sum::<usize>() > room { Err(Refusal::ReplyTooLong) } else { Ok(()) }
}

fn is_removed(steps: &Steps, contact: &Contact) -> bool {
    steps.iter().any(|step| matches!(step, Step::Remove(id) if *id == contact.id))
}

fn is_updated(steps: &Steps, contact: &Contact) -> bool {
    steps.iter().any(|step| matches!(step, Step::Update(id) if *id == contact.id))
}

fn apply(
    edit: &mut Edit<'_>,
    register: &Register<'_>,
    list: &[Wanted<'_>],
    steps: Steps,
    options: &SaveOptions,
) -> Result<Bound, Refusal> {
    let mut bound = Bound::new();
    for (wanted, step) in list.iter().zip(steps) {
        match step {
            Step::Nothing => {}
            Step::Remove(id) => {
                edit.remove_unless(|contact| contact.id != id);
            }
            Step::Update(id) => {
                // Two contacts of one request may be the same: the second updates what the first has made.
                let known = edit.record().contacts().iter().position(|contact| contact.id == id);
                let details = register.details(wanted, options);
                if known.is_some_and(|position| edit.update(position, &details)) {
                    bound.push(id);
                }
            }
            // Strings of a message that was taken in are short enough.
            Step::Insert => bound.extend(edit.insert(&register.details(wanted, options))),
        }
    }
    Ok(bound)
}
