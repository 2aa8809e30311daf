//! `evi:*`: the events that can be heard, who hears them, and raising them.

use super::object;
use catalogue::{CommandParam, Value};
use module_api::{
    COMMAND, Command, Json, Management, MiError, MiReply, MiRun, PublishedEvent, Raised, Subscriber, Time,
};
use std::time::Duration;

pub(super) const ALL: &[Command] = &[
    Command {
        name: "evi:subscribe",
        aliases: &["event_subscribe"],
        about: "Subscribes a socket to an event, for an hour if no lifetime is given; a lifetime of 0 ends that.",
        recipes: &[&[EVENT, SOCKET], &[EVENT, SOCKET, CommandParam::int("expire")]],
        run: MiRun::Now(subscribe),
        ..COMMAND
    },
    Command {
        name: "evi:list",
        aliases: &["events_list"],
        about: "Lists the events.",
        reply: "{Events: [{name: s, id: n}, …]}",
        run: MiRun::Now(|management| {
            let events = management.env.services.events.all();
            let rows = events.iter().enumerate().map(|(id, event)| named(id, event));
            Ok(object([("Events", rows.map(object).collect())]))
        }),
        ..COMMAND
    },
    Command {
        name: "evi:subscribers",
        aliases: &["subscribers_list"],
        about: "Lists who hears all events, or one; or shows one subscriber.",
        recipes: &[&[], &[EVENT], &[EVENT, SOCKET]],
        reply: "{Events: [{name: s, id: n, Subscribers: [{protocol: s, socket: s, expire: n|s, ttl: n|s}, …]}, …]} ; \
                {Event: {name: s, id: n, Subscribers: […]}} ; {Event: {name: s, id: n, Subscriber: {…}}}",
        run: MiRun::Now(subscribers),
        ..COMMAND
    },
    Command {
        name: "evi:raise",
        aliases: &["raise_event"],
        about: "Raises an event, with parameters by name (an object) or by position (an array).",
        recipes: &[&[EVENT], &[EVENT, CommandParam::any("params")]],
        run: MiRun::Now(raise),
        ..COMMAND
    },
];

const EVENT: CommandParam = CommandParam::str("event");
const SOCKET: CommandParam = CommandParam::str("socket");
const USUAL_LIFETIME_S: i64 = 3600;

fn subscribe(management: &mut Management<'_>) -> MiReply {
    let params = &management.params;
    let bad = |why: String| MiError::new(400, "Bad parameter value").with(why);
    let seconds = params.opt_int("expire").unwrap_or(USUAL_LIFETIME_S);
    let seconds = u64::try_from(seconds).map_err(|_| bad("expire cannot be negative".to_owned()))?;
    let (event, socket) = (params.str("event")?, params.str("socket")?);
    let events = &management.env.services.events;
    if seconds == 0 {
        events.unsubscribe(event, socket);
        return Ok("OK".into());
    }
    let lifetime = Some(Duration::from_secs(seconds));
    let subscribed = events.subscribe(event, socket, lifetime, management.env.now);
    subscribed.map_err(|error| bad(error.to_string()))?;
    Ok("OK".into())
}

fn named(id: usize, event: &PublishedEvent) -> [(&'static str, Json); 2] {
    [("name", event.name.as_str().into()), ("id", id.into())]
}

fn subscribers(management: &mut Management<'_>) -> MiReply {
    let (events, now) = (management.env.services.events.all(), management.env.now);
    let Some(name) = management.params.opt_str("event") else {
        let rows = events.iter().enumerate().map(|(id, event)| with_subscribers(id, event, now));
        return Ok(object([("Events", rows.collect())]));
    };
    let found = events.iter().enumerate().find(|(_, event)| event.name == name);
    let (id, event) = found.ok_or_else(|| MiError::new(404, "Event not published"))?;
    let Some(socket) = management.params.opt_str("socket") else {
        return Ok(object([("Event", with_subscribers(id, event, now))]));
    };
    let subscriber = event.subscribers.iter().find(|subscriber| subscriber.socket == socket);
    let subscriber = subscriber.ok_or_else(|| MiError::new(404, "Subscriber does not exist"))?;
    let [name, id] = named(id, event);
    Ok(object([("Event", object([name, id, ("Subscriber", show(subscriber, now))]))]))
}

fn with_subscribers(id: usize, event: &PublishedEvent, now: Time) -> Json {
    let [name, id] = named(id, event);
    object([name, id, ("Subscribers", event.subscribers.iter().map(|one| show(one, now)).collect())])
}

fn show(subscriber: &Subscriber, now: Time) -> Json {
    let (protocol, socket) =
        (("protocol", subscriber.protocol().into()), ("socket", subscriber.socket.as_str().into()));
    let (Some(lifetime), Some(until)) = (subscriber.lifetime, subscriber.until) else {
        return object([protocol, socket, ("expire", "never".into())]);
    };
    let left = if subscriber.listens(now) { until.since(now).as_secs().into() } else { "expired".into() };
    object([protocol, socket, ("expire", lifetime.as_secs().into()), ("ttl", left)])
}

fn raise(management: &mut Management<'_>) -> MiReply {
    let event = management.params.str("event")?.to_owned();
    let params = match management.params.get("params") {
        None => Vec::new(),
        Some(params) => read_params(params)?,
    };
    if management.env.services.events.find(&event).is_none() {
        return Err(MiError::new(404, "Event not registered"));
    }
    if !management.env.out.listens(&event) {
        return Err(MiError::new(480, "Temporarily Unavailable").with("nobody hears this event"));
    }
    management.env.out.raise(Raised { event, params });
    Ok("OK".into())
}

fn read_params(params: &Json) -> Result<Vec<(String, Value)>, MiError> {
    let bad = || MiError::new(400, "Bad Params");
    match params {
        Json::Array(values) if values.is_empty() => Err(MiError::new(400, "No Params")),
        Json::Array(values) => Ok(values.iter().map(|value| (String::new(), read(value))).collect()),
        Json::Object(members) => Ok(members.iter().map(|(name, value)| (name.clone(), read(value))).collect()),
        // The command-line client passes an object as the text that was typed.
        Json::String(written) => match serde_json::from_str(written) {
            Ok(inner @ (Json::Object(_) | Json::Array(_))) => read_params(&inner),
            _ => Err(bad()),
        },
        _ => Err(bad()),
    }
}

fn read(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Int((*value).into()),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::from(number.to_string()), Value::number),
        Json::String(text) => Value::copied(text.as_bytes()),
        other => Value::from(other.to_string()),
    }
}
