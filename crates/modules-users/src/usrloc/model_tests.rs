//! The location table against a model that anybody can see is right: random registrations, removals and time.

use super::contact::Details;
use super::domain::{Domain, DomainCounters, Layout};
use super::edit::Kind;
use super::{Methods, UserAgents};
use crate::usrloc::record::Order;
use catalogue::FlagSet;
use module_api::{Q, Time};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A step of a random run.
#[derive(Clone, Debug)]
enum Step {
    Register { user: u8, contact: u8, lifetime_s: u32, q: Option<u16> },
    Remove { user: u8, contact: u8 },
    RemoveAll { user: u8 },
    Pass { seconds: u32 },
    Sweep,
}

/// For each user: contacts with rank, end and Call-ID, in order.
type Model = BTreeMap<String, Vec<(String, i32, u32)>>;

fn step() -> impl Strategy<Value = Step> {
    let q = prop_oneof![Just(None), (0u16..=3).prop_map(|q| Some(q * 300))];
    prop_oneof![
        6 => (0u8..6, 0u8..4, 1u32..200, q)
            .prop_map(|(user, contact, lifetime_s, q)| Step::Register { user, contact, lifetime_s, q }),
        2 => (0u8..6, 0u8..4).prop_map(|(user, contact)| Step::Remove { user, contact }),
        1 => (0u8..6).prop_map(|user| Step::RemoveAll { user }),
        2 => (0u32..120).prop_map(|seconds| Step::Pass { seconds }),
        1 => Just(Step::Sweep),
    ]
}

fn details(uri: &str, expires: u32, q: Option<u16>) -> Details<'_> {
    Details {
        uri: uri.as_bytes(),
        call_id: b"call",
        received: b"",
        path: b"",
        instance: b"",
        attr: b"",
        tag: b"",
        user_agent: b"Phone",
        expires,
        modified: 0,
        cseq: 1,
        flags: 0,
        branch_flags: FlagSet::default(),
        methods: Methods::ALL,
        socket: None,
        q: q.map(Q),
        reg_id: 0,
    }
}

fn register(domain: &Domain, aor: &str, uri: &str, expires: u32, q: Option<u16>) {
    domain.change(aor.as_bytes(), false, |edit| {
        let known = edit.record().contacts().iter().position(|contact| contact.uri() == uri.as_bytes());
        match known {
            Some(position) => assert!(edit.update(position, &details(uri, expires, q))),
            None => assert!(edit.insert(&details(uri, expires, q)).is_some()),
        }
    });
}

fn register_model(model: &mut Model, aor: &str, uri: &str, expires: u32, q: Option<u16>) {
    let contacts = model.entry(aor.to_owned()).or_default();
    let rank = q.map_or(-1, i32::from);
    let moved = match contacts.iter().position(|(known, ..)| known == uri) {
        Some(position) if contacts[position].1 == rank => {
            contacts[position].2 = expires;
            false
        }
        Some(position) => {
            // A new preference that still fits between the neighbours does not move a contact.
            let before = position == 0 || contacts[position - 1].1 >= rank;
            let after = contacts.get(position + 1).is_none_or(|next| rank >= next.1);
            if before && after {
                contacts[position].1 = rank;
                contacts[position].2 = expires;
            } else {
                contacts.remove(position);
            }
            !(before && after)
        }
        None => true,
    };
    if moved {
        let place = contacts.iter().position(|(_, other, _)| *other < rank).unwrap_or(contacts.len());
        contacts.insert(place, (uri.to_owned(), rank, expires));
    }
}

fn table(domain: &Domain) -> Model {
    let mut shown = Model::new();
    for shard in 0..Domain::shard_count() {
        domain.each(shard, |record| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let contacts = record.contacts().iter();
            let contacts = contacts.map(|contact| (text(contact.uri()), contact.rank(), contact.expires)).collect();
            shown.insert(text(record.aor()), contacts);
        });
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_does_what_the_model_does(steps in prop::collection::vec(step(), 1..120)) {
        let layout = Layout { order: Order::ByPreference, hash_size: 9, stored: true, written_through: false };
        let domain = Domain::new("location", layout, Arc::new(UserAgents::new(1)), 1, DomainCounters::default());
        let mut model = Model::new();
        let mut now = 1000u32;
        let mut expired = 0;
        for step in steps {
            match step {
                Step::Register { user, contact, lifetime_s, q } => {
                    let (aor, uri) = (format!("u{user}@x"), format!("sip:c{contact}@192.0.2.1"));
                    register(&domain, &aor, &uri, now + lifetime_s, q);
                    register_model(&mut model, &aor, &uri, now + lifetime_s, q);
                }
                Step::Remove { user, contact } => {
                    let (aor, uri) = (format!("u{user}@x"), format!("sip:c{contact}@192.0.2.1"));
                    domain.change(aor.as_bytes(), false, |edit| edit.remove_unless(|one| one.uri() != uri.as_bytes()));
                    model.entry(aor).or_default().retain(|(known, ..)| *known != uri);
                }
                Step::RemoveAll { user } => {
                    let aor = format!("u{user}@x");
                    let (_, changes) = domain.change(aor.as_bytes(), true, |edit| edit.remove_unless(|_| false));
                    let had = model.remove(&aor).unwrap_or_default().len();
                    prop_assert_eq!(changes.list.iter().filter(|(kind, _)| *kind == Kind::Delete).count(), had);
                }
                Step::Pass { seconds } => now += seconds,
                Step::Sweep => {
                    let time = Time::from_unix_seconds(u64::from(now));
                    (0..Domain::shard_count()).for_each(|shard| domain.expire(shard, time, false, |_, _| {}));
                    for contacts in model.values_mut() {
                        let before = contacts.len();
                        contacts.retain(|(_, _, expires)| *expires > now);
                        expired += before - contacts.len();
                    }
                }
            }
            model.retain(|_, contacts| !contacts.is_empty());
            prop_assert_eq!(table(&domain), model.clone());
            let count = |count: usize| i64::try_from(count).unwrap_or(0);
            prop_assert_eq!(domain.counters.users.get(), count(model.len()));
            prop_assert_eq!(domain.counters.contacts.get(), count(model.values().map(Vec::len).sum()));
            prop_assert_eq!(domain.counters.expired.get(), count(expired));
        }
    }
}
