//! The Request-URI's parameters and scheme: `ruri_has_param()` and its kin, `ruri_tel2sip()`, `is_uri_user_e164()`.

use super::yes;
use catalogue::{Alias, Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};
use sip::{Scheme, Uri};

pub(super) const RURI_HAS_PARAM: Function = Function {
    name: "ruri_has_param",
    aliases: &[Alias::of_module("uri", "uri_param", "3.0")],
    about: "Whether the Request-URI has a parameter with this value, or without one.",
    args: &[Arg::str("param", "Its name."), Arg::str("value", "Its value; without it, it must have none.").optional()],
    routes: OF_REQUESTS,
    returns: &[(1, "it has"), (-1, "it has not")],
    examples: &[
        Example { script: "ruri_has_param(\"user\", \"phone\")", message: WITH_PARAMS, returns: 1 },
        Example { script: "ruri_has_param(\"user\", \"ip\")", message: WITH_PARAMS, returns: -1 },
        Example { script: "ruri_has_param(\"lr\")", message: WITH_PARAMS, returns: 1 },
        Example { script: "ruri_has_param(\"user\")", message: WITH_PARAMS, returns: -1 },
    ],
    run: Run::Now(ruri_has_param),
    ..FUNCTION
};

pub(super) const RURI_ADD_PARAM: Function = Function {
    name: "ruri_add_param",
    aliases: &[Alias::of_module("uri", "add_uri_param", "3.0")],
    about: "Adds a parameter to the Request-URI.",
    args: &[Arg::str("param", "`name=value`").judged(judge::uri_params)],
    routes: OF_REQUESTS,
    examples: &[Example { script: "ruri_add_param(\"nat=yes\")", message: "", returns: 1 }],
    run: Run::Now(ruri_add_param),
    ..FUNCTION
};

pub(super) const RURI_DEL_PARAM: Function = Function {
    name: "ruri_del_param",
    aliases: &[Alias::of_module("uri", "del_uri_param", "3.0")],
    about: "Removes a parameter from the Request-URI.",
    args: &[Arg::str("param", "Its name.")],
    routes: OF_REQUESTS,
    returns: &[(1, "it was removed"), (-1, "there is none of this name")],
    examples: &[
        Example { script: "ruri_del_param(\"user\")", message: WITH_PARAMS, returns: 1 },
        Example { script: "ruri_del_param(\"nat\")", message: WITH_PARAMS, returns: -1 },
    ],
    run: Run::Now(ruri_del_param),
    ..FUNCTION
};

pub(super) const RURI_TEL2SIP: Function = Function {
    name: "ruri_tel2sip",
    aliases: &[Alias::of_module("uri", "tel2sip", "3.0")],
    about: "Turns a tel Request-URI into a sip one in the domain of From; other URIs are left alone.",
    routes: OF_REQUESTS,
    returns: &[(1, "it is no tel URI now"), (-1, "it cannot be read")],
    examples: &[
        Example { script: "ruri_tel2sip()", message: "INVITE tel:+1-201-555-0123 SIP/2.0", returns: 1 },
        Example { script: "ruri_tel2sip()", message: "", returns: 1 },
    ],
    run: Run::Now(ruri_tel2sip),
    ..FUNCTION
};

pub(super) const IS_URI_USER_E164: Function = Function {
    name: "is_uri_user_e164",
    aliases: &[Alias::of_module("uri", "is_uri_user_e164", "3.0")],
    about: "Whether the user part of a URI is an international telephone number: `+` and 2 to 15 digits.",
    args: &[Arg::str("uri", "The URI.").judged(judge::uri)],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL),
    returns: &[(1, "it is"), (-1, "it is not, or the URI cannot be read")],
    examples: &[
        Example { script: "is_uri_user_e164(\"sip:+12015550123@example.com\")", message: "", returns: 1 },
        Example { script: "is_uri_user_e164(\"sip:12015550123@example.com\")", message: "", returns: -1 },
        Example { script: "is_uri_user_e164(\"sip:+1234567890123456@example.com\")", message: "", returns: -1 },
    ],
    run: Run::Now(is_uri_user_e164),
    ..FUNCTION
};

const OF_REQUESTS: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::LOCAL);
const WITH_PARAMS: &str = "INVITE sip:+1234@example.com;user=phone;lr SIP/2.0";

fn ruri_has_param(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, value) = (args.str(0)?, args.opt_str(1));
    let uri = Uri::parse(call.msg.request_uri())?;
    let found = uri.params.get(name);
    yes(match value {
        Some(value) => found.flatten().is_some_and(|found| found.eq_ignore_ascii_case(value)),
        None => found == Some(None),
    })
}

fn ruri_add_param(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let param = args.str(0)?;
    let param = param.strip_prefix(b";").unwrap_or(param);
    if sip::Params::new(&[b";", param].concat()).check().is_err() {
        return Err(Fault::script(format!("\"{}\" is no URI parameter", String::from_utf8_lossy(param))));
    }
    let (before, headers) = split_headers(call)?;
    call.msg.branches.first_mut().uri = [&before[..], b";", param, &headers].concat().into();
    Ok(1)
}

fn ruri_del_param(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = args.str(0)?;
    let text = call.msg.request_uri().clone();
    let uri = Uri::parse(&text)?;
    if !uri.params.has(name) {
        return Ok(-1);
    }
    let (before, headers) = split_headers(call)?;
    let mut left = before.get(..before.len() - uri.params.as_bytes().len()).unwrap_or_default().to_vec();
    for (found, value) in uri.params.iter().filter(|(found, _)| !found.eq_ignore_ascii_case(name)) {
        left.extend_from_slice(&[b";", found].concat());
        if let Some(value) = value {
            left.extend_from_slice(&[b"=", value].concat());
        }
    }
    left.extend_from_slice(&headers);
    call.msg.branches.first_mut().uri = left.into();
    Ok(1)
}

/// The Request-URI up to its headers, and the headers with their question mark.
fn split_headers(call: &Call<'_>) -> Result<(Vec<u8>, Vec<u8>), sip::UriError> {
    let text = call.msg.request_uri();
    let headers = Uri::parse(text)?.headers.map_or(0, |headers| headers.len() + 1);
    let (before, headers) = text.split_at(text.len() - headers);
    Ok((before.to_vec(), headers.to_vec()))
}

/// RFC 3261 section 19.1.6: the number without its visual separators, and its parameters, are the user part.
fn ruri_tel2sip(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let text = call.msg.request_uri().clone();
    let tel = Uri::parse(&text)?;
    if tel.scheme != Scheme::Tel {
        return Ok(1);
    }
    let from = call.msg.message.from()?.uri;
    let domain = Uri::parse(from)?.host;
    if domain.is_empty() {
        return Err(Fault::peer("From has no domain to take for the Request-URI"));
    }
    let number = tel.user.unwrap_or_default().iter().filter(|byte| !matches!(byte, b'-' | b'.' | b'(' | b')'));
    let mut uri = b"sip:".to_vec();
    uri.extend(number);
    uri.extend_from_slice(&[tel.params.as_bytes(), b"@", domain, b";user=phone"].concat());
    call.msg.branches.first_mut().uri = uri.into();
    Ok(1)
}

fn is_uri_user_e164(_: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let uri = Uri::parse(args.str(0)?)?;
    let digits = uri.user.and_then(|user| user.strip_prefix(b"+")).unwrap_or_default();
    yes((2..=15).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use module_api::ArgValue;
    use testkit::{Fixture, str};

    fn after(function: &Function, uri: &str, args: &[ArgValue]) -> String {
        let mut fixture = Fixture::request(&format!("INVITE {uri} SIP/2.0"));
        let state = fixture.start(&super::super::MODULE, &[]);
        fixture.call(&state, function, args);
        String::from_utf8_lossy(fixture.msg.request_uri()).into_owned()
    }

    #[test]
    fn parameters_come_before_headers() {
        assert_eq!(after(&RURI_ADD_PARAM, "sip:a@b?x=1", &[str("nat=yes")]), "sip:a@b;nat=yes?x=1");
        assert_eq!(after(&RURI_DEL_PARAM, "sip:a@b;x;Y=2;z=3?q=1", &[str("y")]), "sip:a@b;x;z=3?q=1");
        assert_eq!(after(&RURI_DEL_PARAM, "sip:a@b;x", &[str("x")]), "sip:a@b");
        assert_eq!(after(&RURI_ADD_PARAM, "sip:a@b", &[str("x y")]), "sip:a@b");
    }

    #[test]
    fn telephone_numbers_become_users() {
        assert_eq!(
            after(&RURI_TEL2SIP, "tel:+1-(201)-555.0123;ext=5", &[]),
            "sip:+12015550123;ext=5@example.com;user=phone"
        );
        assert_eq!(after(&RURI_TEL2SIP, "sip:a@b", &[]), "sip:a@b");
    }
}
