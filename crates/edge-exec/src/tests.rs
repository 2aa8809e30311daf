//! Real programs.

use crate::{Limits, Programs};
use bytes::Bytes;
use module_api::{Fault, Level, LogSink, Logger, Program, ProgramOutput, Statistics};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::runtime::Runtime;

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

struct World {
    programs: Programs,
    statistics: Statistics,
    _runtime: Runtime,
}

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(100);

fn world(limits: Limits) -> World {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (statistics, log) = (Statistics::default(), Logger::new(0, 0, Arc::new(Nowhere)));
    let programs = Programs::new(runtime.handle().clone(), limits, &statistics, &log);
    World { programs, statistics, _runtime: runtime }
}

fn program(command: &str) -> Program {
    Program {
        command: Bytes::copy_from_slice(command.as_bytes()),
        input: Bytes::new(),
        environment: Vec::new(),
        wants_output: true,
        wants_errors: true,
        time_to_kill: None,
        answer_within: LONG,
    }
}

impl World {
    fn run(&self, program: Program) -> Result<ProgramOutput, Fault> {
        let (answer, answered) = mpsc::channel();
        self.programs.run(program, move |output| answer.send(output).unwrap());
        answered.recv_timeout(LONG).unwrap()
    }

    fn count(&self, name: &str) -> i64 {
        self.statistics.find(&format!("exec:{name}")).unwrap().value()
    }

    fn until(&self, is_so: impl Fn() -> bool) {
        while !is_so() {
            std::thread::yield_now();
        }
    }
}

fn wrote(output: &str, errors: &str) -> Result<ProgramOutput, Fault> {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    Ok(ProgramOutput { output: bytes(output), errors: bytes(errors) })
}

#[test]
fn input_output_errors_and_environment() {
    let world = world(Limits::default());
    let mut cat = program("cat; echo \"$OSIPS_EXEC_0\" >&2; exit 3");
    cat.input = Bytes::from_static(b"one\ntwo\n");
    cat.environment = vec![("OSIPS_EXEC_0".to_owned(), Bytes::from_static(b"a b"))];
    assert_eq!(world.run(cat), wrote("one\ntwo\n", "a b\n"));
    // A program need not read what it is given.
    let mut deaf = program("echo deaf");
    deaf.input = Bytes::from(vec![b'x'; 1 << 20]);
    assert_eq!(world.run(deaf), wrote("deaf\n", ""));
}

#[test]
fn a_program_whose_output_nobody_wants_is_not_waited_for() {
    let world = world(Limits::default());
    let mut launched = program("sleep 1000");
    (launched.wants_output, launched.wants_errors) = (false, false);
    launched.time_to_kill = Some(Duration::from_millis(200));
    assert_eq!(world.run(launched), wrote("", ""));
    world.until(|| world.count("running_programs") == 0);
    assert_eq!((world.count("killed_programs"), world.count("late_programs")), (1, 0));
}

#[test]
fn the_whole_group_ends_when_its_time_is_over() {
    let world = world(Limits { grace: Duration::from_millis(50), ..Limits::default() });
    let directory = std::env::temp_dir().join(format!("edge-exec-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("pid");
    // The shell and its child both refuse SIGTERM.
    let mut stubborn = program(&format!("trap '' TERM; sh -c 'echo $$ > {}; sleep 1000; :'; :", path.display()));
    stubborn.time_to_kill = Some(Duration::from_millis(500));
    assert!(world.run(stubborn).is_err());
    world.until(|| world.count("running_programs") == 0);
    assert_eq!(world.count("killed_programs"), 1);
    let pid: i32 = std::fs::read_to_string(&path).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    world.until(|| rustix::process::test_kill_process(pid).is_err() || is_zombie(pid));
    std::fs::remove_dir_all(&directory).unwrap();
}

/// An orphan that has ended stays until the first process of the machine has seen it.
fn is_zombie(pid: rustix::process::Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.contains(") Z ")
}

#[test]
fn whoever_waits_goes_on_though_the_program_does_not_end() {
    let world = world(Limits::default());
    let mut slow = program("echo begun; read line; echo ended");
    slow.answer_within = Duration::from_millis(50);
    slow.command = Bytes::from_static(b"exec sleep 20");
    assert!(world.run(slow).is_err());
    assert_eq!((world.count("late_programs"), world.count("running_programs")), (1, 1));
}

#[test]
fn what_is_too_much_is_cut_or_refused() {
    let world = world(Limits { programs: 1, output_bytes: 10, ..Limits::default() });
    assert_eq!(world.run(program("yes | head -c 100000; echo short >&2")), wrote("y\ny\ny\ny\ny\n", "short\n"));
    assert_eq!(world.count("cut_outputs"), 1);
    world.until(|| world.count("running_programs") == 0);
    let mut endless = program("exec sleep 20");
    (endless.wants_output, endless.wants_errors) = (false, false);
    world.until(|| world.run(endless.clone()).is_ok());
    assert!(world.run(program("echo")).is_err());
    assert!(world.count("refused_programs") >= 1);
}
