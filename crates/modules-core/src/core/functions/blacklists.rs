//! Destination blacklists: which are in use for a message, and their rules.

use super::flags::truth;
use bytes::Bytes;
use catalogue::{Arg, Example, Verdict};
use module_api::{Args, BlacklistRule, Call, FUNCTION, Fault, Function, Net, Outcome, Proto, Run, Target, Time, judge};
use std::time::Duration;

pub(super) const ALL: &[Function] =
    &[USE_BLACKLIST, UNUSE_BLACKLIST, CHECK_BLACKLIST_RULE, ADD_BLACKLIST_RULE, DEL_BLACKLIST_RULE];

const USE_BLACKLIST: Function = Function {
    name: "use_blacklist",
    about: "From now on this message is not sent where the blacklist forbids it.",
    args: &[Arg::str("name", "The blacklist's name.")],
    returns: &[(1, "in use"), (-1, "there is no such blacklist")],
    examples: &[Example { script: "use_blacklist(\"gateways\")", message: "", returns: -1 }],
    run: Run::Now(use_list),
    ..FUNCTION
};

const UNUSE_BLACKLIST: Function = Function {
    name: "unuse_blacklist",
    about: "From now on this message may be sent where the blacklist forbids it.",
    args: &[Arg::str("name", "The blacklist's name.")],
    returns: &[(1, "not in use"), (-1, "there is no such blacklist")],
    examples: &[Example { script: "unuse_blacklist(\"gateways\")", message: "", returns: -1 }],
    run: Run::Now(unuse_list),
    ..FUNCTION
};

const CHECK_BLACKLIST_RULE: Function = Function {
    name: "check_blacklist_rule",
    about: "Whether a blacklist forbids a destination.",
    args: &[
        Arg::str("name", "The blacklist's name; empty for all in use for this message."),
        Arg::str("ip", "The address.").judged(judge::address),
        PORT,
        PROTO,
        PATTERN,
    ],
    returns: &[(1, "it does"), (-1, "it does not, or does not exist")],
    examples: &[Example { script: "check_blacklist_rule(\"gateways\", \"192.0.2.7\")", message: "", returns: -1 }],
    run: Run::Now(check),
    ..FUNCTION
};

const ADD_BLACKLIST_RULE: Function = Function {
    name: "add_blacklist_rule",
    about: "Adds a rule to a blacklist that is not read-only.",
    args: &[
        NAME,
        ADDRESS,
        PORT,
        PROTO,
        PATTERN,
        Arg::int("expire", "How many seconds it holds; for ever if left out.").within(0, i32::MAX).optional(),
    ],
    returns: &[(1, "added"), (-1, "the blacklist does not exist, is read-only, or has no lifetimes")],
    examples: &[Example {
        script: "add_blacklist_rule(\"gateways\", \"192.0.2.7\", 5060, \"udp\")",
        message: "",
        returns: -1,
    }],
    run: Run::Now(add),
    ..FUNCTION
};

const DEL_BLACKLIST_RULE: Function = Function {
    name: "del_blacklist_rule",
    about: "Removes a rule from a blacklist that is not read-only.",
    args: &[NAME, ADDRESS, PORT, PROTO, PATTERN],
    returns: &[(1, "removed"), (-1, "the blacklist or the rule does not exist, or it is read-only")],
    examples: &[Example { script: "del_blacklist_rule(\"gateways\", \"!192.0.2.7\")", message: "", returns: -1 }],
    run: Run::Now(remove),
    ..FUNCTION
};

const NAME: Arg = Arg::str("name", "The blacklist's name.");
const ADDRESS: Arg =
    Arg::str("ip", "The address or network; with ! in front the rule is met by all others.").judged(|text| {
        match Net::parse(text.strip_prefix('!').unwrap_or(text)) {
            Some(_) => Verdict::Fine,
            None => Verdict::Wrong(format!("\"{text}\" is no address"), "an address, address/bits or address/mask"),
        }
    });
const PORT: Arg = Arg::int("port", "The port; any if left out.").within(0, 65_535).optional();
const PROTO: Arg = Arg::str("proto", "The transport; any if left out.").optional().judged(|text| {
    match text.is_empty() || text.eq_ignore_ascii_case("any") || Proto::of(text.as_bytes()).is_some() {
        true => Verdict::Fine,
        false => Verdict::Wrong(format!("\"{text}\" is no transport"), "udp, tcp, tls, ws, wss … or any"),
    }
});
const PATTERN: Arg = Arg::str("pattern", "A shell pattern for the message; any if left out.").optional();

fn use_list(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = existing(call, args)?;
    call.msg.blacklists_off.retain(|known| known != name);
    if !call.msg.blacklists.contains(name) {
        call.msg.blacklists.push(name.clone());
    }
    Ok(1)
}

fn unuse_list(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = existing(call, args)?;
    call.msg.blacklists.retain(|known| known != name);
    if !call.msg.blacklists_off.contains(name) {
        call.msg.blacklists_off.push(name.clone());
    }
    Ok(1)
}

fn existing<'a>(call: &Call<'_>, args: Args<'a>) -> Result<&'a Bytes, Fault> {
    let name = args.str(0)?;
    if !call.env.services.blacklists.exists(name) {
        return Err(Fault::script(format!("there is no blacklist \"{}\"", String::from_utf8_lossy(name))));
    }
    Ok(name)
}

fn check(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (blacklists, now) = (&call.env.services.blacklists, call.env.now);
    let address = std::str::from_utf8(args.str(1)?).ok().and_then(|text| text.parse().ok());
    let address = address.ok_or(Fault::script("the address is none"))?;
    let text = args.opt_str(4).map_or(&b""[..], |pattern| pattern);
    let target = Target { proto: proto(args)?, address, port: port(args)?, text };
    let name = args.str(0)?;
    if name.is_empty() {
        return Ok(truth(blacklists.refuses(&call.msg.blacklists, &call.msg.blacklists_off, &target, now)));
    }
    let rule = blacklists.check(name, &target, now).map_err(|error| Fault::script(error.to_string()))?;
    Ok(truth(rule.is_some()))
}

fn add(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let until = args.opt_int(5)?.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
    let until = until.map(|seconds| call.env.now + Duration::from_secs(seconds));
    let rule = rule(args, until)?;
    let added = call.env.services.blacklists.add(args.str(0)?, rule, call.env.now);
    added.map(|()| 1).map_err(|error| Fault::script(error.to_string()))
}

fn remove(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let removed = call.env.services.blacklists.remove(args.str(0)?, &rule(args, None)?);
    removed.map(|()| 1).map_err(|error| Fault::script(error.to_string()))
}

fn rule(args: Args<'_>, until: Option<Time>) -> Result<BlacklistRule, Fault> {
    let text = std::str::from_utf8(args.str(1)?).unwrap_or_default();
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let net = Net::parse(text).ok_or(Fault::script("the address of the rule is none"))?;
    let pattern = args.opt_str(4).cloned().unwrap_or_default();
    Ok(BlacklistRule { negated, proto: proto(args)?, net, port: port(args)?, pattern, until })
}

fn port(args: Args<'_>) -> Result<u16, Fault> {
    u16::try_from(args.opt_int(2)?.unwrap_or(0)).map_err(|_| Fault::script("the port is no port"))
}

fn proto(args: Args<'_>) -> Result<Option<Proto>, Fault> {
    let Some(name) = args.opt_str(3).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"any")) else {
        return Ok(None);
    };
    Proto::of(name).map(Some).ok_or(Fault::script("the transport of the rule is unknown"))
}
