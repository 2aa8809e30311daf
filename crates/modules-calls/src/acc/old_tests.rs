//! Flags and fields of releases before 2.2: what is written when they are set.

use super::{MODULE, watch};
use catalogue::Value;
use module_api::{HookEvent, ParamSetting};
use testkit::Fixture;

fn text(value: &str) -> ParamSetting {
    ParamSetting::Str(value.to_owned())
}

#[test]
fn a_flag_accounts_with_the_variables_of_log_extra_and_the_legs_of_avps() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let params = [
        ("log_flag", ParamSetting::Int(1)),
        ("log_extra", text("who=$avp(i:who); again=$avp(again)")),
        ("multi_leg_info", text("src=$avp(src);dst=$avp(dst)")),
    ];
    let state = fixture.start(&MODULE, &params);
    let flag = fixture.services.names.flags.message.number("1").unwrap();
    for (name, value) in [("i:who", "alice"), ("src", "a1"), ("src", "a2"), ("dst", "b1")] {
        let id = fixture.services.names.avps.intern(name.as_bytes()).unwrap();
        fixture.msg.avps.push(id, Value::fixed(value));
    }
    let reply =
        HookEvent::ReplyOut { code: 200, reply: None, reason: b"OK", to_tag: b"to-9", sent: &bytes::Bytes::new() };
    fixture.with_call(&state, |call| watch::watch(call, &reply));
    assert!(fixture.log_lines().is_empty(), "the flag is not set");
    fixture.msg.flags.set(flag);
    fixture.with_call(&state, |call| watch::watch(call, &reply));
    let lines = fixture.log_lines();
    let line = lines.first().unwrap();
    assert!(line.ends_with(";who=alice;again=;src=a2;dst=b1;src=a1;dst="), "{line}");
}

#[test]
fn the_same_variable_is_one_value_for_log_and_database() {
    let mut fixture = Fixture::request("BYE sip:bob@example.com SIP/2.0");
    let params = [("log_extra", text("who=$avp(who)")), ("db_extra", text("who=$avp(who);other=$avp(other)"))];
    let state = fixture.start(&MODULE, &params);
    let acc = state.downcast_ref::<super::params::Acc>().unwrap();
    assert_eq!(acc.fields.extra.tags, ["who", "other"]);
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (param, value, expected) in
        [("log_extra", "who", "is not name=$variable"), ("multi_leg_info", "src=$fu", "$fu is no AVP")]
    {
        let mut fixture = Fixture::request("BYE sip:bob@example.com SIP/2.0");
        let error = fixture.try_start(&MODULE, &[(param, text(value))]).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
