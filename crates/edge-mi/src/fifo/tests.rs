//! Real FIFOs in a directory that goes away.

use super::{Fifo, FifoOptions};
use crate::owner::Access;
use bytes::Bytes;
use module_api::{Level, LogSink, Logger, Statistics};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

struct Server {
    directory: PathBuf,
    fifo: Fifo,
    statistics: Statistics,
    _runtime: Runtime,
}

fn directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("edge-mi-{}-{number}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

fn options(directory: &Path) -> FifoOptions {
    FifoOptions { path: directory.join("fifo"), reply_directory: directory.to_owned(), ..FifoOptions::default() }
}

/// A server that answers with the request itself, and drops `{"drop":1}`.
fn start(options: FifoOptions) -> Result<Server, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (statistics, log) = (Statistics::default(), Logger::new(0, 0, Arc::new(Nowhere)));
    let directory = options.reply_directory.clone();
    let handler = Arc::new(|request: Bytes, reply: crate::Reply| match &request[..] {
        b"{\"drop\":1}" => drop(reply),
        b"{\"quiet\":1}" => reply(None),
        _ => reply(Some(request)),
    });
    let fifo = Fifo::start(runtime.handle(), options, handler, &statistics, &log).map_err(|error| error.to_string())?;
    Ok(Server { directory, fifo, statistics, _runtime: runtime })
}

impl Server {
    fn send(&self, text: &str) {
        let mut fifo = OpenOptions::new().write(true).open(self.directory.join("fifo")).unwrap();
        fifo.write_all(text.as_bytes()).unwrap();
    }

    /// Sends a request as the command-line client does, and reads the reply.
    fn ask(&self, name: &str, json: &str) -> String {
        let path = self.directory.join(name);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        self.send(&format!(":{name}:{json}"));
        let mut reply = String::new();
        fs::File::open(&path).unwrap().read_to_string(&mut reply).unwrap();
        fs::remove_file(&path).unwrap();
        reply
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn requests_are_answered_into_the_clients_fifo() {
    let server = start(options(&directory())).unwrap();
    assert_eq!(server.ask("r1", "{\"method\": \"ps\"}\n"), "{\"method\": \"ps\"}");
    assert_eq!(server.ask("r2", "{\"drop\":1}"), "500 Internal error");
    server.send("::{\"nobody\":\"waits\"}:x:{\"quiet\":1}");
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(50_000));
    assert_eq!(server.ask("r3", &long), long);
}

#[test]
fn replies_go_into_nothing_but_fifos() {
    let server = start(options(&directory())).unwrap();
    let victim = server.directory.join("victim");
    fs::write(&victim, "untouched").unwrap();
    let (link, hard) = (server.directory.join("link"), server.directory.join("hard"));
    let other = server.directory.join("other");
    mkfifo(&other, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();
    fs::hard_link(&other, &hard).unwrap();
    // Open for both, so that it could be written without anybody waiting.
    let _reader = OpenOptions::new().read(true).write(true).open(&other).unwrap();
    server.send(":victim:{\"a\":1}:link:{\"a\":2}:hard:{\"a\":3}");
    let lost = server.statistics.find("mi_fifo:lost_replies").unwrap();
    while lost.value() < 3 {
        std::thread::yield_now();
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
}

#[test]
fn an_unfinished_request_is_given_up() {
    let server = start(FifoOptions { rest_within: Duration::from_millis(20), ..options(&directory()) }).unwrap();
    server.send(":r1:{\"never");
    let refused = server.statistics.find("mi_fifo:refused_requests").unwrap();
    while refused.value() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(server.ask("r2", "{}"), "{}");
}

#[test]
fn a_removed_fifo_is_made_again_with_its_mode() {
    let server =
        start(FifoOptions { access: Access { mode: 0o622, ..Access::default() }, ..options(&directory()) }).unwrap();
    let path = server.directory.join("fifo");
    fs::remove_file(&path).unwrap();
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGHUP).unwrap();
    while fs::metadata(&path).map_or(0, |found| found.permissions().mode() & 0o777) != 0o622 {
        std::thread::yield_now();
    }
    assert_eq!(server.ask("r", "{}"), "{}");
}

#[test]
fn a_fifo_left_behind_is_taken_over_and_one_in_use_is_not() {
    let directory = directory();
    mkfifo(&directory.join("fifo"), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    let server = start(options(&directory)).unwrap();
    let said = start(options(&directory)).err().unwrap();
    assert!(said.ends_with("/fifo: another server reads it"), "{said}");
    server.fifo.stop();
    while directory.join("fifo").exists() {
        std::thread::yield_now();
    }
    fs::write(directory.join("fifo"), "").unwrap();
    let said = start(options(&directory)).err().unwrap();
    assert!(said.ends_with("/fifo: another file is there, which is no FIFO"), "{said}");
}
