//! Processes with their output collected and an end that is always reached.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A process that is killed when the test ends.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    output: Arc<Mutex<String>>,
}

impl Running {
    /// Starts it.
    pub fn start(command: &mut Command) -> Running {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (send, lines) = channel();
        let output = Arc::new(Mutex::new(String::new()));
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("stdout")), Box::new(child.stderr.take().expect("stderr"))];
        for stream in streams {
            let (send, output) = (send.clone(), Arc::clone(&output));
            thread::spawn(move || {
                for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    output.lock().expect("output").push_str(&format!("{line}\n"));
                    // The test may have stopped listening.
                    let _ = send.send(line);
                }
            });
        }
        Running { child, lines, output }
    }

    /// Waits until a line has this text.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("no line with {text:?} came:\n{}", self.output()),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended without a line with {text:?}:\n{}", self.output())
                }
            }
        }
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.output());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.pid().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// All it has printed.
    pub fn output(&self) -> String {
        self.output.lock().expect("output").clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end and returns status and output.
pub fn run_to_end(command: &mut Command, limit: Duration) -> (ExitStatus, String) {
    let mut running = Running::start(command);
    let status = running.wait(limit);
    // The readers see the end of the streams right after the process ends.
    while let Ok(_line) = running.lines.recv_timeout(Duration::from_secs(1)) {}
    (status, running.output())
}
