//! What answers the proxy's questions: the database, the name server, the clock.

use super::World;
use crate::agenda::{Fate, Happening};
use crate::phone::{ip_of, number_of};
use engine::Token;
use module_api::sql::Query;
use module_api::{Answer, Destination, Proto, Request, Resolved};
use std::net::SocketAddr;
use std::time::Duration;

/// How long a name server says that an answer holds.
const MINUTE: Duration = Duration::from_secs(60);

impl World {
    pub(super) fn ask(&mut self, token: Token, request: Request) {
        let (now, boot) = (self.now, self.boot);
        let (after, answer) = match request {
            Request::Sql(query) => return self.ask_database(token, query),
            Request::Resolve(question) => {
                let fails = !self.is_calm && self.chance.happens(50);
                let address = number_of(&question.host).map(ip_of).filter(|_| !fails);
                let unknown = || module_api::Fault::next_hop("no address is known for this name");
                let proto = question.protos.first().copied().unwrap_or(Proto::Udp);
                let port = question.port.unwrap_or(proto.default_port());
                let destination = |ip| Destination { proto, address: SocketAddr::new(ip, port) };
                let resolved = address.map(|ip| Resolved { destinations: vec![destination(ip)], lifetime: MINUTE });
                let resolved = resolved.ok_or_else(unknown);
                (self.chance.duration(1, if self.is_calm { 20 } else { 800 }), Answer::Resolved(resolved))
            }
            // A disk that forgets nothing; what was asked of it before a kill is done.
            Request::Journal { step, .. } => {
                let answer = Answer::Journal(Ok(self.disk.step(step)));
                (self.chance.duration(0, 20), answer)
            }
            Request::Sent => (Duration::ZERO, Answer::Done(Ok(()))),
            Request::Sleep(duration) => (duration, Answer::Done(Ok(()))),
            _ => (Duration::ZERO, Answer::Done(Err(module_api::Fault::us("nobody does this here")))),
        };
        self.agenda.add(now + after, Happening::Answer { boot, token, answer });
    }

    pub(super) fn ask_database(&mut self, token: Token, query: Box<Query>) {
        let weather = self.swarm.database;
        let fate = match () {
            () if self.is_calm => Fate::Done,
            () if self.database.is_down || self.chance.happens(weather.refused) => Fate::Refused,
            () if self.chance.happens(weather.unheard) => Fate::DoneUnheard,
            () => Fate::Done,
        };
        if fate != Fate::Done {
            self.watch.troubled_until = self.now + Duration::from_secs(60);
        }
        // A database that is down is noticed by a timeout, or by the breaker at once.
        let most = match fate {
            Fate::Refused => self.chance.pick(&[1, 200, 10_000]).unwrap_or(1),
            _ if self.is_calm => weather.delay_ms.min(5),
            _ => weather.delay_ms,
        };
        let ready = self.now + self.chance.duration(0, most);
        let at = self.database.schedule(&query, ready);
        self.agenda.add(at, Happening::Query { boot: self.boot, token, query, fate });
    }

    pub(super) fn query(&mut self, boot: u32, token: Token, query: &Query, fate: Fate) {
        // What a process that is gone had not begun is not done.
        if boot != self.boot {
            return;
        }
        let lost = || Err(module_api::Fault::backend("the database does not answer"));
        let answer = match fate {
            Fate::Refused => lost(),
            Fate::Done => self.database.run(query),
            Fate::DoneUnheard => self.database.run(query).and_then(|_| lost()),
        };
        let answer = Answer::Sql(answer);
        self.agenda.add(self.now, Happening::Answer { boot, token, answer });
    }
}
