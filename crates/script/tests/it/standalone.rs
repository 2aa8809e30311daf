//! Variables and format strings of module parameters, line counts and traces.

use crate::catalogue::catalogue;
use crate::world::{Tables, World, printed, program, run};
use catalogue::{ModuleId, Value};
use script::ast::RouteType;
use script::host::Assign;
use script::{compile_format, compile_variable};
use std::collections::BTreeSet;

#[test]
fn variables_are_read_and_written_outside_of_scripts() {
    let (catalogue, tables, loaded) = (catalogue(), Tables::default(), BTreeSet::new());
    let mut world = World::new();
    let variable = compile_variable("$avp(x)", &catalogue, &loaded, tables.all()).unwrap();
    variable.write(&mut world, Assign::Set, Value::Int(5)).unwrap();
    assert_eq!(variable.read(&mut world), Value::Int(5));
    let format = compile_format("$rU has $avp(x), $rc", &catalogue, &loaded, tables.all()).unwrap();
    assert_eq!(printed(&format.value(&mut world)), "bob has 5, <null>");
}

#[test]
fn what_a_variable_holds_is_one_part_of_a_path() {
    let (catalogue, tables, loaded) = (catalogue(), Tables::default(), BTreeSet::new());
    let mut world = World::new();
    let compiled = |text| compile_variable(text, &catalogue, &loaded, tables.all()).unwrap();
    compiled("$avp(key)").write(&mut world, Assign::Set, Value::fixed("a/b[c")).unwrap();
    compiled("$var(at)").write(&mut world, Assign::Set, Value::Int(-2)).unwrap();
    let inner = compiled("$doc(x/$avp(key)/y[$var(at)])").inner(&mut world);
    assert_eq!(inner, "x/a\u{1b}/b\u{1b}[c/y[\u{1b}-2]");
    assert_eq!(compiled("$doc(x/y[0])").inner(&mut world), "x/y[0]");
}

#[test]
fn what_is_wrong_with_them_is_said() {
    let (catalogue, tables) = (catalogue(), Tables::default());
    let error = |text: &str, loaded: &[ModuleId]| {
        let loaded: BTreeSet<_> = loaded.iter().copied().collect();
        compile_variable(text, &catalogue, &loaded, tables.all()).err().unwrap_or_default()
    };
    assert_eq!(error("$avpp(x)", &[]), "unknown variable $avpp (did you mean $avp?)");
    let dialog = catalogue.module_named("dialog").unwrap();
    assert_eq!(
        error("$DLG_status", &[]),
        "$DLG_status belongs to a module that is not loaded (loadmodule \"dialog.so\" is missing)"
    );
    assert_eq!(error("$DLG_status", &[dialog]), "");
}

#[test]
fn two_dollar_signs_are_one() {
    let program = program("route {\n  show(\"^b$$\", \"$$5 $si\");\n}\n");
    let mut world = World::new();
    run(&mut world, &program, program.route(RouteType::Request, "").unwrap());
    assert_eq!(world.log.len(), 1);
    assert!(
        world.log[0].contains("^b$") && world.log[0].contains("$5 ") && !world.log[0].contains("$$"),
        "{:?}",
        world.log
    );
}

#[test]
fn lines_are_counted() {
    let program = program("route {\n  $var(i) = 0;\n  while ($var(i) < 3)\n    $var(i) += 1;\n  exit;\n}\n");
    let main = program.route(RouteType::Request, "").unwrap();
    for _ in 0..2 {
        run(&mut World::new(), &program, main);
    }
    let counts: Vec<_> = program.line_counts().into_iter().map(|(line, count)| (line.line, count)).collect();
    assert_eq!(counts, [(1, 0), (2, 2), (3, 2), (4, 6), (5, 2)]);
}

#[test]
fn a_trace_shows_each_statement() {
    let program = program("route {\n  route(a);\n  exit;\n}\nroute[a] {\n  if (code(2)) $var(x) = 1;\n  code(3);\n}\n");
    let mut world = World { is_tracing: true, ..World::new() };
    run(&mut world, &program, program.route(RouteType::Request, "").unwrap());
    let expected = [
        "test.cfg:2 route depth 1 code 0: core route",
        "test.cfg:6 route[a] depth 2 code 0: core if",
        "test.cfg:6 route[a] depth 2 code 0: code",
        "test.cfg:6 route[a] depth 2 code 2: assign equal",
        "test.cfg:7 route[a] depth 2 code 2: code",
        "test.cfg:3 route depth 1 code 3: core exit",
    ];
    let seen: Vec<&String> = world.log.iter().filter(|line| line.starts_with("test.cfg")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn routes_are_found_by_kind_and_name() {
    let program = program(
        "route {}\nonreply_route {}\nfailure_route[1] {}\ntimer_route[tick, 5] {}\nevent_route[E_X] { xlog(\"$param(who)\"); }\n",
    );
    assert!(program.route(RouteType::Request, "0").is_some());
    assert!(program.route(RouteType::Reply, "").is_some());
    assert!(program.route(RouteType::Failure, "1").is_some());
    assert!(program.route(RouteType::Failure, "2").is_none());
    let timers: Vec<_> = program.timer_routes().map(|(_, seconds)| seconds).collect();
    assert_eq!(timers, [5]);
}

#[test]
fn the_constants_of_a_function_are_known() {
    let program = program("route {\n show(\"a\"); show(\"b\", $rU); show(\"a\", $rU); show($rU); show(5);\n}\n");
    let show = *catalogue().functions_named("show").first().unwrap();
    let constants: Vec<_> = program.constants(show, 0).into_iter().collect();
    assert_eq!(constants, ["5", "a", "b"]);
}
