//! What a route is made of.

use super::{Element, Kind};

const fn statement(
    names: &'static [&'static str],
    form: &'static str,
    about: &'static str,
    example: &'static str,
) -> Element {
    Element { names, kind: Kind::Statement, form, about, example }
}

pub(super) const ALL: &[Element] = &[
    statement(
        &["if", "else"],
        "if (CONDITION) STATEMENT [else STATEMENT]",
        "Does the first statement where the condition is true, else the second. NULL, 0, an empty string and a negative return \
         code are false.",
        "if ($rU == NULL) exit; else if ($rm == \"INVITE\") { drop; } else exit;",
    ),
    statement(
        &["while"],
        "while (CONDITION) STATEMENT",
        "Repeats the statement while the condition is true; after `max_while_loops` turns it ends with an error in the log.",
        "while ($var(n) < 3) { $var(n) += 1; }",
    ),
    statement(
        &["for", "in"],
        "for ($ITERATOR in $(VARIABLE[*])) STATEMENT",
        "Does the statement for each value of a variable.",
        "for ($var(one) in $(avp(many)[*])) { xlog(\"$var(one)\\n\"); }",
    ),
    statement(
        &["switch", "case", "default"],
        "switch ($VARIABLE) { case CONSTANT: … default: … }",
        "Goes to the case whose number or string the variable has (letter case does not count), else to `default`, which \
         stands last. A case without `break` goes on with the next.",
        "switch ($rs) { case 200: xlog(\"taken\\n\"); break; case 486: exit; default: drop; }",
    ),
    statement(&["break"], "break;", "Leaves the innermost while, for or switch.", "while (1) { break; }"),
    statement(
        &["return"],
        "return; return(CODE[, VALUE …]);",
        "Ends the route that was called. Its code is the caller's `$rc`: without one 1, and 0 ends the whole script. The caller \
         reads the values with `$return(0)` …",
        "return(1, \"gold\", $var(limit));",
    ),
    statement(&["exit"], "exit;", "Ends the script; what the kind of route implies is still done.", "exit;"),
    statement(
        &["drop"],
        "drop;",
        "Ends the script and what the kind of route implies: the branch is not sent, the provisional reply not relayed.",
        "drop;",
    ),
    statement(
        &["route"],
        "route(NAME[, ARGUMENT …])",
        "Runs another route, which reads up to 7 arguments with `$param(1)` …; its return code is the value. The name may be a \
         variable.",
        "if (!route(allowed, $fU)) exit;",
    ),
    statement(
        &["async"],
        "async(FUNCTION(…), ROUTE[, SECONDS]);",
        "Ends the script here and goes on in the route when the function has its result, or after so many seconds; `$rc` holds \
         its code. A plain call waits in the same way, and goes on behind itself.",
        "async(sql_query(\"SELECT 1\", \"$avp(row)\"), resumed);",
    ),
    statement(
        &["launch"],
        "launch(FUNCTION(…)[, ROUTE[, TEXT]]);",
        "Runs the function beside the script, which goes on at once. The route runs when the function has its result, with the \
         text as `$param(1)`.",
        "launch(exec(\"/bin/true\"), done, \"$ci\");",
    ),
    statement(
        &["assert"],
        "assert(CONDITION[, TEXT]);",
        "With `enable_asserts`: runs the error route where the condition is false, and with `abort_on_assert` stops the server.",
        "assert($rU != NULL, \"nobody is called\");",
    ),
    statement(
        &["xlog"],
        "xlog([LEVEL,] TEXT);",
        "Writes a text to the log, its variables expanded. Levels: L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO, L_DBG, a \
         number or a variable.",
        "xlog(L_INFO, \"$rm from $si\\n\");",
    ),
    statement(&["xdbg"], "xdbg(TEXT);", "`xlog()` with the level L_DBG.", "xdbg(\"$ru\\n\");"),
    statement(&["log"], "log([LEVEL,] TEXT);", "Writes a text to the log as it stands.", "log(\"here\\n\");"),
];
