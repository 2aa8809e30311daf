//! What scripts mean.

use super::check_tree;

#[test]
fn statements() {
    check_tree("exit; drop(); break_all();", "exit ; drop ; break_all()");
    check_tree(
        "if (f()) exit; else if (g()) { drop; } else return;",
        "if f() {exit} else {if g() {drop} else {return[]}}",
    );
    check_tree("if (f()) { exit; }; drop;", "if f() {exit} ; drop");
    check_tree("while ($var(i) < 5) $var(i) += 1;", "while ($var'i' Less 5) {($var'i' Add= 1)}");
    check_tree("for ($var(x) in $(avp(l)[*])) { break; }", "for $var'x' in $avp'l'[*] {break}");
    check_tree("{ ; exit; }", "{exit}");
}

#[test]
fn switches() {
    check_tree(
        "switch ($retcode) { case -1: f(); break; case \"a\": case 2: { g(); } default: exit; }",
        "switch $retcode case -1 {f() ; break} case \"a\" {} case 2 {{g()}} default {exit}",
    );
}

#[test]
fn returns() {
    check_tree("return; return(); return 1; return -1;", "return[] ; return[] ; return[1] ; return[-1]");
    check_tree("return($v); return(2, \"a\", $ru);", "return[$v] ; return[2, \"a\", $ru]");
}

#[test]
fn logic_has_one_level() {
    check_tree("if (a() || b() && c()) exit;", "if ((a() or b()) and c()) {exit}");
    check_tree("if (a() or not b() and (c() || d())) exit;", "if ((a() or not b()) and (c() or d())) {exit}");
    check_tree("if (!$rU == 1) exit;", "if not ($rU Equal 1) {exit}");
    check_tree("if (!!a()) exit;", "if not not a() {exit}");
}

#[test]
fn comparisons() {
    check_tree(
        "if ($ru =~ \"^sip:$\" && $rs >= 200) exit;",
        "if (($ru Match \"^sip:$\") and ($rs GreaterOrEqual 200)) {exit}",
    );
    check_tree("if ($si == 10.0.0.0/8) exit;", "if ($si Equal 10.0.0.0/8) {exit}");
    check_tree("if ($si != 2001:db8::/32) exit;", "if ($si NotEqual 2001:db8::/32) {exit}");
    check_tree("if ($si == [::1]) exit;", "if ($si Equal ::1) {exit}");
    check_tree("if ($rU == NULL || $rU != $null) exit;", "if (($rU Equal NULL) or ($rU NotEqual $null)) {exit}");
}

#[test]
fn arithmetic_has_two_levels() {
    check_tree("$var(x) = 1 + 2 * 3;", "($var'x' = ((1 Add 2) Multiply 3))");
    check_tree("$var(x) = 1 + 2 & 3 << 1;", "($var'x' = (((1 Add 2) BitAnd 3) ShiftLeft 1))");
    check_tree("$var(x) = -$var(y) + ~5 - -3;", "($var'x' = ((-$var'y' Add ~5) Subtract -3))");
    check_tree("if ([ $var(x) & 4 ] && f()) exit;", "if ([($var'x' BitAnd 4)] and f()) {exit}");
}

#[test]
fn assignments() {
    check_tree("$avp(x) := NULL;", "($avp'x' := NULL)");
    check_tree("$(avp(x)[append]) = \"$rU\";", "($avp'x'[append] = f\"<$rU>\")");
    check_tree("$var(x) .= 1;".replace('.', "^").as_str(), "($var'x' BitXor= 1)");
    check_tree("if ($var(x) = $avp(y)) exit;", "if ($var'x' = $avp'y') {exit}");
    check_tree("$var(x) = ($rU == \"a\");", "($var'x' = ($rU Equal \"a\"))");
    check_tree("$var(x) = yes; $var(y) = 0x10; $var(z) = 010;", "($var'x' = 1) ; ($var'y' = 16) ; ($var'z' = 8)");
    check_tree("$var(x) = f();", "($var'x' = f())");
}

#[test]
fn calls() {
    check_tree("f(1, , \"a$rU\", $ru, word, -2, NULL,);", "f(1, -, f\"a<$rU>\", $ru, \"word\", -2, NULL, -)");
    check_tree("f(\"^[0-9]+$\");", "f(\"^[0-9]+$\")");
    check_tree("f(\"a$$b\");", "f(f\"a$b\")");
    check_tree("f('a\\n', \"a\\n\");", "f(\"a\\\\n\", \"a\\n\")");
    check_tree(
        "if (f() && { g(); } && if (h()) exit;) exit;".replace("if (h()) exit;)", "k())").as_str(),
        "if ((f() and {g()}) and k()) {exit}",
    );
    check_tree("if (f() && xlog(\"x\")) exit;", "if (f() and {xlog - \"x\"}) {exit}");
}

#[test]
fn routes() {
    check_tree("route(relay); route(1, \"$ru\", $ru);", "route[\"relay\"]() ; route[\"1\"](\"$ru\", $ru)");
    check_tree("if (!route(\"to_$rU\")) exit;", "if not route[\"to_<$rU>\"]() {exit}");
    check_tree("route($var(r));", "route[\"<$var'r'>\"]()");
}

#[test]
fn logging() {
    check_tree("xlog(\"a\" \"b$ru\\n\");", "xlog - \"ab<$ru>\\n\"");
    check_tree(
        "xlog(\"L_ERR\", \"a\"); xlog(L_INFO, \"a\"); xlog(-1, \"a\");",
        "xlog -1 \"a\" ; xlog 3 \"a\" ; xlog -1 \"a\"",
    );
    check_tree("xlog($var(l), \"a\"); xlog($var(m));", "xlog $var'l' \"a\" ; xlog - \"<$var'm'>\"");
    check_tree("xdbg(\"a\"); log(\"$ru\"); log(1, \"a\");", "xlog 4 \"a\" ; log - \"$ru\" ; log 1 \"a\"");
    check_tree("assert($rU != NULL, \"no user\");", "assert ($rU NotEqual NULL) \"no user\"");
}

#[test]
fn waiting() {
    check_tree("async(f(\"x\"), resume); async(f(), resume, 5);", "async f(\"x\") -> resume - ; async f() -> resume 5");
    check_tree("launch(f()); launch(f(), done, \"$ci\");", "launch f() -> -  ; launch f() -> done \"<$ci>\"");
}

#[test]
fn comments_stand_anywhere() {
    check_tree("f( # one\n1 /* two /* three */ */ , 2);", "f(1, 2)");
}

#[test]
fn variables_have_their_places() {
    let text = "route { xlog(\"a\\n$ru\"); $var(x) = $(rU{s.len}); }";
    let (script, _) = super::parse(text);
    let crate::ast::Item::Route(route) = &script.items[0] else { panic!("no route") };
    let crate::ast::StatementKind::Xlog { format, .. } = &route.body[0].node else { panic!("no xlog") };
    let crate::ast::Segment::Variable(variable) = &format.node.segments[1] else { panic!("no variable") };
    let place = |span: crate::ast::Span| &text[span.start as usize..span.end as usize];
    assert_eq!(place(variable.span), "$ru");
    assert_eq!(place(route.body[1].span), "$var(x) = $(rU{s.len});");
    assert_eq!(place(route.span), text);
}
