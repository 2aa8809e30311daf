//! `allow_source_address` and `allow_address`, as scripts before 1.6 asked for addresses.

use super::Permissions;
use super::check::source;
use super::entry::{Question, address_of};
use catalogue::{Arg, Example, Routes, Today};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};
use std::str::FromStr;

pub const ALLOW_SOURCE_ADDRESS: Function = Function {
    name: "allow_source_address",
    about: "Whether the address that the request came from is in a group, whatever its transport.",
    args: &[GROUP],
    routes: ROUTES,
    returns: FOUND,
    today: Some(|args| of_today(args, |group| format!("check_source_address({group})"))),
    examples: &[Example { script: "allow_source_address(1)", message: "", returns: -1 }],
    run: Run::Now(source_address),
    ..FUNCTION
};

pub const ALLOW_ADDRESS: Function = Function {
    name: "allow_address",
    about: "Whether an address is in a group, whatever its transport.",
    args: &[GROUP, Arg::str("ip", "The address."), Arg::str("port", "The port.")],
    routes: ROUTES,
    returns: FOUND,
    today: Some(|args| {
        let [ip, port] = [1, 2].map(|place| args.get(place).copied().unwrap_or_default());
        of_today(args, |group| format!("check_address({group}, \"{ip}\", {port}, \"any\")"))
    }),
    examples: &[Example { script: "allow_address(1, \"192.0.2.1\", 5060)", message: "", returns: -1 }],
    run: Run::Now(address),
    ..FUNCTION
};

// Text, as it was: a number in quotes is no mistake of these.
const GROUP: Arg = Arg::str("group_id", "The number of the group.");
const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE);
const FOUND: &[(i32, &str)] = &[(1, "it is"), (-1, "it is not, or an error, which is logged")];

/// Group 0 was one as any other; today it stands for all.
fn of_today(args: &[&str], line: impl Fn(&str) -> String) -> Today {
    let group = args.first().copied().unwrap_or_default().trim();
    if group.parse() == Ok(0) {
        return Today::Unclear(format!(
            "group 0 was a group of its own, and means all groups today: give its rows another number, or write {}",
            line("0")
        ));
    }
    Today::Line(line(group))
}

fn source_address(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let question = Question { proto: None, ..source(call) };
    find(call, args, question)
}

fn address(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let ip = args.str(1)?;
    let wrong = || Fault::script(format!("{} is no address", String::from_utf8_lossy(ip)));
    let port = number(args.str(2)?).ok_or_else(|| Fault::script("it is no port"))?;
    find(call, args, Question { group: 0, ip: address_of(ip).ok_or_else(wrong)?, port, proto: None, text: None })
}

fn find(call: &mut Call<'_>, args: Args<'_>, question: Question<'_>) -> Outcome {
    let group = number(args.str(0)?).ok_or_else(|| Fault::script("it is no number of a group"))?;
    if group == 0 {
        return Err(Fault::script("group 0 was a group of its own, and means all groups today"));
    }
    let addresses = call.state::<Permissions>()?.partition(None)?.addresses();
    Ok(if addresses.find(&Question { group, ..question }).is_some() { 1 } else { -1 })
}

fn number<T: FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}
