//! `exec_msg()`, `exec_avp()`, `exec_dset()` and `exec_getenv()`, as scripts before 3.0 ran programs: `exec()` does so today.

use super::{ASKS, ROUTES, program_of};
use bytes::Bytes;
use catalogue::{Arg, NameId, Today, Value};
use module_api::{Args, BRANCHES_MAX, Branch, Call, FUNCTION, Fault, Flow, Function, Outcome, Request, Run};
use sip::Uri;

pub(super) const EXEC_MSG: Function = Function {
    name: "exec_msg",
    about: "Runs a command that reads the message as it was received.",
    args: &[COMMAND],
    today: Some(|args| Today::Line(format!("exec(\"{}\", \"$mb\")", first(args)))),
    run: Run::Wait(|call, args| message(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..ASKS
};

pub(super) const EXEC_AVP: Function = Function {
    name: "exec_avp",
    about: "Runs a command and puts each line of its output into an AVP: those of the list, then AVPs named by numbers.",
    args: &[COMMAND, Arg::raw("avplist", "The AVPs, $avp(a);$avp(b).").optional()],
    today: Some(avps_of_today),
    run: Run::Wait(|call, args| avps(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..ASKS
};

pub(super) const EXEC_DSET: Function = Function {
    name: "exec_dset",
    about: "Runs a command with the Request-URI as its last parameter; the first line of its output becomes the \
            Request-URI, each further one a branch.",
    args: &[COMMAND],
    today: Some(|args| {
        Today::Hint(format!(
            "today it is exec(\"{} '$ru'\", , $avp(uris)): then $ru = $(avp(uris)[-1]) for the first line, and \
             append_msg_branch() for each further one",
            first(args)
        ))
    }),
    run: Run::Wait(|call, args| destinations(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..ASKS
};

pub(super) const EXEC_GETENV: Function = Function {
    name: "exec_getenv",
    about: "A variable of the environment into an AVP, $avp(1) where none is named.",
    args: &[Arg::str("environment_variable", "Its name."), Arg::raw("avp", "The AVP.").optional()],
    routes: ROUTES,
    returns: &[(1, "it is there"), (-1, "it is not")],
    today: Some(|args| {
        let avp = args.get(1).copied().filter(|avp| !avp.is_empty()).unwrap_or("$avp(1)");
        Today::Hint(format!("today it is {avp} = $env({})", first(args)))
    }),
    run: Run::Now(getenv),
    ..FUNCTION
};

const COMMAND: Arg = Arg::str("command", "The command line; quote what comes from messages.");

fn avps_of_today(args: &[&str]) -> Today {
    let command = first(args);
    let list = args.get(1).copied().unwrap_or_default();
    Today::Hint(match names(list).collect::<Vec<_>>()[..] {
        [] => format!("today it is exec(\"{command}\", , $avp(1)), which gets every line"),
        [avp] => format!("today it is exec(\"{command}\", , {avp}), which gets every line"),
        _ => format!(
            "today it is exec(\"{command}\", , $avp(lines)): $(avp(lines)[-1]) is the first line, [-2] the second …"
        ),
    })
}

fn message(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let program = program_of(call, args.str(0)?.clone(), call.msg.message.bytes().clone(), false)?;
    Ok(Flow::wait(Request::Exec(Box::new(program)), |_, answer| Flow::Done(answer.output().map(|_| 1))))
}

fn avps(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let list = args.opt_str(1).cloned().unwrap_or_default();
    let list = std::str::from_utf8(&list).map_err(|_| Fault::script("the list of AVPs is not UTF-8 text"))?;
    let known = names(list).map(|name| avp(call, name)).collect::<Result<Vec<_>, _>>()?;
    let program = program_of(call, args.str(0)?.clone(), Bytes::new(), true)?;
    Ok(Flow::wait(Request::Exec(Box::new(program)), move |call, answer| {
        let kept = answer.output().and_then(|written| {
            for (number, line) in (1..).zip(lines(&written.output).take(LINES_MAX)) {
                let name = match known.get(number - 1) {
                    Some(name) => *name,
                    None => avp(call, &format!("$avp({number})"))?,
                };
                call.msg.avps.push(name, Value::Str(line));
            }
            Ok(1)
        });
        Flow::Done(kept)
    }))
}

fn destinations(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let command = [args.str(0)?, &b" "[..], &quoted(call.msg.request_uri())].concat();
    let program = program_of(call, Bytes::from(command), Bytes::new(), true)?;
    Ok(Flow::wait(Request::Exec(Box::new(program)), move |call, answer| {
        Flow::Done(answer.output().and_then(|written| take_uris(call, lines(&written.output))))
    }))
}

/// The first is the Request-URI, the others are branches; nothing is changed where one is none.
fn take_uris(call: &mut Call<'_>, lines: impl Iterator<Item = Bytes>) -> Outcome {
    let uris: Vec<Bytes> = lines.take(BRANCHES_MAX).collect();
    let is_wrong = |uri: &&Bytes| uri.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) || Uri::parse(uri).is_err();
    if let Some(wrong) = uris.iter().find(is_wrong) {
        let wrong = String::from_utf8_lossy(wrong);
        return Err(Fault::script(format!("{wrong:?}, which the command wrote, is no URI")));
    }
    let mut uris = uris.into_iter();
    if let Some(first) = uris.next() {
        call.msg.branches.first_mut().uri = first;
    }
    for uri in uris {
        if !call.msg.branches.push(Branch { uri, ..Branch::default() }) {
            return Err(Fault::script("the message has as many branches as it may"));
        }
    }
    Ok(1)
}

fn getenv(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = String::from_utf8_lossy(args.str(0)?).into_owned();
    let target = args.opt_str(1).map(|avp| String::from_utf8_lossy(avp).into_owned()).filter(|avp| !avp.is_empty());
    let target = avp(call, target.as_deref().unwrap_or("$avp(1)"))?;
    let environment = &call.env.services.settings.environment;
    let Some(value) = environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()) else {
        return Ok(-1);
    };
    call.msg.avps.push(target, Value::Str(Bytes::from(value)));
    Ok(1)
}

/// More lines than a script has use for: the rest of what a command writes is passed over.
const LINES_MAX: usize = 1024;

/// The lines of an output without blanks at their ends; empty ones are passed over.
fn lines(output: &Bytes) -> impl Iterator<Item = Bytes> {
    let lines = output.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.filter(|line| !line.is_empty()).map(|line| output.slice_ref(line))
}

/// The AVPs of a list: commas, semicolons and blanks part them.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ';', ' ', '\t']).filter(|name| !name.is_empty())
}

/// `$avp(name)`, with or without the type that 1.x wrote in it.
fn avp(call: &Call<'_>, written: &str) -> Result<NameId, Fault> {
    let name = written.trim().strip_prefix("$avp(").and_then(|name| name.strip_suffix(')'));
    let name = name.ok_or_else(|| Fault::script(format!("{written} is no AVP: $avp(name)")))?;
    let name = name.strip_prefix("s:").or_else(|| name.strip_prefix("i:")).unwrap_or(name);
    let known = call.env.services.names.avps.intern(name.as_bytes());
    known.ok_or_else(|| Fault::us("there are too many names of AVPs"))
}

/// A text as one word of the shell, whatever is in it: a Request-URI may have quotes.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in text {
        match byte {
            b'\'' => word.extend_from_slice(b"'\\''"),
            byte => word.push(*byte),
        }
    }
    word.push(b'\'');
    word
}

fn first<'a>(args: &[&'a str]) -> &'a str {
    args.first().copied().unwrap_or_default()
}
