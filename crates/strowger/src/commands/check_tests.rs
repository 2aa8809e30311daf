//! Constants that can never work, module for module: each is told by the check, with its place.

use super::check::check;
use crate::cli::ServeOptions;
use crate::configure::Origin;

/// Where a database is only named, all that needs one is happy with it.
const HEAD: &str = r#"
socket=udp:127.0.0.1:5060
db_default_url="sqlite:///nowhere/x.db"
loadmodule "proto_udp.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "signaling.so"
loadmodule "rr.so"
loadmodule "sipmsgops.so"
loadmodule "textops.so"
loadmodule "regex.so"
loadmodule "uuid.so"
loadmodule "mathops.so"
loadmodule "cfgutils.so"
loadmodule "statistics.so"
loadmodule "mi_script.so"
loadmodule "dialog.so"
loadmodule "avpops.so"
loadmodule "sqlops.so"
loadmodule "cachedb_local.so"
loadmodule "ratelimit.so"
loadmodule "rest_client.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "permissions.so"
loadmodule "group.so"
loadmodule "diversion.so"
loadmodule "alias_db.so"
loadmodule "auth.so"
loadmodule "enum.so"
loadmodule "msilo.so"
modparam("dialog", "profiles_no_value", "calls")
modparam("statistics", "stat_groups", "mine")
modparam("tm", "tw_append", "more:$ci")
"#;

fn elsewhere() -> ServeOptions {
    let mut options = ServeOptions::default();
    options.elsewhere = true;
    options
}

/// What the check says of a line in a route of this head.
fn said(head: &str, route: &str, line: &str) -> Vec<(String, String, String)> {
    let text = format!("{HEAD}{head}\n{route} {{\n\t{line}\n}}\nroute[there] {{\n\texit;\n}}\n");
    let origin = Origin::Text { name: "test.cfg".to_owned(), text: text.clone() };
    let options = elsewhere();
    let (report, _) = check(&origin, &options, None);
    let told = report
        .json()
        .into_iter()
        .filter(|message| !["S403", "S512", "S527"].iter().any(|code| message["code"] == *code));
    told.map(|message| {
        let place = &message["place"];
        let (row, from, to) = (&place["line"], &place["column"], &place["end_column"]);
        let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap_or(1)).unwrap_or(1);
        let row = text.lines().nth(number(row) - 1).unwrap_or_default();
        let marked: String = row.chars().skip(number(from) - 1).take(number(to) - number(from)).collect();
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        (text("severity"), text("message"), marked)
    })
    .collect()
}

/// A line, and the constant in it that is told of with these words.
const WRONG: &[(&str, &str, &str)] = &[
    // core
    (r#"cache_store("nowhere", "k", "v");"#, r#""nowhere""#, "there is no storage \"nowhere\""),
    (r#"use_blacklist("gateways");"#, r#""gateways""#, "there is no blacklist \"gateways\""),
    (r#"check_blacklist_rule("", "host");"#, r#""host""#, "\"host\" is no address"),
    (r#"set_advertised_address("two words");"#, r#""two words""#, "is no host"),
    (r#"set_advertised_port("70000");"#, r#""70000""#, "is no port"),
    (r#"tcp_close_conn("somewhere");"#, r#""somewhere""#, "is no connection"),
    (r#"append_msg_branch("sip:a@example.com", "often");"#, r#""often""#, "is no preference"),
    (r#"setport("many");"#, r#""many""#, "port: "),
    (r#"sethost("");"#, r#""""#, "host: "),
    (r#"seturi("sip:a b@example.com");"#, r#""sip:a b@example.com""#, "white space"),
    (r#"setdsturi("192.0.2.7");"#, r#""192.0.2.7""#, "is no URI"),
    (r#"construct_uri("1", "a", "example.com", , , $var(u));"#, r#""1""#, "is no scheme"),
    (r#"forward("two words");"#, r#""two words""#, "is no destination"),
    (r#"send("udp:192.0.2.7:5060", "no line end");"#, r#""no line end""#, "must end with"),
    // sipmsgops
    (r#"append_hf("no header");"#, r#""no header""#, "it is no header line"),
    (r#"append_hf("X: 1\rY: 2\r\n");"#, r#""X: 1\rY: 2\r\n""#, "breaks the line"),
    (r#"append_hf("X: 1\r\n", "Call-ID:");"#, r#""Call-ID:""#, "is no name of a header"),
    (r#"insert_hf("X: 1\r\nmore\r\n");"#, r#""X: 1\r\nmore\r\n""#, "it is no header line"),
    (r#"append_urihf("CC-Diversion", "\r\n");"#, r#""CC-Diversion""#, "is no beginning of a header"),
    (r#"append_to_reply("X");"#, r#""X""#, "it is no header line"),
    (r#"remove_hf("X y");"#, r#""X y""#, "is no name of a header"),
    (r#"is_method("INVITE|");"#, r#""INVITE|""#, "is no list of methods"),
    (r#"is_privacy("");"#, r#""""#, "is no kind of privacy"),
    (r#"has_body("sdp");"#, r#""sdp""#, "is no media type"),
    (r#"remove_body_part("text/plain", "keep");"#, r#""keep""#, "is no word of remove_body_part()"),
    (r#"add_body_part("x", "plain");"#, r#""plain""#, "is no media type"),
    (r#"codec_exists("GSM", "fast");"#, r#""fast""#, "is no number"),
    (r#"list_hdr_has_option("Supported", "");"#, r#""""#, "is no word"),
    (r#"ruri_add_param("a b");"#, r#""a b""#, "is no parameter of a URI"),
    // rr, tm, sl
    (r#"is_direction("sideways");"#, r#""sideways""#, "\"sideways\" is not known"),
    (r#"record_route(";a b");"#, r#"";a b""#, "is no parameter of a URI"),
    (r#"record_route_preset("two words");"#, r#""two words""#, "is no address with parameters"),
    (r#"t_inject_branches("msg", "cancel,all");"#, r#""cancel,all""#, "\"all\" is no flag"),
    (r#"t_write_req("x/less", "/run/fifo");"#, r#""x/less""#, "there is no item of tw_append \"less\""),
    (r#"t_write_req("x", "");"#, r#""""#, "is no path"),
    (
        r#"t_new_request("A B", "sip:a@example.com", "sip:a@example.com", "sip:b@example.com");"#,
        r#""A B""#,
        "is no method",
    ),
    (r#"t_new_request("INFO", "sip:a@example.com", "x", "sip:b@example.com");"#, r#""x""#, "is no address"),
    (
        r#"t_new_request("INFO", "sip:a@example.com", "sip:a@example.com", "sip:b@example.com", "Hello");"#,
        r#""Hello""#,
        "is no body",
    ),
    (r#"t_reply_by_callid(487, "x", "id", "one");"#, r#""one""#, "is no number"),
    (r#"t_relay(, "two words");"#, r#""two words""#, "is no destination"),
    (r#"t_add_hdrs("X");"#, r#""X""#, "it is no header line"),
    (r#"t_replicate("example.com");"#, r#""example.com""#, "is no URI"),
    (r#"send_reply(404, "a\r\nX: y");"#, r#""a\r\nX: y""#, "line end"),
    // dialog
    (r#"create_dialog("often");"#, r#""often""#, "\"often\" is none of"),
    (r#"match_dialog("DID");"#, r#""DID""#, "is no mode"),
    (r#"load_dialog_ctx("x", "tag");"#, r#""tag""#, "\"tag\" is not known"),
    (r#"dlg_send_sequential("INFO", "both");"#, r#""both""#, "\"both\" is not known"),
    (r#"set_dlg_profile("cals");"#, r#""cals""#, "there is no dialog profile \"cals\""),
    (r#"dlg_on_hangup("nowhere");"#, r#""nowhere""#, "there is no route \"nowhere\""),
    // texts, numbers, patterns
    (r#"subst("/a(/b/");"#, r#""/a(/b/""#, "/re/repl/flags: "),
    (r#"pcre_match("$rU", "(");"#, r#""(""#, "is no expression"),
    (r#"pcre_match_group("$rU", 1);"#, "1", "there are no groups"),
    (r#"subst_user("/a(/$rU/");"#, r#""/a(/$rU/""#, "/re/repl/flags: "),
    (r#"math_round("1.5", $var(x), 101);"#, "101", "from 0 to 100"),
    (r#"uuid($var(u), 2);"#, "2", "\"2\" is not known"),
    (r#"uuid($var(u), 5, "none", "a");"#, r#""none""#, "is no UUID"),
    (r#"math_eval("1 +", $var(x));"#, r#""1 +""#, "expression: "),
    (r#"math_rpn("1 +", $var(x));"#, r#""1 +""#, "expression: "),
    (r#"math_trunc("many", $var(x));"#, r#""many""#, "is no number"),
    (r#"check_time_rec("office hours");"#, r#""office hours""#, "time_string: "),
    // statistics, management
    (r#"update_stat("theirs:x", 1);"#, r#""theirs:x""#, "there is no group \"theirs\""),
    (r#"update_stat("x:", 1);"#, r#""x:""#, "is no name of a statistic"),
    (r#"reset_stat("theirs:x");"#, r#""theirs:x""#, "there is no group \"theirs\""),
    (r#"update_stat_series("none", "x", 1);"#, r#""none""#, "there is no stat_series_profile \"none\""),
    (r#"stat_iter_init("theirs", "it");"#, r#""theirs""#, "there is no group \"theirs\""),
    (r#"mi("nonsense");"#, r#""nonsense""#, "there is no command \"nonsense\""),
    (r#"rl_check("", 1);"#, r#""""#, "is no name of a pipe"),
    (r#"rl_check("a/s", 1);"#, r#""a/s""#, "cachedb_url"),
    // data
    (r#"sql_query("SELECT 1", , 7);"#, "7", "no db_url of sqlops has the number 7"),
    (r#"sql_select("name", "t");"#, r#""name""#, "is no JSON"),
    (r#"sql_delete("t; x");"#, r#""t; x""#, "is no name of a table or column"),
    (r#"sql_avp_load("$fu/place", "$avp(x)");"#, r#""$fu/place""#, "\"place\" is no part of a URI"),
    (r#"rest_append_hf("no field");"#, r#""no field""#, "is no header field"),
    (r#"rest_get("ftp://example.com/", $var(x));"#, r#""ftp://example.com/""#, "is no URL"),
    // users
    (r#"check_address(1, "somewhere", 0, "any");"#, r#""somewhere""#, "is no address"),
    (r#"check_address(1, "192.0.2.1", 0, "carrier");"#, r#""carrier""#, "is no transport"),
    (r#"enum_query( , , "030123");"#, r#""030123""#, "is no number to look for"),
    (r#"m_store("sip:example.com");"#, r#""sip:example.com""#, "is no URI of a user"),
    (r#"m_dump("bob", 10);"#, r#""bob""#, "is no URI of a user"),
    (r#"get_source_group($var(g), "other");"#, r#""other""#, "there is no partition \"other\""),
    (r#"db_is_user_in("Caller", "ld");"#, r#""Caller""#, "is no URI"),
    (r#"add_diversion("");"#, r#""""#, "is no reason"),
    (r#"add_sock_hdr("Sock Info");"#, r#""Sock Info""#, "is no name of a header"),
    (r#"append_rpid_hf("a\r\n", "b");"#, r#""a\r\n""#, "line end"),
];

#[test]
fn constants_that_can_never_work_are_errors_with_their_place() {
    let mut missed = String::new();
    for (line, constant, words) in WRONG {
        let told = said("", "route", line);
        let errors: Vec<_> = told.iter().filter(|(severity, ..)| severity == "error").collect();
        let is_told = errors.len() == 1 && errors[0].1.contains(words) && errors[0].2 == *constant;
        if !is_told {
            missed.push_str(&format!("{line}: {told:#?}\n"));
        }
    }
    assert!(missed.is_empty(), "{missed}");
}

/// Functions of older releases are warned of too.
#[test]
fn those_of_avpops_too() {
    for (line, constant, words) in [
        (r#"is_avp_set("x");"#, r#""x""#, "\"x\" is no AVP"),
        (r#"avp_check("$avp(x)", "like/a");"#, r#""like/a""#, "\"like\" is no operator"),
        (r#"avp_check("$avp(x)", "eq");"#, r#""eq""#, "is no operator/value"),
        (r#"avp_check("$avp(x)", "lt/i:many");"#, r#""lt/i:many""#, "\"many\" is no number"),
        (r#"avp_check("$avp(x)", "re/(");"#, r#""re/(""#, "op_value: "),
        (r#"avp_op("$avp(x)", "pow/i:2");"#, r#""pow/i:2""#, "\"pow\" is no operator"),
        (r#"avp_op("$avp(x)", "add/two");"#, r#""add/two""#, "\"two\" is no number"),
        (r#"avp_op("$avp(x)/y", "add/i:2");"#, r#""$avp(x)/y""#, "\"y\" is no AVP"),
        (r#"avp_subst("$avp(x)", "/a(/b/");"#, r#""/a(/b/""#, "subst: "),
        (r#"avp_copy("x", "$avp(y)");"#, r#""x""#, "\"x\" is no AVP"),
        (r#"avp_shuffle("x");"#, r#""x""#, "\"x\" is no AVP"),
        (r#"avp_pushto("$fu", "$avp(x)");"#, r#""$fu""#, "\"$fu\" is not known"),
    ] {
        let told = said("", "route", line);
        let errors: Vec<_> = told.iter().filter(|(severity, ..)| severity == "error").collect();
        assert!(errors.len() == 1 && errors[0].1.contains(words) && errors[0].2 == constant, "{line}: {told:#?}");
    }
}

#[test]
fn what_upstream_ignores_is_a_warning() {
    for (route, line, constant, words) in [
        ("route", r#"sipmsg_validate("shx");"#, r#""shx""#, "there is no letter \"x\""),
        ("route", r#"alias_db_lookup("dbaliases", "dz");"#, r#""dz""#, "there is no letter \"z\""),
        ("onreply_route", r#"t_cancel_branch("x");"#, r#""x""#, "there is no letter \"x\""),
        ("route", r#"append_hf("X: 1\r\n\r\n");"#, r#""X: 1\r\n\r\n""#, "an empty line is left out"),
        ("route", r#"move_msg_branch(1, 0, "stay");"#, r#""stay""#, "\"stay\" is not known"),
        ("route", r#"create_dialog("PB");"#, r#""PB""#, "is an older spelling of flags"),
    ] {
        let told = said("", route, line);
        let is_told = told.len() == 1 && told[0].0 == "warning" && told[0].1.contains(words) && told[0].2 == constant;
        assert!(is_told, "{line}: {told:#?}");
    }
}

#[test]
fn what_can_work_is_not_told_of() {
    for line in [
        r#"append_hf("X-a: $rU\r\n"); append_hf("X-b: 1"); insert_hf("X: 1\r\nY: 2\r\n", "f");"#,
        r#"remove_body_part("text/plain", "revert"); add_body_part("x", "text/plain", "Content-ID: <1>\r\n");"#,
        r#"cache_store("local", "k", "v"); setport(""); setuser(""); set_advertised_port("5080"); has_body("");"#,
        r#"t_inject_branches("event", "cancel, last"); t_write_req("x/more", "/run/fifo"); record_route(";nat=yes");"#,
        r#"t_new_request("INFO", "sip:a@example.com", "Al sip:a@example.com", "sip:b@example.com", "text/plain Hello");"#,
        r#"set_dlg_profile("calls"); dlg_on_hangup("there"); match_dialog("DID_NONE"); create_dialog("bye-on-timeout");"#,
        r#"update_stat("mine:x", 1); update_stat("x", 1); reset_stat("core:rcv_requests"); mi("version");"#,
        r#"pcre_match("$rU", "^(?i)a$$"); subst("/a(.)/\1/g"); uuid($var(u), 7); math_eval("1 + 2", $var(x));"#,
        r#"check_time_rec("20260101T090000|20260101T170000||weekly|||MO,TU"); sql_query("SELECT 1", , 0);"#,
        r#"sql_select("[\"a\"]", "t", "[{\"a\": 1}]"); rest_get("http://example.com/", $var(x)); is_direction("upstream");"#,
        r#"check_address(1, "192.0.2.1", 0, "any"); db_is_user_in("From", "ld"); add_diversion("user-busy");"#,
        r#"enum_query("", "voice", "+4930123"); m_store("sip:bob@example.com"); m_dump("$tu", 10); m_dump("");"#,
        r#"is_method("INVITE|BYE"); is_privacy("id"); remove_hf("s"); ruri_add_param("nat=yes"); send_reply(404, "No");"#,
    ] {
        assert_eq!(said("", "route", line), Vec::new(), "{line}");
    }
}

/// As people see it, with what would do.
#[test]
fn the_likely_fix_is_shown() {
    let picture = |head: &str, line: &str| {
        let text = format!("loadmodule \"proto_udp.so\"\n{head}\nroute {{\n\t{line}\n}}\n");
        let options = elsewhere();
        check(&Origin::Text { name: "test.cfg".to_owned(), text }, &options, None).0.text()
    };
    assert_eq!(
        picture(
            "loadmodule \"statistics.so\"\nmodparam(\"statistics\", \"stat_groups\", \"method\")",
            "update_stat(\"metod:x\", 1);"
        ),
        "error[S526]: update_stat(): there is no group \"metod\"\n --> test.cfg:5:14\n  |\n\
         5 | \tupdate_stat(\"metod:x\", 1);\n  | \t            ^^^^^^^^^\n  = help: did you mean method?\n\n1 error, 0 warnings\n"
    );
    assert_eq!(
        picture("loadmodule \"sipmsgops.so\"", "is_method(\"INVITE,BYE\");"),
        "error[S526]: name: \"INVITE,BYE\" is no list of methods\n --> test.cfg:4:12\n  |\n\
         4 | \tis_method(\"INVITE,BYE\");\n  | \t          ^^^^^^^^^^^^\n  = help: it is methods with | between them, like \
         \"INVITE|BYE\"\n\n1 error, 0 warnings\n"
    );
}

/// A start-up error that is told of each place where the constant stands.
#[test]
fn every_place_is_shown() {
    let told = said("", "route", r#"mi("none"); if (mi("none")) exit;"#);
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[test]
fn sockets_are_looked_for_where_they_are_known() {
    let check_here = |line: &str| {
        let text = format!("socket=udp:127.0.0.1:5060\nloadmodule \"proto_udp.so\"\nroute {{\n\t{line}\n}}\n");
        let origin = Origin::Text { name: "test.cfg".to_owned(), text };
        check(&origin, &ServeOptions::default(), None).0.text()
    };
    let told = check_here(r#"force_send_socket("udp:127.0.0.1:5070");"#);
    assert!(told.contains("help: did you mean udp:127.0.0.1:5060?"), "{told}");
    assert!(told.contains("there is no socket \"udp:127.0.0.1:5070\"") && told.contains("test.cfg:4:"), "{told}");
    assert!(check_here(r#"force_send_socket("bond:inside");"#).contains("there is no bond \"inside\""));
    assert_eq!(check_here(r#"force_send_socket("udp:127.0.0.1:5060");"#), "");
}

#[test]
fn a_facility_is_one_of_syslogs() {
    let head = "loadmodule \"acc.so\"\nmodparam(\"acc\", \"log_facility\", \"LOG_NOPE\")";
    let told = said(head, "route", "exit;");
    let is_told =
        told.len() == 1 && told[0].1.contains("log_facility cannot be \"LOG_NOPE\"") && told[0].2 == "\"LOG_NOPE\"";
    assert!(is_told, "{told:#?}");
    let head = "loadmodule \"acc.so\"\nmodparam(\"acc\", \"log_facility\", \"LOG_LOCAL5\")";
    assert_eq!(said(head, "route", "exit;"), Vec::new());
}

#[test]
fn levels_are_levels() {
    for (line, words) in [
        (r#"xlog("L_LOUD", "x");"#, "`L_LOUD` is no level of the log"),
        (r#"xlog(L_LOUD, "x");"#, "`L_LOUD` is no level of the log"),
        (r#"script_trace(9);"#, "from -3 to 4"),
    ] {
        let told = said("", "route", line);
        assert!(
            told.iter().any(|(severity, text, _)| severity == "error" && text.contains(words)),
            "{line}: {told:#?}"
        );
    }
}

#[test]
fn no_password_is_shown() {
    let text =
        "loadmodule \"sqlops.so\"\nmodparam(\"sqlops\", \"db_ur\", \"mysql://user:secret@host/db\") x\nroute {\n}\n";
    let origin = Origin::Text { name: "test.cfg".to_owned(), text: text.to_owned() };
    let (report, _) = check(&origin, &ServeOptions::default(), None);
    let (shown, json) = (report.text(), format!("{:?}", report.json()));
    assert!(!shown.contains("secret") && !json.contains("secret"), "{shown}\n{json}");
    assert!(shown.contains("mysql://user:****@host/db"), "{shown}");
}
