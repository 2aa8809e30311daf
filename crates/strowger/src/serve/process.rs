//! The process as management and statistics see it: threads, load, memory, receive queues, connections.

use super::pid_files::PidFiles;
use edge_net::Routes;
use edge_net::tcp::Streams;
use module_api::{Connection, ConnectionName, LoadPeriod, Memory, Process, Proto, Task};
use std::collections::VecDeque;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// This process.
pub struct ThisProcess {
    started: Instant,
    tasks: Mutex<Vec<Measured>>,
    streams: Mutex<Vec<(Proto, Arc<Streams>)>>,
    /// Which address of ours leads where.
    routes: Routes,
    stopping: (Mutex<bool>, Condvar),
    flag: Arc<AtomicBool>,
    /// The files with its number.
    pub pid_files: PidFiles,
    /// Whether sockets, databases or files may have been opened.
    has_opened: AtomicBool,
}

/// A thread with its CPU time at the end of each of the last seconds.
struct Measured {
    task: Task,
    cpu: VecDeque<Duration>,
}

/// Ten minutes of seconds, and one more to take differences from.
const SAMPLES: usize = 601;

impl Default for ThisProcess {
    fn default() -> ThisProcess {
        ThisProcess {
            started: Instant::now(),
            tasks: Mutex::default(),
            streams: Mutex::default(),
            routes: Routes::default(),
            stopping: (Mutex::new(false), Condvar::new()),
            flag: Arc::default(),
            pid_files: PidFiles::default(),
            has_opened: AtomicBool::default(),
        }
    }
}

impl ThisProcess {
    /// Names the calling thread, in upstream's words.
    pub fn name_this_thread(&self, about: impl Into<String>) {
        let pid = u32::try_from(nix::unistd::gettid().as_raw()).unwrap_or_default();
        let mut tasks = lock(&self.tasks);
        let id = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        tasks.push(Measured { task: Task { id, pid, about: about.into() }, cpu: VecDeque::new() });
    }

    /// Adds connections to show.
    pub fn add_streams(&self, proto: Proto, streams: Arc<Streams>) {
        lock(&self.streams).push((proto, streams));
    }

    /// Takes the CPU times; once a second.
    pub fn sample(&self) {
        for measured in lock(&self.tasks).iter_mut() {
            if measured.cpu.len() >= SAMPLES {
                measured.cpu.pop_front();
            }
            measured.cpu.push_back(cpu_time(measured.task.pid));
        }
    }

    /// Set while stopping; threads look at it.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Whether somebody wants the server to stop.
    pub fn is_stopping(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// From here on things are opened, and have to be closed at a stop.
    pub fn opens(&self) {
        self.has_opened.store(true, Ordering::SeqCst);
    }

    /// Whether they may have been.
    pub fn has_opened(&self) -> bool {
        self.has_opened.load(Ordering::SeqCst)
    }

    /// Waits until somebody wants the server to stop.
    pub fn wait_for_stop(&self) {
        let (stopping, changed) = &self.stopping;
        let mut stop = lock(stopping);
        while !*stop {
            stop = changed.wait(stop).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Process for ThisProcess {
    fn tasks(&self) -> Vec<Task> {
        lock(&self.tasks).iter().map(|measured| measured.task.clone()).collect()
    }

    fn memory(&self) -> Memory {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kilobytes = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim_matches([':', ' ', '\t']).split(' ').next()?.parse().ok())
                .unwrap_or_default()
        };
        let total = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total: u64 = total.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
        Memory {
            limit: total * 1024,
            used: kilobytes("RssAnon") * 1024,
            resident: kilobytes("VmRSS") * 1024,
            peak: kilobytes("VmHWM") * 1024,
        }
    }

    fn load(&self, task: Option<u32>, over: LoadPeriod) -> i64 {
        let seconds = match over {
            LoadPeriod::Now => 1,
            LoadPeriod::Minute => 60,
            LoadPeriod::TenMinutes => 600,
        };
        let tasks = lock(&self.tasks);
        let wanted = tasks.iter().filter(|measured| task.is_none_or(|id| measured.task.id == id));
        let loads: Vec<i64> = wanted.map(|measured| percent(&measured.cpu, seconds)).collect();
        let count = i64::try_from(loads.len()).unwrap_or(1).max(1);
        loads.iter().sum::<i64>() / count
    }

    fn waiting_bytes(&self, proto: Proto) -> i64 {
        let tables: &[&str] = match proto {
            Proto::Udp => &["/proc/self/net/udp", "/proc/self/net/udp6"],
            Proto::Tcp => &["/proc/self/net/tcp", "/proc/self/net/tcp6"],
            _ => return 0,
        };
        let own = own_sockets();
        tables.iter().map(|table| waiting_in(&fs::read_to_string(table).unwrap_or_default(), &own)).sum()
    }

    fn uptime_s(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_secs()).unwrap_or(i64::MAX)
    }

    fn stopwatch(&self) -> Duration {
        self.started.elapsed()
    }

    fn connections(&self) -> Option<Vec<Connection>> {
        let streams = lock(&self.streams);
        if streams.is_empty() {
            return None;
        }
        let connections = streams.iter().flat_map(|(proto, streams)| {
            streams.connections().into_iter().map(|info| Connection {
                id: info.number,
                proto: *proto,
                state: i32::from(info.is_opening),
                remote: info.peer,
                local: info.local,
                lifetime: i64::try_from(info.lifetime.unix_seconds()).unwrap_or(i64::MAX),
                alias_ports: info.aliases,
                details: Vec::new(),
            })
        });
        Some(connections.collect())
    }

    fn close_connection(&self, which: ConnectionName) -> bool {
        let is_wanted = |proto: Proto, number: u64, peer: SocketAddr| match which {
            ConnectionName::Id(id) => number == id,
            ConnectionName::Remote { proto: wanted, address, port } => {
                wanted.is_none_or(|wanted| wanted == proto) && peer.ip() == address && peer.port() == port
            }
        };
        let mut closed = false;
        for (proto, streams) in lock(&self.streams).iter() {
            for info in streams.connections() {
                closed |= is_wanted(*proto, info.number, info.peer) && streams.close(info.number);
            }
        }
        closed
    }

    fn has_connection(&self, proto: Proto, number: Option<u64>, to: SocketAddr) -> bool {
        let streams = lock(&self.streams);
        let mut of_proto = streams.iter().filter(|(known, _)| *known == proto);
        of_proto.any(|(_, streams)| streams.has_connection(number, to))
    }

    fn source_address(&self, to: IpAddr) -> Option<IpAddr> {
        self.routes.source_address(to)
    }

    fn stop(&self) {
        self.flag.store(true, Ordering::Relaxed);
        let (stopping, changed) = &self.stopping;
        *lock(stopping) = true;
        changed.notify_all();
    }
}

/// The CPU time of a thread so far.
fn cpu_time(thread: u32) -> Duration {
    let schedstat = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).unwrap_or_default();
    let nanoseconds = schedstat.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// The share of the last `seconds` that was CPU time, as far back as there are samples.
fn percent(cpu: &VecDeque<Duration>, seconds: usize) -> i64 {
    let Some(last) = cpu.back() else { return 0 };
    let span = seconds.min(cpu.len() - 1);
    let Some(first) = cpu.get(cpu.len() - 1 - span) else { return 0 };
    if span == 0 {
        return 0;
    }
    let used = last.saturating_sub(*first).as_micros();
    i64::try_from(used / 10_000 / span as u128).unwrap_or(i64::MAX).min(100)
}

/// The inodes of this process's sockets.
fn own_sockets() -> Vec<String> {
    let descriptors = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    let inodes =
        targets.filter_map(|target| target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']').map(str::to_owned));
    inodes.collect()
}

/// The bytes that wait in a table of the kernel's, for these sockets.
fn waiting_in(table: &str, own: &[String]) -> i64 {
    let lines = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let inode = fields.get(9)?;
        let (_, received) = fields.get(4)?.split_once(':')?;
        own.iter().any(|own| own == inode).then(|| i64::from_str_radix(received, 16).unwrap_or(0))
    });
    lines.sum()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{ThisProcess, percent, waiting_in};
    use module_api::Process;
    use std::collections::VecDeque;
    use std::time::Duration;

    #[test]
    fn loads_are_shares_of_the_time() {
        let cpu: VecDeque<Duration> = [0, 500, 700, 1_700].map(Duration::from_millis).into();
        assert_eq!([percent(&cpu, 1), percent(&cpu, 2), percent(&cpu, 600)], [100, 60, 56]);
        assert_eq!(percent(&VecDeque::from([Duration::ZERO]), 1), 0);
    }

    #[test]
    fn waiting_bytes_are_those_of_own_sockets() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     1: 0100007F:13C4 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 7 2 0 0\n\
                     2: 0100007F:13C5 00000000:0000 07 00000000:00000F00 00:00000000 00000000     0        0 8 2 0 0";
        assert_eq!(waiting_in(table, &["7".to_owned()]), 0x300);
    }

    #[test]
    fn this_process_has_memory_and_threads() {
        let process = ThisProcess::default();
        process.name_this_thread("attendant");
        assert!(process.memory().resident > 0);
        assert_eq!(process.tasks()[0].about, "attendant");
    }
}
