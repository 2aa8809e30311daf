//! Whether the name in the top Via is the sender's (`dns`, `rev_dns`): then the Via needs no `received`.

use crate::desk::Desk;
use module_api::{Answer, Env, Question, Request, Routing};

impl Desk<'_> {
    /// What is asked about the name in a Via before the script runs, if anything is.
    pub(super) fn sender_question(&self, msg: &Routing) -> Option<Request> {
        let settings = &self.core.services.settings;
        if !settings.dns && !settings.rev_dns {
            return None;
        }
        let host = name_in_via(msg)?;
        Some(match settings.dns {
            true => Request::Resolve(Question::addresses(host, settings.dns_try_ipv6)),
            false => Request::NamesOf(msg.source.peer.ip()),
        })
    }

    /// Asks, then routes the request.
    pub(super) fn look_up_sender(&self, env: &mut Env<'_>, mut msg: Box<Routing>, question: Request) {
        let is_forward = matches!(question, Request::Resolve(_));
        self.put_aside(env, question, None, move |desk, env, answer| {
            msg.via.names_sender = names_sender(&msg, answer);
            if is_forward && !msg.via.names_sender && env.services.settings.rev_dns {
                let question = Request::NamesOf(msg.source.peer.ip());
                return desk.look_up_sender(env, msg, question);
            }
            desk.route_request(env, msg);
        });
    }
}

fn name_in_via(msg: &Routing) -> Option<String> {
    let via = msg.message.top_via().ok()?;
    // What asks for `rport` gets `received` with it (RFC 3581 section 4).
    if via.host_ip().is_some() || via.rport().is_some() {
        return None;
    }
    std::str::from_utf8(via.host).ok().map(str::to_ascii_lowercase)
}

fn names_sender(msg: &Routing, answer: Answer) -> bool {
    match answer {
        Answer::Resolved(Ok(resolved)) => resolved.addresses().contains(&msg.source.peer.ip()),
        Answer::Names(Ok(names)) => {
            name_in_via(msg).is_some_and(|host| names.iter().any(|name| name.eq_ignore_ascii_case(&host)))
        }
        _ => false,
    }
}
