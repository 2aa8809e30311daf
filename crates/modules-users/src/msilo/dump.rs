//! `m_dump`: the messages of an owner are sent.

use super::Msilo;
use super::delivery::Delivery;
use super::owners::Entered;
use super::store::judge_owner;
use crate::subject::user_and_domain;
use crate::usrloc::Methods;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Job, Run};
use sip::{HeaderName, Message, Method, Uri};

pub const M_DUMP: Function = Function {
    name: "m_dump",
    about: "Sends the messages that are kept for an owner, one after the other.",
    args: &[
        Arg::str("owner", "The owner's URI, if not that of To.").judged(judge_owner).optional(),
        Arg::int("maxmsg", "How many are sent, 0 for all.").optional().within(0, i32::MAX),
    ],
    routes: Routes::REQUEST.or(Routes::STARTUP).or(Routes::TIMER).or(Routes::EVENT),
    returns: &[
        (1, "those that there are, if any, are on their way"),
        (-1, "nothing is registered that takes messages, there is no room, or an error, which is logged"),
    ],
    examples: &[
        Example {
            script: "m_dump()",
            message: "REGISTER sip:example.com SIP/2.0\nTo: <sip:bob@example.com>\n\
                      Contact: <sip:bob@192.0.2.7>\nExpires: 0",
            returns: -1,
        },
        Example { script: "m_dump(\"sip:example.com\")", message: "", returns: -1 },
    ],
    run: Run::Wait(|call, args| dump(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

fn dump(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.shared_state::<Msilo>()?;
    if !takes_messages(&call.msg.message) {
        return Ok(Flow::done(-1));
    }
    let owner = match args.opt_str(0).filter(|owner| !owner.is_empty()) {
        Some(owner) => owner,
        None => call.msg.message.to()?.uri,
    };
    let Some((user, domain)) = user_and_domain(owner, "")? else {
        return Err(Fault::script(format!("{} has no user", String::from_utf8_lossy(owner))));
    };
    let uri = address_of_record(&Uri::parse(owner)?, &user);
    let key = (Bytes::copy_from_slice(&user), domain.to_ascii_lowercase().into());
    let most = args.opt_int(1)?.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
    let turn = match module.owners.enter(key) {
        Entered::Yes(turn) => turn,
        Entered::Already => return Ok(Flow::done(1)),
        Entered::Full => {
            module.refused.increment();
            return Ok(Flow::done(-1));
        }
    };
    let delivery = Delivery::new(module, turn, uri, most);
    let query = delivery.query(call.env.wall_time());
    Ok(Flow::wait(query.into(), move |call, answer| match answer.rows() {
        Ok(rows) => {
            let job: Job = delivery.go_on(&rows, &mut call.env);
            call.env.start(job);
            Flow::done(1)
        }
        Err(fault) => Flow::Done(Err(fault)),
    }))
}

/// The owner's URI without what belongs to one registration or one header.
fn address_of_record(owner: &Uri<'_>, user: &[u8]) -> Bytes {
    let port = owner.port.map_or_else(String::new, |port| format!(":{port}"));
    [owner.scheme_text(), b":", user, b"@", owner.host, port.as_bytes()].concat().into()
}

/// Whether a REGISTER brings a contact that takes messages. Other requests, and no message at all, say nothing of that.
fn takes_messages(message: &Message) -> bool {
    if !message.is_request() || message.method() != Method::Register {
        return true;
    }
    let by_header = message.value(HeaderName::Expires);
    let methods = message.value(HeaderName::Allow).map_or(Methods::ALL, Methods::of_allow);
    message.name_addrs(HeaderName::Contact).filter_map(Result::ok).any(|contact| {
        let address = contact.address;
        let expires = address.params.value(b"expires").or(by_header);
        let methods = address.params.unquoted(b"methods").map_or(methods, |methods| Methods::of_allow(&methods));
        let ends = address.is_star() || expires.is_some_and(|expires| expires.trim_ascii() == b"0");
        !ends && methods.contains(Method::Message)
    })
}
