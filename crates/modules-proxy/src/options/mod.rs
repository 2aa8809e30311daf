//! `options`: answers to OPTIONS requests that ask this server itself (RFC 3261 section 11.2).

use catalogue::{Example, Param, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Module, Outcome, ReplyContent, Run, Setup, StartError, State};
use sip::{Method, Uri};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module {
    name: "options",
    about: "Answers OPTIONS requests to this server with what it takes.",
    depends: &["sl"],
    params: &[ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, SUPPORT],
    functions: &[OPTIONS_REPLY],
    start,
    ..Module::EMPTY
};

const ACCEPT: Param = Param::str("accept", "*/*", "The Accept header of the answer.");
const ACCEPT_ENCODING: Param = Param::str("accept_encoding", "", "The Accept-Encoding header of the answer.");
const ACCEPT_LANGUAGE: Param = Param::str("accept_language", "en", "The Accept-Language header of the answer.");
const SUPPORT: Param = Param::str("support", "", "The Supported header of the answer.");

const OPTIONS_REPLY: Function = Function {
    name: "options_reply",
    about: "Answers an OPTIONS request whose Request-URI has no user part with 200. Whether it is for this server, the \
            script must have seen.",
    routes: Routes::REQUEST,
    returns: &[(1, "it was answered"), (-1, "it is no OPTIONS request, its Request-URI has a user, or an error")],
    examples: &[
        Example { script: "options_reply()", message: "OPTIONS sip:example.com SIP/2.0", returns: 1 },
        Example { script: "options_reply()", message: "OPTIONS sip:bob@example.com SIP/2.0", returns: -1 },
        Example { script: "options_reply()", message: "INVITE sip:example.com SIP/2.0", returns: -1 },
    ],
    run: Run::Now(options_reply),
    ..FUNCTION
};

/// The module's state: the header lines of its answer.
struct Options {
    headers: String,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let mut headers = String::new();
    for (name, param) in [
        ("Accept", &ACCEPT),
        ("Accept-Encoding", &ACCEPT_ENCODING),
        ("Accept-Language", &ACCEPT_LANGUAGE),
        ("Supported", &SUPPORT),
    ] {
        let value = params.text(param);
        if value.contains(['\r', '\n']) {
            return Err(StartError::param(param.name, "a header has no line ends"));
        }
        headers.push_str(&format!("{name}: {value}\r\n"));
    }
    Ok(Arc::new(Options { headers }))
}

fn options_reply(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let has_user = Uri::parse(call.msg.request_uri())?.user.is_some_and(|user| !user.is_empty());
    if call.msg.message.method() != Method::Options || has_user {
        return Ok(-1);
    }
    let headers = call.state::<Options>()?.headers.clone();
    let reply = ReplyContent { headers: headers.into(), ..ReplyContent::new(200, "OK") };
    let sent = call.env.operations.reply_stateless(call, &reply);
    // A peer whose Via cannot be used cannot be told so either.
    sent.map(|()| 1).map_err(|fault| Fault { reply: Some((500, "Server Internal Error")), ..fault })
}

#[cfg(test)]
mod tests {
    use super::{MODULE, OPTIONS_REPLY};
    use module_api::ParamSetting;
    use testkit::{Fixture, check_examples};

    #[test]
    fn examples() {
        check_examples(&MODULE, &[]);
    }

    #[test]
    fn the_answer_says_what_the_parameters_say() {
        let mut fixture = Fixture::request("OPTIONS sip:example.com SIP/2.0");
        let state = fixture.start(&MODULE, &[("support", ParamSetting::Str("path".to_owned()))]);
        assert_eq!(fixture.call(&state, &OPTIONS_REPLY, &[]), 1);
        let answer = "reply 200 OK\nAccept: */*\nAccept-Encoding: \nAccept-Language: en\nSupported: path";
        assert_eq!(fixture.journal(), [answer]);
        let params = [("accept", ParamSetting::Str("a\r\nVia: b".to_owned()))];
        assert!(fixture.try_start(&MODULE, &params).is_err());
    }
}
