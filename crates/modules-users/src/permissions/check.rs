//! `check_address`, `check_source_address` and `get_source_group`.

use super::Permissions;
use super::entry::{Question, address_of};
use catalogue::{Arg, Example, Routes, Value};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Proto, Run, judge};

pub const CHECK_ADDRESS: Function = Function {
    name: "check_address",
    about: "Whether an address is in a group.",
    args: &[
        GROUP,
        Arg::str("ip", "The address.").judged(judge::address),
        Arg::int("port", "The port, 0 for any.").within(0, 65535),
        Arg::str("proto", "The transport, any for any.").judged(judge::transport),
        CONTEXT_INFO,
        PATTERN,
        PARTITION,
    ],
    routes: SOURCE_ROUTES.or(Routes::STARTUP).or(Routes::TIMER).or(Routes::EVENT),
    returns: FOUND,
    examples: &[
        Example { script: "check_address(1, \"192.0.2.1\", 5060, \"udp\")", message: "", returns: -1 },
        Example { script: "check_address(1, \"somewhere\", 5060, \"udp\")", message: "", returns: -1 },
    ],
    run: Run::Now(check_address),
    ..FUNCTION
};

pub const CHECK_SOURCE_ADDRESS: Function = Function {
    name: "check_source_address",
    about: "Whether the address that the request came from is in a group.",
    args: &[GROUP, CONTEXT_INFO, PATTERN, PARTITION],
    routes: SOURCE_ROUTES,
    returns: FOUND,
    examples: &[Example { script: "check_source_address(1, $avp(context))", message: "", returns: -1 }],
    run: Run::Now(check_source_address),
    ..FUNCTION
};

pub const GET_SOURCE_GROUP: Function = Function {
    name: "get_source_group",
    about: "The group of the address that the request came from.",
    args: &[Arg::var("var", "Gets the group."), PARTITION],
    routes: SOURCE_ROUTES,
    returns: FOUND,
    examples: &[Example { script: "get_source_group($var(group))", message: "", returns: -1 }],
    run: Run::Now(source_group),
    ..FUNCTION
};

const GROUP: Arg = Arg::int("group_id", "The group, 0 for any.");
const CONTEXT_INFO: Arg = Arg::var("context_info", "Gets what the table says about it.").optional();
const PATTERN: Arg = Arg::str("pattern", "The text that must match the row's pattern, if it has one.").optional();
const PARTITION: Arg = Arg::str("partition", "The partition, if not the default one.").optional();
const SOURCE_ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL).or(Routes::BRANCH);
const FOUND: &[(i32, &str)] = &[(1, "it is"), (-1, "it is not, or an error, which is logged")];

fn check_address(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let ip = args.str(1)?;
    let wrong = || Fault::script(format!("{} is no address", String::from_utf8_lossy(ip)));
    let question = Question {
        group: args.int(0)?,
        ip: address_of(ip).ok_or_else(wrong)?,
        port: u16::try_from(args.int(2)?).map_err(|_| Fault::script("it is no port"))?,
        proto: proto(args.str(3)?)?,
        text: args.opt_str(5).map(|text| &text[..]),
    };
    check(call, args, &question, 4, 6)
}

fn check_source_address(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let text = args.opt_str(2).map(|text| &text[..]);
    let question = Question { group: args.int(0)?, text, ..source(call) };
    check(call, args, &question, 1, 3)
}

fn check(call: &mut Call<'_>, args: Args<'_>, question: &Question<'_>, info: usize, partition: usize) -> Outcome {
    let module = call.state::<Permissions>()?;
    let addresses = module.partition(args.opt_str(partition).map(|name| &name[..]))?.addresses();
    let Some(entry) = addresses.find(question) else { return Ok(-1) };
    if let (Some(variable), Some(info)) = (args.opt_var(info), &entry.info) {
        variable.write(call, Operator::Set, Value::Str(info.clone()))?;
    }
    Ok(1)
}

fn source_group(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let module = call.state::<Permissions>()?;
    let addresses = module.partition(args.opt_str(1).map(|name| &name[..]))?.addresses();
    let Some(entry) = addresses.find(&source(call)) else { return Ok(-1) };
    args.var(0)?.write(call, Operator::Set, Value::Int(entry.group))?;
    Ok(1)
}

/// Any group that the message's source is in.
pub fn source(call: &Call<'_>) -> Question<'static> {
    let source = &call.msg.source;
    Question { group: 0, ip: source.peer.ip(), port: source.peer.port(), proto: Some(source.proto), text: None }
}

/// A transport; nothing and `any` are any.
///
/// # Errors
/// It is none.
pub fn proto(text: &[u8]) -> Result<Option<Proto>, Fault> {
    if text.is_empty() || text.eq_ignore_ascii_case(b"any") {
        return Ok(None);
    }
    let wrong = || Fault::script(format!("{} is no transport", String::from_utf8_lossy(text)));
    Proto::of(text).map(Some).ok_or_else(wrong)
}
