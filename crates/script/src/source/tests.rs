//! Files in, text with places out.

use super::{LoadOptions, Preprocessed, Preprocessor, load};
use crate::ast::Span;
use crate::diagnostic::{Diagnostic, codes, render};
use std::collections::BTreeMap;
use std::io;

/// Files as `(path, text)`, the first one being the script.
fn check(files: &[(&str, &str)], expected: &str) {
    check_with(files, None, expected);
}

/// Prints each line with the place it comes from, then the messages.
fn check_with(files: &[(&str, &str)], preprocessor: Option<&mut dyn Preprocessor>, expected: &str) {
    let in_memory: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let environment = BTreeMap::from([("IP".to_owned(), "10.0.0.1".to_owned()), ("EMPTY".to_owned(), String::new())]);
    let options = LoadOptions { files: &in_memory, environment: &environment };
    let (source, diagnostics) = load(files[0].0, &options, preprocessor);
    let mut out = String::new();
    let mut offset = 0;
    for line in source.text.split_inclusive(|byte| *byte == b'\n') {
        let place = source.map.place(offset);
        out += &format!("{}:{}: {}", place.file, place.line, String::from_utf8_lossy(line));
        offset += u32::try_from(line.len()).unwrap();
    }
    for diagnostic in diagnostics {
        out += &render(&diagnostic, &source.map);
    }
    assert_eq!(out.trim_end(), expected.trim_end(), "\n{out}");
}

#[test]
fn an_include_takes_the_place_of_its_line() {
    check(
        &[
            ("/etc/main.cfg", "a\n  include_file \"sub/one.cfg\"\nb\n"),
            ("/etc/sub/one.cfg", "one\nimport_file 'two.cfg' # why\nlast"),
            ("/etc/sub/two.cfg", "two\n"),
        ],
        "\
/etc/main.cfg:1: a
/etc/sub/one.cfg:1: one
/etc/sub/two.cfg:1: two
/etc/sub/one.cfg:2:  # why
/etc/sub/one.cfg:3: last
/etc/main.cfg:2: 
/etc/main.cfg:3: b",
    );
}

#[test]
fn a_missing_include_is_an_error_with_its_place() {
    check(
        &[("main.cfg", "a\ninclude_file \"no.cfg\"\nb\ninclude_file\n")],
        "\
main.cfg:1: a
main.cfg:2: #no.cfg
main.cfg:3: b
main.cfg:4: include_file
error[S001]: cannot read no.cfg: entity not found
 --> main.cfg:2:15
  |
2 | include_file \"no.cfg\"
  |               ^^^^^^
error[S003]: the path is missing
 --> main.cfg:4:1
  |
4 | include_file
  | ^^^^^^^^^^^^
  = help: write the path in quotes: include_file \"path\"",
    );
}

#[test]
fn a_file_that_includes_itself_is_read_once() {
    for (files, message) in [
        (&[("a.cfg", "a.cfg")][..], "a.cfg includes itself"),
        (&[("a.cfg", "b.cfg"), ("b.cfg", "a.cfg")], "a.cfg includes itself"),
        (&[("a.cfg", "b.cfg"), ("b.cfg", "b.cfg")], "b.cfg includes itself"),
    ] {
        let text = |included: &str| format!("include_file \"{included}\"\nroute {{}}\n").into_bytes();
        let read = files.len();
        let files: BTreeMap<_, _> = files.iter().map(|(path, next)| ((*path).to_owned(), text(next))).collect();
        let options = LoadOptions { files: &files, environment: &BTreeMap::new() };
        let (source, diagnostics) = load("a.cfg", &options, None);
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].message, message);
        assert_eq!(String::from_utf8_lossy(&source.text).matches("route").count(), read);
    }
}

#[test]
fn files_include_each_other_so_deep_and_no_deeper() {
    let text = |number: u32| format!("include_file \"{}.cfg\"\n", number + 1).into_bytes();
    let files: BTreeMap<_, _> = (0..60).map(|number| (format!("{number}.cfg"), text(number))).collect();
    let options = LoadOptions { files: &files, environment: &BTreeMap::new() };
    let (_, diagnostics) = load("0.cfg", &options, None);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].message, "files include each other more than 50 deep");
}

#[test]
fn a_script_that_is_not_there_has_no_place() {
    check_missing("none.cfg", "error[S001]: cannot read none.cfg: entity not found\n");
}

fn check_missing(path: &str, expected: &str) {
    let files = BTreeMap::new();
    let options = LoadOptions { files: &files, environment: &BTreeMap::new() };
    let (source, diagnostics) = load(path, &options, None);
    assert_eq!(render(&diagnostics[0], &source.map), expected);
}

#[test]
fn values_of_the_environment() {
    check(
        &[(
            "main.cfg",
            "socket=udp:${IP}:${PORT:-5060}\n# ${NONE}\n/* ${NONE}\n /* ${NONE} */ */ \"#${EMPTY}\" ${EMPTY:-x} ${NONE}\n",
        )],
        "\
main.cfg:1: socket=udp:10.0.0.1:5060
main.cfg:2: # ${NONE}
main.cfg:3: /* ${NONE}
main.cfg:4:  /* ${NONE} */ */ \"#\" x ${NONE}
error[S006]: NONE is not set in the environment
 --> main.cfg:4:43
  |
4 |  /* ${NONE} */ */ \"#${EMPTY}\" ${EMPTY:-x} ${NONE}
  |                                           ^^^^^^^
  = help: set it, or give a default: ${NONE:-value}",
    );
}

#[test]
fn what_is_unset_within_a_string_is_one_mistake() {
    let text = b"route {\n\txlog(\"at ${NONE} and ${NONE}\");\n\tf('${NONE}');\n}\n".to_vec();
    let files = BTreeMap::from([("a.cfg".to_owned(), text)]);
    let (source, diagnostics) = load("a.cfg", &LoadOptions { files: &files, environment: &BTreeMap::new() }, None);
    assert_eq!(diagnostics.len(), 3);
    assert_eq!(
        render(&diagnostics[1], &source.map),
        "\
error[S006]: NONE is not set in the environment
 --> a.cfg:2:23
  |
2 | \txlog(\"at ${NONE} and ${NONE}\");
  | \t                     ^^^^^^^
  = help: set it, or give a default: ${NONE:-value}
"
    );
    assert_eq!(crate::parser::parse(&source).1, []);
}

#[test]
fn nul_bytes_are_refused() {
    check(
        &[("main.cfg", "a\0b\n")],
        "main.cfg:1: a\0b
error[S004]: the script contains a NUL byte
 --> main.cfg:1:2
  |
1 | a␀b
  |  ^",
    );
}

/// Stands for m4: drops lines with `define`, and replaces the word `MACRO` by two lines and two others
/// by longer and by other ones.
struct Macros;

impl Preprocessor for Macros {
    fn command(&self) -> &str {
        "macros"
    }

    fn run(&mut self, text: &[u8]) -> io::Result<Preprocessed> {
        let text = String::from_utf8_lossy(text);
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("define")).collect();
        let output = kept.join("\n").replace("MACRO", "first\nsecond") + "\n";
        let output = output.replace("WORD", "alphabet").replace("TEXT", "other");
        Ok(Preprocessed { output: output.into_bytes(), status: 0, errors: String::new() })
    }
}

#[test]
fn places_survive_the_preprocessor() {
    check_with(
        &[("main.m4", "define(x)\na\nMACRO\ninclude_file \"sub.cfg\"\nlog(\"x\n y\")\nb\n"), ("sub.cfg", "one\ntwo\n")],
        Some(&mut Macros),
        "\
main.m4:2: a
main.m4:3: first
main.m4:4: second
sub.cfg:1: one
sub.cfg:2: two
main.m4:4: 
main.m4:5: log(\"x
main.m4:6:  y\")
main.m4:7: b",
    );
}

/// Stands for m4: of `choose(…)` the quoted text is left, without lines with `define`.
struct Choice;

impl Preprocessor for Choice {
    fn command(&self) -> &str {
        "choice"
    }

    fn run(&mut self, text: &[u8]) -> io::Result<Preprocessed> {
        let made = Macros.run(text)?;
        let output = String::from_utf8_lossy(&made.output).replace("choose(1,", "").replace(['`', '\''], "");
        Ok(Preprocessed { output: output.replace("\n)\n", "\n\n").into_bytes(), ..made })
    }
}

#[test]
fn places_survive_within_the_quoted_argument_of_a_macro() {
    check_with(
        &[("main.m4", "a\nchoose(1,`\ndefine\nlog(\"x\") # it`s\ndefine'\nb\n')\nd\n")],
        Some(&mut Choice),
        "\
main.m4:1: a
main.m4:2: 
main.m4:4: log(\"x\") # its
main.m4:6: b
main.m4:7: 
main.m4:8: d",
    );
}

/// Stands for `m4 -s`: `read(file)` is two lines of that file, and lines `#line` say so.
struct Reading;

impl Preprocessor for Reading {
    fn command(&self) -> &str {
        "reading"
    }

    fn run(&mut self, text: &[u8]) -> io::Result<Preprocessed> {
        let mut output = "#line 1 \"stdin\"\n".to_owned();
        for (number, line) in (1..).zip(String::from_utf8_lossy(text).lines()) {
            match line {
                "read(file)" => {
                    output.push_str(&format!(
                        "#line 1 \"src/file.m4\"\nin 1\n#line 7\nin 7\n#line {number} \"stdin\"\n\n"
                    ));
                }
                "define(x)" => output.push_str(&format!("#line {}\n", number + 1)),
                line => output.push_str(&format!("{line}\n")),
            }
        }
        Ok(Preprocessed { output: output.into_bytes(), status: 0, errors: String::new() })
    }
}

#[test]
fn files_that_the_preprocessor_reads_have_places_of_their_own() {
    check_with(
        &[("main.m4", "a\nread(file)\ndefine(x)\nlog(\"x\ny\")\n#line of a comment\nb\n")],
        Some(&mut Reading),
        "\
main.m4:1: a
src/file.m4:1: in 1
src/file.m4:7: in 7
main.m4:2: 
main.m4:4: log(\"x
main.m4:5: y\")
main.m4:6: #line of a comment
main.m4:7: b",
    );
}

/// The include is missing before the preprocessor runs, and its place is not that of the text it left.
#[test]
fn a_missing_include_keeps_its_place_behind_a_preprocessor() {
    check_with(
        &[("main.m4", "define(x)\ndefine(y)\na\n  include_file \"no.cfg\"\nMACRO\nb\n")],
        Some(&mut Macros),
        "\
main.m4:3: a
main.m4:4: #no.cfg
main.m4:5: first
main.m4:6: second
main.m4:6: b
error[S001]: cannot read no.cfg: entity not found
 --> main.m4:4:17
  |
4 |   include_file \"no.cfg\"
  |                 ^^^^^^",
    );
}

/// Messages about what the macros `Macros` makes of a line show the line as it stands in the template.
fn shows(template: &str, part: &str, expected: &str) {
    let files = BTreeMap::from([("main.m4".to_owned(), template.as_bytes().to_vec())]);
    let options = LoadOptions { files: &files, environment: &BTreeMap::new() };
    let (source, _) = load("main.m4", &options, Some(&mut Macros));
    let text = String::from_utf8_lossy(&source.text).into_owned();
    let start = u32::try_from(text.find(part).unwrap()).unwrap();
    let span = Span { start, end: start + u32::try_from(part.len()).unwrap() };
    let said = render(&Diagnostic::error(codes::UNEXPECTED, span, "wrong").fix(span, "right"), &source.map);
    let said = said.strip_prefix("error[S101]: wrong\n").unwrap();
    assert_eq!(said.trim_end(), expected, "\n{said}");
}

#[test]
fn excerpts_behind_a_preprocessor_are_of_the_template() {
    let template = "define(x)\nnofn(WORD, $a) { e; }\nTEXT\n";
    shows(template, "nofn", " --> main.m4:2:1\n  |\n2 | nofn(WORD, $a) { e; }\n  | ^^^^\n2 + right(WORD, $a) { e; }");
    shows(
        template,
        "$a",
        " --> main.m4:2:12\n  |\n2 | nofn(WORD, $a) { e; }\n  |            ^^\n2 + nofn(WORD, right) { e; }",
    );
    shows(
        template,
        "bet",
        " --> main.m4:2:6\n  |\n2 | nofn(WORD, $a) { e; }\n  |      ^^^^\n2 + nofn(right, $a) { e; }",
    );
    // Nothing of the template's line is in it: what was made is shown.
    shows(template, "other", " --> main.m4:3:1\n  |\n3 | other\n  | ^^^^^\n3 + right");
}

/// A command that fails, with these words.
struct Failing(&'static str);

impl Preprocessor for Failing {
    fn command(&self) -> &str {
        "m4"
    }

    fn run(&mut self, _text: &[u8]) -> io::Result<Preprocessed> {
        Ok(Preprocessed { output: Vec::new(), status: 2, errors: self.0.to_owned() })
    }
}

#[test]
fn a_failing_preprocessor_is_an_error() {
    check_with(&[("main.m4", "a\n")], Some(&mut Failing("")), "error[S007]: the preprocessor m4 ended with status 2");
    check_with(
        &[("main.m4", "a\n")],
        Some(&mut Failing("m4: EOF in string\n")),
        "error[S007]: the preprocessor m4 ended with status 2: m4: EOF in string",
    );
    check_with(
        &[("main.m4", "a\ninclude_file\n")],
        Some(&mut Failing("m4: EOF in string\n")),
        "\
error[S007]: the preprocessor m4 ended with status 2: m4: EOF in string
error[S003]: the path is missing
 --> main.m4:2:1
  |
2 | include_file
  | ^^^^^^^^^^^^
  = help: write the path in quotes: include_file \"path\"",
    );
}
