//! Contacts for modules that ping them: all contacts in parts, and what became of the pings.

use super::domain::Domain;
use super::{Usrloc, events};
use module_api::{ContactKey, ContactView, Env, Job, Location, Time};
use std::sync::Arc;
use std::time::Duration;

/// The location tables as other modules see them.
pub struct Pings(pub Arc<Usrloc>);

impl Location for Pings {
    fn visit(&self, part: usize, parts: usize, now: Time, visit: &mut dyn FnMut(&ContactView<'_>)) {
        let parts = parts.max(1);
        let place = |part: usize| part.min(parts) * Domain::shard_count() / parts;
        for domain in self.0.domains() {
            for shard in place(part)..place(part + 1) {
                domain.each(shard, |record| {
                    for contact in record.valid(now) {
                        visit(&ContactView {
                            table: &domain.name,
                            aor: record.aor(),
                            id: contact.id,
                            uri: contact.uri(),
                            received: contact.received(),
                            path: contact.path(),
                            socket: contact.socket(),
                            flags: contact.branch_flags,
                            expires: contact.expires,
                        });
                    }
                });
            }
        }
    }

    fn answered(&self, env: &mut Env<'_>, key: &ContactKey, round_trip: Duration) {
        let Some(domain) = self.0.known_domain(&key.table) else { return };
        // 0 says that no ping was ever answered.
        let latency_us = u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX).max(1);
        let pinged = domain.touch(&key.aor, |record| {
            let contact = record.contact_mut(key.id)?;
            let before = std::mem::replace(&mut contact.latency_us, latency_us);
            self.is_event(before, latency_us).then(|| contact.clone())
        });
        if let Some(contact) = pinged.flatten() {
            events::raise_contact(&self.0, env, &events::LATENCY_UPDATE, &domain, &key.aor, &contact);
        }
    }

    fn remove(&self, env: &mut Env<'_>, key: &ContactKey) {
        let Some(domain) = self.0.known_domain(&key.table) else { return };
        let is_watched = events::are_wanted(env);
        let (_, mut changes) =
            domain.change(&key.aor, is_watched, |edit| edit.remove_unless(|contact| contact.id != key.id));
        let Some((request, pending)) = self.0.batch(env, &domain, &key.aor, &mut changes) else {
            return events::raise(&self.0, env, &domain, &key.aor, &changes);
        };
        let (usrloc, aor) = (Arc::clone(&self.0), key.aor.clone());
        env.start(Job::wait(request, move |env, answer| {
            let fault = answer.into_fault();
            pending.settle(fault.is_none());
            if let Some(fault) = fault {
                return Job::Done(Err(fault));
            }
            events::raise(&usrloc, env, &domain, &aor, &changes);
            Job::DONE
        }));
    }

    fn nat_flag(&self) -> Option<u8> {
        self.0.config.nat_flag
    }
}

impl Pings {
    /// Without bounds every answer is an event; else one that passes either.
    fn is_event(&self, before: u32, now: u32) -> bool {
        let (least, delta) = (self.0.config.latency_us_min, self.0.config.latency_us_delta_min);
        let is_slow = least > 0 && now >= least;
        let is_changed = delta > 0 && now.abs_diff(before) >= delta;
        (least == 0 && delta == 0) || is_slow || is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CONTACT, Server};
    use module_api::{ContactKey, ParamSetting};
    use std::time::Duration;

    #[test]
    fn contacts_in_parts_their_round_trips_and_removal() {
        let table = super::super::fake_table::FakeTable::default();
        let least = [("latency_event_min_us", ParamSetting::Int(5000))];
        let mut server = Server::new("single-instance-sql-write-through", &table, &least);
        for user in 0..20 {
            server.register(&format!("user{user}"), CONTACT);
        }
        let location = server.fixture.wishes.location.clone().unwrap();
        let now = server.fixture.now;
        let mut keys: Vec<ContactKey> = Vec::new();
        for part in 0..7 {
            location.visit(part, 7, now, &mut |contact| {
                assert_eq!(contact.uri, b"sip:a@192.0.2.1");
                keys.push(contact.key());
            });
        }
        assert_eq!(keys.len(), 20);
        server.events();
        for (round_trip_us, events) in [(4999, 0), (5000, 1), (9000, 1)] {
            server.fixture.with_env(|env| location.answered(env, &keys[0], Duration::from_micros(round_trip_us)));
            assert_eq!(server.events().len(), events, "{round_trip_us}");
        }
        server.fixture.with_env(|env| location.remove(env, &keys[0]));
        // It is news once it is safe.
        assert_eq!(server.events(), Vec::<String>::new());
        server.fixture.run_background().unwrap();
        assert_eq!(server.events().len(), 2);
        assert_eq!(table.shown(&["username"]).lines().count(), 19);
    }
}
