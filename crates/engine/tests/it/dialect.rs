//! Lines of older releases: the warning that each is worth, and what runs.

use crate::world::{World, warnings};

/// An old line, what is said of it, the line of today, and what the log then shows.
struct Case(&'static str, &'static str, &'static str, &'static str);

const SETTING: &str = r#"
    $avp(x) = "one";
    $avp(x) = "two@example.com";
    $avp(n) = 7;
"#;

const LINES: &[Case] = &[
    Case("is_avp_set(\"$avp(x)\");", "is_avp_set() is of older releases", "$avp(x) != NULL", "rc 1"),
    Case("is_avp_set(\"$avp(y)\");", "is_avp_set()", "$avp(y) != NULL", "rc -1"),
    Case("is_avp_set(\"$avp(n)/s\");", "is_avp_set()", "", "rc -1"),
    Case("is_avp_set(\"$avp(n)/n\");", "is_avp_set()", "", "rc 1"),
    Case("avp_check(\"$avp(n)\", \"lt/i:9\");", "avp_check()", "$avp(n) < 9", "rc 1"),
    Case("avp_check(\"$avp(n)\", \"and/8\");", "avp_check()", "$avp(n) & 8", "rc -1"),
    Case("avp_check(\"$avp(x)\", \"eq/TWO@example.com/i\");", "avp_check()", "", "rc 1"),
    Case("avp_check(\"$avp(x)\", \"eq/one\");", "avp_check()", "$avp(x) == \"one\"", "rc -1"),
    Case("avp_check(\"$avp(x)\", \"eq/one/g\");", "avp_check()", "", "rc 1"),
    Case("avp_check(\"$avp(x)\", \"re/@example[.]com$\");", "avp_check()", "$avp(x) =~ \"@example[.]com$\"", "rc 1"),
    Case("avp_check(\"$avp(x)\", \"fm/*@example.*\");", "avp_check()", "", "rc 1"),
    Case("avp_check(\"$rU\", \"eq/$tU/I\");", "avp_check()", "", "rc 1"),
    Case("avp_copy(\"$avp(x)\", \"$avp(y)\");", "avp_copy()", "$avp(y) = $avp(x)", "y two@example.com"),
    Case("avp_copy(\"$avp(x)\", \"$avp(y)/gd\");", "avp_copy()", "", "x <null>|y two@example.com, one"),
    Case(
        "avp_copy(\"$avp(x)\", \"$avp(y)/d\");",
        "avp_copy()",
        "$avp(y) = $avp(x); $avp(x) = NULL",
        "x one|y two@example.com",
    ),
    Case("avp_delete(\"$avp(x)\");", "avp_delete()", "$avp(x) = NULL", "x one"),
    Case("avp_delete(\"$avp(x)/g\");", "avp_delete()", "$(avp(x)[*]) = NULL", "x <null>"),
    Case("avp_insert(\"$avp(x)\", \"new\", \"1\");", "avp_insert()", "", "x two@example.com, new, one"),
    Case("avp_op(\"$avp(n)\", \"add/i:0x10\");", "avp_op()", "$avp(n) = $avp(n) + 0x10", "n 23"),
    Case("avp_op(\"$avp(n)/$avp(y)\", \"mod/4\");", "avp_op()", "$avp(y) = $avp(n) % 4", "y 3"),
    Case("avp_op(\"$avp(n)\", \"div/0\");", "avp_op()", "$avp(n) = $avp(n) / 0", "rc -1"),
    Case("avp_subst(\"$avp(x)\", \"/(.*)@(.*)/\\1@$rd/\");", "avp_subst()", "", "x two@192.0.2.20, one"),
    Case("avp_pushto(\"$ru/username\", \"$avp(n)\");", "avp_pushto()", "$rU = $avp(n)", "ru sip:7@192.0.2.20"),
    Case("avp_pushto(\"$ru/domain\", \"$fd\");", "avp_pushto()", "$rd = $fd", "ru sip:bob@example.com"),
    Case("avp_pushto(\"$du\", \"$fu\");", "avp_pushto()", "$du = $fu", "du sip:alice@example.com"),
    Case("avp_shuffle(\"$avp(n)\");", "avp_shuffle()", "", "n 7"),
    Case("avp_printf(\"$avp(n)\", \"$rU!\");", "avp_printf() is pv_printf() since 3.0", "pv_printf", "n bob!"),
    Case("rewriteuser(\"carol\");", "rewriteuser() is setuser() since 3.2", "setuser", "ru sip:carol@192.0.2.20"),
    Case(
        "add_uri_param(\"x=1\");",
        "add_uri_param() is ruri_add_param() since 3.0",
        "ruri_add_param",
        "ru sip:bob@192.0.2.20;x=1",
    ),
    Case(
        "append_branch(\"sip:x@192.0.2.30\");",
        "append_branch() is append_branch_old() since 3.6",
        "append_branch_old",
        "rc 1",
    ),
    Case("force_rport;", "`force_rport` is a call of force_rport()", "()", "rc 1"),
    Case(
        "remove_hf(\"CSe*\", \"g\");",
        "these parameters is remove_hf_glob() today",
        "remove_hf_glob(\"CSe*\")",
        "rc 1",
    ),
    Case("remove_hf('^CS.q$', 'r');", "these parameters is remove_hf_re() today", "remove_hf_re('^CS.q$')", "rc 1"),
    Case("remove_hf(\"CSeq\", \"\");", "these parameters is remove_hf() today", "remove_hf(\"CSeq\")", "rc 1"),
    Case(
        "filter_body(\"application/sdp\");",
        "filter_body() is of older releases",
        "remove_body_part(\"application/sdp\", \"revert\")",
        "rc -1",
    ),
    Case(
        "add_body(\"$rU\", \"text/plain\");",
        "add_body() is of older releases",
        "`remove_body_part(); add_body_part(\"$rU\", \"text/plain\");`",
        "rc 1",
    ),
    Case("strip(\"2\");", "a number needs no quotes", "2", "ru sip:b@192.0.2.20"),
];

const LOADED: &str = "loadmodule \"avpops.so\"\nloadmodule \"uri.so\"\n";

#[test]
fn each_line_is_warned_of_and_runs() {
    for Case(line, warning, today, shows) in LINES {
        let script = format!(
            "route {{ {SETTING} {line}\n $var(rc) = $rc; xlog(\"rc $var(rc) x $(avp(x)[*]) y $(avp(y)[*]) n $avp(n) ru $ru du $du\\n\"); }}"
        );
        let said = warnings(&format!("{LOADED}{script}"));
        let found = said.iter().find(|text| text.contains(warning)).unwrap_or_else(|| panic!("{line}: {said:#?}"));
        assert!(found.contains(today), "{line}: {found}");
        let mut world = World::with_params(LOADED, &script);
        world.request("alice", "OPTIONS", "sip:bob@192.0.2.20", "");
        let log = world.script_log();
        let shown = log.last().unwrap();
        for part in shows.split('|') {
            assert!(shown.contains(part), "{line}: {log:?}");
        }
    }
}

#[test]
fn what_is_not_certain_or_not_there_is_an_error() {
    let cases = [
        ("avp_delete(\"s\");", "what avp_delete() means here is not certain", "$avp(s) = NULL"),
        ("remove_hf(\"X-a\", \"i\");", "what remove_hf() means here is not certain", "remove_hf_glob(\"X-a\")"),
        ("remove_hf(\"X-(\", \"r\");", "this regular expression", ""),
        ("sip_trace();", "unknown function sip_trace()", "trace() of the module tracer"),
        ("t_cancel_call();", "unknown function t_cancel_call()", "it is t_cancel_branch(\"a\")"),
        ("load_balance(\"1\", \"pstn\");", "unknown function load_balance()", "lb_start_or_next()"),
    ];
    for (line, error, help) in cases {
        let said = warnings(&format!("{LOADED}route {{ {line} }}"));
        assert!(said.iter().any(|text| text.contains(error) && text.contains(help)), "{line}: {said:#?}");
    }
}

#[test]
fn modules_and_parameters_of_older_releases() {
    let cases = [
        ("loadmodule \"uri.so\"", "module uri is of older releases"),
        ("loadmodule \"uri_db.so\"", "module uri_db is of older releases"),
        ("loadmodule \"avpops.so\"", "module avpops is of older releases"),
        ("loadmodule \"xlog.so\"", "module xlog is not needed: xlog() is always there"),
        ("loadmodule \"siptrace.so\"", "module siptrace is tracer now, which is not there yet"),
        ("loadmodule \"mi_xmlrpc_ng.so\"", "module mi_xmlrpc_ng is mi_xmlrpc now, which is not there yet"),
        ("modparam(\"avpops\", \"avp_table\", \"t\")", "parameter avp_table of avpops is usr_table of sqlops now"),
        ("modparam(\"avpops\", \"buf_size\", 1024)", "parameter buf_size changes nothing"),
        ("modparam(\"tm\", \"fr_timer\", 5)", "parameter fr_timer of tm is fr_timeout now"),
        ("modparam(\"uri\", \"aaa_url\", \"radius:/x\")", "parameter aaa_url cannot be used"),
    ];
    for (line, expected) in cases {
        let said = warnings(&format!("{LOADED}{line}\nroute {{ }}"));
        assert!(said.iter().any(|text| text.contains(expected)), "{line}: {said:#?}");
    }
}

#[test]
fn constants_that_cannot_be_used_are_found_by_the_check() {
    let modules = ["usrloc", "registrar", "auth"].map(|name| format!("loadmodule \"{name}.so\"\n"));
    let script = |statement: &str| format!("{}route {{\n{statement}\n}}", modules.concat());
    for (statement, what) in [
        (r#"t_local_replied("some");"#, r#"reply: "some" is not known"#),
        (r#"t_inject_branches("mesg");"#, r#"source: "mesg" is not known"#),
        (r#"add_blacklist_rule("b", "10.0.0.300");"#, r#"ip: "10.0.0.300" is no address"#),
        (r#"xlog("$(ru{re.subst,/a(/b/})");"#, "/re/repl/flags: "),
        (r#"if ($(si{ip.matches,10.0.0.0/33}) == 1) exit;"#, r#"net/mask: "10.0.0.0/33" is no network"#),
        (r#"save("location", "max-contacts=abc");"#, r#"max-contacts: "abc" is no number"#),
        (r#"save("location", "matching-mode=");"#, "matching-mode: "),
        (r#"lookup("location", "ua-filtering=/a[/");"#, "ua-filtering: "),
        (r#"www_challenge("r", "bogus");"#, r#"qop: "bogus" is no quality of protection"#),
        (r#"www_challenge("r", "auth", "MD6");"#, r#"algorithms: "MD6" is no digest algorithm"#),
        (r#"www_challenge("r", "1");"#, r#""1" is an older spelling of qop"#),
    ] {
        let said = warnings(&script(statement));
        assert!(said.len() == 1 && said[0].contains(what), "{statement}: {said:?}");
    }
    for statement in [
        r#"save("location", "max-contacts=5, matching-mode=<x>"); lookup("location", "ua-filtering=/a(b/");"#,
        r#"www_challenge("$fd", "auth,auth-int", "SHA-256, MD5"); t_inject_branches("event", "cancel");"#,
        r#"xlog("$(ru{re.subst,/a(.)/\1/g}) $(si{ip.matches,10.0.0.0/8})"); t_local_replied("last");"#,
    ] {
        assert_eq!(warnings(&script(statement)), Vec::<String>::new(), "{statement}");
    }
}

#[test]
fn branches_were_cancelled_under_another_name() {
    let said = warnings("onreply_route[early] { cancel_branch(\"a\"); }\nroute { t_on_reply(\"early\"); t_relay(); }");
    let expected = "cancel_branch() is t_cancel_branch() since 1.4 |  | t_cancel_branch";
    assert!(said.iter().any(|text| text == expected), "{said:#?}");
    let mut world = World::new(
        r#"
onreply_route[early] { if ($rs == 183) cancel_branch("a"); }
route { append_msg_branch("sip:carol@192.0.2.30"); t_on_reply("early"); t_relay(); }
"#,
    );
    world.request("alice", "INVITE", "sip:bob@192.0.2.20", "");
    let (bob, carol) = (world.last("bob", "INVITE"), world.last("carol", "INVITE"));
    world.reply("carol", &carol, 180, "Ringing");
    world.ladder.clear();
    world.reply("bob", &bob, 183, "Session Progress");
    world.passed("bob>proxy 183; proxy>bob CANCEL; proxy>carol CANCEL; proxy>alice 183");
    world.reply("bob", &bob, 487, "Request Terminated");
    world.reply("carol", &carol, 487, "Request Terminated");
    world.settle();
}
