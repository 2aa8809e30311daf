//! The examples in the tables of functions, run: each is a test.

use crate::{Fixture, arguments};
use catalogue::{ArgKind, Example};
use module_api::{ArgValue, Function, Module, ParamSetting};
use std::sync::Arc;

/// Runs every example of a module, and fails with a list of those that return something else than they say.
///
/// An example's script is one call, or several separated by `;` of which the last one counts. Its message is header
/// lines of an INVITE; or a whole message, if its first line is a request line or a status line.
#[allow(clippy::panic, reason = "an example that is wrong fails the test")]
pub fn check_examples(module: &Module, params: &[(&'static str, ParamSetting)]) {
    let mut wrong = String::new();
    for function in module.functions {
        for example in function.examples {
            let code = run(module, params, example);
            if code != example.returns {
                wrong.push_str(&format!("{} returns {code}, not {}\n", example.script, example.returns));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn run(module: &Module, params: &[(&'static str, ParamSetting)], example: &Example) -> i32 {
    let mut fixture = fixture_of(example.message);
    let state = fixture.start(module, params);
    let mut code = 0;
    for (name, written) in calls(example.script) {
        let function = function_called(module, &name);
        let args: Vec<ArgValue> = (0..function.args.len())
            .map(|index| match (written.get(index), function.args.get(index)) {
                (Some(text), Some(arg)) if !text.is_empty() => argument(&fixture, arg.kind, text),
                _ => ArgValue::Absent,
            })
            .collect();
        code = fixture.call(&state, function, &args);
    }
    code
}

fn fixture_of(message: &str) -> Fixture {
    let first = message.lines().next().unwrap_or_default();
    if first.starts_with("SIP/2.0 ") {
        return Fixture::reply(message);
    }
    if first.ends_with(" SIP/2.0") {
        return Fixture::request(message);
    }
    Fixture::request(&format!("INVITE sip:bob@example.com SIP/2.0\n{message}"))
}

#[allow(clippy::panic, reason = "an example of a function that does not exist fails the test")]
fn function_called(module: &Module, name: &str) -> &'static Function {
    let is_called =
        |function: &&Function| function.name == name || function.aliases.iter().any(|alias| alias.name == name);
    module.functions.iter().find(is_called).unwrap_or_else(|| panic!("module {} has no {name}", module.name))
}

#[allow(clippy::panic, reason = "an example with an argument of a wrong type fails the test")]
fn argument(fixture: &Fixture, kind: ArgKind, written: &str) -> ArgValue {
    let text = unquote(written);
    let names = &fixture.services.names.flags;
    match kind {
        ArgKind::Int => match text.parse() {
            Ok(number) => ArgValue::Int(number),
            Err(_) => arguments::str(&text),
        },
        ArgKind::Str | ArgKind::Static | ArgKind::Raw => arguments::str(&text),
        ArgKind::Var => ArgValue::Var(fixture.variable(&text)),
        ArgKind::Vars => ArgValue::Vars(text.split(';').map(|name| fixture.variable(name)).collect()),
        ArgKind::Regex => arguments::regex(&text),
        ArgKind::LineRegex => arguments::line_regex(&text),
        ArgKind::Route(_) => ArgValue::Int(0),
        ArgKind::MessageFlag => ArgValue::Int(names.message.number(&text).map_or(0, i32::from)),
        ArgKind::BranchFlag => ArgValue::Int(names.branch.number(&text).map_or(0, i32::from)),
        ArgKind::Flags(declared) => {
            let flags = text.split(',').map(str::trim).map(|flag| {
                let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
                let known = declared.iter().find(|known| known.name == name);
                let known = known.unwrap_or_else(|| panic!("no flag is called {name}"));
                (known.name, value.map(Fixture::bytes))
            });
            ArgValue::Flags(Arc::from(flags.collect::<Vec<_>>()))
        }
    }
}

/// Splits a script into calls: each a name and its arguments as written.
fn calls(script: &str) -> Vec<(String, Vec<String>)> {
    split(script, ';')
        .into_iter()
        .filter_map(|call| {
            let (name, rest) = call.split_once('(')?;
            let inside = rest.strip_suffix(')')?;
            Some((name.to_owned(), split(inside, ',')))
        })
        .collect()
}

/// Splits at a separator outside quotes and parentheses; the parts come trimmed.
fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped, mut depth) = (false, false, 0usize);
    for char in text.chars() {
        let ends = char == separator && !quoted && depth == 0;
        if ends {
            parts.push(std::mem::take(&mut part).trim().to_owned());
            continue;
        }
        match char {
            _ if escaped => {}
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = char == '\\' && !escaped;
        part.push(char);
    }
    if !part.trim().is_empty() {
        parts.push(part.trim().to_owned());
    }
    parts
}

/// The text of a string literal; other text as it is.
fn unquote(written: &str) -> String {
    let Some(inside) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return written.to_owned();
    };
    let mut text = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(char) = chars.next() {
        match (char, chars.as_str().chars().next()) {
            ('\\', Some('r')) => text.push('\r'),
            ('\\', Some('n')) => text.push('\n'),
            ('\\', Some('t')) => text.push('\t'),
            ('\\', Some(other)) => text.push(other),
            (other, _) => {
                text.push(other);
                continue;
            }
        }
        chars.next();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{calls, unquote};

    #[test]
    fn scripts_become_calls() {
        let expected = vec![
            ("a".to_owned(), vec![]),
            ("b".to_owned(), vec!["\"x;y, (z\"".to_owned(), "$avp(q)".to_owned(), "3".to_owned()]),
        ];
        assert_eq!(calls(r#"a(); b("x;y, (z", $avp(q),3);"#), expected);
    }

    #[test]
    fn literals_have_escapes() {
        assert_eq!(unquote(r#""A: \"b\"\r\n""#), "A: \"b\"\r\n");
        assert_eq!(unquote("7"), "7");
    }
}
