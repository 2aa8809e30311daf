//! `uuid`: universally unique identifiers (RFC 9562).

mod versions;

use bytes::Bytes;
use catalogue::{Arg, Example, Inner, Value, Verdict};
use module_api::{
    Args, Call, FUNCTION, Fault, Function, Module, Operator, Outcome, Run, Setup, StartError, State, VARIABLE,
    Variable, VariableName, VariableRun,
};
use std::sync::Arc;
use versions::Clock;

/// The module.
pub const MODULE: Module = Module {
    name: "uuid",
    about: "Universally unique identifiers.",
    functions: &[UUID],
    variables: &[UUID_VARIABLE],
    start,
    ..Module::EMPTY
};

const UUID: Function = Function {
    name: "uuid",
    about: "Makes an identifier: by chance, of the time, or of a namespace and a name.",
    args: &[
        Arg::var("out_var", "The variable that gets it."),
        Arg::int("version", "0 or 4: by chance; 1: of time and node; 3 and 5: of namespace and name (MD5, SHA-1); 7: of time and chance.")
            .judged(|text| Verdict::one_of(text.trim(), &["0", "1", "3", "4", "5", "7"], "0, 1, 3, 4, 5 or 7"))
            .optional(),
        Arg::str("namespace", "An identifier, for versions 3 and 5.")
            .judged(|text| {
                let is_uuid = text.is_empty() || versions::parse(text.as_bytes()).is_some();
                Verdict::must(is_uuid, text, "UUID", "an identifier like 6ba7b810-9dad-11d1-80b4-00c04fd430c8")
            })
            .optional(),
        Arg::str("name", "The name in it, for versions 3 and 5.").optional(),
    ],
    returns: &[(1, "made"), (-1, "there is no such version, or it lacks a namespace or a name")],
    examples: &[
        Example { script: "uuid($var(id))", message: "", returns: 1 },
        Example { script: "uuid($var(id), 7)", message: "", returns: 1 },
        Example {
            script: "uuid($var(id), 5, \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\", \"example.com\")",
            message: "",
            returns: 1,
        },
        Example { script: "uuid($var(id), 3, \"example.com\", \"a\")", message: "", returns: -1 },
        Example { script: "uuid($var(id), 2)", message: "", returns: -1 },
    ],
    run: Run::Now(make),
    ..FUNCTION
};

const UUID_VARIABLE: Variable = Variable {
    name: "uuid",
    about: "A new identifier: by chance, or of the version in the parentheses (0, 1, 4, 7).",
    inner: Inner::Optional,
    run: VariableRun::read(read),
    ..VARIABLE
};

/// The module's state.
struct Uuid {
    clock: Clock,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    Ok(Arc::new(Uuid { clock: Clock::new(setup.seed) }))
}

fn make(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let version = args.opt_int(1)?.unwrap_or(0);
    let id = match version {
        3 | 5 => {
            let namespace = versions::parse(args.str(2)?).ok_or_else(|| Fault::script("the namespace is no UUID"))?;
            versions::named(version == 5, &namespace, args.str(3)?)
        }
        _ => unnamed(call, version)?.ok_or_else(|| Fault::script(format!("there is no UUID of version {version}")))?,
    };
    args.var(0)?.write(call, Operator::Set, Value::from(text(&id)))?;
    Ok(1)
}

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let version = if name.text.is_empty() { Some(0) } else { Value::copied(name.text).int() };
    let id = version.and_then(|version| unnamed(call, version).ok().flatten());
    id.map_or(Value::Null, |id| Value::from(text(&id)))
}

/// An identifier that needs no name.
fn unnamed(call: &mut Call<'_>, version: i32) -> Result<Option<[u8; 16]>, Fault> {
    let now = call.env.wall_time();
    Ok(Some(match version {
        0 | 4 => versions::random(call.env.random),
        1 => call.state::<Uuid>()?.clock.timed(now),
        7 => versions::ordered(now, call.env.random),
        _ => return Ok(None),
    }))
}

fn text(id: &[u8; 16]) -> Bytes {
    Bytes::from(versions::print(id))
}

#[cfg(test)]
mod tests {
    use super::{MODULE, UUID, UUID_VARIABLE};
    use module_api::{ArgValue, Index};
    use testkit::{Fixture, check_examples, int, str};

    #[test]
    fn examples() {
        check_examples(&MODULE, &[]);
    }

    fn made(args: &[ArgValue]) -> String {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        let mut all = vec![ArgValue::Var(fixture.variable("$var(x)"))];
        all.extend_from_slice(args);
        assert_eq!(fixture.call(&state, &UUID, &all), 1);
        String::from_utf8(fixture.value("$var(x)").text().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn names_have_the_identifiers_of_the_rfc() {
        // RFC 9562, appendices A.2 and A.4.
        let dns = str("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        assert_eq!(made(&[int(3), dns.clone(), str("www.example.com")]), "5df41881-3aed-3515-88a7-2f4a814cf09e");
        assert_eq!(made(&[int(5), dns, str("www.example.com")]), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn versions_and_variants_show() {
        for version in [1, 4, 7] {
            let id = made(&[int(version)]);
            assert_eq!(id.as_bytes()[14], b'0' + u8::try_from(version).unwrap(), "{id}");
            assert!("89ab".contains(char::from(id.as_bytes()[19])), "{id}");
        }
    }

    #[test]
    fn the_variable_is_new_each_time() {
        let mut fixture = Fixture::request("OPTIONS sip:a@b SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        for version in ["", "0", "1", "4", "7"] {
            let ids = [0, 1].map(|_| fixture.read(&state, &UUID_VARIABLE, version, Index::None));
            assert_ne!(ids[0], ids[1], "{version}");
        }
        assert!(fixture.read(&state, &UUID_VARIABLE, "3", Index::None).is_null());
    }
}
