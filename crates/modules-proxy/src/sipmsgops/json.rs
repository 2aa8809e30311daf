//! `sip_to_json()`: the message as JSON, for what does not speak SIP.

use super::ON_THE_WAY;
use catalogue::{Arg, Example, Value};
use module_api::{Args, Call, FUNCTION, Function, Json, JsonMap, Operator, Outcome, Run};
use sip::Message;

pub(super) const SIP_TO_JSON: Function = Function {
    name: "sip_to_json",
    about: "Puts the message into a variable as JSON: `first_line`, `headers` by name, `body`.",
    args: &[Arg::var("out_var", "Where it goes.")],
    routes: ON_THE_WAY,
    examples: &[Example { script: "sip_to_json($var(json))", message: "", returns: 1 }],
    run: Run::Now(sip_to_json),
    ..FUNCTION
};

fn sip_to_json(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let text = as_json(&call.msg.message).to_string();
    args.var(0)?.write(call, Operator::Set, Value::from(text))?;
    Ok(1)
}

fn as_json(message: &Message) -> Json {
    let mut whole = JsonMap::new();
    let first = message.bytes().split(|byte| *byte == b'\n').next().unwrap_or_default();
    whole.insert("first_line".into(), text(sip::text::trim_end(first)));
    whole.insert("headers".into(), headers(message).into());
    whole.insert("body".into(), text(message.body()));
    whole.into()
}

/// A header that is there several times is a list of its values.
fn headers(message: &Message) -> JsonMap {
    let mut headers = JsonMap::new();
    for header in message.headers() {
        let name = String::from_utf8_lossy(header.name_text).into_owned();
        let value = text(header.value);
        match headers.get_mut(&name) {
            None => drop(headers.insert(name, value)),
            Some(Json::Array(values)) => values.push(value),
            Some(first) => *first = Json::Array(vec![first.take(), value]),
        }
    }
    headers
}

fn text(bytes: &[u8]) -> Json {
    String::from_utf8_lossy(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::as_json;

    #[test]
    fn a_message() {
        let message = testkit::message("MESSAGE sip:b@example.com SIP/2.0\nX-a: \"1\"\nX-b: 2\nX-a: 3\n\nhi");
        assert_eq!(
            as_json(&message).to_string(),
            r#"{"first_line":"MESSAGE sip:b@example.com SIP/2.0","headers":{"Via":"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-test","From":"<sip:alice@example.com>;tag=from-1","To":"<sip:bob@example.com>","Call-ID":"call-1@192.0.2.10","CSeq":"1 MESSAGE","X-a":["\"1\"","3"],"X-b":"2","Content-Length":"2"},"body":"hi"}"#
        );
    }
}
