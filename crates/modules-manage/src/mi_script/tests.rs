//! Commands as scripts ask for them; what they answer is made up by the fixture: their own parameters.

use super::{MI, MODULE};
use catalogue::Value;
use module_api::{ArgValue, Operator, ParamSetting, State};
use testkit::{Fixture, absent, str};

fn started(params: &[(&'static str, ParamSetting)]) -> (Fixture, State) {
    let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
    let state = fixture.start(&MODULE, params);
    (fixture, state)
}

/// An AVP with these values, added one after the other.
fn avp(fixture: &mut Fixture, name: &str, values: &[Value]) -> ArgValue {
    let variable = fixture.variable(name);
    let state = std::sync::Arc::new(()) as State;
    fixture.with_call(&state, |call| {
        for value in values {
            variable.write(call, Operator::Set, value.clone()).unwrap();
        }
    });
    ArgValue::Var(variable)
}

#[test]
fn words_are_parameters_by_position() {
    let (mut fixture, state) = started(&[]);
    let result = ArgValue::Var(fixture.variable("$var(ret)"));
    assert_eq!(fixture.call(&state, &MI, &[str(" cache_remove  local password_user1"), result]), 1);
    assert_eq!(fixture.value("$var(ret)"), Value::fixed(r#"["local","password_user1"]"#));
    assert_eq!(fixture.call(&state, &MI, &[str("shm_check")]), 1);
    assert_eq!(fixture.journal(), [r#"command cache_remove ["local","password_user1"]"#, "command shm_check []"]);
}

#[test]
fn avps_are_parameters_by_position_or_name() {
    let (mut fixture, state) = started(&[]);
    let names = avp(&mut fixture, "$avp(n)", &[Value::fixed("url"), Value::fixed("events"), Value::fixed("n")]);
    let values = avp(&mut fixture, "$avp(v)", &[Value::fixed("fs://x"), Value::fixed("__array(A B)"), Value::Int(3)]);
    assert_eq!(fixture.call(&state, &MI, &[str("x ignored"), absent(), names.clone()]), 1);
    assert_eq!(fixture.call(&state, &MI, &[str("x"), absent(), names.clone(), values]), 1);
    let few = avp(&mut fixture, "$avp(few)", &[Value::Int(1)]);
    assert_eq!(fixture.call(&state, &MI, &[str("x"), absent(), names, few]), -1);
    assert_eq!(
        fixture.journal(),
        [r#"command x ["url","events","n"]"#, r#"command x {"url":"fs://x","events":["A","B"],"n":3}"#]
    );
    assert_eq!(fixture.log_lines(), ["ERROR: x: there are 3 names for 1 values"]);
}

#[test]
fn errors_are_negative_codes() {
    let (mut fixture, state) = started(&[("pretty_printing", ParamSetting::Int(1))]);
    let result = ArgValue::Var(fixture.variable("$var(ret)"));
    assert_eq!(fixture.call(&state, &MI, &[str("missing"), result.clone()]), -404);
    assert_eq!(fixture.value("$var(ret)"), Value::fixed("Not there"));
    assert_eq!(fixture.call(&state, &MI, &[str("x 1"), result]), 1);
    assert_eq!(fixture.value("$var(ret)"), Value::fixed("[\n  \"1\"\n]"));
    assert_eq!(fixture.call(&state, &MI, &[str(" ")]), -1);
}
