//! A script out of any bytes: each byte chooses what is written next, so that every input is a script that compiles.

/// Statements without others in them.
const STATEMENTS: &[&str] = &[
    "$var(x) = 1;",
    "$var(x) += $sp;",
    "$var(y) = \"$var(x)$var(y) $avp(y)\";",
    "$var(y) = $var(y) + $var(y);",
    "$avp(y) = $var(x);",
    "$(avp(y)[append]) = $rU;",
    "$(avp(y)[$var(x)]) = 5;",
    "$avp(y) = NULL;",
    "$avp($var(y)) = $avp($rU);",
    "$var(x) = $var(x) * 3 - $avp(y);",
    "$var(x) = 2147483647;",
    "$var(x) *= $var(x);",
    "$var(x) = -1 - $var(x);",
    "$var(x) = $rU / $var(x);",
    "$var(x) %= $var(y);",
    "$var(x) = $var(x) & $sp | 4;",
    "$var(x) = code($var(x)) + -1;",
    "$var(x) = $(var(y){s.len});",
    "$var(y) = $(avp(y)[-1]{s.toupper});",
    "route(a);",
    "route(b, $var(x), \"text\", NULL);",
    "$var(x) = route(a) + wait(3);",
    "route($var(y));",
    "return;",
    "return(-1, $rU, $var(x) + 1);",
    "$var(y) = $return(0);",
    "exit;",
    "drop;",
    "xlog(\"$var(x) $(route[*]) $(avp(y)[*]) $return(0) $(route[-1]) $cfg_line\");",
    "wait(1);",
    "wait(-1);",
    "code(0);",
    "show($avp(y));",
    "put($avp($param(1)), \"$var(y)\");",
    "assert($rc == 1);",
    "launch(wait(2), b);",
    // The last one: not every route may have it.
    "async(wait(1), a);",
];

const CONDITIONS: &[&str] = &[
    "$var(x) > 3",
    "$var(x) != $avp(y)",
    "$var(y) =~ \"^[a-c]*x\"",
    "$rU =~ $var(y)",
    "$si == 10.0.0.0/8",
    "[ $var(x) & 1 ]",
    "wait($var(x))",
    "$var(x) = $var(x) - 1",
    "$avp(y) == NULL",
    "route(a)",
    "$rc < 0",
    "$(avp(y)[*]) == \"bob\"",
];

const LOOPS: &[&str] = &["while (1) {", "for ($var(z) in $(avp(y)[*])) {", "switch ($var(x)) { case 1: default: "];

/// How deep blocks stand in each other.
const DEPTH_MAX: usize = 6;

/// How many statements a script has at most.
const STATEMENTS_MAX: usize = 200;

/// The script that these bytes choose.
pub(super) fn script(data: &[u8]) -> String {
    let mut writer = Writer { choices: data.iter(), text: String::new(), statements: 0, statements_of: STATEMENTS };
    writer.text.push_str("max_while_loops = 20\nenable_asserts = yes\nroute {\n");
    writer.block(0);
    writer.text.push_str("}\nroute[a] {\n");
    writer.block(0);
    writer.text.push_str("}\nroute[b] {\nxlog(\"$param(1)\");\n");
    writer.block(0);
    writer.text.push_str("}\n");
    // Neither a failure route nor what it runs may have `async()`.
    if !writer.text.contains("async(") {
        writer.statements_of = STATEMENTS.split_last().map_or(STATEMENTS, |(_, others)| others);
        writer.text.push_str("failure_route[f] {\n");
        writer.block(0);
        writer.text.push_str("}\n");
    }
    writer.text.push_str("error_route { assert($rc == 77); xlog(\"error\"); }\n");
    writer.text
}

struct Writer<'a> {
    choices: std::slice::Iter<'a, u8>,
    text: String,
    statements: usize,
    /// What may be written.
    statements_of: &'static [&'static str],
}

impl Writer<'_> {
    /// The next choice; 0 when there is nothing left.
    fn next(&mut self) -> usize {
        self.choices.next().copied().map_or(0, usize::from)
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn one_of(&mut self, list: &[&'static str]) {
        let choice = self.next();
        let text = list.get(choice % list.len().max(1)).copied().unwrap_or_default();
        self.line(text);
    }

    /// Statements up to a byte that ends the block.
    fn block(&mut self, depth: usize) {
        loop {
            let choice = self.next();
            if choice == 0 || self.statements >= STATEMENTS_MAX {
                return;
            }
            self.statements += 1;
            match choice % 8 {
                1 if depth < DEPTH_MAX => self.branches(depth),
                2 if depth < DEPTH_MAX => self.turns(depth),
                3 if depth < DEPTH_MAX => self.repeats(depth),
                _ => self.one_of(self.statements_of),
            }
        }
    }

    fn branches(&mut self, depth: usize) {
        self.text.push_str("if (");
        self.condition(depth);
        self.line(") {");
        self.block(depth + 1);
        self.line("} else {");
        self.block(depth + 1);
        self.line("}");
    }

    fn repeats(&mut self, depth: usize) {
        self.text.push_str("while (");
        self.condition(depth);
        self.line(") {");
        self.block(depth + 1);
        self.line("}");
    }

    fn turns(&mut self, depth: usize) {
        self.one_of(LOOPS);
        self.block(depth + 1);
        self.one_of(&["", "break;"]);
        self.line("}");
    }

    fn condition(&mut self, depth: usize) {
        match self.next() % 8 {
            choice @ (1 | 2) if depth < DEPTH_MAX => {
                self.condition(depth + 1);
                self.text.push_str(if choice == 1 { "&& " } else { "|| " });
                self.condition(depth + 1);
            }
            3 if depth < DEPTH_MAX => {
                self.text.push_str("!(");
                self.condition(depth + 1);
                self.text.push(')');
            }
            _ => self.one_of(CONDITIONS),
        }
    }
}
