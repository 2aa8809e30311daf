//! `allow_routing`, `allow_register` and `allow_uri`: pairs of URIs, and what the files say about them.

use super::Permissions;
use super::files::{NAME_BYTES_MAX, Pair, Which};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Flow, Function, Run};
use sip::escape::without_needless_escapes;
use sip::{HeaderName, Scheme, Uri};
use std::sync::Arc;

pub const ALLOW_ROUTING: Function = Function {
    name: "allow_routing",
    about: "Whether the files let From reach the Request-URI and all branches.",
    args: &[Arg::str("basename", "The files' names without suffix, if not the default files.").optional()],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL),
    returns: ALLOWED,
    run: Run::Wait(|call, args| ask(call, args, routing)),
    ..FUNCTION
};

pub const ALLOW_REGISTER: Function = Function {
    name: "allow_register",
    about: "Whether the files let all contacts be registered for To.",
    args: &[BASENAME],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL),
    returns: ALLOWED,
    run: Run::Wait(|call, args| ask(call, args, register)),
    ..FUNCTION
};

pub const ALLOW_URI: Function = Function {
    name: "allow_uri",
    about: "Whether the files let From reach a URI.",
    args: &[BASENAME, Arg::str("uri", "The URI.").judged(module_api::judge::uri)],
    routes: Routes::REQUEST
        .or(Routes::FAILURE)
        .or(Routes::LOCAL)
        .or(Routes::BRANCH)
        .or(Routes::STARTUP)
        .or(Routes::TIMER)
        .or(Routes::EVENT),
    returns: ALLOWED,
    examples: &[Example { script: "allow_uri(\"calls\", \"not a URI\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| ask(call, args, uri)),
    ..FUNCTION
};

const BASENAME: Arg = Arg::str("basename", "The files' names without suffix.");
const ALLOWED: &[(i32, &str)] = &[(1, "they do"), (-1, "they do not, or an error, which is logged")];

/// The left side of a pair, and the right sides that belong to it.
struct Pairs {
    left: Vec<u8>,
    rights: Vec<Vec<u8>>,
}

fn ask(
    call: &mut Call<'_>,
    args: Args<'_>,
    pairs: fn(&Call<'_>, &Permissions, Args<'_>) -> Result<Pairs, Fault>,
) -> Flow {
    let question = call.shared_state::<Permissions>().and_then(|module| {
        let pairs = pairs(call, &module, args)?;
        Ok((module, pairs, base(args.opt_str(0))?))
    });
    match question {
        Ok((module, pairs, base)) => with_files(module, base, pairs),
        Err(fault) => Flow::Done(Err(fault)),
    }
}

fn with_files(module: Arc<Permissions>, base: Option<String>, pairs: Pairs) -> Flow {
    if let Some(files) = module.files.pair(&base) {
        return pairs.decide(&files);
    }
    Flow::wait(module.files.question(&base, Which::Allow), move |_, answer| {
        let allow = match module.files.rules(&base, Which::Allow, answer) {
            Ok(allow) => allow,
            Err(fault) => return Flow::Done(Err(fault)),
        };
        Flow::wait(module.files.question(&base, Which::Deny), move |_, answer| {
            let deny = module.files.rules(&base, Which::Deny, answer);
            match deny.and_then(|deny| module.files.keep(base, allow, deny)) {
                Ok(files) => pairs.decide(&files),
                Err(fault) => Flow::Done(Err(fault)),
            }
        })
    })
}

impl Pairs {
    fn decide(&self, files: &Pair) -> Flow {
        Flow::done(if files.allows(&self.left, self.rights.iter()) { 1 } else { -1 })
    }
}

fn base(name: Option<&Bytes>) -> Result<Option<String>, Fault> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.len() > NAME_BYTES_MAX {
        return Err(Fault::script("the base name is too long"));
    }
    Ok(Some(String::from_utf8_lossy(name).into_owned()))
}

fn routing(call: &Call<'_>, module: &Permissions, _: Args<'_>) -> Result<Pairs, Fault> {
    let most = if module.checks_all_branches { usize::MAX } else { 1 };
    let rights = call.msg.branches.iter().take(most).map(|branch| plain(&branch.uri));
    Ok(Pairs { left: written(call.msg.message.from()?.uri)?, rights: rights.collect::<Result<_, _>>()? })
}

fn register(call: &Call<'_>, _: &Permissions, _: Args<'_>) -> Result<Pairs, Fault> {
    let mut rights = Vec::new();
    // `*` takes contacts away: there is nothing to forbid.
    let is_star = call.msg.message.value(HeaderName::Contact).is_some_and(|value| value.trim_ascii() == b"*");
    if !is_star {
        for contact in call.msg.message.name_addrs(HeaderName::Contact) {
            rights.push(plain(contact?.address.uri)?);
        }
    }
    Ok(Pairs { left: written(call.msg.message.to()?.uri)?, rights })
}

fn uri(call: &Call<'_>, _: &Permissions, args: Args<'_>) -> Result<Pairs, Fault> {
    Ok(Pairs { left: written(call.msg.message.from()?.uri)?, rights: vec![written(args.str(1)?)?] })
}

/// What expressions are compared with for a Request-URI, a branch, a Contact: `sip:user@host`, whatever the scheme, as
/// upstream has it. A caller chooses the scheme, so a rule for `sip:` must meet `sips:` and `tel:` too. What is the same
/// by RFC 3261 section 19.1.4 is written the same: hosts in small letters, `%39` as 9.
///
/// # Errors
/// It is no URI.
pub fn plain(uri: &[u8]) -> Result<Vec<u8>, Fault> {
    let uri = Uri::parse(uri)?;
    let host = uri.host.to_ascii_lowercase();
    Ok(match (uri.scheme, uri.user) {
        (Scheme::Sip | Scheme::Sips | Scheme::Tel, Some(user)) => {
            [b"sip:", &*without_needless_escapes(user), b"@", &host].concat()
        }
        (Scheme::Sip | Scheme::Sips | Scheme::Tel, None) => [b"sip:", &host[..]].concat(),
        _ => uri.text.to_vec(),
    })
}

/// What expressions are compared with for From, To, and what a function is given: the URI as it is written, port and
/// parameters with it. `%39` is 9, or it would pass a rule about 9.
///
/// # Errors
/// It is no URI.
pub fn written(uri: &[u8]) -> Result<Vec<u8>, Fault> {
    Ok(without_needless_escapes(Uri::parse(uri)?.text).into_owned())
}

#[cfg(test)]
mod tests;
