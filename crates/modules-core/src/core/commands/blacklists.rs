//! `blacklists:*`: destination blacklists and their rules.

use super::{object, text};
use catalogue::CommandParam;
use module_api::{
    Blacklist, BlacklistError, BlacklistRule, COMMAND, Command, Json, Management, MiError, MiReply, MiRun, Proto,
    Target, Time,
};
use std::time::Duration;

pub(super) const ALL: &[Command] = &[
    Command {
        name: "blacklists:list",
        aliases: &["list_blacklists"],
        about: "Shows all destination blacklists, or one.",
        recipes: &[&[], &[NAME]],
        reply: "{Lists: [{name: s, owner: s, flags: [s], Rules: [{flags: n, IP: s, Mask: s, Proto: s, Port: n, \
                Match: s, Expire: n}, …]}, …]}",
        run: MiRun::Now(list),
        ..COMMAND
    },
    Command {
        name: "blacklists:check_all",
        aliases: &["check_blacklists"],
        about: "Names the blacklists that forbid a destination.",
        recipes: &[&[IP], &[PROTO, IP], &[PROTO, IP, PORT], &[PROTO, IP, PORT, PATTERN]],
        reply: "[s, …]",
        run: MiRun::Now(|management| {
            let (blacklists, now) = (&management.env.services.blacklists, management.env.now);
            let names = blacklists.check_all(&target(management)?, now);
            Ok(names.iter().map(|name| text(name)).collect())
        }),
        ..COMMAND
    },
    Command {
        name: "blacklists:check",
        aliases: &["check_blacklist"],
        about: "Shows the first rule of a blacklist that forbids a destination.",
        recipes: &[&[NAME, IP], &[NAME, PROTO, IP], &[NAME, PROTO, IP, PORT], &[NAME, PROTO, IP, PORT, PATTERN]],
        reply: "{flags: n, IP: s, Mask: s, Proto: s, Port: n, Match: s, Expire: n}",
        run: MiRun::Now(check),
        ..COMMAND
    },
    Command {
        name: "blacklists:add_rule",
        aliases: &["add_blacklist_rule"],
        about: "Adds a rule, [!](proto,net[,port[,\"pattern\"]]), to a blacklist that is not read-only.",
        recipes: &[&[NAME, RULE], &[NAME, RULE, CommandParam::int("expire")]],
        run: MiRun::Now(add),
        ..COMMAND
    },
    Command {
        name: "blacklists:del_rule",
        aliases: &["del_blacklist_rule"],
        about: "Removes a rule from a blacklist that is not read-only.",
        recipes: &[&[NAME, RULE]],
        run: MiRun::Now(|management| {
            let rule = rule(management)?;
            let name = management.params.str("name")?.as_bytes();
            management.env.services.blacklists.remove(name, &rule).map_err(refused)?;
            Ok("OK".into())
        }),
        ..COMMAND
    },
];

const NAME: CommandParam = CommandParam::str("name");
const IP: CommandParam = CommandParam::str("ip");
const PROTO: CommandParam = CommandParam::str("proto");
const PORT: CommandParam = CommandParam::int("port");
const PATTERN: CommandParam = CommandParam::str("pattern");
const RULE: CommandParam = CommandParam::str("rule");

/// Upstream's bit for a rule that is met by all that does not match.
const NEGATED: i32 = 1;

fn list(management: &mut Management<'_>) -> MiReply {
    let (blacklists, now) = (&management.env.services.blacklists, management.env.now);
    if let Some(name) = management.params.opt_str("name") {
        let found = blacklists.get(name.as_bytes(), now).ok_or_else(|| MiError::new(404, "Unknown name"))?;
        return Ok(show(name.as_bytes(), &found, now));
    }
    let all = blacklists.all(now);
    Ok(object([("Lists", all.iter().map(|(name, list)| show(name, list, now)).collect())]))
}

fn show(name: &[u8], list: &Blacklist, now: Time) -> Json {
    let flags = [(list.flags.read_only, "read-only"), (list.flags.expire, "expire"), (list.flags.default, "default")];
    object([
        ("name", text(name)),
        ("owner", list.owner.into()),
        ("flags", flags.iter().filter(|(set, _)| *set).map(|(_, word)| Json::from(*word)).collect()),
        ("Rules", list.rules.iter().map(|rule| show_rule(rule, now)).collect()),
    ])
}

fn show_rule(rule: &BlacklistRule, now: Time) -> Json {
    object([
        ("flags", if rule.negated { NEGATED } else { 0 }.into()),
        ("IP", rule.net.address.to_string().into()),
        ("Mask", rule.net.mask().to_string().into()),
        ("Proto", rule.proto.map_or("any", Proto::name).into()),
        ("Port", rule.port.into()),
        ("Match", text(&rule.pattern)),
        ("Expire", rule.until.map_or(0, |until| until.since(now).as_secs()).into()),
    ])
}

fn check(management: &mut Management<'_>) -> MiReply {
    let now = management.env.now;
    let name = management.params.str("name")?.as_bytes();
    let met = management.env.services.blacklists.check(name, &target(management)?, now).map_err(refused)?;
    met.map(|rule| show_rule(&rule, now)).ok_or_else(|| MiError::new(404, "Not Matched"))
}

fn target<'a>(management: &'a Management<'_>) -> Result<Target<'a>, MiError> {
    let params = &management.params;
    let address = params.str("ip")?.parse().map_err(|_| MiError::new(400, "Missing or bad IP"))?;
    let bad = || MiError::new(404, "Bad params");
    let proto = match params.opt_str("proto") {
        None | Some("" | "any") => None,
        Some(name) => Some(Proto::of(name.as_bytes()).ok_or_else(bad)?),
    };
    let port = u16::try_from(params.opt_int("port").unwrap_or(0)).map_err(|_| bad())?;
    Ok(Target { proto, address, port, text: params.opt_str("pattern").unwrap_or_default().as_bytes() })
}

fn add(management: &mut Management<'_>) -> MiReply {
    let now = management.env.now;
    let lifetime = management.params.opt_int("expire").map(u64::try_from).transpose();
    let lifetime = lifetime.map_err(|_| MiError::new(404, "Bad expire value"))?.filter(|seconds| *seconds > 0);
    let until = lifetime.map(|seconds| now + Duration::from_secs(seconds));
    let rule = BlacklistRule { until, ..rule(management)? };
    let name = management.params.str("name")?.as_bytes();
    management.env.services.blacklists.add(name, rule, now).map_err(refused)?;
    Ok("OK".into())
}

fn rule(management: &Management<'_>) -> Result<BlacklistRule, MiError> {
    BlacklistRule::parse(management.params.str("rule")?).ok_or_else(|| MiError::new(404, "Bad rule"))
}

fn refused(error: BlacklistError) -> MiError {
    match error {
        BlacklistError::UnknownList => MiError::new(400, "Missing or bad blacklist name"),
        BlacklistError::ReadOnly => MiError::new(403, "Cannot modify read-only blacklist"),
        BlacklistError::NoExpiry => MiError::new(404, "Blacklist without expire support"),
        BlacklistError::UnknownRule => MiError::new(404, "Rule not found"),
        BlacklistError::Full => MiError::new(500, "Blacklist full"),
    }
}
