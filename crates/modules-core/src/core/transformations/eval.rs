//! `{s.eval}`: text read as a format string.

use super::{PLAIN, input};
use catalogue::Value;
use module_api::{Call, Transformation};

pub(super) const ALL: &[Transformation] = &[Transformation {
    name: "s.eval",
    about: "The text with the variables in it filled in.",
    run: |call, value, _| eval(call, value),
    ..PLAIN
}];

/// How many texts are being evaluated within each other; attached to the message.
struct EvalDepth(u8);

/// A text that evaluates itself would never end.
const DEPTH_MAX: u8 = 8;

fn eval(call: &mut Call<'_>, value: Value) -> Value {
    let depth = call.msg.extensions.get::<EvalDepth>().map_or(0, |depth| depth.0);
    if depth >= DEPTH_MAX {
        call.env.log().warning("{s.eval} evaluates itself; it yields nothing");
        return Value::Null;
    }
    match call.env.operations.format(&input(value)) {
        Ok(format) => {
            call.msg.extensions.set(EvalDepth(depth + 1));
            let text = format.print(call);
            call.msg.extensions.set(EvalDepth(depth));
            Value::Str(text)
        }
        Err(error) => {
            call.env.log().warning(format!("{{s.eval}}: {error}"));
            Value::Null
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, DEPTH_MAX, EvalDepth};
    use catalogue::Value;
    use module_api::Operator;
    use testkit::Fixture;

    #[test]
    fn variables_are_filled_in_but_not_without_end() {
        let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let state = fixture.start(&crate::core::MODULE, &[]);
        let variable = fixture.variable("$var(in)");
        fixture.with_call(&state, |call| {
            variable.write(call, Operator::Set, Value::fixed("client")).unwrap();
            let format = Value::fixed("Hello, $var(in)!");
            assert_eq!((ALL[0].run)(call, format.clone(), &[]), Value::fixed("Hello, client!"));
            call.msg.extensions.set(EvalDepth(DEPTH_MAX));
            assert_eq!((ALL[0].run)(call, format, &[]), Value::Null);
        });
        assert_eq!(fixture.log_lines(), ["WARNING: {s.eval} evaluates itself; it yields nothing"]);
    }
}
